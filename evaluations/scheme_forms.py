"""What the desk types about schemes and rules. Ranges come from the method (M4)."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from evaluations import scheme_fields
from evaluations.models import RuleDocument, SchemeBasis
from evaluations.scheme_actions import Basis
from evaluations.scheme_words import Text
from evaluations.scoring.method import Method, kinds
from officials.models import Division

BASIS, NOTE = "basis:", "note:"
LONGEST = 2000


def out_of_range(name: str) -> str:
    """The field and what may stand in it, for a value that the method refuses."""
    label = scheme_fields.TEXTS[name].label
    return _now("“%(label)s”要填：%(range)s。") % {
        "label": label,
        "range": scheme_fields.range_of(name),
    }


class DigestForm(forms.Form):
    """What the page showed (T92)."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)

    @property
    def seen(self) -> bytes:
        return bytes.fromhex(self.cleaned_data["digest"])


class FieldsForm(DigestForm):
    """The fields of one theme, each with the rule that it rests on."""

    def __init__(
        self,
        *args: Any,
        names: list[str],
        method: Method,
        bases: dict[str, SchemeBasis],
        documents: QuerySet[RuleDocument],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = names
        for name in names:
            self.fields[name] = _field(name, method)
            known = bases.get(name)
            self.fields[BASIS + name] = forms.ModelChoiceField(
                queryset=documents,
                required=False,
                label=_("依据"),
                empty_label=_("随办法的总依据"),
                initial=known.document_id if known else None,
            )
            self.fields[NOTE + name] = forms.CharField(
                max_length=120,
                required=False,
                label=_("条款"),
                initial=known.note if known else "",
            )

    def clean(self) -> dict[str, Any]:
        """Each value by its own kind, so that every wrong one is named."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.names:
            if name not in cleaned:
                continue
            value = scheme_fields.typed(name, cleaned[name])
            try:
                kinds()[name].parse(value)
            except ValueError:
                self.add_error(name, out_of_range(name))
            else:
                cleaned[name] = value
        return cleaned

    @property
    def values(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in self.names}

    @property
    def chosen_bases(self) -> dict[str, Basis | None]:
        return {
            name: Basis(document, self.cleaned_data[NOTE + name])
            if (document := self.cleaned_data[BASIS + name])
            else None
            for name in self.names
        }

    def rows(self) -> list[tuple[Text, str, Any, Any, Any]]:
        """Words, range, and the three inputs of each field, for the page."""
        return [
            (
                scheme_fields.TEXTS[name],
                scheme_fields.range_of(name),
                self[name],
                self[BASIS + name],
                self[NOTE + name],
            )
            for name in self.names
        ]


def _field(name: str, method: Method) -> forms.Field:
    """A box to type in, a choice, or boxes to tick."""
    text, initial = scheme_fields.TEXTS[name], scheme_fields.as_typed(name, method)
    common: dict[str, Any] = {
        "label": text.label,
        "initial": initial,
        "help_text": text.help,
        "required": not scheme_fields.may_be_empty(name),
        "error_messages": {"required": out_of_range(name)},
    }
    options = scheme_fields.options(name)
    if scheme_fields.is_several(name):
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(choices=options, widget=widget, **common)
    if options:
        return forms.ChoiceField(choices=options, **common)
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    box: forms.Widget = forms.TextInput(attrs=attributes)
    if scheme_fields.is_lines(name):
        box = forms.Textarea(attrs={**attributes, "rows": 3})
    return forms.CharField(widget=box, max_length=LONGEST, **common)


class AboutForm(DigestForm):
    """Name, label, and the rule that the whole scheme rests on."""

    name = forms.CharField(
        label=_("名称"),
        max_length=80,
        help_text=_("例如：社区党委书记居民满意度每月评价办法"),
    )
    label = forms.CharField(
        label=_("标签"),
        max_length=20,
        required=False,
        help_text=_("方便称呼，例如 2+3；不参与任何计算。"),
    )
    document = forms.ModelChoiceField(
        queryset=RuleDocument.objects.none(),
        label=_("总依据"),
        help_text=_("没有单独写依据的项目都以它为依据。没有的话先登记制度文件。"),
        empty_label=_("请选择"),
    )
    note = forms.CharField(
        label=_("条款"),
        max_length=60,
        required=False,
        help_text=_("例如：第五条"),
    )

    def __init__(
        self, *args: Any, documents: QuerySet[RuleDocument], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["document"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = documents


class PlaceForm(forms.Form):
    """Where a copy shall hold, or which district a draft is tried on."""

    division = forms.ModelChoiceField(
        queryset=Division.objects.none(), label=_("适用范围"), empty_label=None
    )

    def __init__(
        self, *args: Any, divisions: QuerySet[Division], label: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = divisions
        field.label = label or field.label


class ApproveSchemeForm(DigestForm):
    """The second person agrees to exactly what was on the page (T92)."""

    checked = forms.BooleanField(
        label=_("我逐项看过改动、依据和试算结果，同意从现在起执行。"),
        error_messages={"required": _("请先逐项看过，再打上勾。")},
    )


class SchemeReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("写进留痕，例如：市里的新办法已经施行。"),
    )


class RuleForm(forms.Form):
    division = forms.ModelChoiceField(
        queryset=Division.objects.none(), label=_("适用范围"), empty_label=None
    )
    title = forms.CharField(
        label=_("标题"),
        max_length=120,
        help_text=_("例如：公共服务满意度反馈与改进机制"),
    )
    number = forms.CharField(
        label=_("文号"), max_length=60, help_text=_("例如：和组发〔2026〕3号")
    )
    issued_by = forms.CharField(
        label=_("发文单位"), max_length=80, help_text=_("例如：区委组织部")
    )
    issued_on = forms.DateField(
        label=_("发文日期"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self,
        *args: Any,
        divisions: QuerySet[Division],
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = divisions

    def clean_issued_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["issued_on"]
        if day > self.today:
            raise forms.ValidationError(_now("发文日期不能晚于今天。"))
        return day


class RepealForm(forms.Form):
    repealed_on = forms.DateField(
        label=_("废止日期"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("从这一天起不再有效；新的办法不能再以它为依据。"),
    )
