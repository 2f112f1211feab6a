"""The report of an import as a file; served as an attachment, never shown."""

import contextlib
import tempfile
import uuid
from pathlib import PurePath

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import staff
from accounts.permissions import Permission
from residents import actions
from residents.access import get_import_for
from residents.forms import RevealForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_POST
def import_report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | FileResponse:
    """The original file with the column 原因; names in clear, so the trail knows.

    It is written to a file without a name and streamed from there: no memory grows
    with the rows, and nothing is left behind when the answer has been sent.
    """
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_REVEAL)
    form = RevealForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先选为什么要看原文。"))
        return redirect("residents:import-detail", pk=pk)
    with contextlib.ExitStack() as opened:
        target = opened.enter_context(tempfile.TemporaryFile(prefix="minping-report-"))
        try:
            actions.export_report(
                roster_import=roster_import,
                reason=form.cleaned_data["reason"],
                by=staff(request),
                at=timezone.now(),
                target=target,
            )
        except actions.NothingToReport:
            messages.error(request, _("文件和读出的行已经删去，没有报告可下载。"))
            return redirect("residents:import-detail", pk=pk)
        # From here on the answer closes it, when its last piece has been sent.
        opened.pop_all()
    name = _("%(name)s 原因.xlsx") % {"name": PurePath(roster_import.file_name).stem}
    return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
