"""The rated person's answer to a result. The form only validates (R15)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.own_actions import LONGEST_REPLY


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=_("您的答复"),
        max_length=LONGEST_REPLY,
        help_text=_("最多500字，只能写一次，写了不能改。组织部看得到，不公布。"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
