"""Words that stand around a field of a scheme: unit, theme, choice, effect."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Unit(StrEnum):
    """What a number of the scheme counts."""

    AGE = "age"
    SHARE = "share"
    HOUSEHOLDS = "households"
    MONTHS = "months"
    POINTS = "points"
    FACTOR = "factor"
    ROUNDS_OF = "rounds_of"
    TIMES = "times"
    PERSONS = "persons"
    APPOINTMENTS = "appointments"
    SE = "se"
    QUARTERS = "quarters"
    COUNT = "count"
    RATIO = "ratio"
    FLAG = "flag"
    NONE = "none"


UNITS: dict[Unit, str | Promise] = {
    Unit.AGE: _("岁"),
    Unit.SHARE: _("占比"),
    Unit.HOUSEHOLDS: pgettext_lazy("unit", "户"),
    Unit.MONTHS: _("个月"),
    Unit.POINTS: _("分"),
    Unit.FACTOR: _("倍"),
    Unit.ROUNDS_OF: _("轮"),
    Unit.TIMES: _("次"),
    Unit.PERSONS: _("人"),
    Unit.APPOINTMENTS: _("个任职"),
    Unit.SE: _("个标准误"),
    Unit.QUARTERS: _("个季度"),
    Unit.COUNT: _("份"),
    Unit.RATIO: _("比值"),
}


class Effect(TextChoices):
    """Where a change of the field shows, and when."""

    SHOWS = "shows", _("试算能看出来。")
    ROUNDS = "rounds", _("只对以后抽的样起作用；试算里只看得出目标户数。")
    ANSWERS = "answers", _("只对以后的答卷起作用：户分在开箱时已经算好，试算看不出来。")
    PAGES = "pages", _("只改变写出来的样子，不改变分数和星级。")
    YEAR = "year", _("到十二月关账才起作用，试算看不出来。")
    ELSEWHERE = "elsewhere", _("用在别的地方，不影响每月评价，试算看不出来。")


THEMES: dict[str, str | Promise] = {
    "sampling": _("抽样"),
    "score": _("户分"),
    "weights": _("加权"),
    "modes": _("答卷方式"),
    "estimate": _("区间和占比"),
    "window": _("滚动窗口"),
    "shrinkage": _("收缩"),
    "stars": _("星级"),
    "ranks": _("名次和等次"),
    "publication": _("公布"),
    "casework": _("诉求"),
    "ballots": _("评议会"),
}

WORDS: dict[str, str | Promise] = {
    "community": _("社区"),
    "community x building class": _("社区和楼房类型"),
    "none": _("不用"),
    "building": _("楼栋"),
    "street": _("街道"),
    "district": _("区县"),
    "city": _("全市"),
    "age3": _("年龄三档"),
    "sex2": _("性别"),
    "tenure": _("自住或租住"),
    "fixed": _("固定"),
    "yearly": _("每年重定"),
    "score": _("总分"),
    "mean": _("题组平均"),
    "plurality": _("得票最多"),
    "threshold": _("按界限"),
    "points": _("按分数"),
    "lower": _("较低的"),
    "void": _("作废"),
    "redistribute": _("分给其他类"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A field in words: `name` of the method's text, `clause` where it is defined."""

    name: str
    theme: str
    clause: str
    unit: Unit
    effect: Effect
    label: str | Promise
    help: str | Promise
