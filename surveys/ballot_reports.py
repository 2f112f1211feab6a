"""The page of 有人教我怎么填: one tap away from every page of a resident (T119)."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.lockout import address_of
from ballots.errors import TokenStale
from ballots.labels import community_of
from officials.models import Division
from surveys import ballot_limits as limits
from surveys import ballot_refusals as refusals
from surveys.actions import report_coercion
from surveys.ballot_cookies import entry_of
from surveys.ballot_edge import resident_page, see_other, show, show_stop
from surveys.models import CoercionReport, RoundSubject

MOST_CHARACTERS = 500
# A round that ended so long ago is nothing to put pressure on any more.
STILL_ASKED = dt.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    street: str
    here: bool


def places_for(request: HttpRequest, *, at: dt.datetime) -> list[Place]:
    """Communities that are or were just rated; that of the form comes first.

    The token only says which line is marked: the report knows nothing of it.
    """
    try:
        own = community_of(entry_of(request, at=at).stratum)
    except TokenStale:
        own = ""
    recent = RoundSubject.objects.filter(round__closes_at__gt=at - STILL_ASKED)
    rated = Division.objects.filter(pk__in=recent.values("community"))
    return [
        Place(one.code, str(one), str(one.parent or ""), one.code == own)
        for one in rated.select_related("parent").order_by("code")
    ]


@resident_page("GET", "HEAD", "POST")
def report_add(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    places = places_for(request, at=at)
    if request.method != "POST":
        return _show_form(request, places)
    known = {place.code for place in places}
    kind, code = request.POST.get("kind", ""), request.POST.get("community", "")
    words = request.POST.get("words", "").strip()
    if kind not in CoercionReport.Kind.values or code not in known:
        return _show_form(request, places, wrong=_("请选一种情形和您的社区。"))
    if len(words) > MOST_CHARACTERS:
        return _show_form(request, places, wrong=_("话太长了，最多 500 字。"))
    if limits.too_many_reports(address_of(request), on=timezone.localdate(at)):
        return show_stop(request, refusals.too_many_reports())
    community = Division.objects.get(pk=code)
    report_coercion(kind=kind, community=community, words=words, at=at)
    return see_other("ballot:report-sent")


def _show_form(
    request: HttpRequest, places: list[Place], *, wrong: str = ""
) -> HttpResponse:
    context = {
        "kinds": CoercionReport.Kind.choices,
        "places": places,
        "wrong": wrong,
        "kind": request.POST.get("kind", ""),
        "chosen": request.POST.get("community", ""),
        "words": request.POST.get("words", ""),
    }
    status = 422 if wrong else 200
    return show(request, "surveys/ballot_report.html", context, status=status)


@resident_page("GET", "HEAD")
def report_sent(request: HttpRequest) -> HttpResponse:
    return show(request, "surveys/ballot_report_sent.html")
