"""Invented people: the staff of the demo and a secretary for every community."""

from accounts import roles
from accounts.roles import Role

DISTRICT = "120101"
STREET = "120101002"
# 解放路社区, whose secretary has an account and, in the whole district, appeals.
RATED_COMMUNITY, APPELLANT, REVIEWER = "120101002010", "shuji", "fuhe"

# account, name, role, scope; one per role, and a second security administrator: the
# roles of administrators and heads take two (T92).
STAFF: tuple[tuple[str, str, Role, str], ...] = (
    ("jiedao", "街道管理员 江晚", roles.STREET_ADMINISTRATOR, STREET),
    ("hezhun", "名册核准人 秦朗", roles.ROSTER_APPROVER, DISTRICT),
    ("keyuan", "组织部科员 宋知秋", roles.DEPARTMENT_CLERK, DISTRICT),
    ("jijian", "纪检监察 许守正", roles.DISCIPLINE_INSPECTOR, DISTRICT),
    ("buzhang", "组织部负责人 沈怀山", roles.DEPARTMENT_HEAD, DISTRICT),
    ("disanfang", "第三方负责人 陆明", roles.AGENCY_LEAD, DISTRICT),
    (APPELLANT, "社区书记 柏素珍", roles.RATED_PERSON, RATED_COMMUNITY),
    (REVIEWER, "申诉复核人 章平", roles.APPEAL_REVIEWER, DISTRICT),
    ("xitong", "系统管理员 余航", roles.SYSTEM_ADMINISTRATOR, DISTRICT),
    ("anquan", "安全管理员 白露", roles.SECURITY_ADMINISTRATOR, DISTRICT),
    ("anquan2", "安全管理员 何静", roles.SECURITY_ADMINISTRATOR, DISTRICT),
    ("shenji", "审计管理员 严慎", roles.AUDIT_ADMINISTRATOR, DISTRICT),
)

SURNAMES = (
    ("安", "an"),
    ("柏", "bai"),
    ("岑", "cen"),
    ("戴", "dai"),
    ("樊", "fan"),
    ("葛", "ge"),
    ("韩", "han"),
    ("季", "ji"),
    ("康", "kang"),
    ("雷", "lei"),
    ("梅", "mei"),
    ("倪", "ni"),
    ("欧", "ou"),
    ("潘", "pan"),
    ("齐", "qi"),
    ("任", "ren"),
)
GIVEN_NAMES = (
    ("桂兰", "guilan"),
    ("志远", "zhiyuan"),
    ("淑敏", "shumin"),
    ("建业", "jianye"),
    ("雅琴", "yaqin"),
    ("国栋", "guodong"),
    ("丽华", "lihua"),
    ("文博", "wenbo"),
    ("素珍", "suzhen"),
)


def secretary_name(number: int) -> tuple[str, str]:
    """The name and sort key of the secretary with this number; 144 differ."""
    surname, sort_surname = SURNAMES[number % len(SURNAMES)]
    given, sort_given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    return surname + given, f"{sort_surname} {sort_given}"
