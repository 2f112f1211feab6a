"""Where a round stands, what happens next, and who does it: read by the page."""

import datetime as dt
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from surveys.models import Round
from surveys.queries import opening_due_at

State = Round.State
ORDER = (
    State.DRAFT,
    State.APPROVED,
    State.OPEN,
    State.CLOSED,
    State.TALLIED,
    State.PUBLISHED,
)


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Next:
    """A sentence about what comes, and who brings it about."""

    what: str
    who: str


def steps_of(survey_round: Round) -> list[Step]:
    """The path of domain 3.9; empty for an annulled round."""
    if survey_round.state == State.ANNULLED:
        return []
    now = ORDER.index(State(survey_round.state))
    return [
        Step(str(state.label), is_done=place < now, is_current=place == now)
        for place, state in enumerate(ORDER)
    ]


def next_of(survey_round: Round) -> Next | None:
    state = State(survey_round.state)
    if state == State.DRAFT:
        return Next(
            _("核对后批准；批准时当场抽样、设置票箱，之后都不能再改。"),
            _("组织部负责人（不能是准备的人）"),
        )
    if state == State.APPROVED and not survey_round.slip_batches.exists():
        return Next(_("打印码单，交给送信的人。"), _("组织部科员"))
    if state == State.APPROVED:
        opens = {"moment": _moment(survey_round.opens_at)}
        return Next(_("%(moment)s 开始，码从那时起有效。") % opens, _("系统自动"))
    if state == State.OPEN:
        closes = {"moment": _moment(survey_round.ballot_box.technical_close)}
        return Next(
            _("%(moment)s 截止。在那之前谁也看不到答案，只看得到参评户数。") % closes,
            _("系统自动"),
        )
    if state == State.CLOSED:
        due = opening_due_at(survey_round)
        if due is None:
            return None
        moment = {"moment": _moment(due)}
        return Next(
            _("作废期到 %(moment)s；之后票箱自动打开，先打乱再解封。") % moment,
            _("系统自动"),
        )
    if state == State.TALLIED:
        return Next(_("汇总成月度评价，然后复核、发布。"), _("系统，然后组织部"))
    return None


def _moment(value: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
