"""The menu of the staff pages: what this user may open, by permission."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import today
from accounts.permissions import Permission as P
from accounts.scopes import permissions_of


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry; shown to holders of any of its permissions."""

    label: str | Promise
    about: str | Promise
    url_name: str
    permissions: frozenset[P]

    @property
    def url(self) -> str:
        return reverse(self.url_name)


MENU = (
    MenuItem(
        _("我的结果"),
        _("看自己的得分、区间和丢分，答复，申诉。"),
        "own:result-list",
        frozenset({P.OWN_RESULT_VIEW}),
    ),
    MenuItem(
        _("住户名册"),
        _("上传名册，看差异，由另一个人核准。"),
        "residents:import-list",
        frozenset({P.ROSTER_VIEW}),
    ),
    MenuItem(
        _("每月测评"),
        _("准备、批准、发码、看参评，到期自动开箱。"),
        "surveys:round-list",
        frozenset({P.ROUND_PREPARE, P.ROUND_APPROVE, P.BOX_TURNOUT}),
    ),
    MenuItem(
        _("结果"),
        _("看组内得分和区间，复核，发布。"),
        "evaluations:home",
        frozenset({P.RESULT_VIEW}),
    ),
    MenuItem(
        _("平时考核"),
        _("每月录入、复核，季度组内排名，预警和措施由人决定。"),
        "evaluations:period-list",
        frozenset({P.RESULT_VIEW}),
    ),
    MenuItem(
        _("评星定级"),
        _("一年一次：提出每个任职的星级，另一个人决定，公布，打印。"),
        "evaluations:year-list",
        frozenset({P.RESULT_VIEW}),
    ),
    MenuItem(
        pgettext_lazy("menu", "申诉"),
        _("受理和答复对结果的申诉，会签作废。"),
        "appeals:appeal-list",
        frozenset({P.APPEAL_DECIDE, P.SIGNAL_DECIDE}),
    ),
    MenuItem(
        pgettext_lazy("menu", "留言"),
        _("读居民写的话，涂黑姓名、电话和门牌，定公布不公布。"),
        "comments:pile-list",
        frozenset({P.COMMENT_REVIEW}),
    ),
    MenuItem(
        pgettext_lazy("menu", "考核办法"),
        _("看每个界限和依据，起草新的一版，试算，两人批准。"),
        "schemes:scheme-list",
        frozenset({P.SCHEME_EDIT, P.RESULT_VIEW}),
    ),
    MenuItem(
        _("施压反映"),
        _("居民反映有人教着填、盯着填；只有数、日期和原话。"),
        "surveys:report-list",
        frozenset({P.SIGNAL_VIEW}),
    ),
    MenuItem(
        _("接口和通知"),
        _("给别的系统发令牌，发布时通知谁。"),
        "connections:connection-list",
        frozenset({P.API_MANAGE}),
    ),
    MenuItem(
        _("工作日历"),
        _("记放假和调休的日子，期限按它算。"),
        "officials:workday-list",
        frozenset({P.SCHEME_EDIT}),
    ),
    MenuItem(
        _("后台任务"),
        _("看等候、运行和失败的任务，必要时重试。"),
        "jobs:run-list",
        frozenset({P.JOB_OPERATE}),
    ),
    MenuItem(
        _("账号"),
        _("开设和停用账号，看谁有什么角色。"),
        "accounts:account-list",
        frozenset({P.ACCOUNT_MANAGE, P.GRANT_MANAGE, P.AUDIT_READ}),
    ),
    MenuItem(
        _("授权"),
        _("授予和收回角色，看哪些快到期。"),
        "accounts:grant-list",
        frozenset({P.GRANT_MANAGE, P.AUDIT_READ}),
    ),
    MenuItem(
        _("双人核准"),
        _("管理员和负责人的角色，一人提出，另一人核准。"),
        "accounts:approval-list",
        frozenset({P.GRANT_MANAGE, P.AUDIT_READ}),
    ),
    MenuItem(
        _("留痕"),
        _("谁在什么时候做了什么。"),
        "accounts:trail",
        frozenset({P.AUDIT_READ}),
    ),
)


def staff_menu(request: HttpRequest) -> dict[str, Any]:
    """Lazy: a resident's page never asks and so never touches a session."""

    @cache
    def menu() -> list[MenuItem]:
        held = permissions_of(request.user, on=today())
        return [item for item in MENU if item.permissions & held]

    def here() -> str:
        """The entry that the page lies under: of two, the one that says more."""
        above = [item.url for item in menu() if request.path.startswith(item.url)]
        return max(above, key=len, default="")

    return {"staff_menu": menu, "staff_here": here}
