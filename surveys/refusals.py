"""Refusals in the words of the desk: what is wrong and what can be done about it."""

from collections.abc import Callable

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from ballots.errors import (
    BallotError,
    BoxNotOpen,
    BoxNotReady,
    DeadlineStays,
    NotYet,
    OpeningStopped,
    SecondPersonNeeded,
    TooEarly,
)
from surveys.actions import (
    DraftChanged,
    DraftTooOld,
    NothingTampered,
    NothingToIssue,
    NotProposed,
    RoundError,
    RoundExists,
    RoundNotReady,
    SamePerson,
    WrongState,
)
from surveys.models import Round
from surveys.parameters import ParameterError

REFUSALS = (RoundError, BallotError, ParameterError)


def told(error: Exception) -> str:
    """One sentence for a person; never a code, never a household."""
    if isinstance(error, TooEarly | NotYet) and error.allowed_at is not None:
        moment = formats.date_format(timezone.localtime(error.allowed_at), "Y-m-d H:i")
        return _("还太早：%(moment)s 之后才可以。") % {"moment": moment}
    if isinstance(error, RoundNotReady):
        return " ".join(str(reason) for reason in error.reasons)
    if isinstance(error, RoundExists):
        return _("这个月已经有一次测评：%(code)s。") % {"code": error.code}
    if isinstance(error, WrongState):
        states = dict(Round.State.choices)
        state = states.get(error.state, error.state)
        return _("现在的状态是“%(state)s”，不能这样做。") % {"state": state}
    if isinstance(error, ParameterError):
        return _("办法里的字段 %(field)s 缺少或写错。") % {"field": error.field}
    if isinstance(error, BoxNotReady):
        return _("票箱还没有准备好：%(why)s") % {"why": error}
    if isinstance(error, DeadlineStays):
        return _DEADLINE[error.why]()
    for kind, sentence in _PLAIN.items():
        if isinstance(error, kind):
            return sentence()
    return _("票箱不接受这一步：%(why)s") % {"why": type(error).__name__}


_DEADLINE: dict[str, Callable[[], str]] = {
    "moved": lambda: _("截止时间已经改过一次，不能再改。"),
    "late": lambda: _("原定的截止时间已过，不能再改。"),
    "earlier": lambda: _("截止时间只能推迟，不能提前。"),
    "far": lambda: _("最多推迟14天。"),
}
_PLAIN: dict[type[Exception], Callable[[], str]] = {
    SamePerson: lambda: _("需要另一个人：准备和批准不能是同一个人。"),
    DraftTooOld: lambda: _(
        "这份草稿提出已过72小时。请准备的人重新提出，再由另一个人批准。"
    ),
    DraftChanged: lambda: _("打开页面之后内容变了，请重新核对。"),
    SecondPersonNeeded: lambda: _("这一步需要第二个人同意。"),
    NothingTampered: lambda: _("没有被动过的信封：逐个核对过，都和封存时一样。"),
    NothingToIssue: lambda: _("没有要打印的码单：放出的住户都已经有码。"),
    NotProposed: lambda: _("这件事没有人提出、已经办过，或者超过了72小时。"),
    BoxNotOpen: lambda: _("票箱现在不开放。"),
    NotYet: lambda: _("票箱还没有截止。"),
    OpeningStopped: lambda: _(
        "开箱停止：数目对不上。票箱保持封闭，请系统管理员查看日志。"
    ),
}
