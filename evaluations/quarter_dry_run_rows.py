"""The report of a regular draft's dry run as its page prints it: words and counts."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.quarter_queries import WHY
from evaluations.scoring.grades import Grade
from evaluations.sheets.reactions import Color
from evaluations.sheets.sheet import Why
from evaluations.sheets.words import COLORS, GRADES

Text = str | Promise
# What became of the sheets of the quarter, in the order of the page.
FATES: dict[str, Text] = {
    "compared": gettext_lazy("两边都有总分，拿来比的"),
    "missing": gettext_lazy("草稿算不出的：草稿要的指标那个季度没有数"),
    "gained": gettext_lazy("原来指标不全，草稿算得出的"),
    "incomplete": gettext_lazy("两边都指标不全的"),
    "unlisted": gettext_lazy("草稿没有这一组的指标的"),
    "outside": gettext_lazy("草稿不考核这类岗位的"),
    "withdrawn": gettext_lazy("因申诉撤销，不比的"),
}


def report_page(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report with every code in words; only kinds of sheets that there are."""
    sheets, groups = report["sheets"], report["groups"]
    return {
        **report,
        "groups": {**groups, "whole": groups["all"] - groups["torn"]},
        "fates": [
            (label, sheets[name])
            for name, label in FATES.items()
            if sheets[name] or name == "compared"
        ],
        "missing": [{**row, "why": _why(row["why"])} for row in report["missing"]],
        "grades": _steps(
            report["grades"],
            {grade.value: GRADES[grade] for grade in Grade},
            nothing=_("不评等次"),
        ),
        "colors": _steps(
            report["colors"],
            {color.value: COLORS[color] for color in Color},
            nothing=_("没有预警"),
        ),
    }


def is_unchanged(report: Mapping[str, Any]) -> bool:
    """Whether the draft would have changed nothing that the report looks at."""
    sheets, shifts = report["sheets"], report["shifts"]
    fewer = ("missing", "gained", "unlisted", "outside")
    moved = sum(shifts["up"][1:]) + sum(shifts["down"])
    lasts = report["lasts"]["gained"] + report["lasts"]["lost"]
    ranks = report["ranks"]
    return not any(
        (
            *(sheets[name] for name in fewer),
            moved,
            lasts,
            ranks["moved"],
            ranks["before"] - ranks["both"],
            ranks["after"] - ranks["both"],
            report["dropped"],
            report["grades"]["moved"],
            report["colors"]["moved"],
        )
    )


def _why(why: str) -> Text:
    if not why or Why(why) is Why.NO_ENTRY:
        return _("那个季度没有录入")
    text: Text = WHY[Why(why)]
    return text


def _steps(
    found: Mapping[str, Any], words: Mapping[str, Text], *, nothing: str
) -> dict[str, Any]:
    named = {**words, "": nothing}
    return {
        "steps": [{**one, "step": named[one["step"]]} for one in found["steps"]],
        "moved": [
            {**one, "from": named[one["from"]], "to": named[one["to"]]}
            for one in found["moved"]
        ],
    }
