"""Colours and measures: what the rules propose, and the word of a named person."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission as P
from evaluations import quarter_actions as verbs
from evaluations import quarter_queries as queries
from evaluations.access import can
from evaluations.models import ColorWarning, Measure
from evaluations.quarter_access import get_measure_for, get_warning_for
from evaluations.quarter_forms import (
    AddMeasureForm,
    CarryOutForm,
    DecideForm,
    HearForm,
    ReasonForm,
)
from evaluations.quarter_refusals import REFUSALS, told
from evaluations.sheets.reactions import Trigger
from evaluations.sheets.words import ground_words, reason_words

Verb = Callable[..., object]


@require_safe
@holding(P.RESULT_VIEW)
def measure_list(request: HttpRequest) -> HttpResponse:
    cards, measures = queries.decided_rows(scopes_in(request))
    context = {
        "cards": [(one, reasons_of(one)) for one in cards],
        "measures": [(one, ground_words(one.ground_facts)) for one in measures],
    }
    return render(request, "evaluations/measure_list.html", context)


@require_safe
def warning_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _render_card(request, get_warning_for(staff(request), pk, P.RESULT_VIEW))


@require_POST
def warning_hear(request: HttpRequest, pk: int) -> HttpResponse:
    return _card(request, pk, HearForm, verbs.hear_on_color, _("已登记本人意见。"))


@require_POST
@fresh_factor_needed
def warning_decide(request: HttpRequest, pk: int) -> HttpResponse:
    return _card(request, pk, DecideForm, verbs.decide_color, _("您的决定已记下。"))


@require_POST
def warning_drop(request: HttpRequest, pk: int) -> HttpResponse:
    return _card(request, pk, ReasonForm, verbs.drop_color, _("未采纳，原因已记下。"))


@require_safe
def measure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _render_measure(request, get_measure_for(staff(request), pk, P.RESULT_VIEW))


@require_POST
def measure_hear(request: HttpRequest, pk: int) -> HttpResponse:
    return _measure(request, pk, HearForm, verbs.hear_on_measure, _("已登记本人意见。"))


@require_POST
@fresh_factor_needed
def measure_decide(request: HttpRequest, pk: int) -> HttpResponse:
    return _measure(
        request, pk, DecideForm, verbs.decide_measure, _("您的决定已记下。")
    )


@require_POST
def measure_drop(request: HttpRequest, pk: int) -> HttpResponse:
    return _measure(
        request, pk, ReasonForm, verbs.drop_measure, _("未采纳，原因已记下。")
    )


@require_POST
@fresh_factor_needed
def measure_add(request: HttpRequest, pk: int) -> HttpResponse:
    return _measure(request, pk, _add_form, verbs.add_measure, _("已追加。"))


@require_POST
def measure_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    return _measure(
        request, pk, CarryOutForm, verbs.carry_out_measure, _("执行情况已登记。")
    )


def reasons_of(card: ColorWarning) -> list[str]:
    """In plain words, what was found against what (G9)."""
    return [reason_words(reason) for reason in card.reason_list]


def _add_form(data: Any, *, measure: Measure) -> AddMeasureForm:
    return AddMeasureForm(data, further=further_of(measure))


def further_of(measure: Measure) -> list[str]:
    """What the rule lets a person add, beside what stands (W8)."""
    rule = measure.period.rules.consequence_of(Trigger(measure.trigger))
    return [kind.value for kind in rule.further] if rule else []


def _card(
    request: HttpRequest, pk: int, form_class: Any, verb: Verb, done: str
) -> HttpResponse:
    card = get_warning_for(staff(request), pk, P.MEASURE_DECIDE)
    form = form_class(request.POST)
    if not form.is_valid():
        return _render_card(request, card, form=form, status=422)
    _run(request, lambda by, at: verb(warning=card, by=by, at=at, **_data(form)), done)
    return redirect("evaluations:warning-detail", pk=card.pk)


def _measure(
    request: HttpRequest, pk: int, form_class: Any, verb: Verb, done: str
) -> HttpResponse:
    measure = get_measure_for(staff(request), pk, P.MEASURE_DECIDE)
    more = {"measure": measure} if form_class is _add_form else {}
    form = form_class(request.POST, **more)
    if not form.is_valid():
        return _render_measure(request, measure, form=form, status=422)
    _run(
        request, lambda by, at: verb(measure=measure, by=by, at=at, **_data(form)), done
    )
    return redirect("evaluations:measure-detail", pk=measure.pk)


def _data(form: Any) -> dict[str, Any]:
    return dict(form.cleaned_data)


def _run(
    request: HttpRequest, verb: Callable[[Any, dt.datetime], object], done: str
) -> None:
    """A first of two words comes back as False: another person's is needed."""
    try:
        found = verb(staff(request), timezone.now())
    except REFUSALS as error:
        messages.error(request, told(error))
        return
    if found is False:
        done = _("第一票已记下，还要另一位负责人核准。")
    messages.success(request, done)


def _render_card(
    request: HttpRequest, card: ColorWarning, *, form: Any = None, status: int = 200
) -> HttpResponse:
    context = {
        "card": card,
        "reasons": reasons_of(card),
        "measures": card.measures.order_by("pk"),
        **_shared(request, card, form),
    }
    return render(request, "evaluations/warning_detail.html", context, status=status)


def _render_measure(
    request: HttpRequest, measure: Measure, *, form: Any = None, status: int = 200
) -> HttpResponse:
    further = further_of(measure)
    stands = measure.state in (Measure.State.APPROVED, Measure.State.CARRIED_OUT)
    context = {
        "measure": measure,
        "ground": ground_words(measure.ground_facts),
        "grounds": measure.grounds.select_related("sheet__period"),
        "additions": measure.additions.order_by("pk"),
        "add": AddMeasureForm(further=further) if further and stands else None,
        "carry_out": CarryOutForm(),
        **_shared(request, measure, form),
    }
    return render(request, "evaluations/measure_detail.html", context, status=status)


def _shared(request: HttpRequest, row: Any, form: Any) -> dict[str, Any]:
    """A form that was refused stands in the place of its empty one."""
    own: dict[type, str] = {HearForm: "hear", DecideForm: "decide", ReasonForm: "drop"}
    own |= {AddMeasureForm: "add", CarryOutForm: "carry_out"}
    fresh = {"hear": HearForm(), "decide": DecideForm(), "drop": ReasonForm()}
    refused = {own[type(form)]: form} if form is not None else {}
    return {
        **fresh,
        **refused,
        "can_decide": can(staff(request), P.MEASURE_DECIDE, row.division_id),
        "has_mine": row.first_by_id == staff(request).pk,
    }
