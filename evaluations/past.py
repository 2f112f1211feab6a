"""What earlier months leave to this one: stars, windows told, their counts."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Sum

from evaluations.guard import Span
from evaluations.models import MonthlyRating, ResponseCell, StarRating
from evaluations.records import PreviousStar, told_after
from evaluations.scoring.window import Month
from evaluations.set_asides import in_district, without

# M75: a star of more than twelve months ago is no previous star.
STAR_MONTHS = 12


@dataclass(slots=True)
class Past:
    """Of one appointment. `last_told`: the last rating that M86 let out."""

    last: MonthlyRating | None = None
    last_told: MonthlyRating | None = None
    star: PreviousStar | None = None
    told: list[Span] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def pasts(
    appointments: Collection[int], *, until: Month, months: int, district: str
) -> dict[int, Past]:
    """What stood before the month `until`, and answers per month up to and with it.

    `months`: the longest window; nothing older can meet a window of today.
    """
    found: dict[int, Past] = defaultdict(Past)
    _add_ratings(found, appointments, until, months)
    _add_year_stars(found, appointments, until)
    _add_counts(found, appointments, until, months, district)
    return found


def _add_ratings(
    found: dict[int, Past], appointments: Collection[int], until: Month, months: int
) -> None:
    ratings = MonthlyRating.objects.current().filter(
        appointment_id__in=appointments,
        month__gte=str(until.plus(-max(months, STAR_MONTHS))),
        month__lt=str(until),
    )
    oldest_star = str(until.plus(-STAR_MONTHS))
    for rating in ratings.order_by("month").defer("record"):
        past = found[rating.appointment_id]
        past.last = rating
        if rating.refreshed:
            past.last_told = rating
        if rating.star is not None and rating.month >= oldest_star:
            past.star = PreviousStar(rating.star, rating.month, "month")
    last = [past.last.pk for past in found.values() if past.last]
    for rating in MonthlyRating.objects.filter(pk__in=last):
        found[rating.appointment_id].told = told_after(rating.contents)


def _add_year_stars(
    found: dict[int, Past], appointments: Collection[int], until: Month
) -> None:
    """The star of the closed year before, unless a month has given one since (H4)."""
    closed = StarRating.objects.standing().filter(
        appointment_id__in=appointments, year=until.year - 1
    )
    for rating in closed:
        past, december = found[rating.appointment_id], f"{rating.year}-12"
        if past.star is None or past.star.since <= december:
            past.star = PreviousStar(rating.stars, december, "year")


def _add_counts(
    found: dict[int, Past],
    appointments: Collection[int],
    until: Month,
    months: int,
    district: str,
) -> None:
    """Month → usable answers, from the first month of any window still told."""
    firsts = [first for past in found.values() for first, _ in past.told]
    cells = ResponseCell.objects.filter(
        appointment_id__in=appointments,
        round__period__gte=min([*firsts, str(until.plus(1 - months))]),
        round__period__lte=str(until),
    )
    counts = (
        without(cells, in_district(district))
        .order_by()
        .values_list("appointment_id", "round__period")
        .annotate(Sum("n"))
    )
    for appointment, month, usable in counts:
        found[appointment].counts[month] = int(usable)
