"""What stands beside a figure, in words for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models import MonthlyRating
from evaluations.scoring.ladder import Audience, Consequence
from evaluations.scoring.last_place import Check
from evaluations.scoring.method import Method
from evaluations.scoring.ranks import Tier
from evaluations.scoring.results import Caution
from evaluations.scoring.rounding import rounded

Words = str | Promise

WITHHELD: dict[Audience, Words] = {
    Audience.OFFICE: _("样本不足"),
    Audience.PUBLIC: _("回答太少"),
}
CAUTIONS: dict[str, Words] = {
    Caution.STRATA_JOINED: _("有的层没有答卷，并入了相邻的层。"),
    Caution.STRATUM_UNCOVERED: _("有的层一户也没有答，没有代表在内。"),
    Caution.AREA_FACTOR: _("答卷较少，应答补齐用的是整个街道的系数。"),
    Caution.KISH_HIGH: _("各户代表的户数相差较大，误差比户数看上去的大。"),
    Caution.NOT_RAKED: _("加权没有达到各项户数，用的是未调整的权数。"),
}
STAR_NAMES: dict[int, Words] = {
    1: _("一星"),
    2: _("二星"),
    3: _("三星"),
    4: _("四星"),
    5: _("五星"),
}
# M80: what residents see of a rank.
TIERS: dict[str, Words] = {
    Tier.ABOVE: _("高于组内平均"),
    Tier.NOT_DISTINGUISHABLE: _("与组内平均分不出高低"),
    Tier.BELOW: _("低于组内平均"),
}
# M81, for the office only.
CHECKS: dict[str, Words] = {
    Check.LARGEST_RANK: _("名次在组内最后"),
    Check.HELD_ALONE: _("没有并列"),
    Check.SET_IN_LOWER_HALF: _("名次范围整个在后一半"),
    Check.WINDOW_VALID: _("窗口有效"),
    Check.ANSWERS_ENOUGH: _("户数够，或前后两个不重叠的窗口都是这样"),
    Check.FRESH_ANSWERS_ENOUGH: _("本季度自己的三个月户数够"),
    Check.FRESH_BELOW_GROUP: _("本季度自己的三个月也低于组内平均"),
}
# M88, for the office only.
CONSEQUENCES: dict[str, Words] = {
    Consequence.NONE: _("户数太少，不作任何处理的依据"),
    Consequence.TWO_PERIODS: _("单凭这一期不作处理；不重叠的两期结果相同才可以提出"),
    Consequence.YES: _("户数够，可以提出建议，由有权的人决定"),
}
# M24, of released households that gave no usable answer.
DISPOSITIONS: dict[str, Words] = {
    "refusal": _("拒绝或没填完"),
    "no_contact": _("没有联系上"),
    "other": _("联系上了但没能答"),
    "unknown": _("不知道有没有人住"),
    "not_eligible": _("不在范围内（空置、搬走等）"),
}


# M37: what the weights are adjusted to.
MARGINS: dict[str, Words] = {
    "community": _("社区"),
    "age3": _("年龄段"),
    "sex2": _("性别"),
    "tenure": _("自有或租住"),
}


def mark_text(rating: MonthlyRating, method: Method) -> str:
    """What must be said beside every figure of an area that is not valid (M29)."""
    if rating.validity == MonthlyRating.Mark.INCOMPLETE:
        return gettext("窗口未满：%(existing)s/%(wanted)s 个月") % {
            "existing": rating.months_existing,
            "wanted": rating.months_wanted,
        }
    if rating.validity == MonthlyRating.Mark.BELOW_TARGET:
        rate = rounded(100 * method.sampling_rate, 0)
        return gettext("未达到%(rate)s%%") % {"rate": rate}
    return ""
