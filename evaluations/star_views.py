"""评星定级 on the desk: propose, decide, publish, and the printed sheet (H4)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_within, holding, scopes_in, staff, today
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from evaluations import actions, star_actions, year_stars
from evaluations.access import can, get_district_for
from evaluations.models import StarRating
from evaluations.refusals import told
from evaluations.star_forms import DecideForm, DeclineForm, PublishStarsForm
from officials.models import Appointment, Division

State = StarRating.State


@require_safe
@holding(Permission.RESULT_VIEW)
def year_list(request: HttpRequest) -> HttpResponse:
    rows = year_stars.districts_with_years(scopes_in(request))
    return render(request, "evaluations/year_list.html", {"rows": rows})


@require_safe
def year_detail(request: HttpRequest, code: str, year: int) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_VIEW)
    return _render_year(request, district, year)


@require_POST
def year_propose(request: HttpRequest, code: str, year: int) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_REVIEW)
    try:
        number = star_actions.propose_year_stars(
            division=district, year=year, by=staff(request), at=timezone.now()
        )
    except actions.RatingError as error:
        messages.error(request, told_star(error))
    else:
        text = ngettext(
            "已提出 %(number)s 项，等负责人决定。",
            "已提出 %(number)s 项，等负责人决定。",
            number,
        )
        messages.success(request, text % {"number": number})
    return redirect("evaluations:year-detail", code=code, year=year)


@require_POST
@fresh_factor_needed
def year_decide(request: HttpRequest, code: str, year: int) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    form = DecideForm(request.POST, waiting=_waiting(district, year))
    if form.is_valid():
        try:
            number = star_actions.decide_year_stars(
                division=district,
                year=year,
                stars=form.cleaned_data["stars"],
                digest=form.cleaned_data["digest"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told_star(error))
        else:
            text = ngettext("已决定 %(number)s 项。", "已决定 %(number)s 项。", number)
            messages.success(request, text % {"number": number})
            return redirect("evaluations:year-detail", code=code, year=year)
    return _render_year(request, district, year, decide=form, status=422)


@require_POST
def star_decline(request: HttpRequest, pk: int) -> HttpResponse:
    star = get_within(
        StarRating.objects.select_related("appointment__post__organization__division"),
        staff(request),
        Permission.RESULT_PUBLISH,
        code_field="appointment__post__organization__division_id",
        on=today(),
        pk=pk,
    )
    district = _district_of(star.appointment)
    form = DeclineForm(request.POST)
    if form.is_valid():
        try:
            star_actions.decline_year_star(
                star=star,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RatingError as error:
            form.add_error(None, told_star(error))
        else:
            messages.success(request, _("已退回，科员可以看到原因。"))
            return redirect(
                "evaluations:year-detail", code=district.code, year=star.year
            )
    return _render_year(request, district, star.year, decline=form, status=422)


@require_POST
@fresh_factor_needed
def year_publish(request: HttpRequest, code: str, year: int) -> HttpResponse:
    district = get_district_for(staff(request), code, Permission.RESULT_PUBLISH)
    form = PublishStarsForm(request.POST)
    if form.is_valid():
        try:
            number = star_actions.publish_year_stars(
                division=district, year=year, by=staff(request), at=timezone.now()
            )
        except actions.RatingError as error:
            form.add_error(None, told_star(error))
        else:
            text = ngettext("已公布 %(number)s 项。", "已公布 %(number)s 项。", number)
            messages.success(request, text % {"number": number})
            return redirect("evaluations:year-detail", code=code, year=year)
    return _render_year(request, district, year, publish=form, status=422)


@require_safe
def year_sheet(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """One sheet of A4: the star before, the star now, and the numbers behind them."""
    appointment = get_within(
        Appointment.objects.select_related("post__organization__division"),
        staff(request),
        Permission.RESULT_VIEW,
        code_field="post__organization__division_id",
        on=today(),
        pk=pk,
    )
    lines = year_stars.lines_of_year(appointment.division.code, year)
    line = next((one for one in lines if one.reading.appointment_id == pk), None)
    if line is None:
        raise Http404
    context = {
        "year": year,
        "district": _district_of(appointment),
        "line": line,
        "told": year_stars.sheet_of(line),
        "score_before": year_stars.score_before(line),
    }
    return render(request, "evaluations/year_sheet.html", context)


def told_star(error: actions.RatingError) -> str:
    """One sentence for a person."""
    if isinstance(error, star_actions.NothingToPropose):
        return _("没有可以提出的星级：都已提出，或者还没有发布评星的结果。")
    if isinstance(error, star_actions.NothingToDecide):
        return _("先勾选要同意的星级。")
    if isinstance(error, star_actions.ReadingHasChanged):
        return _("有一项依据的结果已更正或撤回，请科员重新提出。")
    if isinstance(error, star_actions.NoStarsToPublish):
        return _("没有等待公布的星级。")
    if isinstance(error, actions.SamePerson):
        return _("需要另一个人：提出的人不能决定。")
    return told(error)


def _render_year(
    request: HttpRequest,
    district: Division,
    year: int,
    *,
    decide: DecideForm | None = None,
    decline: DeclineForm | None = None,
    publish: PublishStarsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, code = staff(request), district.code
    lines = year_stars.lines_of_year(code, year)
    waiting = list(_waiting(district, year))
    decided = [
        line
        for line in lines
        if line.is_told_row and line.star and line.star.state == State.DECIDED
    ]
    context: dict[str, Any] = {
        "district": district,
        "year": year,
        "years": year_stars.years_of(code),
        "lines": lines,
        "targets": year_stars.targets_of([line.reading for line in lines]),
        "last_month": max((line.reading.month for line in lines), default=""),
        "proposable": sum(line.may_be_proposed for line in lines),
        "waiting": waiting,
        "decided": decided,
        "own": any(star.proposed_by_id == user.pk for star in waiting),
        "digest": star_actions.digest_of(waiting),
        "decide": decide,
        "decline": decline or DeclineForm(),
        "publish": publish or PublishStarsForm(),
        "can_propose": can(user, Permission.RESULT_REVIEW, code),
        "can_decide": can(user, Permission.RESULT_PUBLISH, code),
    }
    return render(request, "evaluations/year_detail.html", context, status=status)


def _waiting(district: Division, year: int) -> Any:
    return (
        StarRating.objects.under(district.code)
        .filter(year=year, state=State.PROPOSED)
        .select_related("reading")
    )


def _district_of(appointment: Appointment) -> Division:
    return Division.objects.get(pk=appointment.division.district_code)
