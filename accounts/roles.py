"""Roles (T83): a sentence of prose and permissions each. Only this file knows them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission as P


@dataclass(frozen=True, slots=True)
class Role:
    code: str
    name: str | Promise
    about: str | Promise
    permissions: frozenset[P]
    # Proposed by one, approved by another person who may grant (T92).
    takes_two: bool = False


STREET_ADMINISTRATOR = Role(
    "street_administrator",
    _("街道管理员"),
    _("上传并维护本街道的住户名册，不能自己核准。"),
    frozenset({P.ROSTER_VIEW, P.ROSTER_REVEAL, P.ROSTER_IMPORT, P.DATA_REQUEST_HANDLE}),
)
ROSTER_APPROVER = Role(
    "roster_approver",
    _("名册核准人"),
    _("另一个单位的人，看过差异后核准名册。"),
    frozenset({P.ROSTER_VIEW, P.ROSTER_APPROVE}),
)
AGENCY_LEAD = Role(
    "agency_lead",
    _("第三方负责人"),
    _("打印、送达信件，安排访问；看不到名册以外的任何评价。"),
    frozenset({P.LETTER_HANDLE, P.BOX_TURNOUT}),
)
DEPARTMENT_CLERK = Role(
    "department_clerk",
    _("组织部科员"),
    _("准备每月评价，抽样发码，复核结果；不能自己发布。"),
    frozenset(
        {
            P.ROUND_PREPARE,
            P.DRAW_RUN,
            P.CODE_ISSUE,
            P.CODE_VOID,
            P.BOX_SETUP,
            P.BOX_TURNOUT,
            P.COMMENT_REVIEW,
            P.RESULT_VIEW,
            P.RESULT_REVIEW,
            P.SCHEME_EDIT,
            P.ADJUST_PROPOSE,
            P.EXPORT_FIGURES,
        }
    ),
)
DEPARTMENT_HEAD = Role(
    "department_head",
    _("组织部负责人"),
    _("批准评价开始，发布复核过的结果。"),
    frozenset(
        {
            P.ROUND_APPROVE,
            P.BOX_APPROVE,
            P.BOX_TURNOUT,
            P.RESULT_VIEW,
            P.RESULT_PUBLISH,
            P.SIGNAL_VIEW,
            P.SIGNAL_DECIDE,
            P.SCHEME_EDIT,
            P.ADJUST_APPROVE,
            P.MEASURE_DECIDE,
            P.EXPORT_FIGURES,
            P.API_MANAGE,
        }
    ),
    takes_two=True,
)
RATED_PERSON = Role(
    "rated_person",
    _("被评干部"),
    _("看自己的结果和算法，答复，申诉；看不到别人的。"),
    frozenset({P.OWN_RESULT_VIEW, P.APPEAL_FILE}),
)
APPEAL_REVIEWER = Role(
    "appeal_reviewer",
    _("申诉复核人"),
    _("复核申诉；不能是给这个结果复核或发布的人。"),
    frozenset({P.APPEAL_DECIDE, P.RESULT_VIEW}),
)
DISCIPLINE_INSPECTOR = Role(
    "discipline_inspector",
    _("纪检监察"),
    _("看有没有人教着填、盯着填，查过程；看不到名册、选票和成绩。"),
    frozenset({P.SIGNAL_VIEW, P.AUDIT_VERIFY}),
)
SYSTEM_ADMINISTRATOR = Role(
    "system_administrator",
    _("系统管理员"),
    _("开设账号、看运行情况；看不到名册、选票和成绩。"),
    frozenset({P.ACCOUNT_MANAGE, P.JOB_OPERATE}),
    takes_two=True,
)
SECURITY_ADMINISTRATOR = Role(
    "security_administrator",
    _("安全管理员"),
    _("授予和收回角色；看不到名册、选票和成绩。"),
    frozenset({P.GRANT_MANAGE}),
    takes_two=True,
)
AUDIT_ADMINISTRATOR = Role(
    "audit_administrator",
    _("审计管理员"),
    _("查看全部留痕，删不掉任何一条。"),
    frozenset({P.AUDIT_READ, P.AUDIT_VERIFY}),
    takes_two=True,
)

ROLES = {
    role.code: role
    for role in (
        STREET_ADMINISTRATOR,
        ROSTER_APPROVER,
        AGENCY_LEAD,
        DEPARTMENT_CLERK,
        DEPARTMENT_HEAD,
        RATED_PERSON,
        APPEAL_REVIEWER,
        DISCIPLINE_INSPECTOR,
        SYSTEM_ADMINISTRATOR,
        SECURITY_ADMINISTRATOR,
        AUDIT_ADMINISTRATOR,
    )
}


# 三员分立: no two of them in one hand, and none beside a business role (T87, T94).
ADMINISTRATORS = frozenset(
    role.code
    for role in (SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDIT_ADMINISTRATOR)
)


def roles_with(permission: P) -> list[str]:
    return [role.code for role in ROLES.values() if permission in role.permissions]
