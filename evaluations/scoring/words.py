"""Every code of a report in words, Chinese and English: for whoever reads the JSON."""

from __future__ import annotations

from enum import StrEnum

from evaluations.scoring.results import Caution, Reason
from evaluations.scoring.shares import Hidden
from evaluations.scoring.window import Validity


class Remark(StrEnum):
    """What a report says beside the figures, on top of the cautions of an estimate."""

    UNSUPPRESSED = "unsuppressed"
    COLUMNS_NOT_USED = "columns_not_used"
    SCORES_ROUNDED = "scores_rounded"
    MARGINS_NOT_IN_SCHEME = "margins_not_in_scheme"
    MARGINS_WITHOUT_REGISTER = "margins_without_register"
    DEPARTS_FROM_METHOD = "departs_from_method"
    SCORE_RANGE = "score_range"
    BUILDINGS_UNKNOWN = "buildings_unknown"
    MODES_NOT_USED = "modes_not_used"
    MODES_MISSING = "modes_missing"
    BELOW_FLOOR = "below_floor"
    OFFICE_ONLY = "office_only"


class NoStar(StrEnum):
    """Why there is no star."""

    NO_ANSWERS = "star_no_answers"
    NOT_VALID = "star_window_not_valid"
    NO_DIFFERENCES = "star_no_differences"
    TOO_FEW = "star_too_few"
    NO_ERROR = "star_no_standard_error"


class NoRanks(StrEnum):
    """Why a peer group has no ranks."""

    TOO_SMALL = "group_too_small"


WORDS: dict[str, tuple[str, str]] = {
    Remark.UNSUPPRESSED: (
        "数字未经隐去，只供审计，不得公布",
        "figures are not suppressed: for auditors, not for publication",
    ),
    Remark.COLUMNS_NOT_USED: ("没有用到的列：{}", "columns that were not used: {}"),
    Remark.SCORES_ROUNDED: (
        "有 {} 份得分按 M41 四舍五入到万分之一分",
        "{} scores were rounded to ten-thousandths of a point (M41)",
    ),
    Remark.MARGINS_NOT_IN_SCHEME: (
        "校准用了方案里没有的边际：{}",
        "raked to margins that are not in the scheme: {}",
    ),
    Remark.MARGINS_WITHOUT_REGISTER: (
        "方案列出、但没有给户数的边际，未用：{}",
        "margins of the scheme without household counts, not used: {}",
    ),
    Remark.DEPARTS_FROM_METHOD: (
        "不合方法，仅供核对参考数：{}",
        "departs from the method, for reference numbers only: {}",
    ),
    Remark.SCORE_RANGE: (
        "数字用文件自己的单位：{}",
        "figures are in the unit of the file: {}",
    ),
    Remark.BUILDINGS_UNKNOWN: (
        "有的层没有楼栋数，方差不作有限总体修正",
        "a stratum without its number of buildings: no finite population correction",
    ),
    Remark.MODES_NOT_USED: (
        "给了方式系数，但 mode.adjust 是 false，没有用",
        "mode coefficients were given and mode.adjust is false: not used",
    ),
    Remark.MODES_MISSING: (
        "mode.adjust 是 true，但没有给方式系数，未作调整",
        "mode.adjust is true and no mode coefficients were given: not adjusted",
    ),
    Remark.BELOW_FLOOR: (
        "回答太少：任何人都不得看到这个数（M82）",
        "too few answers: nobody may see this figure (M82)",
    ),
    Remark.OFFICE_ONLY: (
        "回答少：只有评价办可以看，附固定警示（M82）",
        "few answers: for the office only, with the fixed warning (M82)",
    ),
    Validity.BELOW_TARGET: (
        "未达到抽样比例：可用答卷少于 T（M11、M29），不得提出处理",
        "below the sampling rate: fewer usable than T (M11, M29), no consequence",
    ),
    Validity.INCOMPLETE: (
        "窗口未满（M29），不得提出处理",
        "the window is not full yet (M29), no consequence",
    ),
    Caution.STRATA_JOINED: (
        "有的层没有答卷，已并入同社区的下一层（M35）",
        "a stratum without answers was joined with the next of its community (M35)",
    ),
    Caution.STRATUM_UNCOVERED: (
        "有的层没有抽取或全社区没有答卷，没有权重代表它（M35）",
        "a stratum that no weight speaks for (M35)",
    ),
    Caution.AREA_FACTOR: (
        "有的社区答卷太少，用了全区域的应答系数（M36）",
        "a community with few answers takes the response factor of the area (M36)",
    ),
    Caution.KISH_HIGH: (
        "权重相差大：Kish 系数超过警戒值（M40）",
        "uneven weights: the Kish factor is above its warning (M40)",
    ),
    Caution.NOT_RAKED: (
        "未校准：权重没能对上名册，用的是 w1（M39）",
        "not raked: the register could not be met, weights are w1 (M39)",
    ),
    Reason.NO_ANSWERS: ("没有可用答卷（M59）", "no usable answers (M59)"),
    Reason.ONE_ANSWER: (
        "只有一份可用答卷，没有方差（M59）",
        "one usable answer, no variance (M59)",
    ),
    Reason.LONELY_COMMUNITY: (
        "社区里只有一个单位有答卷，方差未知（M59）",
        "one unit with answers in a community, its variance is unknown (M59)",
    ),
    Reason.NO_SPREAD: (
        "答卷全都一样，不给标准误，区间用 Clopper-Pearson（M59）",
        "answers do not differ: no standard error, Clopper-Pearson interval (M59)",
    ),
    Reason.NO_DEGREES_OF_FREEDOM: (
        "自由度小于 1，不给区间（M54）",
        "less than one degree of freedom, no interval (M54)",
    ),
    Hidden.TOO_FEW: (
        "回答或有效回答太少，不公布（M57）",
        "too few answers or effective answers (M57)",
    ),
    Hidden.NO_INTERVAL: ("没有区间，不公布（M57）", "no interval (M57)"),
    Hidden.TOO_WIDE: ("区间太宽，不公布（M57）", "the interval is too wide (M57)"),
    Hidden.TOO_WIDE_FOR_ITS_SIZE: (
        "区间与比例相比太宽，不公布（M57）",
        "the interval is too wide for the size of the share (M57)",
    ),
    NoStar.NO_ANSWERS: ("没有可用答卷", "no usable answers"),
    NoStar.NOT_VALID: (
        "窗口未满或未达到抽样比例，星级不动（M29）",
        "the window is not valid, no star moves (M29)",
    ),
    NoStar.NO_DIFFERENCES: (
        "本期各任职之间未测出差异（M71）",
        "no difference was measured between the appointments (M71)",
    ),
    NoStar.TOO_FEW: (
        "答卷数或可靠度不够定星（M72、M82）",
        "too few answers, or not reliable enough, for a star (M72, M82)",
    ),
    NoStar.NO_ERROR: (
        "没有标准误，不能定星（M7、M75）",
        "no standard error, so no star (M7, M75)",
    ),
    NoRanks.TOO_SMALL: (
        "有星级的任职太少，不排名（M78）",
        "too few appointments with a star, no ranks (M78)",
    ),
}


def told(code: StrEnum, *given: object) -> dict[str, str]:
    """A code with its words in both languages; `given` fills their gap."""
    chinese, english = WORDS[code]
    return {
        "code": code.value,
        "zh": chinese.format(*given),
        "en": english.format(*given),
    }
