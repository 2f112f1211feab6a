"""An export is written, told of in the trail, and only then handed out (T77)."""

import datetime as dt
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import record
from evaluations.exports.files import (
    FileDisagrees,
    Written,
    write_csv,
    write_workbook,
)
from evaluations.exports.rows import count_of, rows_of
from evaluations.models import MonthlyRollup
from evaluations.models.figure_exports import Format, named
from evaluations.publication import Audience
from officials.models import Division

EXPORTED = "figures.exported"
Exported = Written

__all__ = ["Asked", "Exported", "FileDisagrees", "Format", "export_figures"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted: a district's months `first` to `last`, for an audience."""

    district: Division
    first: str
    last: str
    audience: Audience
    form: Format
    reason: str

    @property
    def months(self) -> list[str]:
        """Those that were rolled up, oldest first."""
        done = MonthlyRollup.objects.filter(
            division=self.district,
            state=MonthlyRollup.State.DONE,
            month__range=(self.first, self.last),
        )
        return list(done.order_by("month").values_list("month", flat=True))

    @property
    def rows(self) -> int:
        """How many there will be, counted without reading them."""
        return count_of(self.district.code, self.months, self.audience)

    @property
    def file_name(self) -> str:
        """What a browser calls the file."""
        return named(self.district.code, self.first, self.last, self.form)

    @property
    def for_whom(self) -> str:
        if self.audience is Audience.OFFICE:
            return _("仅供评价办公室内部使用，不得公开")
        return _("可以公开")


@transaction.atomic
def export_figures(
    asked: Asked, *, by: User, at: dt.datetime, target: BinaryIO
) -> Exported:
    """Write released figures to `target`; FileDisagrees gives nothing out.

    Memory: one page of ratings (`rows.PAGE`), however many rows there are.
    """
    rows = rows_of(asked.district.code, asked.months, asked.audience)
    # Whatever an attempt that failed has left.
    target.seek(0)
    target.truncate()
    if asked.form == Format.CSV:
        made = write_csv(rows, target)
    else:
        made = write_workbook(rows, target, about=_about(asked, by=by, at=at))
    record(
        EXPORTED,
        target=asked.district,
        by=by,
        at=at,
        division=asked.district.code,
        data={
            "from": asked.first,
            "until": asked.last,
            "audience": asked.audience.value,
            "format": asked.form.value,
            "reason": asked.reason,
            "rows": made.rows,
            "rows_sha256": made.rows_sha256,
            "sha256": made.sha256,
        },
    )
    return made


def _about(asked: Asked, *, by: User, at: dt.datetime) -> dict[str, str]:
    return {
        _("内容"): _("%(district)s 月度评价 %(first)s 至 %(last)s")
        % {"district": asked.district, "first": asked.first, "last": asked.last},
        _("谁能看"): asked.for_whom,
        _("用途"): asked.reason,
        _("导出人"): by.audit_name,
        _("导出时间"): f"{timezone.localtime(at):%Y-%m-%d %H:%M}",
        _("排列"): _("按月份和社区排列，不是名次；名次只在组内有。"),
        _("空格"): _("没有数的格子是样本不足或还没有发布，不是 0。"),
    }
