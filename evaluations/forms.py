"""What the desk types about ratings. Forms validate; actions act (R15)."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluations.models import MonthlyRating


class ReviewForm(forms.Form):
    """Which ratings were looked at and found right; choices come from the view."""

    ratings = forms.ModelMultipleChoiceField(
        queryset=MonthlyRating.objects.none(),
        error_messages={
            "required": _("先勾选要复核通过的行。"),
            "invalid_choice": _("有一行已经有人复核过了，请看最新的页面。"),
            "invalid_pk_value": _("有一行已经有人复核过了，请看最新的页面。"),
        },
    )
    note = forms.CharField(label=_("复核意见"), max_length=300, required=False)

    def __init__(
        self, *args: Any, waiting: QuerySet[MonthlyRating], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["ratings"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101
        field.queryset = waiting


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label=_("退回原因"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写清要查什么，例如：三月的纸质票送达回执对不上，请核对。"),
    )


class SeenForm(forms.Form):
    """The second person's word on what the page showed (T92)."""

    digest = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, seen: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"digest": seen})
        super().__init__(*args, **kwargs)
        self.seen = seen

    def clean_digest(self) -> str:
        digest: str = self.cleaned_data["digest"]
        if digest != self.seen:
            raise forms.ValidationError(_("打开页面之后内容变了，请重新核对。"))
        return digest


class PublishForm(SeenForm):
    """The head confirms the very records that the page listed (T92)."""

    confirmed = forms.BooleanField(
        label=_("我看过下面的每一行，同意公开。"),
        error_messages={"required": _("请先确认看过下面的每一行。")},
    )


class ReasonForm(forms.Form):
    """Why: it is kept, and told to whoever it concerns."""

    reason = forms.CharField(
        label=_("原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class WithdrawForm(SeenForm):
    confirmed = forms.BooleanField(
        label=_("我看过要撤回的版本和原因，同意撤回。"),
        error_messages={"required": _("请先确认看过。")},
    )
