"""What is typed about tokens and receivers. Forms validate; actions act (R15)."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import places
from accounts.actions import year_later
from accounts.models import scope_code
from accounts.prefixes import Scopes
from evaluations.models import ApiToken

DAY = {"type": "date"}


class PlacedForm(forms.Form):
    """Something with a name, for a place that the user covers."""

    name = forms.CharField(max_length=60)
    scope = forms.CharField(
        label=gettext_lazy("范围"),
        max_length=12,
        validators=[scope_code],
        help_text=gettext_lazy("区划代码，包括它下面的全部单位。例：120101"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, scopes: Scopes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes = scopes

    def clean_scope(self) -> str:
        scope: str = self.cleaned_data["scope"]
        if not self.scopes.cover(scope):
            raise forms.ValidationError(_("您只能在自己管的范围里办。"))
        if not places.names_of([scope]):
            raise forms.ValidationError(_("没有这个区划。"))
        return scope


class TokenForm(PlacedForm):
    audience = forms.ChoiceField(
        label=gettext_lazy("看什么"),
        choices=ApiToken.Audience.choices,
        help_text=gettext_lazy("内部数字要另一个人核准以后才能用。"),
        widget=forms.RadioSelect,
        initial=ApiToken.Audience.PUBLIC,
    )
    starts_on = forms.DateField(
        label=gettext_lazy("起"), widget=forms.DateInput(DAY, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("止"),
        help_text=gettext_lazy("这一天起不能再用，最长12个月。"),
        widget=forms.DateInput(DAY, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"starts_on": on, "ends_on": year_later(on)})
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("用途")
        self.fields["name"].help_text = _("哪个系统、归谁管。例：市大数据局 王工")


class WebhookForm(PlacedForm):
    url = forms.CharField(
        label=gettext_lazy("网址"),
        max_length=300,
        help_text=gettext_lazy("对方收通知的地址，例：https://hooks.example.gov.cn/mp"),
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("接收方")
        self.fields["name"].help_text = _("哪个系统、归谁管。例：市民热线平台 李工")


class AgreeForm(forms.Form):
    """The second person agrees to exactly what was on the page (T92)."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    checked = forms.BooleanField(
        label=gettext_lazy("我核对过用途、范围和起止，同意这个系统看内部数字。")
    )
