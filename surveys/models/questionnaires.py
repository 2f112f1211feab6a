"""Questionnaires: an approved version never changes (domain 3.4, 7.1)."""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def in_language(zh: str, en: str) -> str:
    """The wording in the language of the page; Chinese first."""
    return en if (get_language() or "").startswith("en") and en else zh


class QuestionnaireIsFrozen(Exception):
    """An approved questionnaire changes by a new version only."""


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def approved(self) -> "QuestionnaireQuerySet":
        return self.filter(status=Questionnaire.Status.APPROVED)

    def update(self, **kwargs: Any) -> int:
        """Only the status of an approved version may move, to retired."""
        frozen = self.exclude(status=Questionnaire.Status.DRAFT).exists()
        if frozen and kwargs != {"status": Questionnaire.Status.RETIRED}:
            raise QuestionnaireIsFrozen
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise QuestionnaireIsFrozen


class PartQuerySet(models.QuerySet[Any]):
    """Questions and options: written while their questionnaire is a draft."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise QuestionnaireIsFrozen

    def delete(self) -> NoReturn:
        raise QuestionnaireIsFrozen

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        parts = list(objs)
        for part in parts:
            part.questionnaire.refuse_if_frozen()
        return super().bulk_create(parts, *args, **kwargs)


class Questionnaire(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        APPROVED = "approved", _("已批准")
        RETIRED = "retired", _("已停用")

    class Kind(models.TextChoices):
        RESIDENT = "resident", _("居民问卷")

    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    version = models.PositiveSmallIntegerField(_("版本"))
    status = models.CharField(
        _("状态"), max_length=10, choices=Status, default=Status.DRAFT
    )
    opening_zh = models.TextField(_("开头语"))
    opening_en = models.TextField(_("开头语（英文）"), blank=True)
    comment_zh = models.TextField(_("留言题"), blank=True)
    comment_en = models.TextField(_("留言题（英文）"), blank=True)
    # SHA-256 over every word and number of this version, set by the approval.
    digest = models.BinaryField(max_length=32, default=b"")

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        verbose_name = _("问卷")
        verbose_name_plural = _("问卷")
        constraints = (
            models.UniqueConstraint(
                fields=["name", "version"], name="questionnaire_version_once"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | ~Q(digest=b""),
                name="questionnaire_approved_has_digest",
            ),
        )

    def __str__(self) -> str:
        return _("%(name)s（第 %(version)s 版）") % {
            "name": self.name,
            "version": self.version,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise QuestionnaireIsFrozen(str(self))
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise QuestionnaireIsFrozen(str(self))

    def refuse_if_frozen(self) -> None:
        if self.status != self.Status.DRAFT:
            raise QuestionnaireIsFrozen(str(self))

    @property
    def opening(self) -> str:
        return in_language(self.opening_zh, self.opening_en)

    @property
    def comment(self) -> str:
        return in_language(self.comment_zh, self.comment_en)


class Question(models.Model):
    class Kind(models.TextChoices):
        FIVE_LEVEL = "five_level", _("五级满意度")

    questionnaire = models.ForeignKey(
        Questionnaire, models.CASCADE, related_name="questions"
    )
    order = models.PositiveSmallIntegerField(_("题号"))
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    dimension_zh = models.CharField(_("方面"), max_length=30)
    dimension_en = models.CharField(_("方面（英文）"), max_length=40, blank=True)
    text_zh = models.CharField(_("题目"), max_length=200)
    text_en = models.CharField(_("题目（英文）"), max_length=300, blank=True)
    allow_not_sure = models.BooleanField(_("可答说不清"), default=True)
    # Multiplied by the scheme's weight of the question (M32); 0 is not scored.
    weight = models.DecimalField(_("权重"), max_digits=4, decimal_places=1, default=1)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("order",)
        verbose_name = _("题目")
        verbose_name_plural = _("题目")
        constraints = (
            models.UniqueConstraint(
                fields=["questionnaire", "order"], name="question_order_once"
            ),
            models.CheckConstraint(
                condition=Q(order__range=(1, 16)), name="question_order_1_to_16"
            ),
            models.CheckConstraint(
                condition=Q(weight__range=(0, 10)), name="question_weight_0_to_10"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.dimension_zh}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise QuestionnaireIsFrozen(str(self.questionnaire))
        self.questionnaire.refuse_if_frozen()
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise QuestionnaireIsFrozen(str(self.questionnaire))

    @property
    def dimension(self) -> str:
        return in_language(self.dimension_zh, self.dimension_en)

    @property
    def text(self) -> str:
        return in_language(self.text_zh, self.text_en)


class AnswerOption(models.Model):
    """An option under every question; 5 best for the resident, 0 is 说不清."""

    questionnaire = models.ForeignKey(
        Questionnaire, models.CASCADE, related_name="options"
    )
    order = models.PositiveSmallIntegerField(_("次序"))
    level = models.PositiveSmallIntegerField(_("等级"))
    text_zh = models.CharField(_("文字"), max_length=30)
    text_en = models.CharField(_("文字（英文）"), max_length=60, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ("order",)
        verbose_name = _("选项")
        verbose_name_plural = _("选项")
        constraints = (
            models.UniqueConstraint(
                fields=["questionnaire", "level"], name="option_level_once"
            ),
            models.CheckConstraint(
                condition=Q(level__range=(0, 5)), name="option_level_0_to_5"
            ),
        )

    def __str__(self) -> str:
        return self.text_zh

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise QuestionnaireIsFrozen(str(self.questionnaire))
        self.questionnaire.refuse_if_frozen()
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise QuestionnaireIsFrozen(str(self.questionnaire))

    @property
    def text(self) -> str:
        return in_language(self.text_zh, self.text_en)
