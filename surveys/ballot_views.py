"""The pages residents fill in: no account, no stored draft, no script needed (T25-T34).

What a resident marks lives in the page and in the request that carries it, until the
seal; a reload, the switch of letters or of language carry it along.
"""

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone, translation
from django.utils.html import escape, format_html

from accounts.lockout import address_of
from ballots import casting, entry
from ballots.codes import normalised
from ballots.entry import RECALL_MINUTES, Entry
from ballots.errors import (
    BoxNotOpen,
    CodeTypo,
    CodeUnknown,
    CodeVoid,
    NewerBallotInBox,
    TokenStale,
)
from ballots.models import BallotBox, Channel
from surveys import ballot_limits as limits
from surveys import ballot_refusals as refusals
from surveys.ballot_cookies import (
    Look,
    entry_of,
    keep_entry,
    keep_language,
    keep_look,
    look_of,
)
from surveys.ballot_edge import (
    MOST_TYPED,
    View,
    posted,
    resident_page,
    see_other,
    show,
    show_kept,
    show_stop,
    staff_is_here,
)
from surveys.ballot_forms import (
    Answers,
    as_the_form_knew,
    held_tag,
    read_answers,
    too_long,
)
from surveys.ballot_pages import BallotPage, Review, page_for
from surveys.ballot_refusals import WrongCode

# With the name that the form's address ends in: there the browser goes.
OVER = '<p class="wrong" role="alert" id="review" tabindex="-1">{}</p>'


@resident_page("GET", "HEAD", "POST")
def code_enter(request: HttpRequest) -> HttpResponse:
    """A typed or scanned code gives an encrypted token for two hours (T26)."""
    if request.method != "POST":
        again = "again" in request.GET
        return show_kept(request, "surveys/ballot_code.html", again=again)
    if staff_is_here(request):
        return show_stop(request, refusals.staff_here())
    typed, at = request.POST.get("code", "")[:MOST_TYPED], timezone.now()
    try:
        known = entry.redeem(typed, at=at)
    except CodeTypo as error:
        return _show_wrong_code(request, typed, refusals.typo(typed, error))
    except CodeUnknown:
        return _refuse_unknown_code(request, typed, at)
    except CodeVoid as error:
        return show_stop(request, refusals.code_void(error.reason))
    except BoxNotOpen as error:
        return show_stop(request, refusals.box_not_open(error.state))
    response = see_other("ballot:fill")
    keep_entry(response, known, at=at)
    return response


def _show_wrong_code(
    request: HttpRequest, typed: str, wrong: WrongCode
) -> HttpResponse:
    context = {"typed": typed, "wrong": wrong}
    return show(request, "surveys/ballot_code.html", context)


def _refuse_unknown_code(
    request: HttpRequest, typed: str, at: dt.datetime
) -> HttpResponse:
    """Slow down guessing by words, not by waiting: a waiting worker helps guessers.

    The three seconds are told to the browser (ADR 0024).
    """
    on = timezone.localdate(at)
    if limits.is_attack(on=on):
        limits.raise_alarm(at=at)
    if limits.wrong_code(normalised(typed), address_of(request), on=on):
        often = {"often": True}
        response = show(request, "surveys/ballot_help.html", often, status=429)
        response["Retry-After"] = str(limits.PAUSE)
        return response
    return _show_wrong_code(request, typed, refusals.unknown())


@dataclass(frozen=True, slots=True)
class Visit:
    """One household at its form: who, what the form shows, and the moment."""

    entry: Entry
    page: BallotPage
    at: dt.datetime


