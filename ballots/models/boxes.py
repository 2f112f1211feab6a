"""The box and the public act of its opening (T10 to T14)."""

import datetime as dt
import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ballots.models.texts import PromiseIsKept, PromiseText


class BallotBoxQuerySet(models.QuerySet["BallotBox"]):
    def update(self, **kwargs: Any) -> int:
        """States, roots and counts move; what was promised does not (T14)."""
        if fixed := BallotBox.FIXED.intersection(kwargs):
            raise PromiseIsKept(*sorted(fixed))
        return super().update(**kwargs)

    def move_deadline(self, closes_at: dt.datetime) -> int:
        """The one promise that may change, once and to a later moment (T14)."""
        earlier = self.filter(
            state=BallotBox.State.OPEN, deadline_moved=False, closes_at__lt=closes_at
        )
        moved = {"closes_at": closes_at, "deadline_moved": True}
        return super(BallotBoxQuerySet, earlier).update(**moved)


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
    deadline_moved = models.BooleanField(_("截止改过"), default=False)
    grace_minutes = models.PositiveSmallIntegerField(_("宽限分钟"), default=30)
    paper_days = models.PositiveSmallIntegerField(_("纸票天数"), default=0)
    void_window_hours = models.PositiveSmallIntegerField(_("作废期小时"), default=24)
    min_open = models.PositiveSmallIntegerField(_("开箱下限"), default=10)
    store_floor = models.PositiveSmallIntegerField(_("归类下限"), default=5)
    reissue_permille = models.PositiveSmallIntegerField(_("补发千分比"), default=10)
    counts = models.JSONField(null=True)
    receipts_root = models.BinaryField(max_length=32, null=True)
    envelopes_root = models.BinaryField(max_length=32, null=True)
    # From then on nobody can say who took part; `counts` keeps the numbers (T102).
    unlinked_on = models.DateField(_("销毁联系"), null=True)

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
                condition=Q(unlinked_on=None)
                | Q(state="destroyed", counts__isnull=False),
                name="box_unlinked_when_over",
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
