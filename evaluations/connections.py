"""Refusals and problems of tokens and messages in the words of the desk."""

from collections.abc import Callable

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations import token_actions as tokens
from evaluations import webhook_actions as webhooks
from evaluations.webhook_targets import TargetRefused

REFUSALS = (tokens.TokenError, webhooks.WebhookError, TargetRefused)

# Why a message does not go, or did not arrive.
PROBLEMS: dict[str, str | Promise] = {
    "not_an_address": gettext_lazy("网址的写法不对"),
    "host_not_listed": gettext_lazy("主机不在允许的名单里"),
    "private_address": gettext_lazy("主机指向内部网络，名单里没有这个网段"),
    "not_encrypted": gettext_lazy("公网地址必须用 https"),
    "no_such_host": gettext_lazy("找不到这个主机"),
    "certificate": gettext_lazy("对方的证书不对"),
    "timeout": gettext_lazy("对方没有及时答复"),
    "no_answer": gettext_lazy("连不上对方"),
}


def told(error: Exception) -> str:
    """One sentence: what stands in the way, and what can be done about it."""
    if isinstance(error, TargetRefused):
        problem = PROBLEMS[str(error)]
        return _("%(problem)s。名单由系统运维在 MINPING_WEBHOOK_HOSTS 里写。") % {
            "problem": problem
        }
    if isinstance(error, tokens.TokenTooLong):
        latest = formats.date_format(error.args[0], "Y-m-d")
        return _("令牌最长12个月，最晚到 %(day)s，止日要晚于起日和今天。") % {
            "day": latest
        }
    return _PLAIN[type(error)]()


_PLAIN: dict[type[Exception], Callable[[], str]] = {
    tokens.TokenOver: lambda: _(
        "这个令牌已经处理、收回，或者超过了72小时。请重新制作。"
    ),
    tokens.ApprovedByMaker: lambda: _("制作的人不能核准，请另一个人来核准。"),
    tokens.ApproverMayNot: lambda: _("您在这个范围没有核准令牌的权限。"),
    tokens.TermsChanged: lambda: _(
        "要核准的内容和您看到的不一样，什么都没有做。请重新核对。"
    ),
    webhooks.AlreadyTold: lambda: _("这个范围已经登记过同一个网址。"),
    webhooks.WebhookOver: lambda: _("这个接收方已经停用。"),
    webhooks.StillWaiting: lambda: _("这一条正在等待发送。"),
}
