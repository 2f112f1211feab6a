"""A draft on the desk: copy, edit theme by theme, name it, try it."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import staff, today
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from evaluations import dry_run_actions, scheme_actions, scheme_fields, scheme_queries
from evaluations.dry_running import BANDS
from evaluations.models import AssessmentScheme, DryRun, SchemeBasis
from evaluations.quarter_dry_run_rows import is_unchanged, report_page
from evaluations.scheme_access import (
    get_dry_run_for,
    get_scheme_to_edit,
    get_scheme_to_read,
    places_for,
)
from evaluations.scheme_actions import Basis
from evaluations.scheme_difference import changes
from evaluations.scheme_forms import AboutForm, FieldsForm, PlaceForm, out_of_range
from evaluations.scheme_readiness import FieldsOutOfRange, content_digest
from evaluations.scheme_refusals import REFUSALS, told
from evaluations.scheme_words import THEMES
from jobs import queues
from jobs.queries import newest_run
from jobs.sending import hand_out

SECONDS_WHEN_RUNNING, SECONDS_WHEN_WAITING = 2, 15


@require_POST
def scheme_copy(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_read(staff(request), pk)
    scopes = scopes_of(staff(request), Permission.SCHEME_EDIT, on=today())
    if not scopes:
        raise PermissionDenied
    form = PlaceForm(request.POST, divisions=places_for(scopes))
    if not form.is_valid():
        messages.error(request, _("请选一个您管的地方。"))
        return redirect("schemes:scheme-detail", pk=pk)
    draft = scheme_actions.draft_copy(
        scheme=scheme,
        division=form.cleaned_data["division"],
        by=staff(request),
        at=timezone.now(),
    )
    messages.success(request, _("已复制成草稿，改好以后先试算，再提出生效。"))
    return redirect("schemes:scheme-detail", pk=draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def scheme_edit(request: HttpRequest, pk: int, theme: str) -> HttpResponse:
    """One theme of the fields at a time."""
    scheme = _draft(request, pk)
    names = scheme_fields.names_of(theme)
    if not names or not scheme.is_of_residents:
        raise Http404
    form = FieldsForm(
        request.POST if request.method == "POST" else None,
        names=names,
        method=scheme.method,
        bases=scheme_queries.bases_of(scheme),
        documents=scheme_queries.rules_for(scheme, on=today()),
        initial={"digest": content_digest(scheme).hex()},
    )
    if request.method == "POST" and form.is_valid() and _saved(request, form, scheme):
        return redirect(_theme_of(scheme, theme))
    context = {
        "scheme": scheme,
        "theme": theme,
        "title": THEMES[theme],
        "themes": scheme_fields.themes(),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "evaluations/scheme_edit.html", context, status=status)


def _theme_of(scheme: AssessmentScheme, theme: str) -> str:
    """Back to the list, where the theme begins."""
    return reverse("schemes:scheme-detail", args=[scheme.pk]) + f"#{theme}"


def _saved(request: HttpRequest, form: FieldsForm, scheme: AssessmentScheme) -> bool:
    try:
        scheme_actions.edit_draft(
            scheme=scheme,
            seen=form.seen,
            fields=form.values,
            bases=form.chosen_bases,
            by=staff(request),
            at=timezone.now(),
        )
    except FieldsOutOfRange as error:
        for name in error.fields:
            form.add_error(name if name in form.fields else None, out_of_range(name))
        return False
    except REFUSALS as error:
        form.add_error(None, told(error))
        return False
    messages.success(request, _("已存进草稿。"))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def scheme_describe(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, label and the rule that all of it rests on."""
    scheme = _draft(request, pk)
    whole = scheme_queries.bases_of(scheme).get(SchemeBasis.WHOLE)
    form = AboutForm(
        request.POST if request.method == "POST" else None,
        documents=scheme_queries.rules_for(scheme, on=today()),
        initial={
            "digest": content_digest(scheme).hex(),
            "name": scheme.name,
            "label": scheme.label,
            "document": whole.document_id if whole else None,
            "note": whole.note if whole else "",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            _describe(request, form, scheme)
        except REFUSALS as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("已存进草稿。"))
            return redirect("schemes:scheme-detail", pk=pk)
    context = {"scheme": scheme, "form": form}
    status = 422 if form.errors else 200
    return render(request, "evaluations/scheme_describe.html", context, status=status)


def _describe(request: HttpRequest, form: AboutForm, scheme: AssessmentScheme) -> None:
    scheme_actions.describe_draft(
        scheme=scheme,
        seen=form.seen,
        name=form.cleaned_data["name"],
        label=form.cleaned_data["label"],
        whole=Basis(form.cleaned_data["document"], form.cleaned_data["note"]),
        by=staff(request),
        at=timezone.now(),
    )


def _draft(request: HttpRequest, pk: int) -> AssessmentScheme:
    """A draft at one's own place; what is in force has no such page."""
    scheme = get_scheme_to_edit(staff(request), pk)
    if not scheme.is_draft:
        raise Http404
    return scheme


@require_POST
def dry_run_ask(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_edit(staff(request), pk)
    form = PlaceForm(request.POST, divisions=scheme_queries.districts_to_try(scheme))
    at = timezone.now()
    if not form.is_valid():
        messages.error(request, _no_place(scheme))
        return redirect("schemes:scheme-detail", pk=pk)
    try:
        asked = dry_run_actions.ask_dry_run(
            scheme=scheme,
            district=form.cleaned_data["division"],
            by=staff(request),
            at=at,
        )
    except REFUSALS as error:
        messages.error(request, told(error))
        return redirect("schemes:scheme-detail", pk=pk)
    if queues.look() is None:
        messages.warning(request, _("已登记。队列现在连不上，恢复后会自动开始。"))
    else:
        hand_out(dry_run_actions.JOB, asked.pk, at=at)
    return redirect("schemes:dry-run-detail", pk=asked.pk)


def _no_place(scheme: AssessmentScheme) -> str:
    if scheme.is_of_residents:
        return _("请选一个有汇总结果的区县。")
    return _("请选一个有排过名的季度的地方。")


@require_safe
def dry_run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    dry_run = get_dry_run_for(staff(request), pk)
    scheme = dry_run.scheme
    # Parts of a regular scheme are no fields that could be listed one by one.
    old = scheme_queries.predecessor(scheme) if scheme.is_of_residents else None
    is_same = bytes(scheme.digest) == bytes(dry_run.scheme_digest)
    context = {
        "dry_run": dry_run,
        "scheme": scheme,
        "is_same": is_same,
        "changes": changes(old, scheme) if old and is_same else [],
        "old": old,
        "bands": band_labels(),
    }
    if dry_run.is_done:
        context |= _report_of(dry_run)
        return render(request, "evaluations/dry_run_detail.html", context)
    run = newest_run(dry_run_actions.JOB, pk)
    context["run"] = run
    response = render(request, "evaluations/dry_run_detail.html", context)
    is_running = run is not None and run.lives(at=timezone.now())
    seconds = SECONDS_WHEN_RUNNING if is_running else SECONDS_WHEN_WAITING
    response.headers["Refresh"] = str(seconds)
    return response


def _report_of(dry_run: DryRun) -> dict[str, Any]:
    """The report as the page of its kind of scheme prints it."""
    report = dry_run.contents
    if dry_run.scheme.is_of_residents:
        return {"report": report, "stars": scheme_queries.moved_stars(report)}
    return {"report": report_page(report), "is_unchanged": is_unchanged(report)}


def band_labels() -> list[str]:
    """What the bands of the report are called, smallest shift first."""
    ends = [str(band) for band in BANDS]
    middle = [f"{low}–{high}" for low, high in pairwise(ends)]
    return [_("不变"), *middle, _("超过 %(end)s") % {"end": ends[-1]}]
