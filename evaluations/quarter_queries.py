"""Reads for the pages of regular assessment; the residents' part is released."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Approval
from accounts.scopes import Scopes
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    ColorWarning,
    IndicatorScore,
    Measure,
    ScoreSheet,
)
from evaluations.quarter_access import with_persons
from evaluations.quarter_sheets import computed
from evaluations.sheets.indicators import Indicator
from evaluations.sheets.lists import DistrictList, Member, district_list
from evaluations.sheets.sheet import Why
from evaluations.sheets.words import EVIDENCE, KINDS, SOURCES
from officials.models import PeerGroup

Kind = AssessmentPeriod.Kind
SheetState = ScoreSheet.State
# Why an indicator is not part of a sheet, or has no figure yet.
WHY: dict[Why, Any] = {
    Why.NOT_APPLICABLE: _("不适用"),
    Why.NOT_THIS_QUARTER: _("本季不考"),
    Why.NO_ENTRY: _("还没有录入"),
    Why.NO_RATING: _("还没有居民评价"),
    Why.NOT_REVIEWED: _("居民评价还没有复核"),
    Why.WITHHELD: _("居民评价样本不足"),
}


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A quarter or a year with its months; `sheets` of the period itself."""

    period: AssessmentPeriod
    months: list["MonthCell"]
    sheets: int


@dataclass(frozen=True, slots=True)
class MonthCell:
    period: AssessmentPeriod
    sheets: int
    reviewed: int


@dataclass(slots=True)
class GroupPart:
    """The sheets of one peer group in a period, in printed order."""

    group: PeerGroup
    ranked: list[ScoreSheet] = field(default_factory=list)
    others: list[ScoreSheet] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One indicator of a sheet, in words, and what can be done about it."""

    line: dict[str, Any]
    kind: Any
    source: Any
    evidence: list[Any]
    indicator: Indicator | None
    score: IndicatorScore | None

    @property
    def waits(self) -> bool:
        return self.line["score"] is None


def period_rows(scopes: Scopes) -> list[PeriodRow]:
    """Quarters and years in scope, the newest first."""
    periods = AssessmentPeriod.objects.within(scopes).select_related(
        "scheme", "division"
    )
    counted = periods.annotate(
        number=Count("sheets", filter=Q(sheets__replaced_by=None)),
        reviewed=Count(
            "sheets",
            filter=Q(sheets__replaced_by=None, sheets__state=SheetState.REVIEWED),
        ),
    )
    months: dict[int, list[MonthCell]] = defaultdict(list)
    wholes = []
    for period in counted.order_by("-code"):
        if period.kind == Kind.MONTH:
            cell = MonthCell(period, period.number, period.reviewed)
            months[period.parent_id].insert(0, cell)
        else:
            wholes.append(period)
    return [PeriodRow(one, months[one.pk], one.number) for one in wholes]


def decisions_waiting(scopes: Scopes) -> int:
    """Cards and measures that wait for a person's word."""
    cards = ColorWarning.objects.within(scopes).proposed().count()
    return cards + Measure.objects.within(scopes).proposed().count()


def sheets_of(period: AssessmentPeriod) -> list[ScoreSheet]:
    return list(
        ScoreSheet.objects.current()
        .with_names()
        .filter(period=period)
        .order_by("group_id", "appointment_id")
    )


def group_parts(sheets: Iterable[ScoreSheet]) -> list[GroupPart]:
    """By group, never over two of them (W3); ranked ones in the printed order."""
    parts: dict[int, GroupPart] = {}
    for sheet in sheets:
        part = parts.setdefault(sheet.group_id, GroupPart(sheet.group))
        is_ranked = hasattr(sheet, "group_rank") and sheet.state != SheetState.WITHDRAWN
        (part.ranked if is_ranked else part.others).append(sheet)
    for part in parts.values():
        part.ranked.sort(key=lambda one: (one.group_rank.rank, one.appointment_id))
    return list(parts.values())


def contents_of(sheet: ScoreSheet) -> dict[str, Any]:
    """The record of a settled sheet; of one that is collected, as it stands now."""
    if sheet.record:
        return sheet.contents
    period = sheet.period
    found = computed(
        [sheet],
        period=period,
        quarter=period.parent.code if period.parent else "",
        months=[period.pk],
        last_month=period.code,
    )
    return found[sheet.appointment_id].as_record()


def line_rows(sheet: ScoreSheet, contents: dict[str, Any]) -> list[LineRow]:
    """The office's lines, with the entry behind each one of a month."""
    chosen = None if _is_year(sheet) else sheet.period.rules.set_of(sheet.group.name)
    scores = {one.indicator: one for one in IndicatorScore.objects.current().of(sheet)}
    return [
        LineRow(
            line=line,
            kind=_word(KINDS, line["kind"]),
            source=_word(SOURCES, line["source"]),
            evidence=[_word(EVIDENCE, kind) for kind in line["evidence"]],
            indicator=chosen.of(line["code"]) if chosen else None,
            score=None if sheet.period.is_quarter else scores.get(line["code"]),
        )
        for line in contents.get("office", {}).get("lines", ())
    ]


def why_words(why: str | None) -> str:
    return str(WHY[Why(why)]) if why else ""


def revisions_of(sheet: ScoreSheet) -> list[ScoreSheet]:
    same = ScoreSheet.objects.filter(
        period=sheet.period_id, appointment=sheet.appointment_id
    )
    return list(same.order_by("-revision"))


def adjustments_waiting(sheet: ScoreSheet, *, at: Any) -> list[Approval]:
    """Proposed adjustments of the entries of this sheet."""
    scores = set(
        IndicatorScore.objects.current().of(sheet).values_list("pk", flat=True)
    )
    waiting = Approval.objects.filter(verb=verbs.ADJUST, division=sheet.division_id)
    return [
        one
        for one in waiting.waiting(at=at).select_related("proposed_by")
        if one.payload["score"] in scores
    ]


def decided_rows(scopes: Scopes) -> tuple[list[ColorWarning], list[Measure]]:
    """Cards and measures in scope: what waits first, then the newest."""
    cards = with_persons(ColorWarning.objects.within(scopes))
    measures = with_persons(Measure.objects.within(scopes))
    return (_waiting_first(cards), _waiting_first(measures))


def of_period(period: AssessmentPeriod) -> tuple[list[ColorWarning], list[Measure]]:
    cards = with_persons(ColorWarning.objects.filter(period=period))
    measures = with_persons(Measure.objects.filter(period=period))
    return (_waiting_first(cards), _waiting_first(measures))


def comparable(sheets: Sequence[ScoreSheet]) -> DistrictList:
    """The district's groups side by side, or why there is no such list (B1)."""
    groups: dict[str, list[Member]] = {}
    for part in group_parts(sheets):
        groups[part.group.name] = [
            Member(code=one.appointment.code, total=one.total or Decimal(0))
            for one in part.ranked
        ]
    return district_list(groups)


def _waiting_first(rows: Any) -> list[Any]:
    listed = list(rows.order_by("-proposed_at", "division_id", "appointment_id"))
    return sorted(listed, key=lambda one: one.state != "proposed")


def _is_year(sheet: ScoreSheet) -> bool:
    return bool(sheet.period.kind == Kind.YEAR)


def _word(words: Any, code: str) -> Any:
    return next((text for key, text in words.items() if key.value == code), code)
