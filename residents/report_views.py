"""The report of an import as a file: asked for, released by a second person, taken."""

import contextlib
import tempfile
import uuid
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from residents import actions, tables
from residents.access import abilities, get_export_for, get_import_for
from residents.actions.exporting import columns_of
from residents.forms import REASONS, RejectionForm, ReleaseForm, RevealForm
from residents.models import RosterExport
from residents.refusals import sentence

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LINES_PER_PAGE = 50
REFUSALS = (
    actions.DigestChanged,
    actions.ExportClosed,
    actions.ExportDecided,
    actions.KeepsThisRoster,
    actions.NothingToReport,
    actions.ReleasedByRequester,
)


@require_POST
@fresh_factor_needed
def import_report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for the report of an import, and say what for."""
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_REVEAL)
    form = RevealForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先选为什么要看原文。"))
        return redirect("residents:import-detail", pk=pk)
    try:
        export = actions.request_export(
            roster_import=roster_import,
            purpose=form.cleaned_data["reason"],
            by=staff(request),
            at=timezone.now(),
        )
    except (actions.NothingToReport, actions.ExportWaiting) as refusal:
        messages.error(request, sentence(refusal))
        return redirect("residents:import-detail", pk=pk)
    messages.success(request, _("已申请，等名册核准人核准。核准后一天之内可以下载。"))
    return redirect("residents:export-detail", pk=export.pk)


@require_safe
@holding(Permission.ROSTER_VIEW)
def export_list(request: HttpRequest) -> HttpResponse:
    """The history, what waits at the top."""
    at = timezone.now()
    found = RosterExport.objects.within(scopes_in(request)).select_related(
        "roster_import", "street", "requested_by", "decided_by"
    )
    page = Paginator(found, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [(export, standing(export, at=at)) for export in page.object_list],
        "waiting": found.waiting(at=at).order_by("requested_at"),
    }
    return render(request, "residents/export_list.html", context)


@require_safe
def export_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_export_for(staff(request), pk, Permission.ROSTER_VIEW)
    return _detail(request, found)


def _detail(
    request: HttpRequest, found: RosterExport, refusal_form: RejectionForm | None = None
) -> HttpResponse:
    names = columns_of(found.roster_import)
    context: dict[str, Any] = {
        "found": found,
        "standing": standing(found, at=timezone.now()),
        "purpose": dict(REASONS).get(found.purpose, found.purpose),
        "columns": [tables.FIELD_NAMES.get(name, name) for name in names],
        "rows": found.roster_import.counts.get("read", 0),
        "is_requester": found.requested_by_id == staff(request).pk,
        "can": abilities(staff(request), found.street_id),
        "form": ReleaseForm(initial={"digest": found.digest_hex}),
        "reject_form": refusal_form or RejectionForm(),
    }
    return render(request, "residents/export_detail.html", context)


def standing(export: RosterExport, *, at: Any) -> str:
    """What a page says of it: a request lapses and a download closes by themselves."""
    if export.state == RosterExport.State.WAITING:
        return "waiting" if export.is_waiting(at=at) else "lapsed"
    if export.state == RosterExport.State.RELEASED:
        return "open" if export.is_open(at=at) else "closed"
    return export.state


@require_POST
@fresh_factor_needed
def export_release(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_export_for(staff(request), pk, Permission.ROSTER_APPROVE)
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请先看过申请，打上勾，再核准。"))
        return redirect("residents:export-detail", pk=pk)
    digest = bytes.fromhex(form.cleaned_data["digest"])
    done = _("已核准。申请人一天之内可以下载。")
    return _decide(request, found, actions.release_export, done, digest=digest)


@require_POST
def export_refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_export_for(staff(request), pk, Permission.ROSTER_APPROVE)
    form = RejectionForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, form)
    reason = form.cleaned_data["reason"]
    done = _("已退回，报告没有给出。")
    return _decide(request, found, actions.refuse_export, done, reason=reason)


def _decide(
    request: HttpRequest, found: RosterExport, verb: Any, done: str, **words: Any
) -> HttpResponse:
    try:
        verb(export=found, by=staff(request), at=timezone.now(), **words)
    except REFUSALS as refusal:
        messages.error(request, refused(refusal))
    else:
        messages.success(request, done)
    return redirect("residents:export-detail", pk=found.pk)


def refused(refusal: Exception) -> str:
    if isinstance(refusal, actions.DigestChanged):
        return _("申请之后名册文件有了变化。请退回，由申请人重新申请。")
    return sentence(refusal)


@require_POST
@fresh_factor_needed
def export_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse | FileResponse:
    """The original file with the column 原因; names in clear, so the trail knows.

    It is written to a file without a name and streamed from there: no memory grows
    with the rows, and nothing is left behind when the answer has been sent.
    """
    found = get_export_for(staff(request), pk, Permission.ROSTER_REVEAL)
    with contextlib.ExitStack() as opened:
        target = opened.enter_context(tempfile.TemporaryFile(prefix="minping-report-"))
        try:
            actions.export_report(
                export=found, by=staff(request), at=timezone.now(), target=target
            )
        except REFUSALS as refusal:
            messages.error(request, refused(refusal))
            return redirect("residents:export-detail", pk=pk)
        # From here on the answer closes it, when its last piece has been sent.
        opened.pop_all()
    stem = PurePath(found.roster_import.file_name).stem
    name = _("%(name)s 原因.xlsx") % {"name": stem}
    return FileResponse(target, as_attachment=True, filename=name, content_type=XLSX)
