"""The median of a peer group month by month, beside the line of one of its members.

Released figures only, and only from three of them on: a withheld member is not in it,
so nothing can be worked out of it that is not printed elsewhere (T125, T127).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Any

from evaluations.models import MonthlyRating
from evaluations.order import with_figures
from evaluations.peers import groups_by_month
from evaluations.publication import Audience
from evaluations.scoring.rounding import rounded

LEAST = 3


def medians_of(
    organization: int, months: Sequence[str], audience: Audience
) -> list[Decimal | None]:
    """For each month the median of the group the organization was in then (W3).

    One place, half up; None where fewer than three members may be told, or no group.
    """
    members = groups_by_month(organization, months)
    scores = _scores(members, audience)
    return [median_of(scores[month]) for month in months]


def median_of(scores: Iterable[Decimal]) -> Decimal | None:
    known = sorted(scores)
    return rounded(median(known), 1) if len(known) >= LEAST else None


def _scores(
    members: Mapping[str, frozenset[int]], audience: Audience
) -> dict[str, list[Decimal]]:
    """Month → printed scores; a figure that only stays is no figure of that month."""
    everybody = frozenset[int]().union(*members.values())
    ratings = MonthlyRating.objects.current().filter(
        month__in=list(members),
        refreshed=True,
        appointment__post__organization_id__in=everybody,
    )
    told: Any = with_figures(ratings, audience)
    rows = (
        told.filter(is_told=1)
        .order_by()
        .values_list("month", "appointment__post__organization_id", "printed")
    )
    found: dict[str, list[Decimal]] = defaultdict(list)
    for month, organization, printed in rows:
        if organization in members[month]:
            found[month].append(printed)
    return found
