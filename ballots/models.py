"""The rows of the sealed ballot box (T10). What is not here is not stored (T61).

Keys are random UUIDs, a household is an opaque UUID without a foreign key, and no row
knows a clock time but `closes_at` and `opened_at`.
"""

import datetime as dt
import uuid
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class PromiseIsKept(Exception):
    """Somebody tried to change what was fixed when the box was set up (T2, T14)."""


class PromiseTextQuerySet(models.QuerySet["PromiseText"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise PromiseIsKept(*kwargs)

    def delete(self) -> NoReturn:
        raise PromiseIsKept


class PromiseText(models.Model):
    """A promise or notice as the residents read it: stored once, never edited (T2)."""

    class Kind(models.TextChoices):
        PROMISE = "promise", _("承诺")
        NOTICE = "notice", _("告知书")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    version = models.PositiveSmallIntegerField(_("版本"))
    zh = models.TextField(_("中文"))
    en = models.TextField(_("英文"))
    digest = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)
    issued_on = models.DateField(_("日期"))

    objects = PromiseTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("承诺与告知")
        verbose_name_plural = _("承诺与告知")
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "version"], name="promise_text_version_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise PromiseIsKept(self.kind, self.version)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PromiseIsKept(self.kind, self.version)

    @property
    def text(self) -> str:
        """The wording in the language of the page; Chinese first."""
        return self.en if (get_language() or "").startswith("en") else self.zh

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


class BallotBoxQuerySet(models.QuerySet["BallotBox"]):
    def update(self, **kwargs: Any) -> int:
        """States, roots and counts move; what was promised does not (T14)."""
        if fixed := BallotBox.FIXED.intersection(kwargs):
            raise PromiseIsKept(*sorted(fixed))
        return super().update(**kwargs)


