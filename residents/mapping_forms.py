"""What a clerk says about the columns of a file, sheet by sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from residents.importers import headers
from residents.questions import Column, Question
from residents.tables import FIELD_NAMES

READ, LEAVE = "read", "leave"
CHOICES = (
    (READ, gettext_lazy("读这张工作表")),
    (LEAVE, gettext_lazy("不要这张工作表")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One column on the page: what is asked, beside its select."""

    column: Column
    field: BoundField


@dataclass(frozen=True, slots=True)
class Group:
    """One sheet on the page."""

    question: Question
    choice: BoundField
    lines: list[Line]
    twice: list[str | Promise]
    lacking: list[str | Promise]


class ColumnsForm(forms.Form):
    """Per sheet: read it or not; per column: what it is, with masked samples beside."""

    def __init__(
        self, *args: Any, questions: Sequence[Question], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(questions)
        choices = [("", _("不读")), *((n, FIELD_NAMES[n]) for n in headers.NAMES)]
        for question in self.questions:
            self.fields[sheet_name(question)] = forms.ChoiceField(
                choices=CHOICES,
                initial=READ,
                label=question.name,
                widget=forms.RadioSelect,
            )
            for index, column in enumerate(question.columns):
                self.fields[column_name(question, index)] = forms.ChoiceField(
                    choices=choices,
                    required=False,
                    label=column.title,
                    initial=column.known,
                )

    def groups(self) -> list[Group]:
        return [
            Group(
                question,
                self[sheet_name(question)],
                [
                    Line(column, self[column_name(question, index)])
                    for index, column in enumerate(question.columns)
                ],
                [FIELD_NAMES[name] for name in question.twice],
                [FIELD_NAMES[name] for name in question.lacking],
            )
            for question in self.questions
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for question in self.questions:
            if data.get(sheet_name(question)) == READ:
                self._check(question)
        return data

    def _check(self, question: Question) -> None:
        chosen = [name for name in self._chosen(question) if name]
        if len(chosen) != len(set(chosen)):
            self._refuse(question, _("有两列选成了同一项。"))
        elif any(name not in chosen for name in headers.REQUIRED):
            self._refuse(question, _("至少要有小区名称、楼栋和房号三列。"))
        elif len(chosen) < headers.ENOUGH:
            self._refuse(question, _("至少要对上四列，请再选一列。"))
        elif open_ones := [name for name in question.twice if name not in chosen]:
            names = _("、").join(str(FIELD_NAMES[name]) for name in open_ones)
            self._refuse(
                question, _("不止一列像是：%(names)s。请选一列。") % {"names": names}
            )

    def _refuse(self, question: Question, reason: str) -> None:
        self.add_error(sheet_name(question), reason)

    def _chosen(self, question: Question) -> list[str]:
        return [
            self.cleaned_data.get(column_name(question, index), "")
            for index in range(len(question.columns))
        ]

    def answers(self) -> dict[int, dict[str, str] | None]:
        """Sheet -> title -> field, of what the titles alone do not say; None: left out.

        A column that is not read is answered too, so that it is not asked again.
        """
        return {
            question.number: None
            if self.cleaned_data[sheet_name(question)] == LEAVE
            else {
                column.title: name
                for column, name in zip(
                    question.columns, self._chosen(question), strict=True
                )
                if column.in_doubt or name != column.known
            }
            for question in self.questions
        }


def sheet_name(question: Question) -> str:
    return f"sheet{question.number}"


def column_name(question: Question, index: int) -> str:
    return f"sheet{question.number}column{index}"
