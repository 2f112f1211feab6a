"""What a clerk is told when an action refuses."""

from django.utils.translation import gettext as _

from residents import actions


def sentence(refusal: Exception) -> str:
    """A refusal of an action in the words of the clerk: what to do now."""
    sentences = {
        actions.ConfirmedByUploader: _("上传的人不能核准，请另一个人来核准。"),
        actions.DigestChanged: _("预检之后名册有了变化。请点“重新预检”，看过再核准。"),
        actions.PreviewTooOld: _("预检已过 72 小时。请点“重新预检”，看过再核准。"),
        actions.NotPreviewed: _("这次导入已经有人处理过了，请回到列表查看。"),
        actions.ImportNotOpen: _("这次导入已经结束，不能再改。"),
        actions.NotStored: _("只有已写入的名册才能撤销，而且只能撤销一次。"),
        actions.UndoTooLate: _("已过 30 天，读出的行已经删去，不能撤销。"),
        actions.UndoAfterSnapshot: _("已经用这份名册冻结过快照，不能撤销。"),
        actions.UndoProposed: _("已经有人提出撤销，等另一个人核准。"),
        actions.NotCurrent: _("这一户已经不住在这里，名册已有变化。"),
        actions.NothingToDecide: _("这一户已经有人核实过了。"),
        actions.PersonErased: _(
            "这一户要求删去姓名和电话，不能再填。本人要改，请登记一件“改正”申请。"
        ),
        actions.NotSuspended: _("这套房屋已经恢复使用。"),
        actions.ConfirmedByProposer: _("录入的人不能核准，请另一个人来核准。"),
        actions.KeepsThisRoster: _("维护这份名册的人不能核准，请名册核准人来核准。"),
        actions.CorrectionDecided: _("这件改正已经有人处理过了。"),
        actions.CorrectionTooOld: _(
            "录入已过 72 小时，不能再核准。请经手人撤回，重新录入。"
        ),
        actions.CorrectionWaiting: _("改正正等另一个人核准。要另作答复，请先撤回。"),
        actions.NothingToReport: _("文件和读出的行已经删去，没有报告可下载。"),
        actions.ExportWaiting: _("您已经申请过这份报告，正等另一个人核准。"),
        actions.ExportDecided: _("这件申请已经有人处理过，或者已经过期。"),
        actions.ReleasedByRequester: _("申请的人不能核准，请另一个人来核准。"),
        actions.ExportClosed: _("这份报告不能下载：没有核准，或者已过一天。"),
        actions.NumberNeverCalled: _(
            "本户要求过不再拨打这个号码，不能再登记。请本人另给一个，或者不填。"
        ),
        actions.CorrectionEmpty: _("名册里已经是这样，没有要改的。"),
        actions.RequestClosed: _("这件申请已经办结。"),
        actions.RequestOpen: _("这一户的同一申请正在办理。"),
        actions.RosterEmpty: _("这个范围还没有核准过的名册，没有可冻结的住户。"),
    }
    return sentences[type(refusal)]
