"""Who reads words: 404 out of scope, 403 without the permission (T85, T128)."""

from uuid import UUID

from django.http import Http404, HttpRequest

from accounts.access import staff, today, within_or_refused
from accounts.permissions import Permission
from surveys import comments
from surveys.comments import Pile
from surveys.models import Comment, Round

# Piles that were opened in this session, and so left their trace (T77).
OPENED = "comments_opened"


def get_pile_for(request: HttpRequest, code: str, place: str) -> Pile:
    """The words of a round from a place that the reader covers."""
    survey_round = Round.objects.select_related("division").filter(code=code).first()
    if survey_round is None or not place.startswith(survey_round.division_id):
        raise Http404
    within_or_refused(staff(request), Permission.COMMENT_REVIEW, place, on=today())
    pile = comments.pile_of(survey_round, place)
    if pile is None:
        raise Http404
    return pile


def get_comment_for(request: HttpRequest, pk: UUID) -> tuple[Comment, Pile]:
    kept = Comment.objects.select_related("round").exclude(text=b"")
    comment = kept.filter(pk=pk).first()
    place = comments.place_of(comment) if comment else None
    if comment is None or place is None:
        raise Http404
    return comment, get_pile_for(request, comment.round.code, place)


def mark_opened(request: HttpRequest, pile: Pile) -> None:
    known = request.session.get(OPENED, [])
    request.session[OPENED] = [*known, _key(pile)]


def is_opened(request: HttpRequest, pile: Pile) -> bool:
    return _key(pile) in request.session.get(OPENED, [])


def _key(pile: Pile) -> str:
    return f"{pile.survey_round.code}/{pile.place.code}"
