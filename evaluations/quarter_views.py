"""Regular assessment on the desk: periods, groups, and the acts of a period."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from evaluations import quarter_actions as verbs
from evaluations import quarter_queries as queries
from evaluations.access import can
from evaluations.models import AssessmentPeriod, ScoreSheet
from evaluations.quarter_access import get_period_for
from evaluations.quarter_calendar import quarters_of
from evaluations.quarter_forms import PublicityForm, ReviewForm
from evaluations.quarter_refusals import REFUSALS, told

State, Kind = AssessmentPeriod.State, AssessmentPeriod.Kind
SEE, REVIEW = Permission.RESULT_VIEW, Permission.RESULT_REVIEW
PUBLISH = Permission.RESULT_PUBLISH


@require_safe
@holding(SEE)
def period_list(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    deciding = scopes_of(
        staff(request), Permission.MEASURE_DECIDE, on=timezone.localdate()
    )
    context = {
        "rows": queries.period_rows(scopes),
        "waiting": queries.decisions_waiting(deciding),
    }
    return render(request, "evaluations/period_list.html", context)


@require_safe
def period_detail(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, SEE)
    return render_period(request, period)


@require_safe
def period_group(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    """The ranking of one peer group in a quarter: no address ranks two (W3)."""
    period = get_period_for(staff(request), pk, SEE)
    parts = queries.group_parts(queries.sheets_of(period))
    part = next((one for one in parts if one.group.pk == group), None)
    if part is None:
        raise Http404
    context = {
        "period": period,
        "part": part,
        "bars": [(sheet, *_widths(sheet)) for sheet in part.ranked],
        "siblings": [one.group for one in parts],
    }
    return render(request, "evaluations/period_group.html", context)


@require_safe
def period_district(request: HttpRequest, pk: int) -> HttpResponse:
    """The groups side by side by standard score, or why that is declined (B1)."""
    period = get_period_for(staff(request), pk, SEE)
    sheets = queries.sheets_of(period)
    names = {one.appointment.code: one for one in sheets}
    found = queries.comparable(sheets)
    context = {
        "period": period,
        "list": found,
        "groups": [
            (group, [(names[code], score) for code, score in group.lines])
            for group in found.groups
        ],
    }
    return render(request, "evaluations/period_district.html", context)


def _widths(sheet: ScoreSheet) -> tuple[int, int]:
    """Of 200: the office's part and the residents' part of the total."""
    parts = (sheet.office_points, sheet.resident_points)
    return tuple(round(2 * (part or 0)) for part in parts)  # type: ignore[return-value]


@require_POST
def month_close(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, REVIEW)
    return act_on(
        request,
        period,
        lambda by, at: verbs.close_month(period=period, by=by, at=at),
        _("已截止。录入还可以补，现在可以复核。"),
    )


@require_POST
def sheets_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Sheets that were chosen, or every complete one of the month."""
    period = get_period_for(staff(request), pk, REVIEW)
    form = ReviewForm(request.POST)
    chosen = [int(one) for one in request.POST.getlist("sheets") if one.isdecimal()]
    waiting = ScoreSheet.objects.current().filter(
        period=period, state=ScoreSheet.State.COLLECTING, pk__in=chosen
    )
    if not form.is_valid() or not chosen:
        messages.error(request, _("请先勾选要复核的得分单。"))
        return redirect("evaluations:period-detail", pk=period.pk)
    return act_on(
        request,
        period,
        lambda by, at: verbs.review_month_sheets(
            period=period, sheets=waiting, note=form.cleaned_data["note"], by=by, at=at
        ),
        _("已复核。"),
    )


@require_POST
def quarter_rank(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, REVIEW)
    return act_on(
        request,
        period,
        lambda by, at: verbs.rank_quarter(period=period, by=by, at=at),
        _("已排名。每一季只算一次，下一步是公示。"),
    )


@require_POST
def quarter_publicity(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, REVIEW)
    form = PublicityForm(request.POST)
    if not form.is_valid():
        return render_period(request, period, publicity=form, status=422)
    day: dt.date = form.cleaned_data["starts_on"]
    return act_on(
        request,
        period,
        lambda by, at: verbs.start_quarter_publicity(
            period=period, starts_on=day, by=by, at=at
        ),
        _("公示开始。到期后由负责人定案。"),
    )


@require_POST
@fresh_factor_needed
def quarter_finalise(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, PUBLISH)
    return act_on(
        request,
        period,
        lambda by, at: verbs.finalise_quarter(period=period, by=by, at=at),
        _("已定案。按办法提出的措施在下面，逐项由负责人决定。"),
    )


@require_POST
def colors_propose(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_period_for(staff(request), pk, PUBLISH)
    return act_on(
        request,
        period,
        lambda by, at: verbs.propose_colors(period=period, by=by, at=at),
        _("三色预警已评定，逐张由负责人决定。"),
    )


@require_POST
def year_compose(request: HttpRequest, pk: int) -> HttpResponse:
    """From the page of the last quarter: the four quarters as they are (W5)."""
    period = get_period_for(staff(request), pk, PUBLISH)
    return act_on(
        request,
        period,
        lambda by, at: verbs.compose_year(
            scheme_code=period.scheme_code,
            division=period.division,
            year=int(period.code[:4]),
            by=by,
            at=at,
        ),
        _("年度得分单已由四个季度生成。"),
    )


def act_on(
    request: HttpRequest,
    period: AssessmentPeriod,
    verb: Callable[[Any, dt.datetime], object],
    done: str,
) -> HttpResponse:
    """Run the verb, say how it went, and go back to the period."""
    try:
        verb(staff(request), timezone.now())
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, done)
    return redirect("evaluations:period-detail", pk=period.pk)


def render_period(
    request: HttpRequest,
    period: AssessmentPeriod,
    *,
    publicity: PublicityForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, code = staff(request), period.division_id
    sheets = queries.sheets_of(period)
    cards, measures = queries.of_period(period)
    months = list(period.parts.order_by("code"))
    start = PublicityForm(initial={"starts_on": timezone.localdate()})
    context = {
        "period": period,
        "quarter": period if period.kind == Kind.QUARTER else period.parent,
        "months": months,
        "is_ready": [month.state for month in months] == [State.REVIEWED] * 3,
        "parts": queries.group_parts(sheets),
        "collecting": [s for s in sheets if s.state == ScoreSheet.State.COLLECTING],
        "cards": cards,
        "measures": measures,
        "steps": steps_of(period),
        "publicity": publicity or start,
        "review": ReviewForm(),
        "can_review": can(user, REVIEW, code),
        "can_publish": can(user, PUBLISH, code),
        "closes_year": period.code in {quarters_of(int(period.code[:4]))[3]},
    }
    return render(request, "evaluations/period_detail.html", context, status=status)


def steps_of(period: AssessmentPeriod) -> list[tuple[str, str]]:
    """The way of a period: name and "done", "now" or "later"."""
    names: tuple[tuple[str, str], ...]
    if period.kind == Kind.MONTH:
        names = ((State.OPEN, _("录入")), (State.CLOSED, _("复核")))
        last = State.REVIEWED
    elif period.kind == Kind.QUARTER:
        names = (
            (State.OPEN, _("三个月逐月复核，排名")),
            (State.RANKED, _("开始公示")),
            (State.PUBLICITY, _("公示期满，定案")),
        )
        last = State.FINAL
    else:
        return []
    order = [state for state, _name in names] + [last]
    at = order.index(State(period.state))
    marks = ["done" if n < at else "now" if n == at else "later" for n in range(9)]
    return [(name, marks[number]) for number, (_state, name) in enumerate(names)]
