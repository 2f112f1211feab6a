"""Codes and their envelopes; what is known of them afterwards (T10, T17, T67)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ballots.models.boxes import BallotBox


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
