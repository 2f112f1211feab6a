"""Promise and notice as stored texts (T2)."""

import uuid
from typing import Any, NoReturn

from django.db import models
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
