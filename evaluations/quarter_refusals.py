"""Refusals of regular assessment in the words of the desk."""

from collections.abc import Callable

from django.utils import formats
from django.utils.translation import gettext as _

from accounts.refusals import REFUSALS as ACCOUNT_REFUSALS
from accounts.refusals import told as told_by_accounts
from evaluations import quarter_actions as verbs

REFUSALS = (verbs.QuarterError, *ACCOUNT_REFUSALS)


def told(error: Exception) -> str:
    """One sentence: what stands in the way, and what can be done about it."""
    if not isinstance(error, verbs.QuarterError):
        return told_by_accounts(error)
    if isinstance(error, verbs.MonthsNotReviewed):
        names = _("、").join(error.months)
        return _("%(months)s 还没有全部复核，复核完才能排名。") % {"months": names}
    if isinstance(error, verbs.PublicityRuns):
        day = formats.date_format(error.args[0], "Y-m-d")
        return _("公示到 %(day)s 为止，第二天起可以定案。") % {"day": day}
    if isinstance(error, verbs.MonthsGoInOrder):
        return _("前面的 %(periods)s 还没有定案，请先办那一季。") % {"periods": error}
    sentence = _PLAIN.get(type(error))
    return sentence() if sentence else _("这一项已经变了，请看最新的页面。")


_PLAIN: dict[type[Exception], Callable[[], str]] = {
    verbs.AppealsOpen: lambda: _("还有申诉没有答复，答复完才能定案。"),
    verbs.AlreadyEntered: lambda: _(
        "这一项已经录过。录过的数不改，只能由一人提出调整、另一人核准。"
    ),
    verbs.FigureOutOfRange: lambda: _("数字超出这一项允许的范围。"),
    verbs.EvidenceUnfit: lambda: _("请勾选凭据种类，只能是办法列出的几种。"),
    verbs.NoSuchIndicator: lambda: _("这张得分单里没有这一项，或者它不用人工录入。"),
    verbs.OwnFigure: lambda: _("不能给自己录入、复核或作决定，请换一个人。"),
    verbs.MonthIsRunning: lambda: _("这个月还没有截止，先截止再复核。"),
    verbs.QuarterIsRanked: lambda: _("这一季已经排名，只有申诉成立才能改动。"),
    verbs.NotFinal: lambda: _("这一季还没有定案，定案以后才评定预警。"),
    verbs.ColorsAreProposed: lambda: _("这一季的预警已经评定过。"),
    verbs.NotHeard: lambda: _("清退以前必须先听取本人意见，请先登记。"),
    verbs.SamePerson: lambda: _("已经有您的一票，还要另一位负责人核准。"),
    verbs.NotByRule: lambda: _("办法没有写可以追加这项措施。"),
    verbs.MeasureStands: lambda: _("这一季已经有同样的措施。"),
    verbs.ReasonMissing: lambda: _("请写明理由或记录。"),
}
