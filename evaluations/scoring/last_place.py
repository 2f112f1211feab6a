"""Last place 末位: every condition of a quarter, and quarters in a row (M81).

One bad quarter sits in four overlapping windows, and a rank alone says little: so many
conditions, and none of them alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import fsum

from evaluations.scoring.consequences import Support
from evaluations.scoring.method import Method
from evaluations.scoring.ranks import Ranking


class Check(StrEnum):
    """The conditions of M81, in the order of the text."""

    LARGEST_RANK = "largest_rank"
    HELD_ALONE = "held_alone"
    SET_IN_LOWER_HALF = "set_in_lower_half"
    WINDOW_VALID = "window_valid"
    ANSWERS_ENOUGH = "answers_enough"
    FRESH_ANSWERS_ENOUGH = "fresh_answers_enough"
    FRESH_BELOW_GROUP = "fresh_below_group"


@dataclass(frozen=True, slots=True)
class Fresh:
    """The quarter's own three months alone: `m` answers, `mean` y, points."""

    m: int
    mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPlace:
    """Whether an appointment is last in a quarter.

    `is_ranked`: False without a rank this quarter, which adds nothing and resets
    nothing; `failed`: the conditions that do not hold; `fresh_mean`,
    `fresh_group_mean`: points, of the quarter's own months.
    """

    code: str
    period: str
    is_ranked: bool
    failed: tuple[Check, ...]
    fresh_mean: float | None
    fresh_group_mean: float | None

    @property
    def is_last(self) -> bool:
        """Every condition holds."""
        return self.is_ranked and not self.failed


def last_place(
    code: str,
    ranking: Ranking | None,
    *,
    support: Support,
    fresh: Mapping[str, Fresh],
    period: str,
    method: Method,
) -> LastPlace:
    """All conditions of M81 for one appointment in one quarter.

    1. The printed rank is the largest and held alone.
    2. The lower bound of the rank set is above p/2.
    3. M29 and M88 hold: `support`.
    4. The mean of the quarter's own months, from at least `publish.floor` answers, is
       below the mean of the group in the same months: `fresh`, per appointment.

    `ranking`: of the peer group, None if the group has no ranks (M78).
    """
    rank = ranking.of(code) if ranking else None
    if ranking is None or rank is None:
        return LastPlace(
            code=code,
            period=period,
            is_ranked=False,
            failed=(),
            fresh_mean=None,
            fresh_group_mean=None,
        )
    own = fresh.get(code, Fresh(0, None))
    group = fresh_group_mean(ranking, fresh, method=method)
    is_fresh = own.m >= method.publish_floor and own.mean is not None
    largest = max(other.rank for other in ranking.ranks)
    holds = {
        Check.LARGEST_RANK: rank.rank == largest,
        Check.HELD_ALONE: rank.is_alone,
        Check.SET_IN_LOWER_HALF: 2 * rank.best > rank.of,
        Check.WINDOW_VALID: support.is_valid,
        Check.ANSWERS_ENOUGH: support.is_enough or not support.is_valid,
        Check.FRESH_ANSWERS_ENOUGH: is_fresh,
        Check.FRESH_BELOW_GROUP: not is_fresh or _is_below(own.mean, group),
    }
    return LastPlace(
        code=code,
        period=period,
        is_ranked=True,
        failed=tuple(check for check, held in holds.items() if not held),
        fresh_mean=own.mean,
        fresh_group_mean=group,
    )


def fresh_group_mean(
    ranking: Ranking, fresh: Mapping[str, Fresh], *, method: Method
) -> float | None:
    """The mean of the ranked appointments' own means of the quarter's months.

    Every appointment weighs alike, as in M80; those with fewer than `publish.floor`
    answers do not count. None if nobody has as many.
    """
    means = [
        own.mean
        for rank in ranking.ranks
        for own in [fresh.get(rank.code, Fresh(0, None))]
        if own.m >= method.publish_floor and own.mean is not None
    ]
    return fsum(means) / len(means) if means else None


def _is_below(mean: float | None, group: float | None) -> bool:
    return mean is not None and group is not None and mean < group


class Outcome(StrEnum):
    """What a final quarter means for the row of last places."""

    LAST = "last"
    NOT_LAST = "not_last"
    NOT_RANKED = "not_ranked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """One final quarter of a person: `year`, `quarter` 1..4, `appointment` code.

    `outcome`: NOT_RANKED for less than half the quarter in post, approved leave or no
    star; `is_withdrawn`: set aside on appeal afterwards.
    """

    year: int
    quarter: int
    appointment: str
    outcome: Outcome
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quarter <= 4:
            raise ValueError(f"{self.quarter} is not a quarter")

    @property
    def period(self) -> str:
        """As in "2026Q4"."""
        return f"{self.year:04d}Q{self.quarter}"

    @property
    def index(self) -> int:
        """Quarters since the year 0."""
        return 4 * self.year + self.quarter - 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal for one appointment, on the day the last of `periods` is final."""

    appointment: str
    periods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Last places in a row.

    `length`: of the row that is still open; `proposals`: those that stand;
    `withdrawn`: those that rested on a quarter set aside on appeal.
    """

    length: int
    proposals: tuple[Proposal, ...]
    withdrawn: tuple[Proposal, ...]


def last_places_in_a_row(quarters: Sequence[Quarter], *, method: Method) -> Row:
    """Proposals from the final quarters of a person, in any order.

    `rank.last_quarters` last places in a row give exactly one proposal; the row may
    go on without a second one. A quarter without a rank neither adds nor resets, and
    so does one that was withdrawn, or that is missing; ranked and not last, or another
    appointment, resets. ValueError for a quarter twice. Source: M81.
    """
    ordered = sorted(quarters, key=lambda quarter: quarter.index)
    if len({quarter.index for quarter in ordered}) < len(ordered):
        raise ValueError("a quarter is listed twice")
    set_aside = {quarter.period for quarter in ordered if quarter.is_withdrawn}
    length, standing = _walk(
        [quarter for quarter in ordered if not quarter.is_withdrawn], method
    )
    _, first = _walk(ordered, method)
    return Row(
        length=length,
        proposals=standing,
        withdrawn=tuple(one for one in first if set_aside & set(one.periods)),
    )


def _walk(
    quarters: Sequence[Quarter], method: Method
) -> tuple[int, tuple[Proposal, ...]]:
    """Length of the open row, and the proposals on the way."""
    row: list[str] = []
    appointment: str | None = None
    proposals = []
    for quarter in quarters:
        if quarter.appointment != appointment:
            row, appointment = [], quarter.appointment
        if quarter.outcome is Outcome.NOT_LAST:
            row = []
        if quarter.outcome is Outcome.LAST:
            row.append(quarter.period)
            if len(row) == method.rank_last_quarters:
                proposals.append(Proposal(quarter.appointment, tuple(row)))
    return len(row), tuple(proposals)


def half_of(days_in_post: int, days: int) -> bool:
    """Whether somebody was in post for at least half of a quarter's days (M81)."""
    if not 0 <= days_in_post <= days or not days:
        raise ValueError(f"{days_in_post} days of {days}")
    return Fraction(days_in_post, days) >= Fraction(1, 2)
