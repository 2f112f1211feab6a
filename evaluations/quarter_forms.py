"""What is typed about a quarter. Forms validate; actions act (R15)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.sheets.indicators import Indicator
from evaluations.sheets.words import EVIDENCE, MEASURES

MOST_WORDS = 500


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget)


def words_field(label: Any, *, help_text: Any = "", rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class EnterForm(forms.Form):
    """A raw figure of one indicator, and what it rests on."""

    indicator = forms.CharField(widget=forms.HiddenInput, max_length=60)
    raw = forms.DecimalField(label=_("数"), max_digits=18, decimal_places=6)
    evidence = words_field(
        _("凭据"), help_text=_("写在哪里能查到：文号、网址、台账页码。")
    )
    kinds = forms.MultipleChoiceField(
        label=_("凭据种类"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, indicator: Indicator, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", indicator.code)
        kwargs.setdefault("initial", {"indicator": indicator.code})
        super().__init__(*args, **kwargs)
        self.rule = indicator
        raw = self.fields["raw"]
        raw.help_text = _("0 到 %(most)s；%(floor)s 得 0 分，%(target)s 得满分。") % {
            "most": indicator.full_mark.normalize().to_eng_string(),
            "floor": indicator.floor.normalize().to_eng_string(),
            "target": indicator.target.normalize().to_eng_string(),
        }
        kinds: Any = self.fields["kinds"]
        kinds.choices = [(kind.value, EVIDENCE[kind]) for kind in indicator.evidence]

    def clean_raw(self) -> Decimal:
        raw: Decimal = self.cleaned_data["raw"]
        if not 0 <= raw <= self.rule.full_mark:
            raise forms.ValidationError(_("数字超出这一项允许的范围。"))
        return raw


class AdjustForm(EnterForm):
    reason = words_field(_("调整原因"))


class ReviewForm(forms.Form):
    note = forms.CharField(label=_("复核意见"), max_length=300, required=False)


class ReasonForm(forms.Form):
    reason = words_field(_("原因"))


class DecideForm(forms.Form):
    decision = words_field(
        _("决定和记录"), help_text=_("谁、什么时候、按哪一条，怎么办。")
    )


class HearForm(forms.Form):
    on = day_field(_("听取日期"))
    words = words_field(_("本人意见"), rows=3)


class CarryOutForm(forms.Form):
    on = day_field(_("执行日期"))
    outcome = words_field(_("执行情况"))


class AddMeasureForm(forms.Form):
    kind = forms.ChoiceField(label=_("追加措施"))
    decision = words_field(_("决定和记录"))

    def __init__(self, *args: Any, further: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        names = {one.value: label for one, label in MEASURES.items()}
        kind.choices = [(code, names[code]) for code in further]


class LeaveForm(forms.Form):
    starts_on = day_field(_("开始"))
    ends_on = day_field(_("返岗日期"))
    basis = words_field(_("依据"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("starts_on"), data.get("ends_on")
        if isinstance(start, dt.date) and isinstance(end, dt.date) and end <= start:
            self.add_error("ends_on", _("返岗日期要在开始之后。"))
        return data


class PublicityForm(forms.Form):
    starts_on = day_field(_("公示第一天"))


class AgreeForm(forms.Form):
    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
