"""What the public pages show: published figures of communities, nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from evaluations import publication
from evaluations.models import MonthlyRating
from evaluations.publication import Audience, Released, Withheld
from officials.models import Division


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """A community on the public list."""

    community: Division
    rating: MonthlyRating
    figure: Released | Withheld


def published_communities(*, words: str = "") -> QuerySet[Division]:
    """Communities with something published, in the order of their codes."""
    communities = Division.objects.communities().filter(
        Exists(_published().filter(community=OuterRef("pk")))
    )
    if words:
        communities = communities.filter(name__contains=words)
    return communities.select_related("parent").order_by("code")


def rows_of(communities: Iterable[Division]) -> list[CommunityRow]:
    """Their newest published figures, in the order given."""
    communities = list(communities)
    newest = _published().filter(community=OuterRef("pk")).values("pk")[:1]
    chosen = Division.objects.filter(pk__in=[row.pk for row in communities])
    ratings = MonthlyRating.objects.with_names().filter(
        pk__in=chosen.order_by().values(newest=Subquery(newest))
    )
    by_community = {
        rating.community_id: rating
        for rating in ratings.defer("record", "shown__record")
    }
    return [
        CommunityRow(
            community=community,
            rating=by_community[community.pk],
            figure=publication.release(by_community[community.pk], Audience.PUBLIC),
        )
        for community in communities
    ]


def newest_published(community: str) -> MonthlyRating | None:
    """The newest published rating of a community.

    After a change in the post the newer appointment prevails, however short its
    window: a score follows neither the chair nor the name (M3).
    """
    published = _published().filter(community_id=community)
    return MonthlyRating.objects.with_names().filter(pk__in=published[:1]).first()


def published_rating(community: str, month: str) -> MonthlyRating | None:
    """Of a community in one month; of two appointments the newer one."""
    published = _published().filter(community_id=community, month=month)
    return MonthlyRating.objects.with_names().filter(pk__in=published[:1]).first()


def _published() -> QuerySet[MonthlyRating]:
    """The order of `newest_published`."""
    published = MonthlyRating.objects.current().published()
    return published.order_by("-month", "-appointment_id")
