"""Results on the desk: the list of months."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import holding, scopes_in
from accounts.permissions import Permission
from evaluations import queries


@require_safe
@holding(Permission.RESULT_VIEW)
def month_list(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    context = {
        "rows": queries.month_rows(scopes),
        "waiting": queries.waiting_months(scopes),
        "is_narrow": queries.is_narrow(scopes),
        "ratings": queries.newest_ratings(scopes) if queries.is_narrow(scopes) else [],
    }
    return render(request, "evaluations/month_list.html", context)
