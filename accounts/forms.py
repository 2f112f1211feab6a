"""What staff type to come in. Forms validate; the verbs judge (R15)."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User

# The name of the six digits, also where they travel beside the fields of another form.
FIELD = "factor_code"
LONGEST_PASSWORD = 128


class OnceInput(forms.TextInput):
    """Shown empty again after a refusal: what was typed is used up or wrong."""

    def format_value(self, value: Any) -> None:
        return None


class FactorField(forms.CharField):
    """Six digits from the telephone, or one of the codes on paper."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "autocapitalize": "characters"}
        kwargs.setdefault("label", _("验证码"))
        widget = OnceInput(attrs=attributes)
        super().__init__(max_length=40, widget=widget, **kwargs)


def password_field(label: Any, autocomplete: str, **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, strip=False, max_length=LONGEST_PASSWORD, widget=widget, **kwargs
    )


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("账号"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = password_field(_("密码"), "current-password")
    factor_code = FactorField(
        required=False,
        help_text=_("手机验证器上的六位数字，或一个恢复码。第一次登录还没有，就空着。"),
    )

    def refuse(self) -> None:
        """Says neither which part was wrong, nor whether the account exists or is
        locked: these words stand for all of it (T90)."""
        self.add_error(
            None,
            _(
                "没有登录成功。请核对账号、密码和验证码；验证码用过一次就要等下一个。"
                "试错几次后要过 15 分钟再试，还不行就请安全管理员查看。"
            ),
        )


class FactorForm(forms.Form):
    factor_code = FactorField(
        help_text=_("手机验证器上的六位数字，或一个恢复码。"),
    )

    def refuse(self) -> None:
        self.add_error(
            FIELD,
            _("验证码不对，或者已经用过。请等手机上换了下一个再填。"),
        )


class EnrolForm(forms.Form):
    factor_code = FactorField(
        label=_("手机上现在显示的六位数字"),
    )

    def refuse(self) -> None:
        self.add_error(
            FIELD,
            _("数字不对。请核对手机时间是否准确，等下一个数字再填。"),
        )


class PasswordForm(forms.Form):
    """One's own new password, typed twice, by the rules of T89."""

    old = password_field(_("现在的密码"), "current-password")
    new = password_field(_("新密码"), "new-password")
    again = password_field(_("再输一遍新密码"), "new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    @property
    def rules(self) -> list[str]:
        return password_validators_help_texts()

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean(self) -> None:
        new, again = self.cleaned_data.get("new"), self.cleaned_data.get("again")
        if new and again and new != again:
            raise ValidationError({"again": _("两遍不一样，请再输一遍。")})

    def refuse(self) -> None:
        self.add_error("old", _("现在的密码不对。"))
