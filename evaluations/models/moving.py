"""Rows that are written once but for what moves: a state, and who moved it (R4)."""

import datetime as dt
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User

WAITS = dt.timedelta(hours=72)  # T92


class FiguresAreFinal(Exception):
    """A figure is never edited: a correction is a new revision (T130)."""


class MovingQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        """What moves, by the verbs of `actions`; the rest never does."""
        if fixed := set(kwargs) - self.model.MOVING:
            raise FiguresAreFinal(*sorted(fixed))
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise FiguresAreFinal(self.model.__name__)


class Moving(models.Model):
    """Added once; `MOVING` names the columns that its verbs may still write."""

    MOVING: ClassVar[frozenset[str]] = frozenset()

    objects: ClassVar[Any] = MovingQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FiguresAreFinal(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FiguresAreFinal(str(self))


class TwoPersonAct(Moving):
    """Proposed by one, carried out by another's word on what is shown (T92).

    `slot`: names the thing while the act is done on it, so that it is done once.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("等另一个人同意")
        DONE = "done", _("已生效")
        DECLINED = "declined", _("未同意")

    MOVING: ClassVar[frozenset[str]] = frozenset(
        {"state", "slot", "answered_by", "answered_at", "answer"}
    )

    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.PROPOSED
    )
    slot = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001
    reason = models.CharField(_("原因"), max_length=300)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("同意人")
    )
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)

    class Meta:
        abstract = True
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_by=None) | ~Q(answered_by=F("proposed_by")),
                name="%(class)s_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", answered_by=None, answered_at=None)
                | (
                    ~Q(state="proposed")
                    & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
                name="%(class)s_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="done", slot__isnull=False)
                | (~Q(state="done") & Q(slot=None)),
                name="%(class)s_done_has_slot",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="%(class)s_has_reason"
            ),
        )

    def waits(self, *, at: dt.datetime) -> bool:
        """Whether a second person's word would still count."""
        return (
            self.state == self.State.PROPOSED
            and self.proposed_at <= at < self.proposed_at + WAITS
        )

    @property
    def lapses_at(self) -> dt.datetime:
        return self.proposed_at + WAITS
