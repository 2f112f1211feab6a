"""Ranking of a group, notice of the publicity period, sheet of one appointment.

Made of released values only (T125): whoever holds a paper may print all of it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from evaluations.charts import Axis
from evaluations.group_lines import GroupPage, Line
from evaluations.models import PublicityNotice
from evaluations.pdf.paper import INK, LINE, RED, About, Column, Draw, Paper
from evaluations.portraits import Portrait
from evaluations.publication import Question, Released, Shown, Withheld
from evaluations.version_queries import Line as NoticeLine
from officials.models import PeerGroup

FOR_OFFICE, FOR_ALL = "office", "public"
Figure = Released | Withheld
EMPTY = "—"


def ranking(
    group: PeerGroup,
    month: str,
    pages: Sequence[GroupPage],
    *,
    digest: str,
    at: dt.datetime,
) -> bytes:
    """One group in one month, in the printed order (W3); thirty rows to a sheet."""
    place = group.grouping.division
    title = _("%(place)s%(group)s %(month)s 居民评价") % {
        "place": place.name,
        "group": group.name,
        "month": month,
    }
    lines = [line for page in pages for line in page.lines]
    paper = Paper(_about(title, FOR_OFFICE, digest, at), landscape=True)
    told = _("共 %(count)s 项任职，只在本组内排列；先后的差别可能只是误差。")
    paper.title(title, told % {"count": len(lines)})
    axis = Axis.over([line.figure for line in lines], start=0.0, end=1.0)
    columns = (
        Column(_("名次范围"), 20, "C"),
        Column(_("社区"), 38),
        Column(_("书记"), 26),
        Column(_("得分"), 18, "R"),
        Column(_("区间"), 28, "C"),
        Column(f"{axis.low:.0f}–{axis.high:.0f}", 52),
        Column(_("星级"), 18, "C"),
        Column(_("户数"), 16, "R"),
        Column(_("参评率"), 19, "R"),
        Column(_("标注"), 38),
    )
    paper.table(columns, [_ranked(line, axis) for line in lines])
    return paper.content()


def _ranked(line: Line, axis: Axis) -> list[Any]:
    rating, figure = line.rating, line.figure
    who = [rating.community.name, rating.appointment.official.name]
    if isinstance(figure, Withheld):
        return [EMPTY, *who, str(figure.text), *[""] * 3, figure.households, "", ""]
    place = line.sheet.place if line.sheet else None
    return [
        f"{place.best}–{place.worst}" if place else EMPTY,
        *who,
        figure.score.text,
        _interval(figure),
        _bar(figure, axis),
        str(figure.star_name) or EMPTY,
        str(figure.households),
        _percent(figure.participation),
        figure.mark_text,
    ]


def _bar(figure: Released, axis: Axis) -> Draw:
    """The interval to the scale of the whole table, and the score on it."""
    low = axis.at((figure.low or figure.score).value)
    high = axis.at((figure.high or figure.score).value)
    middle = axis.at(figure.score.value)

    def draw(pdf: Any, left: float, top: float, width: float, height: float) -> None:
        inside, start, level = width - 6, left + 3, top + height / 2
        pdf.set_draw_color(*LINE)
        pdf.line(start, level, start + inside, level)
        pdf.set_fill_color(*INK)
        pdf.rect(start + low * inside, level - 0.6, (high - low) * inside, 1.2, "F")
        pdf.set_fill_color(*RED)
        pdf.ellipse(start + middle * inside - 0.9, level - 0.9, 1.8, 1.8, "F")

    return draw


def notice(
    notice: PublicityNotice, lines: Sequence[NoticeLine], *, at: dt.datetime
) -> bytes:
    """To hang on the board: what, from when to when, and where to object (T131)."""
    words = {
        "place": notice.division.name,
        "month": notice.month,
        "first": notice.starts_on.isoformat(),
        "last": notice.ends_on.isoformat(),
        "days": notice.days,
    }
    title = _("%(place)s %(month)s 居民评价结果公示") % words
    paper = Paper(_about(title, FOR_ALL, notice.digest, at))
    paper.title(title)
    told = (
        _("%(first)s 张贴，公示 %(days)s 个工作日，到 %(last)s（含当日）为止。") % words
    )
    uncertain = "" if notice.is_certain else _("（待节假日安排）")
    paper.text(told + uncertain)
    paper.gap(2)
    columns = (
        Column(_("社区"), 48),
        Column(_("书记"), 32),
        Column(_("星级"), 22, "C"),
        Column(_("得分"), 24, "R"),
        Column(_("区间"), 34, "C"),
        Column(_("户数"), 26, "R"),
    )
    paper.table(columns, [_announced(line) for line in lines], height=6.4, size=10.5)
    paper.heading(_("有意见怎么办"))
    objection = _(
        "被评的人可以在 %(last)s 前对自己的结果申诉，由没有经手过的人复核，"
        "十个工作日内答复。其他人有意见，可以向%(place)s党委组织部反映。"
    )
    paper.text(objection % words)
    paper.text(_("意见只针对过程和算法。谁怎样填的，没有人知道，也不会去查。"))
    paper.gap(3)
    paper.text(_("依据：%(rule)s。") % {"rule": notice.rule}, soft=True)
    paper.text(_("全部记录的摘要：%(digest)s") % {"digest": notice.digest}, soft=True)
    paper.gap(8)
    paper.text(_("%(place)s党委组织部（盖章）　　　　年　　月　　日") % words)
    return paper.content()


def _announced(line: NoticeLine) -> list[str]:
    rating, figure = line.rating, line.figure
    who = [rating.community.name, rating.appointment.official.name]
    if isinstance(figure, Withheld):
        return [*who, EMPTY, str(figure.text), "", figure.households]
    return [
        *who,
        str(figure.star_name) or EMPTY,
        figure.score.text,
        _interval(figure),
        str(figure.households),
    ]


def portrait(portrait: Portrait, *, at: dt.datetime) -> bytes:
    """Block beside block, and no total of a person (Z4)."""
    rating, figure, sheet = portrait.rating, portrait.figure, portrait.sheet
    appointment = rating.appointment
    post = appointment.post.title
    title = f"{appointment.official.name}　{rating.community.name}{post}"
    digest = sheet.proof.record_sha256 if sheet else ""
    paper = Paper(_about(title, FOR_OFFICE, digest, at))
    below = _("%(month)s　%(day)s 起任职。各块各说各的，不合成一个总分。")
    day = appointment.starts_on.isoformat()
    paper.title(title, below % {"month": rating.month, "day": day})
    paper.heading(_("居民评价"))
    for line in _headline(figure):
        paper.text(line)
    if sheet is not None and sheet.place is not None:
        place = sheet.place
        told = _("%(period)s 组内 %(of)s 项，名次范围 %(best)s–%(worst)s，%(tier)s。")
        paper.text(
            told
            % {
                "period": place.period,
                "of": place.of,
                "best": place.best,
                "worst": place.worst,
                "tier": place.tier_text,
            }
        )
    _months(paper, portrait)
    _items(paper, portrait)
    return paper.content()


def _headline(figure: Figure) -> list[str]:
    if isinstance(figure, Withheld):
        told = _("%(text)s：有效 %(households)s 户，至少要 %(needed)s 户。")
        return [
            told
            % {
                "text": figure.text,
                "households": figure.households,
                "needed": figure.needed,
            }
        ]
    score = _("得分 %(score)s，区间 %(interval)s（置信水平%(level)s%%），%(star)s。")
    basis = _("有效%(households)s户，参评率%(rate)s，窗口 %(first)s 至 %(last)s。")
    words = {
        "score": figure.score.text,
        "interval": _interval(figure),
        "level": figure.level,
        "star": figure.star_name or _("未评星"),
        "households": figure.households,
        "rate": _percent(figure.participation),
        "first": figure.window_from,
        "last": figure.window_to,
    }
    marks = [figure.mark_text] if figure.mark_text else []
    return [score % words, basis % words, *marks]


def _months(paper: Paper, portrait: Portrait) -> None:
    shown = [row for row in portrait.history if isinstance(row.figure, Released)]
    if not shown:
        return
    paper.heading(_("近十二个月"))
    columns = (
        Column(_("月份"), 30),
        Column(_("得分"), 28, "R"),
        Column(_("区间"), 44, "C"),
        Column(_("组内中位数"), 34, "R"),
        Column(_("星级"), 28, "C"),
    )
    rows = []
    for row in shown:
        figure = row.figure
        if isinstance(figure, Released):
            median = EMPTY if row.median is None else str(row.median)
            star = str(figure.star_name) or EMPTY
            score = figure.score.text
            rows.append([row.month, score, _interval(figure), median, star])
    paper.table(columns, rows)


def _items(paper: Paper, portrait: Portrait) -> None:
    if not portrait.items:
        return
    paper.heading(_("各题"))
    columns = (
        Column("", 8, "R"),
        Column(_("题目"), 112),
        Column(_("得分"), 24, "R"),
        Column(_("区间"), 40, "C"),
    )
    rows = []
    for item in portrait.items:
        question = item.row.question
        told = isinstance(question, Question)
        rows.append(
            [
                str(item.row.number),
                item.row.text,
                question.score.text if isinstance(question, Question) else EMPTY,
                _interval(question) if told else EMPTY,
            ]
        )
    paper.table(columns, rows)


def _about(title: str, audience: str, digest: str, at: dt.datetime) -> About:
    words = {FOR_OFFICE: _("内部使用，不得公开"), FOR_ALL: _("可以公开")}
    return About(title=title, audience=words[audience], digest=digest, at=at)


def _interval(figure: Any) -> str:
    low: Shown | None = figure.low
    high: Shown | None = figure.high
    return f"{low.text}–{high.text}" if low and high else EMPTY


def _percent(share: Any) -> str:
    if share is None:
        return EMPTY
    return f"{getattr(share, 'text', share)}%"
