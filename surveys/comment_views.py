"""Words of households, read one at a time in random order and decided on (T128)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.permissions import Permission
from surveys import actions, blackouts, comments
from surveys.blackouts import Span
from surveys.comment_access import (
    get_comment_for,
    get_pile_for,
    is_opened,
    mark_opened,
)
from surveys.comment_forms import BlackoutForm, CommentForm
from surveys.comment_refusals import told
from surveys.comments import Pile
from surveys.models import Comment, CommentQuerySet


@require_safe
@holding(Permission.COMMENT_REVIEW)
def pile_list(request: HttpRequest) -> HttpResponse:
    piles = comments.piles_within(scopes_in(request))
    context = {
        "waiting": [pile for pile in piles if pile.pending],
        "done": [pile for pile in piles if not pile.pending],
    }
    return render(request, "surveys/comment_piles.html", context)


@require_POST
def pile_open(request: HttpRequest, code: str, place: str) -> HttpResponse:
    """By POST, for reading leaves a trace (T25, T77); then the first that waits."""
    pile = get_pile_for(request, code, place)
    try:
        actions.open_pile(pile=pile, by=staff(request), at=timezone.now())
    except actions.CommentRefused as refusal:
        messages.error(request, told(refusal))
        return redirect("comments:pile-list")
    mark_opened(request, pile)
    return _onward(pile, after=None)


@never_cache
@require_safe
def pile_detail(request: HttpRequest, code: str, place: str) -> HttpResponse:
    """All words of a round from a place, for whoever has opened them."""
    pile = get_pile_for(request, code, place)
    context: dict[str, Any] = {"pile": pile, "opened": is_opened(request, pile)}
    if context["opened"]:
        context["lines"] = [
            (comment, blackouts.pieces(comments.text_of(comment), comment.blackouts))
            for comment in _words(pile)
        ]
    return render(request, "surveys/comment_pile.html", context)


@never_cache
@require_safe
def comment_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    comment, pile = get_comment_for(request, pk)
    if not is_opened(request, pile):
        return _to_pile(pile)
    text = comments.text_of(comment)
    spans = _first_spans(comment, pile, text)
    form = BlackoutForm(
        text=text,
        initial={
            "black": "\n".join(blackouts.words_of(text, spans)),
            "seen": _as_seen(comment),
        },
    )
    return _render_comment(request, comment, pile, text, spans, form)


@never_cache
@require_POST
def comment_mark(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How the words look with other letters blacked out; nothing is decided."""
    comment, pile = get_comment_for(request, pk)
    if not is_opened(request, pile):
        return _to_pile(pile)
    text = comments.text_of(comment)
    form = BlackoutForm(request.POST, text=text)
    if not form.is_valid():
        spans = _first_spans(comment, pile, text)
        return _render_comment(request, comment, pile, text, spans, form, status=422)
    spans = blackouts.spans_of(text, form.cleaned_data["black"])
    return _render_comment(request, comment, pile, text, spans, form)


@never_cache
@require_POST
def comment_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    comment, pile = get_comment_for(request, pk)
    if not is_opened(request, pile):
        return _to_pile(pile)
    text = comments.text_of(comment)
    form = CommentForm(request.POST, text=text)
    spans = _first_spans(comment, pile, text)
    if form.is_valid():
        spans = blackouts.spans_of(text, form.cleaned_data["black"])
        try:
            if form.cleaned_data["seen"] != _as_seen(comment):
                raise actions.DecidedMeanwhile(pk)
            actions.review_comment(
                comment=comment,
                decision=form.cleaned_data["decision"],
                blackouts=spans,
                by=staff(request),
                at=timezone.now(),
            )
        except actions.CommentRefused as refusal:
            messages.error(request, told(refusal))
            return redirect("comments:comment-detail", pk=pk)
        return _next_after_decision(request, pile, comment)
    return _render_comment(request, comment, pile, text, spans, form, status=422)


def _render_comment(
    request: HttpRequest,
    comment: Comment,
    pile: Pile,
    text: str,
    spans: list[Span],
    form: BlackoutForm,
    *,
    status: int = 200,
) -> HttpResponse:
    keys = [found.pk for found in _words(pile).only("pk")]
    at = keys.index(comment.pk)
    context = {
        "comment": comment,
        "pile": pile,
        "pieces": blackouts.pieces(text, spans),
        "form": form,
        "number": at + 1,
        "of": len(keys),
        "before": keys[at - 1] if at else None,
        "after": keys[at + 1] if at + 1 < len(keys) else None,
    }
    return render(request, "surveys/comment_detail.html", context, status=status)


def _words(pile: Pile) -> CommentQuerySet:
    found = comments.comments_of(pile.survey_round, pile.place.code)
    return found.exclude(text=b"").shuffled()


def _first_spans(comment: Comment, pile: Pile, text: str) -> list[Span]:
    """What was decided; before that, what is suggested."""
    if comment.review != Comment.Review.PENDING:
        return [(start, end) for start, end in comment.blackouts]
    return blackouts.suggested(text, names=comments.names_at(pile.place.code))


def _as_seen(comment: Comment) -> str:
    return f"{comment.review}:{comment.reviewed_by}"


def _next_after_decision(
    request: HttpRequest, pile: Pile, comment: Comment
) -> HttpResponse:
    response = _onward(pile, after=comment)
    if not _words(pile).pending().exists():
        messages.success(request, _("这里的留言都审完了。"))
    return response


def _onward(pile: Pile, *, after: Comment | None) -> HttpResponse:
    """The next one that waits, in random order; the list when none does."""
    keys = list(_words(pile).pending().values_list("salt", "pk"))
    later = [
        pk for salt, pk in keys if after and (bytes(salt), pk) > _order_of(after)
    ] or [pk for _salt, pk in keys]
    if not later:
        return _to_pile(pile)
    return redirect("comments:comment-detail", pk=later[0])


def _order_of(comment: Comment) -> tuple[bytes, UUID]:
    return bytes(comment.salt), comment.pk


def _to_pile(pile: Pile) -> HttpResponse:
    return redirect("comments:pile-detail", pile.survey_round.code, pile.place.code)
