"""Reads for appeals: who has one under way, what waits for whom."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.scopes import Scopes
from evaluations.models import Appeal, MonthlyRating, SetAside
from surveys.models import Round


def under_appeal(ratings: Iterable[MonthlyRating]) -> set[int]:
    """Primary keys of those whose result is being looked at again (申诉复核中).

    All that anybody but the two sides and the reviewer is told of an appeal.
    """
    open_ones = Appeal.objects.open().filter(rating__in=list(ratings))
    return set(open_ones.values_list("rating_id", flat=True))


def is_under_appeal(rating: MonthlyRating) -> bool:
    return rating.pk in under_appeal([rating])


def appeals_within(scopes: Scopes) -> QuerySet[Appeal]:
    """Open ones first, by their due date."""
    return (
        Appeal.objects.filter(scopes.q("rating__community__code"))
        .select_related(
            "rating__community",
            "rating__appointment__official",
            "filed_by",
            "reviewer",
            "notice",
        )
        .order_by("decided_at", "due_on", "pk")
    )


def open_first(appeals: Iterable[Appeal]) -> tuple[list[Appeal], list[Appeal]]:
    """(open, answered), the newest answer first."""
    listed = list(appeals)
    answered = [appeal for appeal in listed if not appeal.is_open]
    answered.sort(key=lambda appeal: (appeal.decided_at, appeal.pk), reverse=True)
    return [appeal for appeal in listed if appeal.is_open], answered


def waiting_set_asides(scopes: Scopes, *, at: dt.datetime) -> list[SetAside]:
    """What a second person may still countersign."""
    proposed = SetAside.objects.filter(
        scopes.q("community__code"), state=SetAside.State.PROPOSED
    ).select_related("round", "community", "appeal__rating", "proposed_by")
    return [act for act in proposed if act.waits(at=at) and act.appeal.is_open]


def rounds_of(rating: MonthlyRating) -> list[Round]:
    """The rounds that the figure rests on and that could be annulled in it."""
    codes = {row["code"] for row in rating.contents["window"]["rounds"]}
    gone = SetAside.objects.filter(
        state=SetAside.State.DONE, community_id=rating.community_id
    )
    rounds = Round.objects.filter(
        code__in=codes, subjects__community_id=rating.community_id
    ).exclude(pk__in=gone.values("round_id"))
    return list(rounds.distinct().order_by("-period"))