def on_the_form(view: Callable[[HttpRequest, Visit], HttpResponse]) -> View:
    """With a fresh token and an open box, or back to where the resident can go on."""

    @functools.wraps(view)
    def visited(request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        if staff_is_here(request):
            return show_stop(request, refusals.staff_here())
        try:
            known = entry_of(request, at=at)
            page = page_for(box_id=known.box_id, stratum=known.stratum, at=at)
            if at >= page.web_closes_at:
                raise BoxNotOpen(BallotBox.State.CLOSED)
            return view(request, Visit(known, page, at))
        except TokenStale:
            return see_other("ballot:code", "?again=1")
        except BoxNotOpen as error:
            return show_stop(request, refusals.box_not_open(error.state))
        except CodeVoid as error:
            return show_stop(request, refusals.code_void(error.reason))
        except (CodeUnknown, ObjectDoesNotExist):
            return show_stop(request, refusals.code_gone())

    return visited


def show_form(
    request: HttpRequest,
    visit: Visit,
    answers: Answers,
    *,
    review: Review | None = None,
    look: Look | None = None,
    over: str = "",
) -> HttpResponse:
    """The form with these answers in it, and their review below when there is one."""
    page, reviewing, held = visit.page, review is not None, held_tag(visit.entry)
    shell = page.form_shell(
        look or look_of(request), reviewing=reviewing, held=bool(held)
    )
    values = {
        "csrf_token": get_token(request),
        "nonce": casting.new_nonce(),
        "held": held,
        "seen": answers.seen,
        "questions": page.questions_with(answers, reviewing=reviewing),
        "too_long": format_html(OVER, over) if over else "",
        "words": escape(answers.words),
        "review": review.html if review else "",
    }
    return HttpResponse(shell.filled(values))


def show_review(
    request: HttpRequest,
    visit: Visit,
    answers: Answers,
    *,
    changed: bool = False,
    look: Look | None = None,
) -> HttpResponse:
    if over := too_long(answers):
        return show_form(request, visit, answers, look=look, over=over)
    review = Review.of(visit.page, answers, changed=changed)
    return show_form(request, visit, answers, review=review, look=look)


@resident_page("GET", "HEAD")
@on_the_form
def ballot_fill(request: HttpRequest, visit: Visit) -> HttpResponse:
    """An empty form. Opening it gives two hours again, also after a seal (E13)."""
    response = show_form(request, visit, visit.page.blank_answers)
    keep_entry(response, visit.entry, at=visit.at)
    return response


@resident_page("GET", "HEAD", "POST")
@posted
@on_the_form
def ballot_redraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same form with other letters or in the other language; no answer is lost."""
    look = look_of(request)
    if "display" in request.POST:
        look = Look.read(request.POST["display"])
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        translation.activate(language)
        known = visit.entry
        page = page_for(box_id=known.box_id, stratum=known.stratum, at=visit.at)
        visit = Visit(known, page, visit.at)
    answers = read_answers(request.POST, visit.page.field_names)
    again = show_review if "seen" in request.POST else show_form
    response = again(request, visit, answers, look=look)
    keep_look(response, look)
    shown = translation.get_language() or settings.LANGUAGE_CODE
    keep_language(response, shown)
    response["Content-Language"] = shown
    return response


@resident_page("GET", "HEAD", "POST")
@posted
@on_the_form
def ballot_review(request: HttpRequest, visit: Visit) -> HttpResponse:
    answers = read_answers(request.POST, visit.page.field_names)
    return show_review(request, visit, answers)


@resident_page("GET", "HEAD", "POST")
@posted
@on_the_form
def ballot_seal(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Only what was reviewed is sealed, and only over the ballot the page knew of."""
    answers = read_answers(request.POST, visit.page.field_names)
    nonce = request.POST.get("nonce", "")
    reviewed = nonce and request.POST.get("seen") == answers.seen
    if not reviewed or too_long(answers):
        return show_review(request, visit, answers, changed=True)
    known = as_the_form_knew(visit.entry, request.POST.get("held", ""))
    if known.digest and limits.too_many_replacements(
        known.code_id.bytes, on=timezone.localdate(visit.at)
    ):
        return show_stop(request, refusals.too_often())
    try:
        receipt = casting.cast(
            entry=known,
            ballot=answers.sealable(),
            channel=Channel.WEB,
            at=visit.at,
            nonce=nonce,
        )
    except NewerBallotInBox as newer:
        return _ask_to_replace(request, visit, answers, newer.entry)
    response = see_other("ballot:receipt-show")
    keep_entry(response, receipt.entry, at=visit.at, minutes=RECALL_MINUTES)
    return response


def _ask_to_replace(
    request: HttpRequest, visit: Visit, answers: Answers, fresh: Entry
) -> HttpResponse:
    context = {
        "answers": answers.as_posted(visit.page.field_names),
        "words": answers.words,
        "seen": answers.seen,
        "held": held_tag(fresh),
        "nonce": casting.new_nonce(),
    }
    response = show(request, "surveys/ballot_newer.html", context, status=409)
    keep_entry(response, fresh, at=visit.at)
    return response


@resident_page("GET", "HEAD", "POST")
@posted
@on_the_form
def ballot_recall(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take the ballot back; the form is open again for two hours (T31)."""
    try:
        casting.recall(entry=visit.entry, at=visit.at)
    except NewerBallotInBox as newer:
        response = show_stop(request, refusals.changed_elsewhere())
        keep_entry(response, newer.entry, at=visit.at)
        return response
    response = show(request, "surveys/ballot_recalled.html")
    keep_entry(response, replace(visit.entry, digest=None), at=visit.at)
    return response
