"""Figures of a district as a file, for whoever may export them."""

import tempfile
import uuid
from contextlib import ExitStack
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from evaluations.access import get_district_for, get_export_for
from evaluations.exports import (
    AT_ONCE,
    Asked,
    ExportClosed,
    Format,
    ask_export,
    export_figures,
    is_large,
    take_export,
)
from evaluations.exports.later import JOB
from evaluations.exports.refusals import told_taking
from evaluations.models import FigureExport, MonthlyRollup
from evaluations.publication import Audience
from jobs import queues
from jobs.queries import newest_run, next_try
from jobs.sending import hand_out
from officials.models import Division

SPOOLED = 1 << 22
TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.WORKBOOK: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
# What a form that is filled in again brings along; the purpose is typed anew.
AGAIN = ("first", "last", "audience", "form")
SECONDS_WHEN_RUNNING, SECONDS_WHEN_WAITING = 2, 15


class ExportForm(forms.Form):
    first = forms.ChoiceField(label=_("从哪个月"))
    last = forms.ChoiceField(label=_("到哪个月"))
    audience = forms.ChoiceField(
        label=_("给谁看"), choices=FigureExport.Audience.choices
    )
    form = forms.ChoiceField(label=_("格式"), choices=Format.choices)
    reason = forms.CharField(
        label=_("用途"),
        help_text=_("写进留痕，例如：区委常委会材料。"),
        min_length=4,
        max_length=200,
    )

    def __init__(self, *args: Any, months: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            field = cast(forms.ChoiceField, self.fields[name])
            field.choices = [(month, month) for month in months]
            field.initial = months[0] if months else ""
        for each in self.fields.values():
            is_list = isinstance(each, forms.ChoiceField)
            each.widget.attrs["class"] = "form-select" if is_list else "form-control"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", _("结束的月份在开始的月份之前。"))
        return data

    def asked(self, district: Division) -> Asked:
        data = self.cleaned_data
        return Asked(
            district=district,
            first=data["first"],
            last=data["last"],
            audience=Audience(data["audience"]),
            form=Format(data["form"]),
            reason=data["reason"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_factor_needed
def figures_export(request: HttpRequest, code: str) -> HttpResponseBase:
    """A small file comes with the answer; a large one is written by a job."""
    district = get_district_for(staff(request), code, Permission.EXPORT_FIGURES)
    done = MonthlyRollup.objects.filter(
        division=district, state=MonthlyRollup.State.DONE
    )
    months = list(done.order_by("-month").values_list("month", flat=True))
    form = ExportForm(
        request.POST if request.method == "POST" else None,
        months=months,
        initial=request.GET.dict(),
    )
    if not form.is_valid():
        context = {
            "district": district,
            "form": form,
            "months": months,
            "bound": AT_ONCE,
            "exports": _recent(request, district),
        }
        status = 422 if form.is_bound else 200
        template = "evaluations/figures_export.html"
        return render(request, template, context, status=status)
    asked = form.asked(district)
    rows = asked.rows
    return _later(request, asked, rows) if is_large(rows) else _file(request, asked)


def _recent(request: HttpRequest, district: Division) -> list[tuple[FigureExport, Any]]:
    """One's own of the last day with their standing."""
    at = timezone.now()
    own = FigureExport.objects.recent(by=staff(request), at=at)
    return [
        (export, export.standing(at=at)) for export in own.filter(district=district)
    ]


def _file(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """It is written first, told of in the trail, and only then handed out."""
    at = timezone.now()
    with ExitStack() as opened:
        # Without a name on the disk, gone with the answer, or with a refusal.
        target = opened.enter_context(tempfile.SpooledTemporaryFile(SPOOLED))
        export_figures(asked, by=staff(request), at=at, target=cast(BinaryIO, target))
        opened.pop_all()
    target.seek(0)
    return _handed_out(cast(BinaryIO, target), asked.file_name, asked.form)


def _handed_out(content: BinaryIO, name: str, form: str) -> FileResponse:
    return FileResponse(
        content, as_attachment=True, filename=name, content_type=TYPES[Format(form)]
    )


def _later(request: HttpRequest, asked: Asked, rows: int) -> HttpResponse:
    at = timezone.now()
    language = get_language() or settings.LANGUAGE_CODE
    export = ask_export(asked, rows=rows, language=language, by=staff(request), at=at)
    if queues.look() is None:
        messages.warning(request, _now("已登记。队列现在连不上，恢复后会自动开始。"))
    else:
        hand_out(JOB, str(export.pk), at=at)
    return redirect("evaluations:export-detail", pk=export.pk)


@require_safe
def export_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far it is, then the file for a day; it looks again by itself."""
    export = get_export_for(staff(request), pk)
    at = timezone.now()
    context: dict[str, Any] = {
        "export": export,
        "standing": export.standing(at=at),
        "again": urlencode({name: getattr(export, name) for name in AGAIN}),
    }
    if not export.is_waiting(at=at):
        return render(request, "evaluations/export_detail.html", context)
    run = newest_run(JOB, str(pk))
    is_running = run is not None and run.lives(at=at)
    context["run"] = run if is_running else None
    if run is not None and run.is_troubled:
        context |= {"trouble": run, "next_at": next_try(run, at=at)}
    response = render(request, "evaluations/export_detail.html", context)
    seconds = SECONDS_WHEN_RUNNING if is_running else SECONDS_WHEN_WAITING
    response.headers["Refresh"] = str(seconds)
    return response


@require_POST
@fresh_factor_needed
def export_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Compared with its SHA-256, told of in the trail, and only then handed out."""
    export = get_export_for(staff(request), pk)
    try:
        content = take_export(export=export, by=staff(request), at=timezone.now())
    except ExportClosed as refusal:
        messages.error(request, told_taking(refusal))
        return redirect("evaluations:export-detail", pk=pk)
    return _handed_out(content, export.file_name, export.form)
