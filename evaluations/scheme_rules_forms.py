"""What the desk types about regular assessment: limits, colours, indicators."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from evaluations.scheme_forms import DigestForm
from evaluations.sheets.indicators import (
    ANY_GROUP,
    Indicator,
    Source,
)
from evaluations.sheets.reactions import Color, ColorRule, Figure
from evaluations.sheets.rules import LIMITS, RegularRules
from evaluations.sheets.words import (
    COLORS,
    DIRECTIONS,
    EVIDENCE,
    FIGURES,
    KINDS,
    OVER_MONTHS,
    SOURCES,
    THRESHOLDS,
    UNITS,
)
from officials.models import Post

BLANK_ROWS = 3
# What a colour of this form looks at; one rule a colour, all its conditions together.
COLOR_FIGURES = (Figure.TOTAL_BELOW, Figure.GRADE_FROM, Figure.LAST_PLACES)


class NewRegularForm(forms.Form):
    code = forms.RegexField(
        r"^[a-z][a-z0-9-]{2,29}$",
        label=_("编号"),
        help_text=_("小写字母、数字、横线，以后不能改。例如：street-heads"),
        error_messages={"invalid": _("只能用小写字母、数字和横线，以字母开头。")},
    )
    name = forms.CharField(
        label=_("名称"), max_length=80, help_text=_("例如：区管党政正职平时考核办法")
    )


class LimitsForm(DigestForm):
    """Posts, thresholds with their ranges, and the reason of H7."""

    posts = forms.MultipleChoiceField(
        label=_("考核哪些岗位"),
        choices=Post.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    no_residents_because = forms.CharField(
        label=_("没有居民指标的理由"),
        max_length=300,
        required=False,
        help_text=_("有居民指标就空着；没有的话，不写理由不能生效。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, rules: RegularRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["posts"].initial = list(rules.posts)
        self.fields["no_residents_because"].initial = rules.no_residents_because
        for name, limit in LIMITS.items():
            text = _now("%(low)s 到 %(high)s，单位：%(unit)s") % {
                "low": limit.low,
                "high": limit.high,
                "unit": UNITS[limit.unit],
            }
            self.fields[name] = forms.CharField(
                label=str(THRESHOLDS[name]),
                help_text=text,
                initial=f"{rules.value(name):f}",
                max_length=20,
            )

    def parts(self, rules: RegularRules) -> dict[str, object]:
        """Thresholds keep the document that they rest on."""
        return {
            "posts": self.cleaned_data["posts"],
            "no_residents_because": self.cleaned_data["no_residents_because"],
            "thresholds": {
                name: {
                    **rules.thresholds[name].as_mapping(),
                    "value": self.cleaned_data[name],
                }
                for name in LIMITS
            },
        }


class ColorsForm(DigestForm):
    """One rule a colour: every condition that is filled in must hold (G9)."""

    def __init__(self, *args: Any, rules: RegularRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for color in Color:
            known = {
                one.figure: one.threshold.value
                for rule in rules.colors_of(color)[:1]
                for one in rule.conditions
            }
            for figure in COLOR_FIGURES:
                value = known.get(figure)
                self.fields[_key(color, figure)] = forms.CharField(
                    label=f"{COLORS[color]}{_now('：')}{FIGURES[figure]}",
                    required=False,
                    max_length=10,
                    initial="" if value is None else f"{value:f}",
                )

    def parts(self, rules: RegularRules) -> dict[str, object]:
        """What this page does not show stays: other conditions, rules, documents."""
        made: list[dict[str, object]] = []
        for color in Color:
            known = rules.colors_of(color)
            first = known[0] if known else None
            if conditions := self._conditions(color, first):
                basis = {"basis": first.basis} if first else {}
                made.append({"color": color.value, "conditions": conditions, **basis})
            made += [rule.as_mapping() for rule in known[1:]]
        return {"colors": made}

    def _conditions(
        self, color: Color, first: ColorRule | None
    ) -> list[dict[str, object]]:
        before = first.conditions if first else ()
        kept = [one for one in before if one.figure not in COLOR_FIGURES]
        old = {one.figure: one.as_mapping()["threshold"] for one in before}
        typed: list[dict[str, object]] = []
        for figure in COLOR_FIGURES:
            if value := self.cleaned_data[_key(color, figure)].strip():
                was = old.get(figure)
                threshold = {**was, "value": value} if isinstance(was, dict) else value
                typed.append({"figure": figure.value, "threshold": threshold})
        return [*typed, *(one.as_mapping() for one in kept)]


def _key(color: Color, figure: Figure) -> str:
    return f"{color.value}-{figure.value}"


class SetForm(DigestForm):
    group = forms.ChoiceField(
        label=_("组别"), help_text=_("没有自己清单的组别用“所有组别”的清单。")
    )

    def __init__(self, *args: Any, groups: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(ANY_GROUP, _("所有组别")), *((g, g) for g in groups)]


class IndicatorForm(forms.Form):
    """One indicator; the rules decide whether its parts fit together."""

    code = forms.RegexField(r"^[a-z][a-z0-9_-]{0,29}$", label=_("编号"))
    name = forms.CharField(label=_("名称"), max_length=80)
    kind = forms.ChoiceField(label=_("类别"), choices=list(KINDS.items()))
    weight = forms.CharField(label=_("权重"), max_length=8)
    source = forms.ChoiceField(
        label=_("数据来源"), choices=list(SOURCES.items()), initial=Source.MANUAL
    )
    direction = forms.ChoiceField(label=_("方向"), choices=list(DIRECTIONS.items()))
    full_mark = forms.CharField(label=_("最大可能的数"), max_length=18, initial="100")
    floor = forms.CharField(label=_("零分对应的数"), max_length=18, initial="0")
    target = forms.CharField(label=_("满分对应的数"), max_length=18, initial="100")
    over_months = forms.ChoiceField(
        label=_("各月怎么合"), choices=list(OVER_MONTHS.items())
    )
    evidence = forms.MultipleChoiceField(
        label=_("评分材料"),
        choices=list(EVIDENCE.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    quarters = forms.CharField(
        label=_("考核的季度"),
        required=False,
        max_length=120,
        help_text=_("只有专项指标写，例如 2026Q4"),
    )
    applies = forms.BooleanField(label=_("这一组适用"), required=False, initial=True)
    absent_because = forms.CharField(
        label=_("不适用的理由"), required=False, max_length=200
    )

    def as_mapping(self) -> dict[str, object]:
        data = self.cleaned_data
        quarters = data["quarters"].replace("，", " ").replace(",", " ").split()
        return {
            **{k: v for k, v in data.items() if k != "DELETE"},
            "quarters": quarters,
        }


IndicatorFormSet = formset_factory(IndicatorForm, extra=BLANK_ROWS, can_delete=True)


def initial_of(indicator: Indicator) -> dict[str, object]:
    """An indicator as its form shows it."""
    found = indicator.as_mapping()
    weight: Any = found["weight"]
    return {
        **found,
        "weight": weight["value"],
        "quarters": " ".join(indicator.quarters),
    }


def with_bases(
    typed: Mapping[str, object], known: Indicator | None
) -> dict[str, object]:
    """What was typed, resting on the document that the indicator rested on."""
    if known is None:
        return dict(typed)
    return {
        **typed,
        "basis": known.basis,
        "weight": {**known.weight.as_mapping(), "value": typed["weight"]},
    }


def sum_of(rows: Sequence[Mapping[str, object]]) -> Decimal | None:
    """The weights of all rows; None where one of them is no number."""
    try:
        return sum((Decimal(str(row["weight"])) for row in rows), Decimal(0))
    except ArithmeticError:
        return None
