"""What a resident reads when something cannot be done: what it is and what to do."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from ballots.codes import GROUPS, normalised
from ballots.errors import CodeTypo
from ballots.models import BallotBox, BallotCode
from surveys.ballot_forms import typed_groups


@dataclass(frozen=True, slots=True)
class TypedGroup:
    text: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class WrongCode:
    title: str
    advice: str
    groups: tuple[TypedGroup, ...] = ()


def typo(typed: str, error: CodeTypo) -> WrongCode:
    """Names the groups to look at again; never guesses a symbol (T18)."""
    anywhere = len(error.groups) == GROUPS
    groups = tuple(
        TypedGroup(text, not anywhere and number in error.groups)
        for number, text in enumerate(typed_groups(typed), start=1)
    )
    return WrongCode(_typo_title(typed, error), _typo_advice(error), groups)


def _typo_title(typed: str, error: CodeTypo) -> str:
    if error.kind == "length":
        return _("码一共 12 个字，您打了 %(count)s 个") % {
            "count": len(normalised(typed))
        }
    if len(error.groups) == GROUPS:
        return _("码里有一个字不对")
    numbers = _("、").join(str(number) for number in error.groups)
    return _("第 %(numbers)s 组好像不对") % {"numbers": numbers}


def _typo_advice(error: CodeTypo) -> str:
    if error.kind == "symbol":
        return _("码里没有数字 0 和 1，也没有字母 O 和 I。请对照信，再看一遍这一组。")
    return _("请对照信，一个字一个字再看一遍。")


def unknown() -> WrongCode:
    return WrongCode(
        _("没有找到这个码"),
        _("请对照信再看一遍。如果收到过两封信，用后来的那一封。"),
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """A page that ends here; `url` and `label` lead on."""

    title: str
    advice: str
    url: str
    label: str
    status: int = 200


def box_not_open(state: str) -> Stop:
    if state == BallotBox.State.SEALED_SETUP:
        return Stop(
            _("还没有开始"),
            _("票箱还没有打开收票。请过几天再来，码一直有效。"),
            reverse("ballot:code"),
            _("返回"),
            409,
        )
    return Stop(
        _("这次测评已经截止"),
        _("票箱关上了，不再收票。已经封好的票都在箱里。"),
        reverse("results:index"),
        _("看结果"),
        409,
    )


def code_void(reason: str) -> Stop:
    why = dict(BallotCode.VoidReason.choices).get(reason, "")
    return Stop(
        _("这个码已经作废"),
        _("原因：%(why)s。请用后来那封信上的码；没有收到的话，请联系寄信的单位。")
        % {"why": why},
        reverse("ballot:code"),
        _("去输入码"),
        409,
    )


def code_gone() -> Stop:
    return Stop(
        _("这个码不在用了"),
        _("这次测评已经结束，码和您家的联系已经销毁。"),
        reverse("results:index"),
        _("看结果"),
        409,
    )


def staff_here() -> Stop:
    """T93: two hats do not fit on one head."""
    return Stop(
        _("这台设备上登录着工作人员账号"),
        _("请先退出工作台，再填问卷；或者换自己的手机填。"),
        reverse("accounts:home"),
        _("去工作台"),
        403,
    )


def page_too_old() -> Stop:
    return Stop(
        _("这一页用不了了"),
        _("可能放得太久，或者浏览器不让保存小数据（Cookie）。请回到开头，再输一次码。"),
        reverse("ballot:code"),
        _("返回"),
        403,
    )


def changed_elsewhere() -> Stop:
    return Stop(
        _("箱里有一张更新的票"),
        _("您打开这一页以后，您家又投了一张票，所以没有收回。要收回，请再点一次。"),
        reverse("ballot:fill"),
        _("回到问卷"),
        409,
    )


def too_often() -> Stop:
    return Stop(
        _("换得太勤了"),
        _("一小时里最多换六次。箱里还是上一张票。请过一会儿再来。"),
        reverse("ballot:code"),
        _("返回"),
        429,
    )


def too_many_look_ups() -> Stop:
    return Stop(
        _("查得太多了"),
        _("请过一小时再查。"),
        reverse("ballot:code"),
        _("返回"),
        429,
    )


def too_many_reports() -> Stop:
    return Stop(
        _("反映得太勤了"),
        _("请过一小时再来。前面的都收到了。"),
        reverse("ballot:code"),
        _("返回"),
        429,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What the look-up may say: a state, and the reason of a void one (T66)."""

    state: str
    title: str
    advice: str
    groups: list[str]


def found(state: str, reason: str, groups: list[str]) -> Found:
    why = dict(BallotCode.VoidReason.choices).get(reason, "")
    said = {
        "in_box": (_("在箱内"), _("这份回执的票在箱里。")),
        "not_in_box": (
            _("不在箱内"),
            _("箱里没有这份回执的票。请看看有没有打错；没有封票的，也查不到。"),
        ),
        "void": (_("已作废"), _("这份回执的码作废了，原因：%(why)s。") % {"why": why}),
        "destroyed": (
            _("票箱已原封销毁"),
            _("这个票箱没有打开就销毁了，里面的票谁也没有看过。"),
        ),
    }
    title, advice = said[state]
    return Found(state, title, advice, groups)
