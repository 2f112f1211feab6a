"""The ledger of background work, and the signs of life of those who do it.

Rows here tell what happened and decide nothing: the rooms' own rows say what is due.
Nothing of a resident, an answer, a code or a file's content is ever written here.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from jobs import kinds
from jobs.kinds import Kind

# Work that has not shown life for this long is taken for lost, and taken up again.
SILENCE = dt.timedelta(seconds=30)
# A worker writes every ten seconds; beat at each tick, once a minute at the latest.
WORKER_SILENCE = dt.timedelta(seconds=45)
BEAT_SILENCE = dt.timedelta(seconds=150)


class RunQuerySet(models.QuerySet["Run"]):
    def within(self, scopes: Scopes) -> "RunQuerySet":
        """Work of the places in scope, and work that belongs to no place."""
        return self.filter(scopes.q("division") | Q(division=""))

    def of_unit(self, kind: str, key: str) -> "RunQuerySet":
        return self.filter(kind=kind, key=key)

    def running(self) -> "RunQuerySet":
        return self.filter(state=Run.State.RUNNING)

    def living(self, *, at: dt.datetime) -> "RunQuerySet":
        return self.running().filter(seen_at__gte=at - SILENCE)

    def silent(self, *, at: dt.datetime) -> "RunQuerySet":
        """Said to run, but nobody has heard of it for too long."""
        return self.running().filter(seen_at__lt=at - SILENCE)

    def ended(self) -> "RunQuerySet":
        return self.exclude(state=Run.State.RUNNING)

    def troubled(self) -> "RunQuerySet":
        return self.filter(state__in=(Run.State.FAILED, Run.State.LOST))

    def unsettled(self) -> "RunQuerySet":
        """Failures after which nothing else of the same unit has come to an end."""
        later = Run.objects.ended().filter(
            Q(ended_at__gt=OuterRef("ended_at"))
            | Q(ended_at=OuterRef("ended_at"), pk__gt=OuterRef("pk")),
            kind=OuterRef("kind"),
            key=OuterRef("key"),
        )
        return self.troubled().filter(~Exists(later))


class Run(models.Model):
    """One run of one piece of work, from its start to its end or its loss."""

    class State(models.TextChoices):
        RUNNING = "running", _("运行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")
        LOST = "lost", _("失去联系")

    kind = models.CharField(_("任务"), max_length=60)
    key = models.CharField(max_length=80, blank=True)
    arguments = models.JSONField(default=list)
    subject = models.CharField(_("对象"), max_length=80, blank=True)
    division = models.CharField(_("区划代码"), max_length=12, blank=True)
    state = models.CharField(
        _("状态"), max_length=8, choices=State, default=State.RUNNING
    )
    # The how-manieth of a row of failures this is, and when the first of them began.
    attempt = models.PositiveIntegerField(_("第几次"), default=1)
    since = models.DateTimeField(_("首次"))
    worker = models.CharField(_("工作进程"), max_length=80)
    started_at = models.DateTimeField(_("开始"))
    seen_at = models.DateTimeField(_("最后声息"))
    ended_at = models.DateTimeField(_("结束"), null=True)
    step = models.CharField(max_length=20, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Class of the exception; its text may quote a value and is never kept.
    error = models.CharField(max_length=60, blank=True)
    # Language → sentence, for refusals that have one.
    reason = models.JSONField(default=dict)
    reference = models.CharField(_("编号"), max_length=8, blank=True)
    # Not tried again before; empty when it was handed out again or the clock decides.
    next_at = models.DateTimeField(_("下次"), null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-started_at", "-pk")
        verbose_name = _("任务记录")
        verbose_name_plural = _("任务记录")
        indexes = (
            models.Index(fields=["kind", "key", "ended_at"], name="job_run_unit"),
            models.Index(fields=["state", "seen_at"], name="job_run_state"),
            models.Index(fields=["ended_at"], name="job_run_ended"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="job_run_ends_with_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | (~Q(error="") & ~Q(reference="")),
                name="job_run_failure_has_reference",
            ),
            models.CheckConstraint(
                condition=Q(next_at=None) | Q(state__in=("failed", "lost")),
                name="job_run_next_after_failure",
            ),
            models.CheckConstraint(
                condition=Q(attempt__gte=1), name="job_run_attempt_from_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()

    @property
    def sort(self) -> Kind:
        return kinds.of(self.kind)

    @property
    def is_troubled(self) -> bool:
        return self.state in {self.State.FAILED, self.State.LOST}

    def lives(self, *, at: dt.datetime) -> bool:
        return self.state == self.State.RUNNING and self.seen_at >= at - SILENCE

    @property
    def duration(self) -> str:
        """From start to end, as 0:00:03."""
        if self.ended_at is None:
            return ""
        seconds = round((self.ended_at - self.started_at).total_seconds())
        return str(dt.timedelta(seconds=max(0, seconds)))

    @property
    def percent(self) -> int | None:
        """How far, where the work can tell."""
        return min(100, 100 * self.done // self.total) if self.total else None

    @property
    def sentence(self) -> str:
        """The step the work is at; "" before it has told of one."""
        text = self.sort.steps.get(self.step)
        return str(text) % {"done": self.done, "total": self.total} if text else ""

    @property
    def why(self) -> str:
        """Why it failed and what to do, in the reader's language."""
        if self.state == self.State.LOST:
            return _now(
                "做这件事的工作进程没有了声息（停机、断电或被关掉）。"
                "数据没有损坏，系统会重新安排。"
            )
        if self.reason:
            language = get_language() or settings.LANGUAGE_CODE
            fallback = self.reason.get(settings.LANGUAGE_CODE, "")
            return str(self.reason.get(language, fallback))
        if not self.error:
            return ""
        return _now(
            "程序出错（%(error)s）。请把编号 %(reference)s 交给技术人员，"
            "凭它可以在日志里查到出错的位置。"
        ) % {"error": self.error, "reference": self.reference}


class Process(models.Model):
    """A worker or the clock: its last sign of life."""

    class Kind(models.TextChoices):
        WORKER = "worker", _("工作进程")
        BEAT = "beat", _("时间表")

    name = models.CharField(_("名称"), max_length=80, primary_key=True)
    kind = models.CharField(max_length=6, choices=Kind)
    queues = models.CharField(_("队列"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("启动"))
    seen_at = models.DateTimeField(_("最后声息"))

    class Meta:
        ordering = ("kind", "name")
        verbose_name = _("工作进程")
        verbose_name_plural = _("工作进程")

    def __str__(self) -> str:
        return self.name

    def lives(self, *, at: dt.datetime) -> bool:
        bound = BEAT_SILENCE if self.kind == self.Kind.BEAT else WORKER_SILENCE
        return self.seen_at >= at - bound

    @property
    def queue_names(self) -> list[str]:
        return self.queues.split()
