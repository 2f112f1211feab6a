"""What may be shown to whom, by usable households of the figure's own domain (M82)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evaluations.scoring.method import Method


class Audience(StrEnum):
    """The rated side stands on the public side; the office is the commissioner's."""

    PUBLIC = "public"
    OFFICE = "office"


class Step(StrEnum):
    """The rows of the ladder, from the lowest."""

    NOTHING = "nothing"
    OFFICE_ONLY = "office_only"
    SCORE = "score"
    RELIABLE = "reliable"
    FULL = "full"


class Consequence(StrEnum):
    """What a finding may lead to (M88)."""

    NONE = "none"
    TWO_PERIODS = "two_periods"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Where a figure of `m` usable households stands.

    `public`, `office`: whether that audience may see score and interval; where it may
    not, it sees "too few answers" and the response rates of M28, nothing else.
    `needs_warning`: the office sees the fixed warning text beside the figure. `star`:
    whether a star and a rank may be given. `consequence`: see M88.
    """

    m: int
    step: Step
    public: bool
    office: bool
    needs_warning: bool
    star: bool
    consequence: Consequence

    def may_show(self, audience: Audience) -> bool:
        """Whether score and interval may be shown to the audience."""
        return self.office if audience is Audience.OFFICE else self.public


def rung(m: int, *, method: Method, reliability: float | None = None) -> Rung:
    """The rung of a figure with `m` usable households, >= 0.

    `reliability`: lambda, None without a pooling group; it opens the star between
    `publish.star_reliable` and `publish.star`. A scheme may raise floors one by one,
    so each right also needs the floors below it. Source: M82; HCAHPS (100), NCHS (30).
    """
    if m < 0:
        raise ValueError(f"m cannot be {m}")
    office = m >= method.publish_floor
    public = office and m >= method.publish_public
    is_reliable = reliability is not None and reliability >= float(
        method.publish_star_lambda
    )
    enough = m >= method.publish_star
    consequence = Consequence.TWO_PERIODS if public else Consequence.NONE
    if public and m >= method.publish_consequence:
        consequence = Consequence.YES
    return Rung(
        m=m,
        step=_step(m, method, office=office, public=public),
        public=public,
        office=office,
        needs_warning=office and not public,
        star=public and (enough or (m >= method.publish_star_reliable and is_reliable)),
        consequence=consequence,
    )


def _step(m: int, method: Method, *, office: bool, public: bool) -> Step:
    if not office:
        return Step.NOTHING
    if not public:
        return Step.OFFICE_ONLY
    if m >= method.publish_star:
        return Step.FULL
    return Step.RELIABLE if m >= method.publish_star_reliable else Step.SCORE
