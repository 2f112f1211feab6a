"""What tables and pictures are made of: released figures, in display order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from math import sqrt

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations import charts
from evaluations.changes import Change
from evaluations.charts import Axis, Bar, IntervalBar
from evaluations.group_lines import GroupPage, Line
from evaluations.order import STREET_DIGITS, Extent
from evaluations.publication import Place, Question, Released, Sheet, Withheld
from evaluations.publication.words import MARGINS, STAR_NAMES
from evaluations.rank_charts import RankBand, rank_band
from evaluations.scoring.quantiles import two_sided_z
from evaluations.scoring.ranks import Tier
from surveys.models import Question as Asked

BAR_WIDTH = 190
# Orders in which neighbours have neighbouring scores.
PRINTED = frozenset({"rank", "score"})
# Modes of M42 in the order of their legend; small ones may be added up (M84).
MODES: dict[str, str | Promise] = {
    "online": _("网上"),
    "paper": _("纸质"),
    "phone": _("电话"),
    "visit": _("上门"),
    "mixed": _("合并"),
    "other": _("其他"),
}


# M80 in a column; the page of the appointment says it in a sentence.
SHORT_TIERS: dict[str, str | Promise] = {
    Tier.ABOVE: _("高于平均"),
    Tier.NOT_DISTINGUISHABLE: _("分不出"),
    Tier.BELOW: _("低于平均"),
}


@dataclass(frozen=True, slots=True)
class ModePart:
    """A mode's share of the answers, whole per cent, and where its bar stands."""

    name: str
    label: str | Promise
    percent: int
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class RankingRow:
    """One appointment in the ranking of its group."""

    line: Line
    figure: Released
    bar: IntervalBar
    modes: tuple[ModePart, ...]
    band: RankBand | None
    is_close: bool = False  # not distinguishable from the row above
    starts_street: bool = False

    @property
    def change(self) -> Change | None:
        return self.line.change

    @property
    def place(self) -> Place | None:
        return self.line.sheet.place if self.line.sheet else None

    @property
    def tier(self) -> str | Promise:
        return SHORT_TIERS[self.place.tier] if self.place else ""

    @property
    def star_percent(self) -> int | None:
        """How likely the star is, whole per cent (M76)."""
        sheet, star = self.line.sheet, self.figure.star
        if sheet is None or star is None or sheet.star.percents is None:
            return None
        return sheet.star.percents[star - 1]

    @property
    def street(self) -> str:
        return self.line.rating.community_id[:STREET_DIGITS]


