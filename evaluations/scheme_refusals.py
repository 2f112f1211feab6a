"""Refusals of schemes and rules in the words of the desk: what is wrong, what to do."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import ApprovalError
from accounts.refusals import told as approval_told
from evaluations.dry_run_actions import (
    AlreadyAsked,
    DraftMovedOn,
    NothingRanked,
    NothingToTry,
)
from evaluations.scheme_actions import RuleIsRepealed, RuleKnown
from evaluations.scheme_fields import TEXTS
from evaluations.scheme_readiness import (
    BasisMissing,
    BasisRepealed,
    BasisUnknown,
    DraftChanged,
    FieldsOutOfRange,
    KindUnknown,
    NotADraft,
    NothingOfItsOwn,
    NotTried,
    NotUsable,
    ResidentsMissing,
    RulesNotReady,
    SchemeError,
)
from evaluations.scheme_rules_actions import CodeTaken, RulesUnreadable
from evaluations.sheets.indicators import ANY_GROUP
from evaluations.sheets.parts import Problem
from evaluations.sheets.words import PROBLEMS, THRESHOLDS
from evaluations.windows import SchemeUnknown

REFUSALS = (SchemeError, ApprovalError)


def told(error: Exception) -> str:
    """One sentence for a person."""
    if isinstance(error, ApprovalError):
        return approval_told(error)
    if isinstance(error, FieldsOutOfRange):
        labels = _("、").join(str(TEXTS[name].label) for name in sorted(error.fields))
        return _("这些项目超出了可填的范围：%(labels)s。") % {"labels": labels}
    if isinstance(error, NotUsable):
        name = str(error)
        label = TEXTS[name].label if name in TEXTS else name
        return _("“%(label)s”的值这一版系统的测评还做不到，请改回默认值。") % {
            "label": label
        }
    if isinstance(error, RulesUnreadable):
        return told_field(error.error.field, error.error.problem, error.error.found)
    if isinstance(error, RulesNotReady):
        return " ".join(told_each(error))
    if isinstance(error, BasisUnknown):
        return _("这些文号在这里没有登记：%(numbers)s。") % {"numbers": error}
    if isinstance(error, BasisRepealed):
        titles = _("、").join(str(document) for document in error.documents)
        return _("依据的制度已经废止：%(titles)s。请换成现行的制度。") % {
            "titles": titles
        }
    return _PLAIN[type(error)]()


def told_each(error: Exception) -> list[str]:
    """The same, one sentence for each thing that is wrong: for a list on a page."""
    if not isinstance(error, RulesNotReady):
        return [told(error)]
    return [told_field(one.field, one.problem, one.found) for one in error.obstacles]


def told_field(field: str, problem: Problem, found: str) -> str:
    """Where in the rules, what is wrong, and what stood there."""
    threshold = THRESHOLDS.get(field.removeprefix("thresholds."))
    words = [threshold] if threshold else map(part_word, field.split("."))
    place = " › ".join(str(word) for word in words if word)
    told_found = f"（{found}）" if found else ""
    return f"{place}{_('：')}{PROBLEMS[problem]}{told_found}"


def part_word(part: str) -> str | Promise:
    """A name of the rules in words; codes and group names stand for themselves."""
    if part == ANY_GROUP:
        return _("所有组别")
    return PARTS.get(part, part)


def told_dry_run(error: Exception) -> str:
    if isinstance(error, SchemeUnknown):
        return _("测评用的考核办法在系统里找不到，或者和批准时不一样，不能试算。")
    return told(error)


PARTS: dict[str, str | Promise] = {
    "sets": "",
    "indicators": "",
    "thresholds": "",
    "posts": gettext_lazy("考核哪些岗位"),
    "weight": gettext_lazy("权重"),
    "source": gettext_lazy("数据来源"),
    "target": gettext_lazy("满分对应的数"),
    "floor": gettext_lazy("零分对应的数"),
    "full_mark": gettext_lazy("最大可能的数"),
    "quarters": gettext_lazy("考核的季度"),
    "evidence": gettext_lazy("评分材料"),
    "absent_because": gettext_lazy("不适用的理由"),
    "residents": gettext_lazy("居民评价"),
    "colors": gettext_lazy("三色预警"),
    "good": gettext_lazy("好"),
    "grade": gettext_lazy("等次"),
    "code": gettext_lazy("编号"),
    "name": gettext_lazy("名称"),
}
_PLAIN: dict[type[Exception], Callable[[], str]] = {
    NotADraft: lambda: _("这一版已经不是草稿，不能再改；要改请复制成新的一版。"),
    DraftChanged: lambda: _("打开页面之后有人改过这份草稿，请重新核对再存。"),
    NothingOfItsOwn: lambda: _("和执行中的办法完全一样，没有可以生效的改动。"),
    KindUnknown: lambda: _("这一类办法还不能在系统里执行。"),
    BasisMissing: lambda: _("还没有写总依据：请在“名称和依据”里选一份现行的制度文件。"),
    ResidentsMissing: lambda: _(
        "居民评价的职务没有居民指标，也没有写明理由。请加上居民指标，或写明理由。"
    ),
    NotTried: lambda: _("还没有用上一个季度的数据试算过这些参数。请先试算，看过结果。"),
    RuleKnown: lambda: _("这个文号在这里已经登记过了。"),
    RuleIsRepealed: lambda: _("这份制度已经废止，或者废止日期不晚于发文日期。"),
    NothingToTry: lambda: _("这个区县还没有汇总过的月份，没有可以试算的数据。"),
    NothingRanked: lambda: _("这份办法在这里还没有排过名的季度，没有可以试算的数据。"),
    AlreadyAsked: lambda: _("同样的参数已经在等试算，请稍候。"),
    CodeTaken: lambda: _("这个编号已经有了，请换一个。"),
    DraftMovedOn: lambda: _("提出试算以后草稿又改过，请重新试算。"),
}
