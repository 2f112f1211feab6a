"""A month's ratings one after another: where the reviewer stands, and what is next."""

from dataclasses import dataclass

from evaluations import queries
from evaluations.models import MonthlyRating
from officials.models import Division


@dataclass(frozen=True, slots=True)
class Place:
    """`number` of `total` in the order of communities; `done` are reviewed.

    `before`, `after`: appointments beside it among those that wait, None at the ends.
    """

    number: int
    total: int
    done: int
    before: int | None
    after: int | None


def place_of(rating: MonthlyRating, district: Division) -> Place:
    rows = _rows(district, rating.month)
    keys = [appointment for appointment, _state in rows]
    at = keys.index(rating.appointment_id)
    waits = [state in MonthlyRating.TO_REVIEW for _appointment, state in rows]
    before = [key for key, open_ in zip(keys[:at], waits[:at], strict=True) if open_]
    later = zip(keys[at + 1 :], waits[at + 1 :], strict=True)
    after = [key for key, open_ in later if open_]
    return Place(
        number=at + 1,
        total=len(rows),
        done=waits.count(False),
        before=before[-1] if before else None,
        after=after[0] if after else None,
    )


def next_waiting(
    district: Division, month: str, *, after: int | None = None
) -> int | None:
    """The appointment to look at now: the next that waits, from the top at the end."""
    rows = _rows(district, month)
    keys = [appointment for appointment, _state in rows]
    at = keys.index(after) + 1 if after in keys else 0
    waiting = (
        appointment
        for appointment, state in (*rows[at:], *rows[:at])
        if state in MonthlyRating.TO_REVIEW and appointment != after
    )
    return next(waiting, None)


def _rows(district: Division, month: str) -> list[tuple[int, str]]:
    ratings = queries.ratings_of_month(district.code, month)
    return list(ratings.values_list("appointment_id", "state"))
