"""Ranks 1, 2, 2, 4 and grades of one peer group in one quarter (W3, 4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.scoring.grades import Grade, Total, grade_group
from evaluations.scoring.ranks import competition_ranks
from evaluations.sheets.rules import RegularRules


class NotRanked(StrEnum):
    """Why somebody is not compared: neither adds to a row of last places nor resets."""

    SHORT_TIME = "short_time"
    LEAVE = "leave"
    INCOMPLETE = "incomplete"
    FEW_RESIDENTS = "few_residents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One sheet of the group. `total`: as printed, None if incomplete.

    `resident_m`: households behind a resident score in it, None without one;
    `days`: of the quarter; `days_in_post`, `days_on_leave` among them; `may_be_last`:
    False where the answers do not carry it (M29, and M81 on residents alone).
    """

    code: str
    total: Decimal | None
    resident_m: int | None
    days: int
    days_in_post: int
    days_on_leave: int = 0
    may_be_last: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rank 1 is the best; `tie`: somebody shares it; grade within the quota."""

    code: str
    rank: int
    of: int
    tie: bool
    is_last: bool
    grade: Grade
    is_moved: bool
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`placed` in ascending code; `not_ranked`: code and reason of the others."""

    placed: tuple[Place, ...]
    not_ranked: tuple[tuple[str, NotRanked], ...]

    def of(self, code: str) -> Place | None:
        return next((one for one in self.placed if one.code == code), None)


def stand(entrants: Iterable[Entrant], *, rules: RegularRules) -> Standing:
    """Ranks and grades of a group; the order of the entrants does not matter.

    1. Not ranked: in post for less than half of the quarter, approved leave for so
       much of it, a figure missing, a resident score of fewer than
       `residents.floor` households. They count in no quota either.
    2. Competition ranking on the printed total, highest first.
    3. Bands and floor(quota x n) 好; a tie across the line goes down.
    4. Last place: the largest rank, alone, in a group of at least `rank.group_min`.

    Sources: domain 4.4; M81. ValueError for a code twice.
    """
    ordered = sorted(entrants, key=lambda one: one.code)
    if len({one.code for one in ordered}) < len(ordered):
        raise ValueError("an appointment is listed twice")
    why = {one.code: not_ranked_because(one, rules=rules) for one in ordered}
    ranked = [one for one in ordered if why[one.code] is None]
    return Standing(
        placed=_places(ranked, rules),
        not_ranked=tuple((code, found) for code, found in why.items() if found),
    )


def not_ranked_because(entrant: Entrant, *, rules: RegularRules) -> NotRanked | None:
    """None if it is ranked. Half a quarter is enough; leave is not time in post."""
    if 2 * entrant.days_in_post < entrant.days:
        return NotRanked.SHORT_TIME
    if 2 * (entrant.days_in_post - entrant.days_on_leave) < entrant.days:
        return NotRanked.LEAVE
    if entrant.total is None:
        return NotRanked.INCOMPLETE
    floor = rules.whole("residents.floor")
    if entrant.resident_m is not None and entrant.resident_m < floor:
        return NotRanked.FEW_RESIDENTS
    return None


def _places(ranked: list[Entrant], rules: RegularRules) -> tuple[Place, ...]:
    totals = [one.total for one in ranked if one.total is not None]
    printed = competition_ranks(totals)
    grades = grade_group(
        [
            Total(code=one.code, total=one.total, resident_m=one.resident_m)
            for one in ranked
        ],
        method=rules.method,
    )
    largest = max(printed, default=0)
    enough = len(ranked) >= rules.whole("rank.group_min")
    found = []
    for one, rank, graded in zip(ranked, printed, grades.graded, strict=True):
        if graded.grade is None:
            raise ValueError(f"{one.code} is ranked and has no grade")
        tie = printed.count(rank) > 1
        is_last = enough and rank == largest and not tie and one.may_be_last
        found.append(
            Place(
                code=one.code,
                rank=rank,
                of=len(ranked),
                tie=tie,
                is_last=is_last,
                grade=graded.grade,
                is_moved=graded.is_moved,
                places=grades.places,
            )
        )
    return tuple(found)