class BallotBox(models.Model):
    """票箱: one per round and district; at most a million codes.

    Written by the verbs of `actions.py` and `opening.py` only; `save` adds a row and
    never changes one.
    """

    class Purpose(models.TextChoices):
        SURVEY = "survey", _("满意度评价")
        MEETING = "meeting", _("述职评议")
        ELECTION = "election", _("评选")

    class State(models.TextChoices):
        SEALED_SETUP = "sealed_setup", _("已设置")
        OPEN = "open", _("投票中")
        CLOSED = "closed", _("已截止")
        OPENED = "opened", _("已开箱")
        DESTROYED = "destroyed", _("钥匙已销毁")

    class Custody(models.TextChoices):
        CUSTODIANS = "custodians", _("保管人")
        SOFTWARE = "software", _("服务器")

    class Ending(models.TextChoices):
        """Why a destroyed box was destroyed."""

        OPENED = "opened", _("已开箱")
        TOO_FEW = "too_few", _("票数太少")
        ANNULLED = "annulled", _("已作废")

    # Fixed at setup, before the first code exists, and never changed (T13, T14).
    FIXED = frozenset(
        {
            "purpose",
            "division",
            "paper_slots",
            "text_slots",
            "form_digest",
            "promise",
            "promise_id",
            "promise_digest",
            "notice",
            "notice_id",
            "notice_digest",
            "tally_spec_digest",
            "custody",
            "public_key",
            "algorithm_id",
            "key_id",
            "receipt_key_id",
            "closes_at",
            "grace_minutes",
            "paper_days",
            "void_window_hours",
            "min_open",
            "store_floor",
            "reissue_permille",
        }
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("用途"), max_length=10, choices=Purpose)
    state = models.CharField(
        _("状态"), max_length=12, choices=State, default=State.SEALED_SETUP
    )
    ending = models.CharField(_("结局"), max_length=10, choices=Ending, blank=True)
    ending_note = models.CharField(_("说明"), max_length=200, blank=True)
    division = models.CharField(_("区划代码"), max_length=12)
    paper_slots = models.PositiveSmallIntegerField(_("选票格"), default=1)
    text_slots = models.PositiveSmallIntegerField(_("留言格"), default=1)
    form_digest = models.BinaryField(max_length=32)
    promise = models.ForeignKey(PromiseText, models.PROTECT, related_name="+")
    promise_digest = models.BinaryField(max_length=32)
    notice = models.ForeignKey(PromiseText, models.PROTECT, related_name="+")
    notice_digest = models.BinaryField(max_length=32)
    tally_spec_digest = models.BinaryField(max_length=32)
    custody = models.CharField(_("保管"), max_length=10, choices=Custody)
    public_key = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=40)
    wrapped_secret = models.BinaryField(null=True)
    key_id = models.PositiveSmallIntegerField()  # of the wrapping key
    receipt_key_id = models.PositiveSmallIntegerField()
    closes_at = models.DateTimeField(_("截止"))
    grace_minutes = models.PositiveSmallIntegerField(_("宽限分钟"), default=30)
    paper_days = models.PositiveSmallIntegerField(_("纸票天数"), default=0)
    void_window_hours = models.PositiveSmallIntegerField(_("作废期小时"), default=24)
    min_open = models.PositiveSmallIntegerField(_("开箱下限"), default=10)
    store_floor = models.PositiveSmallIntegerField(_("归类下限"), default=5)
    reissue_permille = models.PositiveSmallIntegerField(_("补发千分比"), default=10)
    counts = models.JSONField(null=True)
    receipts_root = models.BinaryField(max_length=32, null=True)
    envelopes_root = models.BinaryField(max_length=32, null=True)

    objects = BallotBoxQuerySet.as_manager()

    class Meta:
        verbose_name = _("票箱")
        verbose_name_plural = _("票箱")
        constraints = (
            models.CheckConstraint(
                condition=Q(purpose__in=("survey", "meeting", "election")),
                name="box_purpose_known",
            ),
            models.CheckConstraint(
                condition=Q(custody__in=("custodians", "software")),
                name="box_custody_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("opened", "destroyed"), wrapped_secret__isnull=True
                )
                | Q(
                    state__in=("sealed_setup", "open", "closed"),
                    custody="software",
                    wrapped_secret__isnull=False,
                )
                | Q(
                    state__in=("sealed_setup", "open", "closed"),
                    custody="custodians",
                    wrapped_secret__isnull=True,
                ),
                name="box_secret_while_sealed",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("sealed_setup", "open"),
                    receipts_root__isnull=True,
                    envelopes_root__isnull=True,
                )
                | Q(
                    state__in=("closed", "opened"),
                    receipts_root__isnull=False,
                    envelopes_root__isnull=False,
                )
                | Q(state="destroyed"),
                name="box_roots_from_close",
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed", ending__in=("too_few", "annulled"))
                | Q(state__in=("opened", "destroyed"), ending="opened")
                | Q(state__in=("sealed_setup", "open", "closed"), ending=""),
                name="box_ending_told",
            ),
            models.CheckConstraint(
                condition=Q(paper_slots__range=(1, 4)), name="box_paper_slots_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(text_slots__range=(0, 3)), name="box_text_slots_0_to_3"
            ),
            models.CheckConstraint(
                condition=Q(grace_minutes__range=(10, 120)), name="box_grace_10_to_120"
            ),
            models.CheckConstraint(
                condition=Q(paper_days__range=(0, 5)), name="box_paper_days_0_to_5"
            ),
            models.CheckConstraint(
                condition=Q(void_window_hours__range=(0, 240)),
                name="box_void_window_0_to_240",
            ),
            models.CheckConstraint(
                condition=Q(min_open__range=(10, 100)), name="box_min_open_10_to_100"
            ),
            models.CheckConstraint(
                condition=Q(store_floor__range=(5, 20)), name="box_store_floor_5_to_20"
            ),
            models.CheckConstraint(
                condition=Q(reissue_permille__range=(0, 50)),
                name="box_reissue_0_to_50_permille",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division} {self.id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise PromiseIsKept(self.id)
        super().save(*args, **{**kwargs, "force_insert": True})

    @property
    def web_closes_at(self) -> dt.datetime:
        """Announced time and grace: the same moment for everybody (T35)."""
        return self.closes_at + dt.timedelta(minutes=self.grace_minutes)

    @property
    def technical_close(self) -> dt.datetime:
        """From here on the box may be closed: paper batches are in (T35)."""
        return self.web_closes_at + dt.timedelta(days=self.paper_days)

    def takes_ballots(self, *, at: dt.datetime) -> bool:
        return self.state == self.State.OPEN and at < self.web_closes_at

    @property
    def is_basic(self) -> bool:
        """Assurance level 基础: the server keeps the key (T44, T45)."""
        return self.custody == self.Custody.SOFTWARE


class BallotCode(models.Model):
    """One code of one household: the participation ledger for all channels (T10).

    `void_reason` on a used code of a closed box means: on the void list of the window,
    applied by the opening (T23, T48).
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("已发")
        USED = "used", _("已用")
        VOID = "void", _("已作废")

    class VoidReason(models.TextChoices):
        """T23. None refers to content."""

        UNDELIVERED = "undelivered", _("未送达")
        LOST = "lost", _("遗失")
        STOLEN = "stolen", _("被盗")
        MISDELIVERED = "misdelivered", _("送错")
        NOT_ELIGIBLE = "not_eligible", _("不符合条件")
        DUPLICATE_HOUSEHOLD = "duplicate_household", _("重复的户")
        DISPUTE = "dispute", _("家庭成员有争议")
        BATCH_FAULT = "batch_fault", _("整批有误")
        TAMPERED = "tampered", _("被动过")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.PROTECT, related_name="codes")
    household = models.UUIDField(null=True)
    # SHA-256(box, household) in hex while the code lives, else null (T11).
    slot_key = models.CharField(max_length=64, null=True)  # noqa: DJ001
    stratum = models.CharField(_("层"), max_length=40)
    voter_class = models.CharField(_("投票人类别"), max_length=20, blank=True)
    code_hash = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)
    key_id = models.PositiveSmallIntegerField()
    batch = models.UUIDField(null=True)
    state = models.CharField(
        _("状态"), max_length=6, choices=State, default=State.ISSUED
    )
    void_reason = models.CharField(
        _("作废原因"), max_length=20, choices=VoidReason, blank=True
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, related_name="replaced_by"
    )

    class Meta:
        verbose_name = _("码")
        verbose_name_plural = _("码")
        constraints = (
            models.UniqueConstraint(fields=["code_hash"], name="code_hash_unique"),
            models.UniqueConstraint(
                fields=["slot_key"], name="code_one_live_per_household"
            ),
            models.UniqueConstraint(fields=["replaces"], name="code_replaced_once"),
            models.CheckConstraint(
                condition=Q(state="issued", void_reason="")
                | Q(state="used")
                | (Q(state="void", slot_key=None) & ~Q(void_reason="")),
                name="code_state_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(household=None, slot_key=None)
                | Q(household__isnull=False, slot_key__isnull=False)
                | Q(state="void"),
                name="code_slot_while_live",
            ),
            models.CheckConstraint(condition=~Q(stratum=""), name="code_has_stratum"),
        )

    def __str__(self) -> str:
        return str(self.id)


class Channel(models.TextChoices):
    WEB = "web", _("网上")
    PAPER = "paper", _("纸票")
    PHONE = "phone", _("电话")
    VISIT = "visit", _("上门")
    MEETING = "meeting", _("会场")


class Envelope(models.Model):
    """信封: sealed bytes of one size, and a date. Deleted unread or at the opening."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.PROTECT, related_name="envelopes")
    code = models.ForeignKey(
        BallotCode, models.PROTECT, db_index=False, related_name="envelopes"
    )
    day = models.DateField(_("日期"))
    channel = models.CharField(_("方式"), max_length=10, choices=Channel)
    batch = models.UUIDField(null=True)
    papers = models.BinaryField()
    texts = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    row_mac = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)  # of the row mac
    key_id = models.PositiveSmallIntegerField()
    receipt_hash = models.BinaryField(max_length=32)
    nonce_hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("信封")
        verbose_name_plural = _("信封")
        constraints = (
            models.UniqueConstraint(fields=["code"], name="envelope_one_per_code"),
            models.UniqueConstraint(
                fields=["receipt_hash"], name="receipt_hash_unique"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class ReceiptEntry(models.Model):
    """The public list of receipts, fixed at close (T67).

    While the box is open only void codes have an entry, so that the look-up can say so
    (T66); they are written anew with the list.
    """

    class State(models.TextChoices):
        IN_BOX = "in_box", _("在箱内")
        VOID = "void", _("已作废")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.PROTECT, related_name="receipt_entries")
    label = models.CharField(_("区划"), max_length=40, blank=True)
    receipt_hash = models.BinaryField(max_length=32)
    state = models.CharField(_("状态"), max_length=6, choices=State)
    reason = models.CharField(
        _("作废原因"), max_length=20, choices=BallotCode.VoidReason, blank=True
    )

    class Meta:
        verbose_name = _("回执")
        verbose_name_plural = _("回执")
        constraints = (
            models.UniqueConstraint(fields=["receipt_hash"], name="receipt_entry_once"),
            models.CheckConstraint(
                condition=Q(state="in_box", reason="")
                | (Q(state="void") & ~Q(reason="")),
                name="receipt_entry_state_and_reason",
            ),
        )

    def __str__(self) -> str:
        return bytes(self.receipt_hash).hex()


class Opening(models.Model):
    """开箱: the public act. The only clock time of a box besides its deadline."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(
        BallotBox, models.PROTECT, db_index=False, related_name="openings"
    )
    opened_at = models.DateTimeField(_("开箱时间"))
    envelopes = models.PositiveIntegerField(_("截止时已用的码"))
    voided = models.JSONField(_("作废期内作废"), default=dict)
    withheld = models.PositiveIntegerField(_("太少未开"))
    opened = models.PositiveIntegerField(_("已开信封"))
    papers = models.PositiveIntegerField(_("有效选票"))
    invalid = models.PositiveIntegerField(_("无效"))
    words = models.PositiveIntegerField(_("留言"))
    empty_words = models.PositiveIntegerField(_("空白留言"))
    invalid_words = models.PositiveIntegerField(_("无效留言"))
    receipts_root = models.BinaryField(max_length=32)
    envelopes_root = models.BinaryField(max_length=32)
    release_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("开箱")
        verbose_name_plural = _("开箱")
        constraints = (
            models.UniqueConstraint(fields=["box"], name="opening_one_per_box"),
        )

    def __str__(self) -> str:
        return str(self.box_id)


class Turnout(models.Model):
    """Who took part, counted: by stratum, channel and day; written at the opening."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    box = models.ForeignKey(BallotBox, models.PROTECT, related_name="turnout")
    label = models.CharField(_("层"), max_length=40)
    channel = models.CharField(_("方式"), max_length=10, choices=Channel)
    day = models.DateField(_("日期"))
    count = models.PositiveIntegerField(_("户数"))

    class Meta:
        verbose_name = _("参评数")
        verbose_name_plural = _("参评数")
        constraints = (
            models.UniqueConstraint(
                fields=["box", "label", "channel", "day"], name="turnout_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} {self.day} {self.count}"