@dataclass(frozen=True)
class Ranking:
    """A group in a month: the released rows in order, the withheld ones apart."""

    rows: tuple[RankingRow, ...]
    withheld: tuple[Line, ...]
    axis: Axis
    ticks: tuple[charts.Line, ...]
    modes: tuple[tuple[str, str | Promise], ...]

    @cached_property
    def width(self) -> str:
        """Of the scale, as of every bar."""
        return charts.px(self.axis.start + self.axis.end)

    @cached_property
    def common_state(self) -> str:
        """The state when it is the same for every row: said once, above."""
        states = {row.line.rating.get_state_display() for row in self.rows}
        return states.pop() if len(states) == 1 else ""

    @cached_property
    def common_mark(self) -> str:
        """The mark of M29 when it is the same for every row: said once, above."""
        marks = {row.figure.mark_text for row in self.rows}
        return marks.pop() if len(marks) == 1 else ""

    @cached_property
    def has_places(self) -> bool:
        """Whether this is a quarter reading with ranks (M78)."""
        return any(row.line.sheet and row.line.sheet.place for row in self.rows)

    @cached_property
    def all_need_warning(self) -> bool:
        return bool(self.rows) and all(row.figure.needs_warning for row in self.rows)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question with its mean, or without one where too few answered it."""

    number: int
    dimension: str
    text: str
    question: Question | Withheld | None
    bar: Bar | None


def ranking(page: GroupPage, *, level: float, by_street: bool = False) -> Ranking:
    """The rows of a page in its order, on the scale of the whole group.

    `level`: the confidence of the group's scheme, for telling neighbours apart.
    """
    found = side_by_side(page.lines, page.whole)
    if by_street:
        return replace(found, rows=_with_streets(found.rows))
    if page.order in PRINTED:
        return replace(found, rows=_with_close(found.rows, level))
    return found


def side_by_side(lines: Sequence[Line], whole: Extent) -> Ranking:
    """Rows of some lines in their order, on the scale of the whole group."""
    axis = charts.axis_from(whole.least, width=BAR_WIDTH)
    rows = [
        _row(line, line.figure, axis)
        for line in lines
        if isinstance(line.figure, Released)
    ]
    names = {part.name for row in rows for part in row.modes}
    return Ranking(
        rows=tuple(rows),
        withheld=tuple(line for line in lines if isinstance(line.figure, Withheld)),
        axis=axis,
        ticks=charts.lines_at(axis, axis.ticks()),
        modes=tuple((name, label) for name, label in MODES.items() if name in names),
    )


def is_close(one: Released, other: Released, *, level: float) -> bool:
    """Whether two scores cannot be told apart at the confidence `level`.

    |y1 - y2| <= z sqrt(SE1^2 + SE2^2). Pairwise, so it never claims a difference that
    the rank sets of M79 would deny; it only says where there is none.
    """
    if one.se is None or other.se is None:
        return True
    spread = sqrt(float(one.se) ** 2 + float(other.se) ** 2)
    gap = abs(float(one.score.value - other.score.value))
    return gap <= two_sided_z(level) * spread


def mode_parts(
    sheet: Sheet | None, households: int, *, width: float = 90
) -> tuple[ModePart, ...]:
    """Shares of the modes among the usable answers, as a stacked bar of `width`.

    Modes that are withheld share one part, which is what the others leave (M84).
    """
    told = _told_modes(sheet, households)
    parts, at = [], 0.0
    for name, number in _in_legend_order(told):
        share = number / households
        parts.append(
            ModePart(
                name=name,
                label=MODES.get(name, name),
                percent=round(100 * share),
                start=charts.px(at),
                width=charts.px(share * width),
            )
        )
        at += share * width
    return tuple(parts)


def _told_modes(sheet: Sheet | None, households: int) -> list[tuple[str, int]]:
    if sheet is None:
        return []
    told = [(name, number) for name, number in sheet.modes if number is not None]
    rest = households - sum(number for _, number in told)
    return [*told, ("other", rest)] if rest and told else told


@dataclass(frozen=True, slots=True)
class ModeRow:
    """A mode with its households, or None where it is withheld (M84)."""

    label: str | Promise
    households: int | None


def mode_rows(sheet: Sheet) -> list[ModeRow]:
    places = list(MODES)
    told = sorted(
        sheet.modes, key=lambda pair: places.index(pair[0]) if pair[0] in MODES else 99
    )
    return [ModeRow(MODES.get(name, name), number) for name, number in told]


def step_rows(sheet: Sheet) -> list[tuple[str | Promise, Decimal]]:
    """What each mode or group takes from the score, with its name (M47)."""
    steps = sheet.adjustment.steps if sheet.adjustment else ()
    return [(MODES.get(step.level, step.level), step.points) for step in steps]


def margin_names(sheet: Sheet) -> list[str | Promise]:
    return [MARGINS.get(name, name) for name in sheet.design.margins]


@dataclass(frozen=True, slots=True)
class Likely:
    """A star and how likely it is, whole per cent."""

    star: int
    name: str | Promise
    percent: int
    is_given: bool


def likely_stars(sheet: Sheet, star: int | None = None) -> list[Likely]:
    """The probabilities of M76 from five stars down; without those of 0 %."""
    shares = enumerate(sheet.star.percents or (), start=1)
    return [
        Likely(number, STAR_NAMES[number], share, number == star)
        for number, share in reversed(list(shares))
        if share or number == star
    ]


def question_rows(sheet: Sheet, asked: dict[int, Asked]) -> list[QuestionRow]:
    """Questions in their order, each with its wording and its own ladder."""
    return [
        QuestionRow(
            number=number,
            dimension=question.dimension,
            text=question.text,
            question=sheet.questions.get(number),
            bar=_bar(sheet.questions.get(number)),
        )
        for number, question in sorted(asked.items())
    ]


def _bar(question: Question | Withheld | None) -> Bar | None:
    if not isinstance(question, Question):
        return None
    low, high = question.low, question.high
    return charts.bar(
        question.score.value,
        low.value if low else None,
        high.value if high else None,
    )


def _row(line: Line, figure: Released, axis: Axis) -> RankingRow:
    cuts = line.sheet.cuts if line.sheet else ()
    return RankingRow(
        line=line,
        figure=figure,
        bar=charts.interval_bar(figure, axis=axis, cuts=cuts),
        modes=mode_parts(line.sheet, figure.households),
        band=rank_band(line.sheet.place if line.sheet else None),
    )


def _with_close(rows: Sequence[RankingRow], level: float) -> tuple[RankingRow, ...]:
    above: list[RankingRow | None] = [None, *rows]
    return tuple(
        replace(
            row,
            is_close=before is not None
            and is_close(before.figure, row.figure, level=level),
        )
        for row, before in zip(rows, above, strict=False)
    )


def _with_streets(rows: Sequence[RankingRow]) -> tuple[RankingRow, ...]:
    above: list[RankingRow | None] = [None, *rows]
    return tuple(
        replace(row, starts_street=before is None or before.street != row.street)
        for row, before in zip(rows, above, strict=False)
    )


def _in_legend_order(modes: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    places = list(MODES)
    return sorted(
        modes, key=lambda pair: places.index(pair[0]) if pair[0] in places else 99
    )
