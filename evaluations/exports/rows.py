"""The rows of an export, one page of them in memory at a time."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from evaluations import publication
from evaluations.exports.columns import Row
from evaluations.models import MonthlyRating
from evaluations.peers import members_of_month
from evaluations.publication import Audience

# Ratings in memory at once; a record is about 10 KB.
PAGE = 500
# What the columns name; less than the pages do.
NAMES = (
    "scheme",
    "community__parent",
    "appointment__official",
    "appointment__post",
    "shown__scheme",
)


def rows_of(district: str, months: list[str], audience: Audience) -> Iterator[Row]:
    """By month and community, never by score: a list is no ranking (W3)."""
    for month in months:
        for rating in ratings_of(district, month, audience).iterator(chunk_size=PAGE):
            yield Row(
                rating=rating,
                group=group_of(rating),
                figure=publication.release(rating, audience),
                place=publication.release_place(rating, audience),
            )


def ratings_of(
    district: str, month: str, audience: Audience
) -> QuerySet[MonthlyRating]:
    group = members_of_month(month).filter(
        organization=OuterRef("appointment__post__organization")
    )
    name = Subquery(group.order_by("-starts_on").values("group__name")[:1])
    ratings = (
        MonthlyRating.objects.current()
        .under(district)
        .of_month(month)
        .select_related(*NAMES)
        .annotate(group_name=Coalesce(name, Value(""), output_field=CharField()))
        .order_by("community_id", "appointment_id")
    )
    return ratings.published() if audience is Audience.PUBLIC else ratings


def group_of(rating: Any) -> str:
    """As the query has added it; "" outside of every group."""
    return str(rating.group_name)
