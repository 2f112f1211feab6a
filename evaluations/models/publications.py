"""Publications: an immutable, digest-stamped version of a district's month (T130)."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import crypto
from evaluations.models.moving import FiguresAreFinal, TwoPersonAct
from evaluations.models.ratings import MonthlyRating
from officials.models import Division


class PublicationQuerySet(models.QuerySet["Publication"]):
    def update(self, **kwargs: Any) -> int:
        """Nothing but the marks of a version that was replaced or withdrawn."""
        if fixed := set(kwargs) - {"superseded", "withdrawn"}:
            raise FiguresAreFinal(*sorted(fixed))
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise FiguresAreFinal

    def current(self) -> "PublicationQuerySet":
        """The newest version of each month, also one that was withdrawn."""
        return self.filter(superseded=False)

    def standing(self) -> "PublicationQuerySet":
        """What the public sees."""
        return self.current().filter(withdrawn=False)


class Publication(models.Model):
    """What went out, by whom, after whose review. An old version stays readable."""

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("区县")
    )
    month = models.CharField(_("月份"), max_length=7)
    version = models.PositiveSmallIntegerField(_("版本"))
    # SHA-256 over the digests of the records, in the order of appointment codes.
    digest = models.CharField(_("摘要"), max_length=64)
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("复核人")
    )
    reviewed_at = models.DateTimeField(_("复核时间"))
    published_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("发布人")
    )
    published_at = models.DateTimeField(_("发布时间"))
    # Why there is this version, in words for everybody; empty for a first one.
    reason = models.CharField(_("更正原因"), max_length=600, blank=True)
    superseded = models.BooleanField(_("已被新版代替"), default=False)
    withdrawn = models.BooleanField(_("已撤回"), default=False)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ("-month", "-version")
        verbose_name = _("发布")
        verbose_name_plural = _("发布")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "month", "version"], name="publication_version_once"
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("reviewed_by")),
                name="publication_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division_id} {self.month} v{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FiguresAreFinal(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FiguresAreFinal(str(self))


class PublishedRating(models.Model):
    """A rating in a publication."""

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="entries")
    rating = models.ForeignKey(
        MonthlyRating, models.PROTECT, related_name="publications"
    )

    class Meta:
        verbose_name = _("发布的评价")
        verbose_name_plural = _("发布的评价")
        constraints = (
            models.UniqueConstraint(
                fields=["publication", "rating"], name="published_rating_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.publication_id} {self.rating_id}"


class Withdrawal(TwoPersonAct):
    """A published version taken back, with its reason, by two persons (T92, T130)."""

    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="withdrawals", verbose_name=_("发布")
    )

    class Meta(TwoPersonAct.Meta):
        ordering = ("-proposed_at",)
        verbose_name = _("撤回发布")
        verbose_name_plural = _("撤回发布")

    def __str__(self) -> str:
        return str(self.publication)

    @property
    def digest(self) -> str:
        """Of what the second person sees (T92)."""
        return crypto.digest(
            "withdrawal.v1",
            str(self.pk),
            str(self.publication_id),
            self.publication.digest,
            self.reason,
            self.proposed_by.audit_name,
        ).hex()
