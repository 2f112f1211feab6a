"""The columns of an export of figures: what each is called, holds, and how typed."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.models import MonthlyRating
from evaluations.publication import Place, Released, Shown, Withheld

# A number stays a number in a spreadsheet; text is never taken for a formula.
Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Row:
    """One appointment in one month, as an audience may see it."""

    rating: MonthlyRating
    group: str
    figure: Released | Withheld
    place: Place | None

    @property
    def shown(self) -> Released | None:
        return self.figure if isinstance(self.figure, Released) else None


@dataclass(frozen=True, slots=True)
class Column:
    """`key` stands in the second line of a CSV file, for programs."""

    key: str
    title: str | Promise
    width: int
    cell: Callable[[Row], Cell]


def of_figure(read: Callable[[Released], Cell]) -> Callable[[Row], Cell]:
    """Empty where the figure is withheld, never 0."""
    return lambda row: None if row.shown is None else read(row.shown)


def of_place(read: Callable[[Place], Cell]) -> Callable[[Row], Cell]:
    return lambda row: None if row.place is None else read(row.place)


def number_or_bound(shown: Shown | None) -> Cell:
    """A number, or the text of its bound, such as >99.0 (M85)."""
    if shown is None:
        return None
    return shown.value if shown.text == str(shown.value) else shown.text


STATES = dict(MonthlyRating.State.choices)
COLUMNS = (
    Column("month", _("月份"), 9, lambda row: row.rating.month),
    Column("street", _("街道"), 12, lambda row: str(row.rating.community.parent)),
    Column("community_code", _("社区代码"), 14, lambda row: row.rating.community_id),
    Column("community", _("社区"), 16, lambda row: str(row.rating.community)),
    Column("official", _("姓名"), 10, lambda row: row.rating.appointment.official.name),
    Column("post", _("职务"), 10, lambda row: row.rating.appointment.post.title),
    Column("appointment", _("任职编号"), 11, lambda row: row.rating.appointment.code),
    Column("group", _("组别"), 12, lambda row: row.group),
    Column("households", _("有效户"), 8, of_figure(lambda f: f.households)),
    Column("score", _("得分"), 8, of_figure(lambda f: number_or_bound(f.score))),
    Column("low", _("下限"), 8, of_figure(lambda f: number_or_bound(f.low))),
    Column("high", _("上限"), 8, of_figure(lambda f: number_or_bound(f.high))),
    Column("level", _("区间置信度（%）"), 10, of_figure(lambda f: f.level)),
    Column("star", _("星级"), 6, of_figure(lambda f: f.star)),
    Column("previous_star", _("上次星级"), 9, of_figure(lambda f: f.previous_star)),
    Column("period", _("排名季度"), 9, of_place(lambda place: place.period)),
    Column("rank", _("组内名次"), 9, of_place(lambda place: place.rank)),
    Column("rank_best", _("名次范围起"), 10, of_place(lambda place: place.best)),
    Column("rank_worst", _("名次范围止"), 10, of_place(lambda place: place.worst)),
    Column("ranked", _("组内参排"), 9, of_place(lambda place: place.of)),
    Column("tier", _("水平"), 12, of_place(lambda place: str(place.tier_text))),
    Column("window_from", _("窗口起"), 9, of_figure(lambda f: f.window_from)),
    Column("window_to", _("窗口止"), 9, of_figure(lambda f: f.window_to)),
    Column("mark", _("标记"), 12, of_figure(lambda f: str(f.mark_text))),
    Column("withheld", _("不显示的原因"), 14, lambda row: reason_of(row.figure)),
    Column("state", _("状态"), 9, lambda row: str(STATES[row.rating.state])),
    Column("scheme", _("办法"), 22, lambda row: row.rating.scheme.ref),
    Column("revision", _("修订"), 6, lambda row: row.rating.revision),
    Column("record_sha256", _("记录摘要"), 20, lambda row: row.rating.record_sha256),
)


def reason_of(figure: Released | Withheld) -> Cell:
    return str(figure.text) if isinstance(figure, Withheld) else None
