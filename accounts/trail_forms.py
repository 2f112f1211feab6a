"""What the audit administrator asks of the trail."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from audit import labels
from audit.exporting import Format
from audit.searching import Search


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SearchForm(forms.Form):
    actor = forms.CharField(label=_("经手人"), max_length=60, required=False)
    verb = forms.ChoiceField(label=_("事项"), required=False)
    target = forms.CharField(label=_("对象"), max_length=60, required=False)
    division = forms.RegexField(
        label=_("区划代码"), regex=r"^\d{2,12}$", required=False
    )
    since = forms.DateField(label=_("从哪天"), required=False, widget=_day())
    until = forms.DateField(label=_("到哪天"), required=False, widget=_day())
    words = forms.CharField(label=_("内容里的字"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verbs = sorted(labels.VERBS.items())
        alerts = ("alert.", _("全部警示"))
        offered = cast(forms.ChoiceField, self.fields["verb"])
        offered.choices = [("", _("全部事项")), alerts, *verbs]
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "form-control")

    def search(self) -> Search:
        """Of a form that is valid; a field that is wrong asks for nothing."""
        return Search(**self.cleaned_data)


class ExportForm(SearchForm):
    """The search that was made, once more, and what the file is for."""

    reason = forms.CharField(
        label=_("用途"),
        help_text=_("写给以后核对的人看，例如：核对二月开箱。"),
        min_length=4,
        max_length=200,
    )
    form = forms.ChoiceField(
        label=_("格式"), choices=Format.choices, initial=Format.CSV
    )
    whole = forms.BooleanField(
        label=_("连同中间的每一条（能和检查点逐条核对）"), required=False
    )

    def search(self) -> Search:
        asked = {name: self.cleaned_data[name] for name in SearchForm.base_fields}
        return Search(**asked)
