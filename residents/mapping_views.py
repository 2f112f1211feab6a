"""Which column is what: asked once for titles that no list knows."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import staff
from accounts.permissions import Permission
from residents import actions, tasks
from residents.access import get_import_for
from residents.forms import ColumnsForm
from residents.models import RosterImport


@require_http_methods(["GET", "HEAD", "POST"])
def import_columns(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_IMPORT)
    if roster_import.state != RosterImport.State.MAPPING:
        return redirect("residents:import-detail", pk=pk)
    form = ColumnsForm(request.POST or None, columns=actions.columns_in(roster_import))
    if request.method == "POST" and form.is_valid():
        actions.confirm_columns(
            roster_import=roster_import,
            names=form.names(),
            by=staff(request),
            at=timezone.now(),
        )
        tasks.parse_roster.delay_on_commit(str(roster_import.pk))
        return redirect("residents:import-detail", pk=pk)
    context = {"roster_import": roster_import, "form": form}
    return render(request, "residents/import_columns.html", context)
