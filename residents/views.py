"""Roster pages on the desk: list, upload, preview, confirm; one address per act."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import holding, scopes_in, staff
from accounts.fresh import fresh_factor_needed
from accounts.models import User
from accounts.permissions import Permission
from residents import actions, overview, privacy, tables, tasks
from residents.access import abilities, freezable_by, get_import_for, somewhere
from residents.forms import (
    ChangeFilterForm,
    ConfirmForm,
    RevealForm,
    RowFilterForm,
    SnapshotForm,
    UploadForm,
)
from residents.importers.rows import Refused
from residents.models import (
    FILE_KINDS,
    UNDO_KINDS,
    RosterCorrection,
    RosterExport,
    RosterImport,
    RosterSnapshot,
)
from residents.refusals import sentence
from residents.report_views import standing

WAITING_OR_DONE = (RosterImport.State.PREVIEWED, RosterImport.State.CONFIRMED)
IMPORTS_PER_PAGE = 20
LINES_PER_PAGE = 50
SNAPSHOTS_PER_PAGE = 20
# A page about a file being read looks again by itself, without any script.
SECONDS_BETWEEN_LOOKS = 2
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@holding(Permission.ROSTER_VIEW)
def import_list(request: HttpRequest) -> HttpResponse:
    imports = RosterImport.objects.within(scopes_in(request)).select_related(
        "street", "uploaded_by", "confirmed_by"
    )
    page = Paginator(imports, IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    streets = overview.street_page(scopes_in(request), request.GET.get("streets"))
    context = {
        "page": page,
        "street_page": streets,
        "streets": overview.street_lines(streets),
        "waiting": imports.filter(state=RosterImport.State.PREVIEWED).count(),
        "corrections": RosterCorrection.objects.within(scopes_in(request))
        .waiting()
        .count(),
        "exports": RosterExport.objects.within(scopes_in(request))
        .waiting(at=timezone.now())
        .count(),
        "can": somewhere(staff(request)),
    }
    return render(request, "residents/import_list.html", context)


@form_view
@holding(Permission.ROSTER_IMPORT)
def import_upload(request: HttpRequest) -> HttpResponse:
    streets = tables.streets_of(scopes_in(request))
    form = UploadForm(request.POST or None, request.FILES or None, streets=streets)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            roster_import = actions.upload_roster(
                street=form.cleaned_data["street"],
                file_name=file.name,
                content=file,
                by=staff(request),
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("file", refusal.reason)
        else:
            tasks.parse_roster.delay_on_commit(str(roster_import.pk))
            return redirect("residents:import-detail", pk=roster_import.pk)
    return render(request, "residents/import_upload.html", {"form": form})


@require_safe
def import_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_VIEW)
    context = _preview(request, roster_import)
    response = render(request, "residents/import_detail.html", context)
    if roster_import.is_reading:
        response.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return response


def _preview(request: HttpRequest, roster_import: RosterImport) -> dict[str, object]:
    return {
        "roster_import": roster_import,
        "can": abilities(staff(request), roster_import.street_id),
        "is_uploader": roster_import.uploaded_by == request.user,
        "sheets": tables.sheet_lines(roster_import),
        "answered": overview.answered_lines(roster_import),
        "communities": tables.community_lines(roster_import),
        "cards": tables.change_cards(roster_import),
        "nothing_changes": tables.nothing_changes(roster_import),
        "undo": roster_import.undone_by.filter(state__in=WAITING_OR_DONE).first(),
        "report_form": RevealForm(),
        "exports": report_lines(roster_import),
        "undo_refusal": why_not_undo(roster_import),
    }


def report_lines(roster_import: RosterImport) -> list[tuple[RosterExport, str]]:
    """Who has asked for the report of this import, and how that stands."""
    found = roster_import.exports.select_related("requested_by", "decided_by")
    now = timezone.now()
    return [(export, standing(export, at=now)) for export in found]


def why_not_undo(roster_import: RosterImport) -> str:
    """The reason why a confirmed import cannot be taken back, or ""."""
    if roster_import.state != RosterImport.State.CONFIRMED or roster_import.is_undo:
        return ""
    try:
        actions.check_undoable(roster_import, at=timezone.now())
    except actions.UndoRefused as refusal:
        return sentence(refusal)
    return ""


@require_safe
def change_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_VIEW)
    places = [(line.code, line.name) for line in tables.community_lines(roster_import)]
    kinds = UNDO_KINDS if roster_import.is_undo else FILE_KINDS
    form = ChangeFilterForm(request.GET, communities=places, kinds=kinds)
    wanted = form.cleaned_data if form.is_valid() else {}
    changes = tables.changes_of(
        roster_import,
        kind=wanted.get("kind", ""),
        community=wanted.get("community", ""),
        address=wanted.get("address", ""),
    )
    page = Paginator(changes, LINES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "roster_import": roster_import,
        "form": form,
        "page": page,
        "lines": tables.change_lines(page.object_list),
        "cards": tables.change_cards(roster_import),
    }
    return render(request, "residents/change_list.html", context)


@require_safe
def row_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_VIEW)
    return _rows(request, roster_import, RevealForm())


@require_POST
@fresh_factor_needed
def row_reveal(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The same page of rows with names and numbers in clear; the trail knows why."""
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_REVEAL)
    return _rows(request, roster_import, RevealForm(request.POST))


