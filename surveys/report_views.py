"""Reports of pressure on the desk: counts for all who hold SIGNAL_VIEW (T119, T121)."""

import datetime as dt
from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff, today, within_or_refused
from accounts.permissions import Permission
from officials.models import Division
from surveys import actions, queries
from surveys.actions.drawing import months_apart
from surveys.models import CoercionReport

MONTHS_TOLD = 3


@require_safe
@holding(Permission.SIGNAL_VIEW)
def report_list(request: HttpRequest) -> HttpResponse:
    """How many of each kind in each community; no words and no days."""
    found = CoercionReport.objects.within(scopes_in(request))
    counts = Counter(found.values_list("community", "kind"))
    communities = Division.objects.filter(pk__in={code for code, _kind in counts})
    lines: list[dict[str, Any]] = [
        {
            "community": community,
            "kinds": [counts[community.pk, kind] for kind in CoercionReport.Kind],
            "total": sum(counts[community.pk, kind] for kind in CoercionReport.Kind),
        }
        for community in communities.select_related("parent").order_by("code")
    ]
    context = {
        "lines": lines,
        "labels": CoercionReport.Kind.labels,
        "told": _told([line["community"] for line in lines], on=today()),
    }
    return render(request, "surveys/report_list.html", context)


def _told(communities: list[Division], *, on: dt.date) -> dict[str, Any]:
    """What the public pages say of the last months, as residents read it."""
    this = f"{on:%Y-%m}"
    months = [months_apart(this, -back) for back in range(MONTHS_TOLD, 0, -1)]
    codes = [community.pk for community in communities]
    told = [queries.reports_told(codes, month, on=on) for month in months]
    rows = [
        (community, [counts[community.pk] for counts in told])
        for community in communities
    ]
    return {"months": months, "rows": rows}


@require_POST
def report_read(request: HttpRequest, code: str) -> HttpResponse:
    """Days and words of one community; by POST, for it leaves a trail (T25, T77)."""
    user = staff(request)
    within_or_refused(user, Permission.SIGNAL_VIEW, code, on=today())
    community = get_object_or_404(Division.objects.communities(), pk=code)
    reports = actions.read_reports(community=community, by=user, at=timezone.now())
    context = {"community": community, "reports": reports}
    return render(request, "surveys/report_read.html", context)
