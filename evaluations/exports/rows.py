"""The rows of an export, one page of them in memory at a time."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluations import publication
from evaluations.exports.columns import Row
from evaluations.models import MonthlyRating
from evaluations.models.ratings import MonthlyRatingQuerySet
from evaluations.peers import members_of_month
from evaluations.publication import Audience
from jobs.recording import tell

STEPS = {
    "write": _("正在写第 %(done)s 个月，共 %(total)s 个月"),
    "check": _("%(total)s 个月都写完了，正在合成文件并核对"),
}
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
    for number, month in enumerate(months, start=1):
        tell("write", number, len(months))
        groups = _group_names(district, month)
        for rating in ratings_of(district, month, audience).iterator(chunk_size=PAGE):
            organization = rating.appointment.post.organization_id
            yield Row(
                rating=rating,
                group=groups.get(organization, ""),
                figure=publication.release(rating, audience),
                place=publication.release_place(rating, audience),
            )
    tell("check", len(months), len(months))


def count_of(district: str, months: list[str], audience: Audience) -> int:
    """How many rows there will be; counted in the index of months, no record read."""
    return _chosen(district, months, audience).count()


def ratings_of(
    district: str, month: str, audience: Audience
) -> QuerySet[MonthlyRating]:
    chosen = _chosen(district, [month], audience)
    return chosen.select_related(*NAMES).order_by("community_id", "appointment_id")


def _chosen(
    district: str, months: list[str], audience: Audience
) -> MonthlyRatingQuerySet:
    ratings = MonthlyRating.objects.current().under(district)
    ratings = ratings.filter(month__in=months)
    return ratings.published() if audience is Audience.PUBLIC else ratings


def _group_names(district: str, month: str) -> dict[int, str]:
    """Organization → its group in the month; of several groupings the newest."""
    members = members_of_month(month).filter(
        organization__division__code__startswith=district
    )
    newest_last = members.order_by("grouping__version", "grouping_id")
    return dict(newest_last.values_list("organization_id", "group__name"))
