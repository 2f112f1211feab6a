"""Figures of a district as a file, for whoever may export them."""

import tempfile
from contextlib import ExitStack
from typing import Any, BinaryIO, cast

from django import forms
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from evaluations.access import get_district_for
from evaluations.exports import Asked, Format, export_figures
from evaluations.models import MonthlyRollup
from evaluations.publication import Audience
from officials.models import Division

SPOOLED = 1 << 22
TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.WORKBOOK: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
AUDIENCES = (
    (Audience.OFFICE.value, _("评价办公室内部（含未公开的）")),
    (Audience.PUBLIC.value, _("可以公开的")),
)


class ExportForm(forms.Form):
    first = forms.ChoiceField(label=_("从哪个月"))
    last = forms.ChoiceField(label=_("到哪个月"))
    audience = forms.ChoiceField(label=_("给谁看"), choices=AUDIENCES)
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
    """The file is written first, told of in the trail, and only then handed out."""
    district = get_district_for(staff(request), code, Permission.EXPORT_FIGURES)
    done = MonthlyRollup.objects.filter(
        division=district, state=MonthlyRollup.State.DONE
    )
    months = list(done.order_by("-month").values_list("month", flat=True))
    form = ExportForm(request.POST if request.method == "POST" else None, months=months)
    if not form.is_valid():
        context = {"district": district, "form": form, "months": months}
        status = 422 if form.is_bound else 200
        template = "evaluations/figures_export.html"
        return render(request, template, context, status=status)
    return _file(request, form.asked(district))


def _file(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    at = timezone.now()
    with ExitStack() as opened:
        # Without a name on the disk, gone with the answer, or with a refusal.
        target = opened.enter_context(tempfile.SpooledTemporaryFile(SPOOLED))
        export_figures(asked, by=staff(request), at=at, target=cast(BinaryIO, target))
        opened.pop_all()
    target.seek(0)
    months = f"{asked.first}_{asked.last}"
    return FileResponse(
        target,
        as_attachment=True,
        filename=f"ratings-{asked.district.code}-{months}.{asked.form.value}",
        content_type=TYPES[asked.form],
    )
