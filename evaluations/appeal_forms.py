"""What is typed about appeals. Forms validate; actions act (R15)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.forms import SeenForm
from evaluations.models import Appeal
from surveys.models import Round


class AppealForm(forms.Form):
    ground = forms.ChoiceField(
        label=_("理由"), choices=Appeal.Ground.choices, widget=forms.RadioSelect
    )
    evidence = forms.CharField(
        label=_("事实和依据"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "写清哪一次测评、哪一天、发生了什么、谁可以证明。不要猜测或打听是谁填的。"
        ),
    )


class DecideForm(forms.Form):
    """Without a change of figures: upheld with a remark, or rejected."""

    decision = forms.ChoiceField(
        label=_("处理"),
        widget=forms.RadioSelect,
        choices=[
            (choice.value, choice.label)
            for choice in (Appeal.Outcome.REJECTED, Appeal.Outcome.REMARK)
        ],
    )
    outcome = forms.CharField(
        label=_("给申诉人的答复"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class RoundField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A round by its month, with the code that papers and letters bear."""

    def label_from_instance(self, obj: Round) -> str:
        return f"{obj.period}（{obj.code}）"


class SetAsideForm(forms.Form):
    """Which round's figure of the community is annulled, and why (T122)."""

    survey_round = RoundField(
        label=_("哪一次测评"), queryset=Round.objects.none(), empty_label=None
    )
    reason = forms.CharField(
        label=_("原因（会公开）"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("只写过程哪里不合规定，不写人名、住户和答案。"),
    )

    def __init__(self, *args: Any, rounds: Sequence[Round], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["survey_round"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = Round.objects.filter(pk__in=[one.pk for one in rounds])


class CountersignForm(SeenForm):
    confirmed = forms.BooleanField(
        label=_("我看过原因和影响，同意作废这一次测评中本社区的数字。"),
        error_messages={"required": _("请先确认看过。")},
    )
