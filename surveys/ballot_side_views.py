"""Beside the ballot: receipt, display, notice, help."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from accounts.lockout import address_of
from ballots import casting, promises, receipts
from ballots.codes import normalised
from ballots.errors import TokenStale
from ballots.models import PromiseText
from surveys import ballot_limits as limits
from surveys import ballot_refusals as refusals
from surveys.ballot_cookies import Look, entry_of, keep_look
from surveys.ballot_edge import (
    MOST_TYPED,
    resident_page,
    see_other,
    show,
    show_kept,
    show_stop,
)
from surveys.ballot_forms import in_groups
from surveys.ballot_pages import ReceiptShown, TextShown


@resident_page("GET", "HEAD")
def receipt_show(request: HttpRequest) -> HttpResponse:
    """The receipt after the seal, while the token lasts; no answer on it (T118)."""
    try:
        known = entry_of(request, at=timezone.now())
    except TokenStale:
        return see_other("ballot:receipt-look-up")
    if known.digest is None:
        return see_other("ballot:fill")
    address = settings.PUBLIC_URL + reverse("ballot:receipt-look-up")
    receipt = ReceiptShown.of(casting.receipt_of(known), address=address)
    gaps = {"groups": receipt.groups, "qr": receipt.qr}
    return show_kept(request, "surveys/receipt_show.html", gaps)


@resident_page("GET", "HEAD", "POST")
def receipt_look_up(request: HttpRequest) -> HttpResponse:
    """Is a ballot with this receipt in its box? Nothing else (T66)."""
    if request.method != "POST":
        return show_kept(request, "surveys/receipt_look_up.html")
    if limits.too_many_look_ups(address_of(request), on=timezone.localdate()):
        return show_stop(request, refusals.too_many_look_ups())
    typed = request.POST.get("receipt", "")[:MOST_TYPED]
    answer = receipts.look_up(typed)
    groups = in_groups(normalised(typed))
    context = {"found": refusals.found(answer.state, answer.reason, groups)}
    return show(request, "surveys/receipt_look_up.html", context)


@resident_page("POST")
def display_change(request: HttpRequest) -> HttpResponse:
    """Letters and contrast, remembered (E14); back to the page they came from."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse("ballot:code")
    response = HttpResponseRedirect(back, status=303)
    keep_look(response, Look.read(request.POST.get("display", "")))
    return response


@resident_page("GET", "HEAD")
def notice_show(request: HttpRequest) -> HttpResponse:
    """Promise and notice in force, with version and date, at a fixed address (T6)."""
    kinds = (PromiseText.Kind.PROMISE, PromiseText.Kind.NOTICE)
    latest = map(promises.newest, kinds)
    context = {"texts": [TextShown.of(text) for text in latest if text]}
    return show(request, "surveys/ballot_notice.html", context)


@resident_page("GET", "HEAD")
def help_show(request: HttpRequest) -> HttpResponse:
    return show_kept(request, "surveys/ballot_help.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """In plain words what else would be a page for programmers."""
    return show_stop(request, refusals.page_too_old())


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for this name whatever the page says."""
    return redirect(static("img/favicon.svg"))
