"""Refusals in the words of the desk: what is wrong and what can be done about it."""

from django.utils.translation import gettext as _

from evaluations.actions import (
    NothingToPublish,
    NotReviewed,
    RatingError,
    SamePerson,
    TrailIsBroken,
)
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


def told(error: RatingError) -> str:
    """One sentence for a person."""
    if isinstance(error, NotReviewed):
        return _("还有 %(number)s 项没有复核，复核完才能发布。") % {
            "number": len(error.communities)
        }
    if isinstance(error, SamePerson):
        return _("需要另一个人：复核过的人不能发布。")
    if isinstance(error, NothingToPublish):
        return _("这个月没有等待发布的结果。")
    if isinstance(error, TrailIsBroken):
        return _("留痕核对不上，暂停发布。请审计管理员先查清。")
    return _("这一项的状态已经变了，请看最新的页面。")


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
