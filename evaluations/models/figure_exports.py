"""A file of figures that takes too long for one request: asked for, written, kept."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from officials.models import Division

# So long a file is kept, and so long a writing that fails again and again is tried.
KEPT = dt.timedelta(hours=24)


class Format(models.TextChoices):
    WORKBOOK = "xlsx", "Excel"
    CSV = "csv", "CSV"


class FigureExportQuerySet(models.QuerySet["FigureExport"]):
    def asked(self) -> "FigureExportQuerySet":
        return self.filter(state=FigureExport.State.ASKED)

    def waiting(self, *, at: dt.datetime) -> "FigureExportQuerySet":
        """To be written, and not asked for too long ago."""
        return self.asked().filter(asked_at__gt=at - KEPT)

    def lapsed(self, *, at: dt.datetime) -> "FigureExportQuerySet":
        return self.asked().filter(asked_at__lte=at - KEPT)

    def expired(self, *, at: dt.datetime) -> "FigureExportQuerySet":
        return self.filter(state=FigureExport.State.DONE, done_at__lte=at - KEPT)

    def recent(self, *, by: User, at: dt.datetime) -> "FigureExportQuerySet":
        """One's own of the last day, newest first."""
        return self.filter(asked_by=by, asked_at__gt=at - KEPT)


class FigureExport(models.Model):
    """导出: months of a district as a file, for the one account that asked.

    The row stays when its file is gone; the trail knows both writing and taking.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("还没写好")
        DONE = "done", _("可以下载")
        GONE = "gone", _("文件已删除")
        LAPSED = "lapsed", _("没有写成")

    class Audience(models.TextChoices):
        OFFICE = "office", _("评价办公室内部（含未公开的）")
        PUBLIC = "public", _("可以公开的")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    district = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    first = models.CharField(_("从哪个月"), max_length=7)
    last = models.CharField(_("到哪个月"), max_length=7)
    audience = models.CharField(_("给谁看"), max_length=6, choices=Audience)
    form = models.CharField(_("格式"), max_length=4, choices=Format)
    reason = models.CharField(_("用途"), max_length=200)
    # Heads and notes of the file are in the language of whoever asked.
    language = models.CharField(_("语言"), max_length=10)
    # Counted when it was asked for; months may change before it is written.
    expected = models.PositiveIntegerField(_("预计行数"))
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("导出人")
    )
    asked_at = models.DateTimeField(_("提出时间"))
    state = models.CharField(
        _("状态"), max_length=6, choices=State, default=State.ASKED
    )
    done_at = models.DateTimeField(_("写完时间"), null=True)
    rows = models.PositiveIntegerField(_("行数"), null=True)
    sha256 = models.CharField(_("文件 SHA-256"), max_length=64, blank=True)
    # Its name in the folder, which says nothing; empty when the file is gone.
    stored_as = models.CharField(max_length=40, blank=True)

    objects = FigureExportQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "pk")
        verbose_name = _("导出的评价")
        verbose_name_plural = _("导出的评价")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "lapsed"],
                    done_at=None,
                    rows=None,
                    sha256="",
                    stored_as="",
                )
                | Q(state="done", done_at__isnull=False, rows__isnull=False)
                & ~Q(sha256="")
                & ~Q(stored_as="")
                | Q(
                    state="gone",
                    done_at__isnull=False,
                    rows__isnull=False,
                    stored_as="",
                )
                & ~Q(sha256=""),
                name="figure_export_done_has_file",
            ),
            models.CheckConstraint(
                condition=Q(first__lte=F("last")), name="figure_export_months_in_order"
            ),
            models.UniqueConstraint(
                fields=["asked_by", "district", "first", "last", "audience", "form"],
                condition=Q(state="asked"),
                name="figure_export_asked_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.district_id} {self.first}–{self.last}"

    @property
    def kept_until(self) -> dt.datetime | None:
        """When the file goes; None while there is none."""
        return self.done_at + KEPT if self.done_at else None

    @property
    def file_name(self) -> str:
        """What a browser calls the file."""
        return named(self.district_id, self.first, self.last, self.form)

    def is_waiting(self, *, at: dt.datetime) -> bool:
        return self.standing(at=at) == self.State.ASKED

    def is_open(self, *, at: dt.datetime) -> bool:
        return self.standing(at=at) == self.State.DONE

    def standing(self, *, at: dt.datetime) -> "FigureExport.State":
        """As a page shows it: time runs out before the sweep has come by."""
        state = FigureExport.State(self.state)
        if state == self.State.ASKED and at >= self.asked_at + KEPT:
            return self.State.LAPSED
        if state == self.State.DONE and self.kept_until and at >= self.kept_until:
            return self.State.GONE
        return state


def named(district: str, first: str, last: str, form: str) -> str:
    return f"ratings-{district}-{first}_{last}.{form}"
