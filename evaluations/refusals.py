"""Refusals in the words of the desk: what is wrong and what can be done about it."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations import actions
from evaluations.actions import RatingError
from evaluations.rollup import (
    DistrictBusy,
    MonthIsPast,
    MonthNotDue,
    MonthsGoInOrder,
    RecordDiffers,
)
from evaluations.windows import SchemeUnknown

# What the roll-up of a month refuses with a sentence; anything else is a fault.
ROLLUP_REFUSALS = (SchemeUnknown, RecordDiffers, MonthIsPast, MonthNotDue)
SENTENCES: dict[type[RatingError], str | Promise] = {
    actions.SamePerson: gettext_lazy("需要另一个人：前面经手过的人不能再做这一步。"),
    actions.NothingToPreview: gettext_lazy("没有等待送本人预览的结果。"),
    actions.NothingToAnnounce: gettext_lazy("没有等待公示的结果。"),
    actions.NothingToPublish: gettext_lazy("这个月没有等待发布的结果。"),
    actions.NotWhatWasShown: gettext_lazy("打开页面之后内容变了，请重新核对。"),
    actions.TrailIsBroken: gettext_lazy(
        "留痕核对不上，暂停公示和发布。请审计管理员先查清。"
    ),
    actions.NotYours: gettext_lazy("只能对自己的结果提出申诉。"),
    actions.NotAppealable: gettext_lazy(
        "现在不能申诉：从本人预览起，到公示的最后一天为止可以提出。"
    ),
    actions.AppealFiled: gettext_lazy("这个结果已经申诉过，每个结果申诉一次。"),
    actions.RoundNotInWindow: gettext_lazy(
        "这个结果不含这次测评，或者这次测评中本社区的数字已经作废。"
    ),
    actions.TooLate: gettext_lazy("提出已过72小时，要重新提出。"),
}


def told(error: RatingError) -> str:
    """One sentence for a person."""
    if isinstance(error, actions.NotReviewed):
        return _("还有 %(number)s 项没有复核，复核完才能继续。") % {
            "number": len(error.communities)
        }
    if isinstance(error, actions.NotPreviewed):
        return _("还有 %(number)s 项没有送本人预览，预览后才能公示。") % {
            "number": len(error.communities)
        }
    if isinstance(error, actions.NotAnnounced):
        return _("还有 %(number)s 项没有公示，公示期满才能发布。") % {
            "number": len(error.communities)
        }
    if isinstance(error, actions.NoticeRuns):
        return _("公示到 %(day)s（含当日）为止，第二天起才能发布。") % {
            "day": date_format(error.ends_on, "DATE_FORMAT")
        }
    stale = _("这一项的状态已经变了，请看最新的页面。")
    return str(SENTENCES.get(type(error), stale))


def told_rollup(error: Exception) -> str:
    """Why a month was not rolled up, and who can do what about it."""
    if isinstance(error, SchemeUnknown):
        return _(
            "测评用的考核办法在系统里找不到，或者和批准时不一样。"
            "请核对办法的版本，恢复后再试；在此之前这个月不会有结果。"
        )
    if isinstance(error, RecordDiffers):
        return _(
            "重算的结果和已存的评价不一致。已存的评价没有改动；"
            "这是一次事件，请审计管理员核对这个月的答卷和名册快照。"
        )
    if isinstance(error, DistrictBusy):
        return _("另一个工作进程正在汇总这个区县，等它做完就好。")
    if isinstance(error, MonthsGoInOrder):
        return _("%(month)s 的答卷还没有汇总，请先汇总那个月。") % {"month": error}
    if isinstance(error, MonthNotDue):
        return _("还有测评没有开箱，或者没有要汇总的测评；到时候会自动汇总。")
    return _(
        "后面的月份已经汇总过，这个月不能再补进去。请组织部负责人决定是否作废这次测评。"
    )
