"""Grade bands 等次 of a total sheet, with the quota of 好 (M81)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.scoring.method import Method


class Grade(StrEnum):
    """好, 较好, 一般, 较差."""

    GOOD = "good"
    FAIRLY_GOOD = "fairly_good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A total sheet: `total`, points, None if it is not complete.

    `resident_m`: usable households behind the resident score in it, None if it holds
    none.
    """

    code: str
    total: Decimal | None
    resident_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """`grade`: None if it is not ranked; `is_moved`: 好 by its band, 较好 by quota."""

    code: str
    total: Decimal | None
    grade: Grade | None
    is_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """`of`: p, the totals that are ranked; `places`: how many may be 好."""

    of: int
    places: int
    graded: tuple[Graded, ...]


def grade_group(totals: Iterable[Total], *, method: Method) -> Grades:
    """The grades of a peer group, in ascending code.

    1. A total that is not complete, or that contains a resident score of fewer than
       `publish.public` households, is not ranked and does not count in p.
    2. Bands `grade.bands`: from the first on 好, from the second 较好, from the third
       一般, else 较差.
    3. At most floor(`grade.quota_good` x p) 好, by total; those tied across the limit
       all get the lower grade, and so does everybody below them.

    The quota is an exact decimal. ValueError for a code twice. Source: M81.
    """
    ordered = sorted(totals, key=lambda total: total.code)
    if len({total.code for total in ordered}) < len(ordered):
        raise ValueError("a total is listed twice")
    ranked = [
        one.total
        for one in ordered
        if one.total is not None and _is_ranked(one, method)
    ]
    places = int(method.grade_quota_good * len(ranked))
    graded = tuple(_graded(one, ranked, places, method) for one in ordered)
    return Grades(of=len(ranked), places=places, graded=graded)


def _is_ranked(one: Total, method: Method) -> bool:
    return one.resident_m is None or one.resident_m >= method.publish_public


def _graded(one: Total, ranked: list[Decimal], places: int, method: Method) -> Graded:
    grade, is_moved = None, False
    if one.total is not None and _is_ranked(one, method):
        grade = _band(one.total, method)
        # Everybody with this total or a higher one must fit, so ties move together.
        at_least = sum(1 for other in ranked if other >= one.total)
        if grade is Grade.GOOD and at_least > places:
            grade, is_moved = Grade.FAIRLY_GOOD, True
    return Graded(code=one.code, total=one.total, grade=grade, is_moved=is_moved)


def _band(total: Decimal, method: Method) -> Grade:
    below = sum(1 for bound in method.grade_bands if total < bound)
    return tuple(Grade)[below]
