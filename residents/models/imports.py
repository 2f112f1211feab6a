"""One roster file on its way in: its rows and what they would change (domain 5)."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents.models.households import (
    MARK_LENGTH,
    Dwelling,
    Household,
    ResidenceStatus,
)

# A worker that has not moved for this long is taken for dead, and its file resumed.
CLAIM_LASTS = dt.timedelta(minutes=2)


class RowAction(models.TextChoices):
    ACCEPT = "accept", _("原样写入")
    FIX = "fix", _("更正后写入")
    WARN = "warn", _("写入，待核实")
    REJECT = "reject", _("不写入")
    SKIP = "skip", _("不是住户")


class ChangeKind(models.TextChoices):
    NEW = "new", _("新增")
    HEAD_AND_PHONE = "head_and_phone", _("户主和电话都变了")
    PHONE = "phone", _("电话变了")
    STATUS = "status", _("居住状态变了")
    OTHER = "other", _("其他变化")
    REVIEW = "review", _("待核实原因变了")
    MISSING = "missing", _("新名册里没有")
    WITHDRAWN = "withdrawn", _("撤回新增")
    RESTORED = "restored", _("恢复原样")
    KEPT = "kept", _("之后有改动，不动")


# What a file may bring, and what taking an import back may.
FILE_KINDS = (
    ChangeKind.NEW,
    ChangeKind.HEAD_AND_PHONE,
    ChangeKind.PHONE,
    ChangeKind.STATUS,
    ChangeKind.OTHER,
    ChangeKind.REVIEW,
    ChangeKind.MISSING,
)
UNDO_KINDS = (ChangeKind.WITHDRAWN, ChangeKind.RESTORED, ChangeKind.KEPT)


class RosterImportQuerySet(models.QuerySet["RosterImport"]):
    def within(self, scopes: Scopes) -> "RosterImportQuerySet":
        return self.filter(scopes.q("street__code"))

    def waiting(self, *, at: dt.datetime) -> "RosterImportQuerySet":
        """Not yet read to the end, and in no living worker's hands."""
        states = (RosterImport.State.UPLOADED, RosterImport.State.PARSED)
        return self.filter(state__in=states).filter(
            Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIM_LASTS)
        )


