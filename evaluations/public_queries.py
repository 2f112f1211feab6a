"""What the public pages show: published figures of communities, nothing else."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from evaluations import publication
from evaluations.models import (
    Appeal,
    MonthlyRating,
    Publication,
    PublishedRating,
    Withdrawal,
)
from evaluations.name_search import is_found
from evaluations.publication import Audience, Released, Withheld
from evaluations.rollup import DISTRICT_DIGITS
from officials.models import Appointment, Division

State = MonthlyRating.State


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """A community on the public list."""

    community: Division
    rating: MonthlyRating
    figure: Released | Withheld

    @property
    def stars(self) -> str:
        """As letters: ★★★★☆."""
        star = self.figure.star if isinstance(self.figure, Released) else None
        return "★" * star + "☆" * (5 - star) if star else ""


@dataclass(frozen=True, slots=True)
class StreetRows:
    """A street with its communities, both in the order of their codes."""

    street: Division
    rows: Sequence[CommunityRow]


@dataclass(frozen=True, slots=True)
class TermRow:
    """A holder of the post with a published result: who was rated when."""

    appointment: Appointment
    month: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What must be said of a rating beside its figure (T130, T131).

    `reason`: why it is a corrected version, "" for a first one; `older`, `newer`:
    revisions of the same month that were published; `withdrawn`: months that were
    taken back, with their reasons; `is_appealed`: an appeal is under way.
    """

    reason: str
    is_corrected: bool
    older: tuple[int, ...]
    newer: int | None
    withdrawn: tuple[tuple[str, str], ...]
    is_appealed: bool


def published_communities(*, words: str = "", under: str = "") -> QuerySet[Division]:
    """Communities with something published, in the order of their codes.

    `words`: a part of the name, its spelling or its initials.
    """
    communities = Division.objects.communities().filter(
        Exists(_published().filter(community=OuterRef("pk")))
    )
    if under:
        communities = communities.under(under)
    if words:
        names = communities.order_by().values_list("pk", "name", "short_name")
        found = [pk for pk, *both in names if any(is_found(words, n) for n in both)]
        communities = communities.filter(pk__in=found)
    return communities.select_related("parent").order_by("code")


def published_districts() -> list[Division]:
    """Districts with something published, in the order of their codes."""
    codes = _published().order_by().values_list("community_id", flat=True).distinct()
    wanted = {code[:DISTRICT_DIGITS] for code in codes}
    return list(Division.objects.filter(pk__in=wanted).order_by("code"))


def streets_of(communities: Iterable[Division]) -> list[StreetRows]:
    """By street, in the order of places and never by score (M80, W3)."""
    rows = rows_of(communities)
    return [
        StreetRows(street=group[0].community.parent, rows=group)
        for _code, found in groupby(rows, key=lambda row: row.community.parent_id)
        for group in [list(found)]
        if group[0].community.parent is not None
    ]


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
        if community.pk in by_community
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


def published_revision(
    community: str, month: str, revision: int
) -> MonthlyRating | None:
    """An older version stays readable (T130)."""
    published = MonthlyRating.objects.published().filter(
        community_id=community,
        month=month,
        revision=revision,
        publications__isnull=False,
    )
    newest = published.order_by("-appointment_id").values("pk")[:1]
    return MonthlyRating.objects.with_names().filter(pk__in=newest).first()


def terms_of(community: str) -> list[TermRow]:
    """Everybody in the post with a published result, the newest first."""
    months: dict[int, str] = {}
    published = _published().filter(community_id=community)
    for appointment, month in published.values_list("appointment_id", "month"):
        months.setdefault(appointment, month)
    rows = Appointment.objects.filter(pk__in=months).select_related("official")
    return [
        TermRow(appointment=row, month=months[row.pk])
        for row in sorted(rows, key=lambda row: months[row.pk], reverse=True)
    ]


def in_office_now(rating: MonthlyRating, *, on: dt.date) -> Appointment | None:
    """Who holds the post on the day."""
    holders = Appointment.objects.filter(post_id=rating.appointment.post_id)
    now = holders.in_office(on=on).select_related("official")
    return now.order_by("-starts_on", "-pk").first()


def standing_of(rating: MonthlyRating) -> Standing:
    """Versions, withdrawals and appeals around a published rating."""
    entries = list(
        PublishedRating.objects.filter(
            rating__appointment_id=rating.appointment_id,
            rating__month=rating.month,
            rating__state=State.PUBLISHED,
        )
        .select_related("publication")
        .order_by("publication__version")
        .values_list("rating__revision", "publication__reason")
    )
    revisions = sorted({revision for revision, _reason in entries})
    older = tuple(one for one in revisions if one < rating.revision)
    newer = [one for one in revisions if one > rating.revision]
    reasons = [reason for revision, reason in entries if revision == rating.revision]
    return Standing(
        reason=reasons[0] if reasons and older else "",
        is_corrected=bool(older),
        older=older,
        newer=newer[-1] if newer else None,
        withdrawn=tuple(withdrawn_of(rating.community_id, after=rating.month)),
        is_appealed=Appeal.objects.open()
        .filter(
            rating__appointment_id=rating.appointment_id, rating__month=rating.month
        )
        .exists(),
    )


def withdrawn_of(community: str, *, after: str = "") -> list[tuple[str, str]]:
    """Months that were taken back and why, the newest first.

    Only what does not stand in another version; `after`: from this month on.
    """
    standing = _published().filter(community_id=community).values("month")
    entries = (
        Publication.objects.filter(
            withdrawals__state=Withdrawal.State.DONE,
            entries__rating__community_id=community,
            month__gte=after,
        )
        .exclude(month__in=standing)
        .order_by("-month", "-withdrawals__answered_at")
        .values_list("month", "withdrawals__reason")
    )
    found: dict[str, str] = {}
    for month, reason in entries:
        found.setdefault(month, reason)
    return list(found.items())


def _published() -> QuerySet[MonthlyRating]:
    """The order of `newest_published`."""
    return MonthlyRating.objects.in_public().order_by("-month", "-appointment_id")
