"""Prepare a round: the scheme in force lives here, rounds in the room to the left."""

import calendar
import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import holding, scopes_in, staff, today
from accounts.permissions import Permission
from accounts.scopes import Scopes
from evaluations import queries
from evaluations.models import AssessmentScheme
from evaluations.scoring.rounding import rounded
from officials.models import Division
from surveys.actions import prepare_round
from surveys.forms import PrepareRoundForm
from surveys.models import Questionnaire, Round
from surveys.queries import snapshots_within
from surveys.refusals import REFUSALS, told

OPENS, CLOSES = dt.time(0, 10), dt.time(20, 0)


@require_http_methods(["GET", "HEAD", "POST"])
@holding(Permission.ROUND_PREPARE)
def round_prepare(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    scheme = queries.scheme_in_force(scopes.prefixes[0])
    snapshots = snapshots_within(scopes)
    form = PrepareRoundForm(
        request.POST or None,
        divisions=Division.objects.within(scopes).filter(
            level__in=(Division.Level.DISTRICT, Division.Level.STREET)
        ),
        snapshots=snapshots,
        initial=_suggested(scopes, today(), snapshots.first()),
    )
    if request.method == "POST" and scheme and form.is_valid():
        # Of two places of one's own, each may have its scheme.
        chosen = queries.scheme_in_force(form.cleaned_data["division"].code)
        survey_round = _prepare(request, form, chosen) if chosen else None
        if chosen is None:
            form.add_error("division", _("这个地方还没有执行中的考核办法。"))
        if survey_round is not None:
            messages.success(request, _("草稿已保存，等负责人批准。"))
            return redirect("surveys:round-detail", code=survey_round.code)
    context = {
        "form": form,
        "scheme": scheme,
        "shares": _shares(scheme) if scheme else {},
        "has_snapshot": snapshots.exists(),
    }
    return render(request, "evaluations/round_prepare.html", context)


def _prepare(
    request: HttpRequest, form: PrepareRoundForm, scheme: AssessmentScheme
) -> Round | None:
    """The draft, or None with the refusal on the form."""
    try:
        return prepare_round(
            **form.cleaned_data,
            scheme_ref=scheme.ref,
            scheme_digest=bytes(scheme.digest),
            parameters=scheme.round_parameters(),
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        form.add_error(None, told(error))
        return None


def _suggested(scopes: Scopes, on: dt.date, snapshot: Any) -> dict[str, object]:
    """The newest roster and questionnaire; tomorrow to the last evening."""
    opens = on + dt.timedelta(days=1)
    if Round.objects.within(scopes).counting().filter(period=f"{opens:%Y-%m}").exists():
        # This month has its round: the next one begins with its first day.
        opens = (opens.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    last = calendar.monthrange(opens.year, opens.month)[1]
    return {
        "division": snapshot.division if snapshot else None,
        "period": f"{opens:%Y-%m}",
        "snapshot": snapshot,
        "questionnaire": Questionnaire.objects.approved().order_by("pk").last(),
        "opens_at": timezone.make_aware(dt.datetime.combine(opens, OPENS)),
        "closes_at": timezone.make_aware(
            dt.datetime.combine(opens.replace(day=last), CLOSES)
        ),
    }


def _shares(scheme: AssessmentScheme) -> dict[str, Decimal]:
    """Two shares of the scheme in per cent, as people say them."""
    method = scheme.method
    return {
        "target": rounded(100 * method.sampling_rate, 0),
        "expected": rounded(100 * method.sampling_expected_rate, 0),
    }