class RosterImport(models.Model):
    """One uploaded file, from upload to confirmation by a second person."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("已上传，读取中")
        MAPPING = "mapping", _("等待对列名")
        PARSED = "parsed", _("已读取")
        PREVIEWED = "previewed", _("待核准")
        CONFIRMED = "confirmed", _("已写入")
        UNDONE = "undone", _("已撤销")
        REFUSED = "refused", _("不能读取")
        CANCELLED = "cancelled", _("已取消")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    street = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("街道")
    )
    file_name = models.CharField(_("文件名"), max_length=200)
    # Where storage keeps the encrypted file: a random name, empty once purged.
    stored_as = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("字节"))
    sha256 = models.BinaryField(max_length=32)
    format = models.CharField(_("格式"), max_length=10, blank=True)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.UPLOADED
    )
    # Why the file was not read: the code of `importers.rows.Refused`, its sentence in
    # the source language, and what goes into it. Translated where it is shown.
    refusal_code = models.CharField(max_length=20, blank=True, db_default="")
    refusal = models.CharField(_("不能读取的原因"), max_length=400, blank=True)
    refusal_params = models.JSONField(default=dict)
    # The worker that holds the file, and when it last showed life.
    claim = models.UUIDField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # Sheets with their header row, columns and counts; no cell of a household.
    sheets = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    # Of the marks of its rows.
    index_algorithm_id = models.CharField(max_length=20, blank=True)
    index_key_id = models.PositiveSmallIntegerField(default=0)
    # What the second person confirms: SHA-256 over file, rows and differences.
    digest = models.BinaryField(max_length=32, null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("上传人"),
    )
    uploaded_at = models.DateTimeField(_("上传时间"))
    previewed_at = models.DateTimeField(_("预检时间"), null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("核准人"),
    )
    confirmed_at = models.DateTimeField(_("核准时间"), null=True)
    # This record takes that import back; confirmed like any other.
    undoes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="undone_by",
        verbose_name=_("撤销的导入"),
    )

    objects = RosterImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("名册导入")
        verbose_name_plural = _("名册导入")
        ordering = ("-uploaded_at",)
        indexes = (
            models.Index(fields=["state", "claimed_at"], name="roster_import_due"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(confirmed_by=None)
                | Q(uploaded_by=None)
                | ~Q(confirmed_by=F("uploaded_by")),
                name="roster_import_second_person",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        state__in=["confirmed", "undone"],
                        confirmed_by__isnull=False,
                        confirmed_at__isnull=False,
                    )
                    | (
                        ~Q(state__in=["confirmed", "undone"])
                        & Q(confirmed_by=None, confirmed_at=None)
                    )
                ),
                name="roster_import_confirmed_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["previewed", "confirmed", "undone"])
                | Q(digest__isnull=False),
                name="roster_import_preview_has_digest",
            ),
            models.UniqueConstraint(
                fields=["undoes"],
                condition=Q(state__in=["previewed", "confirmed"]),
                name="roster_import_undone_once",
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_reading(self) -> bool:
        return self.state in {self.State.UPLOADED, self.State.PARSED}

    @property
    def is_undo(self) -> bool:
        return self.undoes_id is not None

    @property
    def refusal_text(self) -> str:
        """Why the file was not read, in the language of whoever looks."""
        if not self.refusal:
            return ""
        text = gettext(self.refusal)
        return text % self.refusal_params if self.refusal_params else text

    @property
    def rows_per_second(self) -> int:
        """How fast the reading has been so far; 0 when nothing can be said yet."""
        if self.started_at is None or self.claimed_at is None:
            return 0
        seconds = (self.claimed_at - self.started_at).total_seconds()
        return round(self.rows_done / seconds) if seconds > 0 else 0

    @property
    def percent(self) -> int:
        """How far the reading is, 0 to 100."""
        return min(100, 100 * self.rows_done // max(self.rows_total, 1))

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest or b"").hex()


class RosterRow(models.Model):
    """One row of a file as it was read, cleaned and judged; gone after 30 days.

    A dwelling and a household that it brings take its id as their own: its columns are
    written and sealed as theirs will be, so that a confirmation copies them inside the
    database. Written by one function, from an import and communities that it has just
    read: the keys to them are not checked a second time (ADR 0013).
    """

    # Ids of one file rise with its lines, so that a large index grows at its end.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roster_import = models.ForeignKey(
        RosterImport,
        models.CASCADE,
        related_name="rows",
        db_constraint=False,
        db_index=False,
    )
    sheet = models.PositiveSmallIntegerField(_("工作表"))
    row_no = models.PositiveIntegerField(_("行"))
    action = models.CharField(_("处理"), max_length=6, choices=RowAction)
    # Codes of residents.importers.checks, separated by commas.
    problems = models.TextField(_("问题"), blank=True)
    # Those of them that ask for a person.
    review_codes = models.TextField(_("待核实原因"), blank=True, default="")
    community = models.ForeignKey(
        Division,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("社区"),
    )
    compound = models.CharField(_("小区名称"), max_length=60, blank=True, default="")
    building = models.CharField(_("楼栋"), max_length=30, blank=True, default="")
    unit = models.CharField(_("单元"), max_length=30, blank=True, default="")
    room = models.CharField(_("房号"), max_length=30, blank=True, default="")
    address_key = models.CharField(_("地址键"), max_length=180, blank=True)
    grid = models.CharField(_("网格"), max_length=60, blank=True, default="")
    # Sealed for the household that takes the row's id.
    head_name = models.BinaryField(_("户主姓名"), default=b"")
    phone = models.BinaryField(_("联系电话"), default=b"")
    phone_alt = models.BinaryField(_("备用电话"), default=b"")
    landline = models.BinaryField(_("固定电话"), default=b"")
    note = models.BinaryField(_("备注"), default=b"")
    resident_count = models.PositiveSmallIntegerField(_("居住人数"), null=True)
    moved_in = models.DateField(_("入住日期"), null=True)
    residence_status = models.CharField(
        _("居住状态"), max_length=10, choices=ResidenceStatus, blank=True
    )
    phone_index = models.BinaryField(max_length=MARK_LENGTH, null=True)
    fingerprint = models.BinaryField(max_length=MARK_LENGTH, null=True)
    head_mark = models.BinaryField(max_length=MARK_LENGTH, null=True)
    contact_mark = models.BinaryField(max_length=MARK_LENGTH, null=True)
    # Cells that were corrected or that keep the row out, one sealed JSON object; of a
    # row that is not stored its values too.
    values = models.BinaryField(default=b"")
    # Its household has asked: no report of the file shows name and numbers (T103).
    erased = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("名册行")
        verbose_name_plural = _("名册行")
        ordering = ("sheet", "row_no")
        constraints = (
            models.UniqueConstraint(
                fields=["roster_import", "sheet", "row_no"], name="roster_row_once"
            ),
            models.CheckConstraint(
                condition=~Q(action__in=["accept", "fix", "warn"])
                | (
                    ~Q(address_key="")
                    & ~Q(residence_status="")
                    & Q(community__isnull=False, fingerprint__isnull=False)
                ),
                name="roster_row_stored_has_address",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sheet}:{self.row_no}"


class RosterChange(models.Model):
    """One difference between the file and the roster. Unchanged rows have none.

    A change takes the id of its row, if it has one; a dwelling and a household that it
    brings take it too. Written like rows by one function, from what it has just read:
    its keys are not checked a second time (ADR 0013).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roster_import = models.ForeignKey(
        RosterImport,
        models.CASCADE,
        related_name="changes",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(_("变化"), max_length=14, choices=ChangeKind)
    community = models.ForeignKey(
        Division,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("社区"),
    )
    # Rows go after 30 days and the history stays; the purge empties this first.
    row = models.ForeignKey(
        RosterRow,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    dwelling = models.ForeignKey(
        Dwelling,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    household = models.ForeignKey(
        Household,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    status_before = models.CharField(max_length=10, choices=ResidenceStatus, blank=True)
    status_after = models.CharField(max_length=10, choices=ResidenceStatus, blank=True)
    # The old columns as they were stored, still sealed: what an undo puts back.
    before = models.JSONField(default=dict)
    # In the record of an undo: the change that is taken back.
    undoes = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("名册变化")
        verbose_name_plural = _("名册变化")
        indexes = (
            models.Index(fields=["roster_import", "kind"], name="roster_change_kind"),
            models.Index(
                fields=["household"],
                condition=Q(household__isnull=False),
                name="roster_change_household",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["roster_import", "household"],
                condition=Q(household__isnull=False),
                name="roster_change_once_per_household",
            ),
            models.CheckConstraint(
                condition=Q(kind="new", household=None)
                | (~Q(kind="new") & Q(household__isnull=False)),
                name="roster_change_old_household",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def leaves_frame(self) -> bool:
        """A household that was 常住 and would no longer be."""
        resident = ResidenceStatus.RESIDENT
        return self.status_before == resident and self.status_after not in {
            resident,
            "",
        }
