"""Words of households: opened for reading with a trace, and decided on (T128, T75)."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from officials.accounts import appointments_of
from surveys import comments
from surveys.blackouts import Span, merged
from surveys.comments import Pile
from surveys.models import Comment

Review = Comment.Review
DECISIONS = (Review.PUBLISH, Review.PRIVATE, Review.WITHHOLD)


class CommentRefused(Exception):
    """Every refusal of the review of words."""


class OfRatedUnit(CommentRefused):
    """Who is rated in a place does not read what its households wrote (T86, T128)."""


class DecidedMeanwhile(CommentRefused):
    """Somebody else has decided; the page that asked was old."""


class WordsAreGone(CommentRefused):
    """What the household wrote is not kept any more, or may not be read."""


@transaction.atomic
def open_pile(*, pile: Pile, by: User, at: dt.datetime) -> None:
    """Somebody reads the words of a round from a place: so much stays in the trail."""
    _refuse_rated(pile.place.code, by, at=at)
    record(
        "comments.opened",
        target=pile.survey_round,
        by=by,
        at=at,
        division=pile.place.code,
        data={"month": pile.survey_round.period, "count": pile.total},
    )


@transaction.atomic
def review_comment(
    *,
    comment: Comment,
    decision: str,
    blackouts: Iterable[Span],
    by: User,
    at: dt.datetime,
) -> None:
    """Publish, keep internal or withhold, with what nobody else may see blacked out.

    `comment` is as the reader saw it. The words themselves are not touched, and neither
    they nor what is blacked out stand in the trail. Another decision may follow while
    the words are kept: a name that was overlooked is taken back this way.
    """
    place = comments.place_of(comment)
    if place is None:
        raise WordsAreGone(str(comment.pk))
    _refuse_rated(place, by, at=at)
    spans = merged(blackouts) if decision != Review.WITHHOLD else []
    as_seen = Comment.objects.filter(
        pk=comment.pk,
        review=comment.review,
        reviewed_by=comment.reviewed_by,
        blackouts=comment.blackouts,
    )
    moved = (
        as_seen.filter(is_raw=True)
        .exclude(text=b"")
        .update(
            review=Review(decision).value,
            blackouts=[list(span) for span in spans],
            reviewed_by=by.audit_name,
        )
    )
    if not moved:
        kept = Comment.objects.filter(pk=comment.pk, is_raw=True).exclude(text=b"")
        raise DecidedMeanwhile(comment.pk) if kept else WordsAreGone(comment.pk)
    record(
        "comment.reviewed",
        target=comment,
        by=by,
        at=at,
        division=place,
        data={
            "month": comment.round.period,
            "decision": decision,
            "before": comment.review,
            "blacked_out": len(spans),
        },
    )


def _refuse_rated(place: str, by: User, *, at: dt.datetime) -> None:
    """A reader is from outside the rated unit, whatever roles somebody gave them."""
    held = appointments_of(by, on=timezone.localdate(at))
    codes = held.values_list("post__organization__division__code", flat=True)
    if any(code.startswith(place) or place.startswith(code) for code in codes):
        raise OfRatedUnit(by.username)
