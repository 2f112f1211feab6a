"""The first page of the room: one look at a district."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import holding, scopes_in, staff, today
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from evaluations.access import can, get_district_for
from evaluations.overview import districts_within, overview_of
from evaluations.views import month_list
from officials.models import Division


@require_safe
@holding(Permission.RESULT_VIEW)
def home(request: HttpRequest) -> HttpResponseBase:
    """The first district in scope; who sees no whole district gets the own list."""
    districts = districts_within(scopes_in(request))
    if not districts:
        return month_list(request)
    return _render(request, districts[0], districts)


@require_safe
def district_overview(request: HttpRequest, code: str) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_VIEW)
    scopes = scopes_of(staff(request), Permission.RESULT_VIEW, on=today())
    return _render(request, district, districts_within(scopes))


def _render(
    request: HttpRequest, district: Division, districts: list[Division]
) -> HttpResponse:
    shows_turnout = can(staff(request), Permission.BOX_TURNOUT, district.code)
    context = {
        "overview": overview_of(district, shows_turnout=shows_turnout, on=today()),
        "district": district,
        "districts": districts,
        "shows_turnout": shows_turnout,
        "can_export": can(staff(request), Permission.EXPORT_FIGURES, district.code),
        "can_operate": can(staff(request), Permission.JOB_OPERATE, district.code),
    }
    return render(request, "evaluations/overview.html", context)
