"""One score sheet: its lines, entries and adjustments; leave; an upheld appeal."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import staff
from accounts.actions import approving
from accounts.fresh import fresh_factor_needed
from accounts.models import Approval
from accounts.permissions import Permission
from evaluations import quarter_actions as verbs
from evaluations import quarter_queries as queries
from evaluations.access import can
from evaluations.models import AssessmentPeriod, IndicatorScore, ScoreSheet
from evaluations.quarter_access import get_adjustment_for, get_sheet_for
from evaluations.quarter_forms import (
    AdjustForm,
    AgreeForm,
    EnterForm,
    LeaveForm,
    ReasonForm,
)
from evaluations.quarter_refusals import REFUSALS, told

P = Permission
SheetState, Kind = ScoreSheet.State, AssessmentPeriod.Kind
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def sheet_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render_sheet(request, get_sheet_for(staff(request), pk, P.RESULT_VIEW))


@require_POST
def score_enter(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = get_sheet_for(staff(request), pk, P.RESULT_REVIEW)
    row = _row(sheet, request.POST.get("code", ""))
    if row is None:
        messages.error(request, told(verbs.NoSuchIndicator()))
        return redirect("evaluations:sheet-detail", pk=sheet.pk)
    form = EnterForm(request.POST, indicator=row.indicator)
    if not form.is_valid():
        return render_sheet(request, sheet, bound=form, status=422)
    data = form.cleaned_data
    return _act(
        request,
        sheet,
        lambda by, at: verbs.enter_score(
            sheet=sheet,
            indicator=row.indicator.code,
            raw=data["raw"],
            evidence=data["evidence"],
            evidence_kinds=data["kinds"],
            by=by,
            at=at,
        ),
        _("已录入“%(name)s”。") % {"name": row.indicator.name},
    )


@form_view
def score_adjust(request: HttpRequest, pk: int, score: int) -> HttpResponse:
    """A figure is never edited: one proposes another, a second person approves."""
    sheet = get_sheet_for(staff(request), pk, P.ADJUST_PROPOSE)
    entry = get_object_or_404(IndicatorScore.objects.current().of(sheet), pk=score)
    row = _row(sheet, entry.indicator)
    if row is None:
        raise Http404
    form = AdjustForm(
        _sent(request),
        indicator=row.indicator,
        initial={
            "indicator": entry.indicator,
            "raw": entry.raw.normalize(),
            "evidence": entry.evidence,
            "kinds": [kind.value for kind in entry.kinds],
        },
    )
    if form.is_valid():
        data = form.cleaned_data
        return _act(
            request,
            sheet,
            lambda by, at: verbs.propose_adjustment(
                score=entry,
                raw=data["raw"],
                evidence=data["evidence"],
                evidence_kinds=data["kinds"],
                reason=data["reason"],
                by=by,
                at=at,
            ),
            _("调整已提出，72 小时内由另一位负责人核准。"),
        )
    context = {"sheet": sheet, "entry": entry, "row": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "evaluations/score_adjust.html", context, status=status)


@require_safe
def adjustment_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_adjustment_for(
        staff(request), pk, P.ADJUST_PROPOSE, P.ADJUST_APPROVE
    )
    return _render_adjustment(request, approval)


@require_POST
@fresh_factor_needed
def adjustment_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_adjustment_for(staff(request), pk, P.ADJUST_APPROVE)
    form = AgreeForm(request.POST)
    if not form.is_valid():
        return _render_adjustment(request, approval, status=422)
    try:
        verbs.approve_adjustment(
            approval=approval,
            digest=bytes.fromhex(form.cleaned_data["digest"]),
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已核准，新的数代替旧的，旧的仍可查。"))
    return redirect("evaluations:adjustment-detail", pk=approval.pk)


@require_POST
def adjustment_decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    approval = get_adjustment_for(staff(request), pk, P.ADJUST_APPROVE)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_adjustment(request, approval, status=422)
    try:
        approving.decline(
            approval=approval,
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已退回，原来的数不变。"))
    return redirect("evaluations:adjustment-detail", pk=approval.pk)


@form_view
def leave_record(request: HttpRequest, pk: int) -> HttpResponse:
    sheet = get_sheet_for(staff(request), pk, P.RESULT_REVIEW)
    form = LeaveForm(_sent(request))
    if form.is_valid():
        data = form.cleaned_data
        return _act(
            request,
            sheet,
            lambda by, at: verbs.record_leave(
                appointment=sheet.appointment, by=by, at=at, **data
            ),
            _("准假已登记。"),
        )
    context = {"sheet": sheet, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "evaluations/leave_record.html", context, status=status)


@form_view
@fresh_factor_needed
def quarter_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """After an upheld appeal: this one person's quarter counts for nothing."""
    sheet = get_sheet_for(staff(request), pk, P.APPEAL_DECIDE)
    if not sheet.period.is_quarter:
        raise Http404
    form = ReasonForm(_sent(request))
    if form.is_valid():
        return _act(
            request,
            sheet,
            lambda by, at: verbs.withdraw_quarter(
                sheet=sheet, reason=form.cleaned_data["reason"], by=by, at=at
            ),
            _("已撤销。以它为依据、还没有执行的措施也一并撤下。"),
        )
    context = {"sheet": sheet, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "evaluations/quarter_withdraw.html", context, status=status)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What was typed, also where it was nothing at all."""
    return request.POST if request.method == "POST" else None


def _act(
    request: HttpRequest,
    sheet: ScoreSheet,
    verb: Callable[[Any, dt.datetime], object],
    done: str,
) -> HttpResponse:
    try:
        verb(staff(request), timezone.now())
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, done)
    return redirect("evaluations:sheet-detail", pk=sheet.pk)


def _row(sheet: ScoreSheet, code: str) -> Any:
    """The line of an indicator that takes entries; None for any other."""
    rows = queries.line_rows(sheet, queries.contents_of(sheet))
    return next((r for r in rows if r.line["code"] == code and r.indicator), None)


def render_sheet(
    request: HttpRequest,
    sheet: ScoreSheet,
    *,
    bound: EnterForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user, code = staff(request), sheet.division_id
    contents = queries.contents_of(sheet)
    rows = queries.line_rows(sheet, contents)
    takes = sheet.state == SheetState.COLLECTING and can(user, P.RESULT_REVIEW, code)
    forms = {row.line["code"]: _form(row, bound) for row in rows if takes and row.waits}
    context = {
        "sheet": sheet,
        "contents": contents,
        "rows": [(row, forms.get(row.line["code"])) for row in rows],
        "resident": contents.get("resident"),
        "why_resident": _why(contents),
        "absent": [
            {**one, "words": queries.why_words(one["why"])}
            for one in contents.get("absent", ())
        ],
        "revisions": queries.revisions_of(sheet),
        "adjustments": queries.adjustments_waiting(sheet, at=timezone.now()),
        "is_month": sheet.period.kind == Kind.MONTH,
        "can_enter": takes,
        "can_adjust": can(user, P.ADJUST_PROPOSE, code)
        and sheet.period.kind == Kind.MONTH
        and not hasattr(sheet, "replaced_by"),
        "can_withdraw": can(user, P.APPEAL_DECIDE, code)
        and sheet.period.is_quarter
        and sheet.state != SheetState.WITHDRAWN,
    }
    return render(request, "evaluations/sheet_detail.html", context, status=status)


def _form(row: Any, bound: EnterForm | None) -> EnterForm:
    if bound is not None and bound.rule.code == row.indicator.code:
        return bound
    return EnterForm(indicator=row.indicator)


def _why(contents: dict[str, Any]) -> str:
    resident = contents.get("resident") or {}
    line = resident.get("line") or {}
    return queries.why_words(line.get("why"))


def _render_adjustment(
    request: HttpRequest, approval: Approval, *, status: int = 200
) -> HttpResponse:
    score = get_object_or_404(
        IndicatorScore.objects.select_related(
            "period__scheme",
            "appointment__official",
            "appointment__post__organization",
        ),
        pk=approval.payload["score"],
    )
    sheet = ScoreSheet.objects.current().get(
        period=score.period_id, appointment=score.appointment_id
    )
    context = {
        "approval": approval,
        "standing": approval.standing_at(timezone.now()),
        "score": score,
        "sheet": sheet,
        "payload": approval.payload,
        "is_mine": approval.proposed_by_id == staff(request).pk,
        "can_approve": can(staff(request), P.ADJUST_APPROVE, approval.division),
        "reason": ReasonForm(),
    }
    return render(request, "evaluations/adjustment_detail.html", context, status=status)
