"""What somebody may ask of a ranking; a word it does not know is passed over."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.group_lines import Wanted
from evaluations.models import MonthlyRating
from evaluations.order import ORDERS
from evaluations.publication.words import STAR_NAMES, TIERS

Choices = list[tuple[str, str | Promise]]


class RankingForm(forms.Form):
    """Read from the address, so that a list can be sent to a colleague as a link."""

    q = forms.CharField(label=_("找人或社区"), max_length=40, required=False)
    order = forms.ChoiceField(label=_("排列"), required=False)
    tier = forms.ChoiceField(label=_("层次"), required=False)
    star = forms.ChoiceField(label=_("星级"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False)
    street = forms.ChoiceField(label=_("街道"), required=False)
    by_street = forms.BooleanField(label=_("按街道分段"), required=False)
    page = forms.IntegerField(min_value=1, required=False)

    def __init__(
        self,
        *args: Any,
        streets: list[tuple[str, str]],
        has_ranks: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        everything: Choices = [("", _("全部"))]
        orders: Choices = [
            (name, label)
            for name, label in ORDERS.items()
            if has_ranks or name != "rank"
        ]
        self._offer("order", orders)
        self._offer("tier", everything + list(TIERS.items()))
        self._offer(
            "star",
            [
                *everything,
                *((str(star), STAR_NAMES[star]) for star in reversed(STAR_NAMES)),
                ("0", _("未评星")),
            ],
        )
        self._offer("state", everything + list(MonthlyRating.State.choices))
        self._offer("street", everything + list(streets))

    def wanted(self) -> Wanted:
        self.is_valid()
        told = self.cleaned_data
        return Wanted(
            order=told.get("order", ""),
            by_street=told.get("by_street", False),
            search=told.get("q", ""),
            tier=told.get("tier", ""),
            star=told.get("star", ""),
            state=told.get("state", ""),
            street=told.get("street", ""),
            page=told.get("page") or 1,
        )

    def _offer(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices


class CompareForm(forms.Form):
    """Two to four appointments of one group; who is elsewhere cannot be chosen (W3)."""

    LEAST, MOST = 2, 4

    a = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, *args: Any, appointments: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["a"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101
        field.choices = [(pk, str(pk)) for pk in appointments]

    def clean_a(self) -> list[int]:
        chosen: list[int] = list(dict.fromkeys(self.cleaned_data["a"]))
        if not self.LEAST <= len(chosen) <= self.MOST:
            raise forms.ValidationError(_("请选两到四个任职来对照。"))
        return chosen
