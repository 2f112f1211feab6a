"""Rules of the quarter in words for people: problems, units, kinds, sources."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from evaluations.scoring.grades import Grade
from evaluations.sheets.indicators import (
    Direction,
    Evidence,
    IndicatorKind,
    OverMonths,
    Source,
)
from evaluations.sheets.parts import Problem, Unit
from evaluations.sheets.reactions import Color, Figure, MeasureKind, Trigger

Text = str | Promise

PROBLEMS: dict[Problem, Text] = {
    Problem.MISSING: _("没有填。"),
    Problem.UNKNOWN_FIELD: _("没有这一项。"),
    Problem.NOT_A_LIST: _("应当是一张清单。"),
    Problem.NOT_A_MAPPING: _("应当是一组有名称的值。"),
    Problem.NOT_A_TEXT: _("应当是文字，不超过 300 个字。"),
    Problem.NOT_A_NUMBER: _("应当是数字。"),
    Problem.NOT_WHOLE: _("应当是整数。"),
    Problem.OUT_OF_RANGE: _("超出允许的范围。"),
    Problem.NOT_ONE_OF: _("不是可以选的值。"),
    Problem.NOT_A_QUARTER: _("应当写成 2026Q4 这样的季度。"),
    Problem.NOT_DECREASING: _("等次的分数线应当从高到低。"),
    Problem.TWICE: _("出现了两次。"),
    Problem.WRONG_UNIT: _("单位不对。"),
    Problem.FORMULA_AGAINST_DIRECTION: _("起点和目标的方向，和指标的方向相反。"),
    Problem.QUARTERS_ONLY_FOR_SPECIAL: _("只有专项指标才写季度。"),
    Problem.SPECIAL_WITHOUT_QUARTER: _("专项指标要写明在哪些季度考核。"),
    Problem.RESIDENT_NOT_BY_SURVEY: _(
        "居民评价指标的来源应当是居民测评，其他指标不能用居民测评。"
    ),
    Problem.INDICATOR_UNKNOWN: _("没有这个指标。"),
    Problem.NO_INDICATORS: _("一个指标也没有。"),
    Problem.WEIGHTS_NOT_100: _("权重合计应当是 100。"),
    Problem.BASIS_MISSING: _("没有写明依据文件。"),
    Problem.RESIDENTS_MISSING: _("没有居民评价指标，也没有写明为什么没有。"),
    Problem.RESIDENT_SHARE_TOO_SMALL: _("居民评价所占的权重低于规定。"),
    Problem.EVIDENCE_MISSING: _("没有写明凭什么材料评分。"),
    Problem.ABSENT_WITHOUT_REASON: _("不适用的指标要写明为什么。"),
}

UNITS: dict[Unit, Text] = {
    Unit.POINTS: _("分"),
    Unit.SHARE: _("比例（0 到 1）"),
    Unit.QUARTERS: _("个季度"),
    Unit.MONTHS: _("个月"),
    Unit.WORKING_DAYS: _("个工作日"),
    Unit.HOUSEHOLDS: pgettext_lazy("unit", "户"),
    Unit.APPOINTMENTS: _("人"),
    Unit.GRADE_STEP: _("等次（1 好、2 较好、3 一般、4 较差）"),
    Unit.RAW: _("原始数"),
}

THRESHOLDS: dict[str, Text] = {
    "grade.good": _("“好”的最低分"),
    "grade.fairly_good": _("“较好”的最低分"),
    "grade.fair": _("“一般”的最低分"),
    "grade.quota_good": _("“好”最多占多少"),
    "rank.group_min": _("组内至少几个人才有末位"),
    "rank.last_quarters": _("连续几个季度末位就提出组织调整"),
    "residents.floor": _("居民评价至少要多少户才排名"),
    "residents.min_share": _("居民评价至少占多少"),
    "publicity.days": _("公示多少天"),
    "annual.excellent_share": _("全年“优秀”一般占多少"),
}

KINDS: dict[IndicatorKind, Text] = {
    IndicatorKind.COMMON: _("共性"),
    IndicatorKind.SPECIFIC: _("个性"),
    IndicatorKind.SPECIAL: _("专项"),
    IndicatorKind.RESIDENT: _("居民评价"),
}

SOURCES: dict[Source, Text] = {
    Source.SURVEY: _("居民测评"),
    Source.MEETING: _("述职评议会"),
    Source.REQUEST_RATES: _("诉求办理"),
    Source.MYSTERY: _("暗访"),
    Source.VISIT: _("走访"),
    Source.MANUAL: _("人工录入"),
}

EVIDENCE: dict[Evidence, Text] = {
    Evidence.FORM: _("填报表"),
    Evidence.DOCUMENT: _("文件"),
    Evidence.STATISTICS: _("统计数据"),
    Evidence.PHOTO: _("照片"),
    Evidence.SITE: _("现场查看"),
    Evidence.BALLOTS: _("测评票"),
    Evidence.RECORDS: _("办理记录"),
}

DIRECTIONS: dict[Direction, Text] = {
    Direction.HIGHER: _("越高越好"),
    Direction.LOWER: _("越低越好"),
}

OVER_MONTHS: dict[OverMonths, Text] = {
    OverMonths.MEAN: _("取各月平均"),
    OverMonths.LAST: _("取最后一次"),
    OverMonths.SUM: _("各月相加"),
}

COLORS: dict[Color, Text] = {
    Color.YELLOW: _("黄牌提醒"),
    Color.ORANGE: _("橙牌谈话"),
    Color.RED: _("红牌清退"),
}

FIGURES: dict[Figure, Text] = {
    Figure.TOTAL_BELOW: _("总分低于"),
    Figure.INDICATOR_BELOW: _("单项指标低于"),
    Figure.GRADE_FROM: _("等次为这一档或更低"),
    Figure.LAST_PLACES: _("连续末位达到"),
    Figure.WARNED_QUARTERS: _("此前连续被预警达到"),
}

TRIGGERS: dict[Trigger, Text] = {
    Trigger.GRADE_FAIR: _("季度等次为“一般”"),
    Trigger.GRADE_POOR: _("季度等次为“较差”"),
    Trigger.LAST_PLACES: _("连续末位"),
    Trigger.YELLOW: _("黄牌"),
    Trigger.ORANGE: _("橙牌"),
    Trigger.RED: _("红牌"),
}

MEASURES: dict[MeasureKind, Text] = {
    MeasureKind.REMINDER_TALK: _("谈话提醒"),
    MeasureKind.CRITICISM: _("批评教育"),
    MeasureKind.ADMONITION: _("诫勉"),
    MeasureKind.ADJUSTMENT: _("组织调整"),
    MeasureKind.REMOVAL: _("清退"),
    MeasureKind.ACCOUNTABILITY: _("问责"),
}

GRADES: dict[Grade, Text] = {
    Grade.GOOD: _("好"),
    Grade.FAIRLY_GOOD: _("较好"),
    Grade.FAIR: _("一般"),
    Grade.POOR: _("较差"),
}


def reason_words(reason: Mapping[str, Any]) -> str:
    """One reason of a colour card, as a sentence: what was found, against what (G9)."""
    facts = {
        "found": reason["found"],
        "threshold": reason["threshold"],
        "name": reason["name"] or reason["indicator"],
    }
    figure = Figure(reason["figure"])
    if figure is Figure.TOTAL_BELOW:
        return gettext("总分 %(found)s 分，低于 %(threshold)s 分。") % facts
    if figure is Figure.INDICATOR_BELOW:
        return gettext("“%(name)s”得 %(found)s 分，低于 %(threshold)s 分。") % facts
    if figure is Figure.GRADE_FROM:
        grade = tuple(Grade)[int(reason["found"]) - 1]
        return gettext("季度等次为“%(grade)s”。") % {"grade": GRADES[grade]}
    if figure is Figure.LAST_PLACES:
        return gettext("连续 %(found)s 个季度组内末位。") % facts
    return gettext("此前连续 %(found)s 个季度被预警。") % facts


def ground_words(ground: Mapping[str, Any]) -> str:
    """What a measure rests on, as a sentence (G11)."""
    if ground["figure"] == "grade":
        return gettext("%(quarter)s 总分 %(total)s 分，等次“%(grade)s”。") % {
            "quarter": ground["quarter"],
            "total": ground["total"],
            "grade": GRADES[Grade(ground["grade"])],
        }
    if ground["figure"] == "last_places":
        return gettext("%(quarters)s 连续 %(number)s 个季度组内末位。") % {
            "quarters": "、".join(ground["quarters"]),
            "number": len(ground["quarters"]),
        }
    reasons = "".join(reason_words(reason) for reason in ground["reasons"])
    return gettext("%(quarter)s %(color)s：%(reasons)s") % {
        "quarter": ground["quarter"],
        "color": COLORS[Color(ground["color"])],
        "reasons": reasons,
    }
