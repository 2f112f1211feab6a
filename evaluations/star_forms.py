"""What the desk types about the stars of a year. Forms validate; actions act (R15)."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from evaluations.models import StarRating


class DecideForm(forms.Form):
    """Each star that the person agrees to, on the very list that was shown (T92)."""

    digest = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("打开页面之后内容变了，请重新核对。")},
    )
    stars = forms.ModelMultipleChoiceField(
        queryset=StarRating.objects.none(),
        error_messages={
            "required": _("先勾选要同意的星级。"),
            "invalid_choice": _("打开页面之后内容变了，请重新核对。"),
            "invalid_pk_value": _("打开页面之后内容变了，请重新核对。"),
        },
    )

    def __init__(
        self, *args: Any, waiting: QuerySet[StarRating], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stars"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101
        field.queryset = waiting


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("不同意的原因"),
        max_length=300,
        error_messages={"required": _("请写明不同意的原因。")},
    )


class PublishStarsForm(forms.Form):
    confirmed = forms.BooleanField(
        label=_("我看过要公布的每一颗星，同意公开。"),
        error_messages={"required": _("请先确认看过要公布的每一颗星。")},
    )
