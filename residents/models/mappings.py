"""What an office calls its columns: asked once, remembered by community (5.2)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from officials.models import Division
from residents.models.imports import RosterImport


class ColumnMapping(models.Model):
    """A column title that a person has explained, for the rosters of one community.

    `field` is empty for a column that is not to be read. `confirmed_by` is empty when
    a command of the operator has said so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    header = models.CharField(_("列名"), max_length=70)
    field = models.CharField(_("对应的列"), max_length=20, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    confirmed_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("列名对照")
        verbose_name_plural = _("列名对照")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "header"], name="column_mapping_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"


class LeftOutSheet(models.Model):
    """A sheet that a street does not want, as long as its titles stay the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区划")
    )
    name = models.CharField(_("工作表"), max_length=60)
    titles = models.JSONField(_("列名"), default=list)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    confirmed_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("不要的工作表")
        verbose_name_plural = _("不要的工作表")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "name"], name="left_out_sheet_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ColumnQuestion(models.Model):
    """One sheet whose columns a person has to explain before the file is read.

    `columns` holds titles and masked samples, sealed, until the answer is there.
    `answers` are titles with their fields; `left_out` says that the sheet is not
    wanted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roster_import = models.ForeignKey(
        RosterImport, models.CASCADE, related_name="questions"
    )
    sheet = models.PositiveSmallIntegerField(_("工作表"))
    name = models.CharField(_("工作表名称"), max_length=60)
    columns = models.BinaryField(default=b"")
    answers = models.JSONField(default=dict)
    left_out = models.BooleanField(_("不要"), default=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    answered_at = models.DateTimeField(_("时间"), null=True)

    class Meta:
        verbose_name = _("待说明的列名")
        verbose_name_plural = _("待说明的列名")
        ordering = ("sheet",)
        constraints = (
            models.UniqueConstraint(
                fields=["roster_import", "sheet"], name="column_question_once"
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by=None, answered_at=None)
                | models.Q(answered_by__isnull=False, answered_at__isnull=False),
                name="column_question_answered_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at=None) | models.Q(columns=b""),
                name="column_question_answer_keeps_no_sample",
            ),
        )

    def __str__(self) -> str:
        return self.name
