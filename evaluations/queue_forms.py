"""What a reviewer types in the queue: one line each, so that Enter sends it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class QueueReviewForm(forms.Form):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=120)
    note = forms.CharField(
        label=_("复核意见（可不填）"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"data-key": "n", "accesskey": "n"}),
    )


class QueueReturnForm(forms.Form):
    seen = forms.CharField(widget=forms.HiddenInput, max_length=120)
    reason = forms.CharField(
        label=_("退回原因"),
        max_length=300,
        help_text=_("写清要查什么，例如：三月的纸质票送达回执对不上，请核对。"),
        widget=forms.TextInput(attrs={"data-key": "b", "accesskey": "b"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Two forms stand on one page; an id stands there once.
        super().__init__(*args, **{"auto_id": "return_%s", **kwargs})
