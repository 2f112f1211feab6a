"""Released values: frozen, rounded, clamped, with the reason where there is none.

Whoever holds one of these may print all of it; nothing suppressed is inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from evaluations.publication.words import STAR_NAMES, Words
from evaluations.scoring.rounding import rounded
from evaluations.scoring.unanimity import Printed

# A number as it may be printed: clamped near both ends (M85). `value` is where a chart
# draws it, which is never beyond the clamp.
Shown = Printed


class Reason(StrEnum):
    """Why nothing is shown."""

    TOO_FEW = "too_few"
    WAITS = "waits"
    NOT_PUBLISHED = "not_published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """No figure. `households`: how many answered, "<10" below ten (M28).

    "" where the count itself could be told apart from an older one (M86); `rr1`,
    `rr3`: as in `Released`, None where they would give the count away.
    """

    reason: Reason
    text: Words
    month: str
    households: str
    needed: int
    rr1: Shown | None = None
    rr3: Shown | None = None

    is_released = False

    @property
    def is_uncounted(self) -> bool:
        """Even the number of households is withheld (M28)."""
        return not self.households.isdecimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A figure with everything that must stand beside it (M89).

    `month`: of the window's end; `is_kept`: an older figure that stays because the
    newer one could be told apart from it (M86); `mark`: of M29; `needs_warning`: the
    office sees too few households for the public; `star`: None where the ladder gives
    none; `is_clamped`: the score is printed as a bound, and what it could be worked
    out from is withheld with it (M85); `is_unmeasured`: no differences in the pooling
    group (M71); `adjusted`: y_adj, where the scheme has one (M47); `level`: confidence
    in per cent; the floors are those of the scheme. `released`: None where fewer than
    ten of them gave no usable answer; `submitted`: None where some ballots were not
    usable, for the rest is how many; `rr1`, `rr3`: per cent, as the range that counts
    in tens leave (M28, T127).
    """

    month: str
    is_kept: bool
    households: int
    score: Shown
    low: Shown | None
    high: Shown | None
    se: Decimal | None
    is_clamped: bool
    adjusted: Shown | None
    star: int | None
    previous_star: int | None
    star_is_kept: bool
    is_unmeasured: bool
    window_from: str
    window_to: str
    months_existing: int
    months_wanted: int
    mark: str
    mark_text: str
    released: int | None
    submitted: int | None
    rr1: Shown | None
    rr3: Shown | None
    scheme: str
    level: Decimal
    public_floor: int
    star_floor: int
    star_reliable: int
    star_lambda: Decimal
    needs_warning: bool

    is_released = True

    @property
    def star_name(self) -> Words:
        return STAR_NAMES[self.star] if self.star else ""

    @property
    def previous_star_name(self) -> Words:
        return STAR_NAMES[self.previous_star] if self.previous_star else ""

    @property
    def star_change(self) -> int:
        """Stars gained (+) or lost (-) against the previous star; 0 without one."""
        if self.star is None or self.previous_star is None:
            return 0
        return self.star - self.previous_star

    @property
    def participation(self) -> Decimal | None:
        """参评率 in per cent, one place: usable answers of released households.

        Not of those submitted: how many of them were not usable is not told (T127).
        """
        if not self.released:
            return None
        return rounded(Decimal(100 * self.households) / self.released, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question among the households that answered it (M34).

    `households`: None where fewer than ten left it blank, in this window or between it
    and one told before, for the rest of a count is a count (M28, M84, T127); `month`:
    of the figure, older than the rating's where the newer could be told apart (M86);
    `satisfied`: share in per cent, None where it is not precise enough or leaves too
    small a rest (M57, M85).
    """

    number: int
    month: str
    is_kept: bool
    households: int | None
    score: Shown
    low: Shown | None
    high: Shown | None
    satisfied: Shown | None
    satisfied_low: Shown | None
    satisfied_high: Shown | None

    is_released = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """What the pooling group makes of the score, beside the star (M70, M72)."""

    reliability: Decimal
    eb: Shown
    se: Decimal
    is_smoothed: bool

    @property
    def percent(self) -> int:
        """Reliability in whole per cent."""
        return int(100 * self.reliability)

    @property
    def rest(self) -> int:
        return 100 - self.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The pooling group (M67-M71). `mean`, `spread`: points, None where a single
    member that is not shown could be worked out from them (M84).

    `spread`: standard deviation between officials, the root of tau2.
    """

    level: str
    count: int
    mean: Decimal | None
    spread: Decimal | None
    shows_differences: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StarSteps:
    """From the figure that a star rests on to the star, in numbers (M73-M76).

    `score`, `se`: R_1 and R_2 of the shrunken score or the direct one (`is_shrunken`);
    `low`, `high`: h standard errors down and up; `plain`, `up`, `down`: the stars of
    score, `low` and `high`; `previous`: None for a first star.
    """

    is_shrunken: bool
    score: Decimal
    se: Decimal
    low: Decimal
    high: Decimal
    plain: int
    up: int
    down: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class Check:
    """A condition of last place (M81). For the office."""

    name: str
    text: Words
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an appointment stands in its peer group at a quarter reading (M78-M81).

    Residents see the tier and the set; `rank`, `is_alone`, `crit`, `difference` (to
    the mean of the group, points) with its standard error, and the conditions of last
    place are None or empty for them (M80).
    """

    period: str
    of: int
    tier: str
    tier_text: Words
    best: int
    worst: int
    rank: int | None
    is_alone: bool | None
    crit: Decimal | None
    difference: Decimal | None
    difference_se: Decimal | None
    checks: tuple[Check, ...]

    @property
    def range_text(self) -> Words:
        """The set in words, as residents read it."""
        if self.best == self.worst:
            return _("第 %(place)s 位") % {"place": self.best}
        return _("第 %(best)s 到第 %(worst)s 位之间") % {
            "best": self.best,
            "worst": self.worst,
        }

    @property
    def is_last(self) -> bool:
        return bool(self.checks) and all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """A stratum of the design; a count of None is withheld with its partner (M84).

    `base`: N/n; `weight`: households that one usable answer stands for.
    """

    code: str
    frame: int
    released: int | None
    submitted: int | None
    usable: int | None
    base: Decimal | None
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class Disposition:
    """Released households without a usable answer, by final code (M24, M28)."""

    name: str
    text: Words
    households: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a share of a mode above or below its reference takes from a score (M47)."""

    margin: str
    level: str
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Frame, draw, weights and response of the community in its area (M10-M40).

    `area`: code of the weighting area; `target`: usable answers that the area's window
    needs; `meets_target`: None while the window is not full. How many the area has is
    not told: a community too small to show would be the rest (M84). `e`: per cent, as a
    range, see M27 and `Released`; `margins`: what the weights were raked to; `raked`:
    None without a margin; `rounds`: code and month.
    """

    community: str
    area: str
    strata: tuple[Stratum, ...]
    dispositions: tuple[Disposition, ...]
    target: int
    meets_target: bool | None
    e: Shown | None
    margins: tuple[str, ...]
    raked: bool | None
    rake_rounds: int
    is_trimmed: bool
    kish: Decimal | None
    rounds: tuple[tuple[str, str], ...]
    snapshots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Degrees of freedom, design effect, effective answers, kind of interval."""

    df: int | None
    deff: Decimal | None
    m_eff: int | None
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """The score after the modes, beside the one before (M47)."""

    score: Shown
    low: Shown | None
    high: Shown | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StarRule:
    """Cut points and what they gave (M73-M76).

    `cuts_year`: the closed year they are from, None for those of the scheme;
    `percents`: of one to five stars; `since`: month of the star before; `steps`: None
    for no star, a kept one, or where they would tell too much (M84, M85).
    """

    cuts: tuple[Decimal, ...]
    cuts_year: int | None
    hysteresis: Decimal
    percents: tuple[int, ...] | None
    since: str
    steps: StarSteps | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the figure can be held against (M102, M106).

    `previous_sha256`: of the record before, where that was released to the same
    audience: the digest of a record of few answers could be guessed.
    """

    method_version: int
    scheme_sha256: str
    record_sha256: str
    previous_sha256: str | None
    code_version: str
    numpy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """How a released figure was made, step by step, with its numbers (M102-M105).

    Everything belongs to the figure that is shown, which may be older than the rating
    (M86); only `place` belongs to the rating's own quarter. `modes`: households, None
    is withheld with a partner (M84); `shrinkage`: None without a pooling group, and
    where it would tell of a withheld member; `consequence`: M88, "" for residents.
    """

    design: Design
    precision: Precision
    adjustment: Adjustment | None
    points: tuple[Decimal, ...]
    modes: tuple[tuple[str, int | None], ...]
    questions: Mapping[int, Question | Withheld]
    shrinkage: Shrinkage | None
    group: Group | None
    star: StarRule
    place: Place | None
    consequence: str
    consequence_text: Words
    cautions: tuple[tuple[str, Words], ...]
    proof: Proof

    @property
    def cuts(self) -> tuple[Decimal, ...]:
        return self.star.cuts

    @property
    def is_closed_group(self) -> bool:
        """One member of the group is withheld: what would tell of it is, too (M84)."""
        return self.group is not None and self.group.mean is None
