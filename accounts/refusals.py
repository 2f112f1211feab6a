"""Refusals of roles, accounts and approvals in the words of the desk."""

from collections.abc import Callable

from django.utils import formats
from django.utils.translation import gettext as _

from accounts import places
from accounts.actions import (
    AccountClosed,
    AccountRefused,
    AlreadyGranted,
    ApprovalError,
    ApprovalSpent,
    ApprovalWaiting,
    ApprovedByProposer,
    ApproverMayNot,
    GrantOver,
    GrantRefused,
    Incompatible,
    InsideRatedUnit,
    NotForOneself,
    NothingChanges,
    OwnAccount,
    PayloadChanged,
    TooLong,
    TwoNeeded,
)
from accounts.incompatible import Clash

REFUSALS = (GrantRefused, ApprovalError, AccountRefused)


def told(error: Exception) -> str:
    """One sentence: what stands in the way, and what can be done about it."""
    if isinstance(error, Incompatible):
        return clash_told(error.clash)
    if isinstance(error, InsideRatedUnit):
        return _(
            "“%(role)s”不能授在社区一级：%(place)s是被评单位。请授街道或区县。"
        ) % {
            "role": error.wanted.role.name,
            "place": places.told(error.wanted.scope),
        }
    if isinstance(error, TooLong):
        latest = formats.date_format(error.args[0], "Y-m-d")
        return _("角色最长12个月，最晚到 %(day)s。") % {"day": latest}
    return _PLAIN[type(error)]()


def clash_told(clash: Clash) -> str:
    """Both roles, both places, and the reason (T87)."""
    why = _CLASHES[clash.rule]()
    return _("在%(here)s是“%(held)s”，不能再在%(there)s当“%(wanted)s”：%(why)s") % {
        "here": places.told(clash.held.scope),
        "held": clash.held.role.name,
        "there": places.told(clash.wanted.scope),
        "wanted": clash.wanted.role.name,
        "why": why,
    }


_CLASHES: dict[str, Callable[[], str]] = {
    "roster": lambda: _("同一范围的名册，上传和核准必须是两个人。"),
    "administrators": lambda: _("系统、安全、审计三员必须是三个人。"),
    "business": lambda: _("系统、安全、审计三员不办业务。"),
    "letters": lambda: _("发码和送信必须是两个人。"),
    "clerk_head": lambda: _("科员准备、负责人批准，必须是两个人。"),
    "appeal": lambda: _("复核或发布结果的人不能再复核申诉。"),
    "rated": lambda: _("被评社区的人不碰抽样、发码、参评和审核。"),
}

_PLAIN: dict[type[Exception], Callable[[], str]] = {
    AccountClosed: lambda: _("这个账号已停用，不能授予角色。"),
    AlreadyGranted: lambda: _(
        "这个人在这段时间已经有这个角色。续期请从原来的止日开始。"
    ),
    NotForOneself: lambda: _("自己的角色要由别人授予和核准。"),
    TwoNeeded: lambda: _("这个角色要两个人：一人提出，另一人核准。"),
    GrantOver: lambda: _("这项授权已经收回或者到期。"),
    ApprovalWaiting: lambda: _("您已经提出过同一件事，正在等人核准。"),
    ApprovalSpent: lambda: _("这件事已经处理、撤回，或者超过了72小时。请重新提出。"),
    ApprovedByProposer: lambda: _("提出的人不能核准，请另一个人来核准。"),
    ApproverMayNot: lambda: _("您在这个范围没有核准这件事的权限。"),
    PayloadChanged: lambda: _(
        "要核准的内容和您看到的不一样，什么都没有做。请重新核对。"
    ),
    OwnAccount: lambda: _("这一步不能对自己正在用的账号做。"),
    NothingChanges: lambda: _("没有变化。"),
}
