"""What the administrators type. Forms validate; actions act (R15)."""

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import places
from accounts.actions import year_later
from accounts.models import User, scope_code
from accounts.prefixes import Scopes
from accounts.roles import ROLES, Role

account_name = RegexValidator(
    r"^[a-z][a-z0-9._-]{2,39}$",
    gettext_lazy("小写字母开头，3到40个小写字母、数字、点、横线。"),
)
day_input = {"type": "date"}


class AddAccountForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("账号"),
        max_length=40,
        validators=[account_name],
        help_text=gettext_lazy("一人一个，登录时用，以后不能改。例：songzhiqiu"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"),
        max_length=60,
        help_text=gettext_lazy("本人真实姓名，不设公用账号。例：组织部科员 宋知秋"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("这个账号已经有了。"))
        return username


class RenameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("写进留痕，例如：调离本单位。"),
    )


class GrantForm(forms.Form):
    """A role at a place that the granting administrator covers, for a year at most."""

    role = forms.ChoiceField(
        label=gettext_lazy("角色"),
        choices=[
            ("", gettext_lazy("请选择")),
            *((r.code, r.name) for r in ROLES.values()),
        ],
    )
    scope = forms.CharField(
        label=gettext_lazy("范围"),
        max_length=12,
        validators=[scope_code],
        help_text=gettext_lazy("区划代码，可从列表里选；管到它和它下面的全部单位。"),
        widget=forms.TextInput(
            attrs={"list": "places", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("起"),
        widget=forms.DateInput(attrs=day_input, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("止"),
        help_text=gettext_lazy("从这一天起没有这个角色。最长12个月。"),
        widget=forms.DateInput(attrs=day_input, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, scopes: Scopes, on: dt.date, **kwargs: Any) -> None:
        self.scopes, self.on = scopes, on
        suggested = {"starts_on": on, "ends_on": year_later(on)}
        kwargs["initial"] = suggested | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_role(self) -> Role:
        return ROLES[self.cleaned_data["role"]]

    def clean_scope(self) -> str:
        scope: str = self.cleaned_data["scope"]
        if not self.scopes.cover(scope):
            raise forms.ValidationError(_("您只能在自己管的范围里授予角色。"))
        if not places.names_of([scope]):
            raise forms.ValidationError(_("没有这个区划。"))
        return scope

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and starts_on < self.on:
            self.add_error("starts_on", _("不能早于今天。"))
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", _("止日要晚于起日。"))
        return cleaned


class ApproveForm(forms.Form):
    """The second person approves exactly what was on the page (T92)."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    checked = forms.BooleanField(
        label=gettext_lazy("我核对过是谁、什么角色、哪个范围、到哪一天，同意授予。")
    )
