"""The trail of what was done, by whom: a keyed hash chain that only grows (T72)."""

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrailIsAppendOnly(Exception):
    """Somebody tried to change or delete a trail."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TrailIsAppendOnly(self.model.__name__)

    def delete(self) -> NoReturn:
        raise TrailIsAppendOnly(self.model.__name__)


class AuditHead(models.Model):
    """The one row whose lock gives all events one order."""

    name = models.CharField(max_length=10, primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class AppendOnly(models.Model):
    """Rows that are written once and stay."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TrailIsAppendOnly(self.pk)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TrailIsAppendOnly(self.pk)


class AuditEvent(AppendOnly):
    """One act. Text ids and no foreign keys: the trail outlives what it names."""

    seq = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"))
    actor = models.CharField(_("经手人"), max_length=60)
    role = models.CharField(_("身份"), max_length=60, blank=True)
    verb = models.CharField(_("事项"), max_length=60)
    target_type = models.CharField(_("对象类别"), max_length=60, blank=True)
    target_id = models.CharField(_("对象"), max_length=60, blank=True)
    division = models.CharField(_("区划代码"), max_length=12, blank=True)
    data = models.TextField(_("内容"), default="{}")
    address = models.CharField(_("工作人员地址"), max_length=45, blank=True)
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)
    key_id = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("seq",)
        indexes = (
            models.Index(fields=["target_type", "target_id"], name="audit_target"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
            models.Index(fields=["division", "seq"], name="audit_division"),
            models.Index(
                fields=["seq"],
                condition=models.Q(verb__startswith="alert."),
                name="audit_alert",
            ),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"


class AuditCheckpoint(AppendOnly):
    """How far the chain had come, signed and published (T76)."""

    class Occasion(models.TextChoices):
        DAILY = "daily", _("每天")
        CLOSE = "close", _("票箱截止")
        OPENING = "opening", _("开箱")

    number = models.BigIntegerField(_("编号"), primary_key=True)
    at = models.DateTimeField(_("时间"))
    occasion = models.CharField(_("因由"), max_length=10, choices=Occasion.choices)
    seq = models.BigIntegerField(_("留痕条数"))
    hash = models.BinaryField(max_length=32)
    boxes = models.TextField(default="[]")
    release = models.CharField(_("程序摘要"), max_length=64)
    previous = models.BinaryField(max_length=32)
    public_key = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    algorithm_id = models.CharField(max_length=20)
    key_id = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=["seq"], name="audit_checkpoint_seq"),)

    def __str__(self) -> str:
        return f"{self.number} ({self.seq})"


class AuditVerification(AppendOnly):
    """A walk over the whole chain and what it found; the mac is that of the trail."""

    at = models.DateTimeField(_("时间"))
    actor = models.CharField(_("经手人"), max_length=60)
    seq = models.BigIntegerField(_("核对到第几条"))
    hash = models.BinaryField(max_length=32)
    checkpoint = models.BigIntegerField(_("最后的检查点"), default=0)
    checkpoint_digest = models.BinaryField(max_length=32)
    fault_kind = models.CharField(max_length=10, blank=True)
    fault_seq = models.BigIntegerField(null=True)
    fault_checkpoint = models.BigIntegerField(null=True)
    mac = models.BinaryField(max_length=32)
    algorithm_id = models.CharField(max_length=20)
    key_id = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.seq} {self.fault_kind or 'sound'}"