def _rows(
    request: HttpRequest, roster_import: RosterImport, reveal_form: RevealForm
) -> HttpResponse:
    codes = tables.code_choices(roster_import)
    form = RowFilterForm(request.GET, codes=codes)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = tables.rows_of(
        roster_import, action=wanted.get("action", ""), code=wanted.get("code", "")
    )
    page = Paginator(rows, LINES_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    revealed = None
    if reveal_form.is_bound and reveal_form.is_valid():
        revealed = privacy.reveal_rows(
            by=staff(request),
            reason=reveal_form.cleaned_data["reason"],
            rows=shown,
            division=roster_import.street_id,
            at=timezone.now(),
        )
    context = {
        "roster_import": roster_import,
        "can": abilities(staff(request), roster_import.street_id),
        "form": form,
        "reveal_form": reveal_form,
        "is_revealed": revealed is not None,
        "page": page,
        "lines": tables.row_lines(roster_import, shown, revealed),
    }
    return render(request, "residents/row_list.html", context)


@form_view
@fresh_factor_needed
def import_confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_APPROVE)
    if roster_import.state != RosterImport.State.PREVIEWED:
        return redirect("residents:import-detail", pk=pk)
    form = ConfirmForm(
        request.POST or None,
        initial={"digest": roster_import.digest_hex},
        is_undo=roster_import.is_undo,
    )
    if request.method == "POST" and form.is_valid():
        try:
            _confirm(
                roster_import,
                digest=bytes.fromhex(form.cleaned_data["digest"]),
                by=staff(request),
            )
        except (
            actions.ConfirmedByUploader,
            actions.DigestChanged,
            actions.NotPreviewed,
            actions.PreviewTooOld,
            actions.UndoRefused,
        ) as refusal:
            form.add_error(None, sentence(refusal))
        else:
            done = _("已撤销。") if roster_import.is_undo else _("已核准并写入名册。")
            messages.success(request, done)
            return redirect("residents:import-detail", pk=pk)
    context = _preview(request, roster_import) | {"form": form}
    return render(request, "residents/import_confirm.html", context)


def _confirm(roster_import: RosterImport, *, digest: bytes, by: User) -> None:
    at = timezone.now()
    if roster_import.is_undo:
        actions.confirm_undo(undo=roster_import, digest=digest, by=by, at=at)
    else:
        actions.confirm_import(roster_import=roster_import, digest=digest, by=by, at=at)


@require_POST
def import_renew(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Compare again with the roster as it is now; either of the two may ask."""
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_VIEW)
    try:
        if roster_import.is_undo:
            actions.renew_undo(undo=roster_import, by=staff(request), at=timezone.now())
        else:
            actions.preview_import(
                roster_import=roster_import, by=staff(request), at=timezone.now()
            )
    except (actions.ImportNotOpen, actions.UndoRefused) as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("已按现在的名册重新预检。"))
    return redirect("residents:import-detail", pk=pk)


@require_POST
def import_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Propose to take a confirmed import back; a second person confirms."""
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_IMPORT)
    try:
        undo = actions.propose_undo(
            roster_import=roster_import, by=staff(request), at=timezone.now()
        )
    except actions.UndoRefused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("residents:import-detail", pk=pk)
    messages.success(request, _("还没有撤销。请核对变化，再由另一个人核准。"))
    return redirect("residents:import-detail", pk=undo.pk)


@require_POST
def import_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    roster_import = get_import_for(staff(request), pk, Permission.ROSTER_IMPORT)
    try:
        actions.cancel_import(
            roster_import=roster_import, by=staff(request), at=timezone.now()
        )
    except actions.ImportNotOpen as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, _("已取消，文件和读出的内容都已删去。"))
    return redirect("residents:import-list")


@require_safe
@holding(Permission.ROSTER_VIEW)
def snapshot_list(request: HttpRequest) -> HttpResponse:
    return _snapshots(request, None)


@require_POST
@holding(Permission.ROSTER_APPROVE)
def snapshot_take(request: HttpRequest) -> HttpResponse:
    form = SnapshotForm(request.POST, divisions=freezable_by(staff(request)))
    if form.is_valid():
        try:
            actions.take_snapshot(
                division=form.cleaned_data["division"],
                by=staff(request),
                at=timezone.now(),
            )
        except actions.RosterEmpty as refusal:
            form.add_error("division", sentence(refusal))
        else:
            messages.success(request, _("快照已冻结，可以用它抽样。"))
            return redirect("residents:snapshot-list")
    return _snapshots(request, form)


def _snapshots(request: HttpRequest, form: SnapshotForm | None) -> HttpResponse:
    snapshots = RosterSnapshot.objects.within(scopes_in(request)).select_related(
        "division"
    )
    page = Paginator(snapshots, SNAPSHOTS_PER_PAGE).get_page(request.GET.get("page"))
    divisions = freezable_by(staff(request))
    context = {
        "page": page,
        "lines": tables.snapshot_lines(page.object_list),
        "form": form or (SnapshotForm(divisions=divisions) if divisions else None),
    }
    return render(request, "residents/snapshot_list.html", context)
