"""Which column is what: asked once for titles that leave a doubt."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import staff
from accounts.permissions import Permission
from residents import actions, tasks
from residents.access import get_import_for
from residents.mapping_forms import ColumnsForm
from residents.models import RosterImport
from residents.refusals import sentence


@require_http_methods(["GET", "HEAD", "POST"])
def import_columns(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_IMPORT)
    if roster_import.state != RosterImport.State.MAPPING:
        return redirect("residents:import-detail", pk=pk)
    questions = actions.questions_of(roster_import)
    form = ColumnsForm(request.POST or None, questions=questions)
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_columns(
                roster_import=roster_import,
                answers=form.answers(),
                by=staff(request),
                at=timezone.now(),
            )
        except actions.ImportNotOpen as refusal:
            messages.error(request, sentence(refusal))
        else:
            tasks.parse_roster.delay_on_commit(str(roster_import.pk))
        return redirect("residents:import-detail", pk=pk)
    context = {"roster_import": roster_import, "form": form}
    return render(request, "residents/import_columns.html", context)


@require_POST
def import_forget_columns(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What was said about the columns was wrong: forget it and ask again."""
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_IMPORT)
    try:
        actions.forget_columns(
            roster_import=roster_import, by=staff(request), at=timezone.now()
        )
    except actions.ImportNotOpen as refusal:
        messages.error(request, sentence(refusal))
    else:
        tasks.parse_roster.delay_on_commit(str(roster_import.pk))
    return redirect("residents:import-detail", pk=pk)
