"""Open the box of a closed round by hand; a round already tallied is success (T46)."""

import datetime as dt
from typing import Any

from audit.actions import SYSTEM
from surveys import actions
from surveys.management.round_command import RoundCommand
from surveys.models import Round


class Command(RoundCommand):
    help = "开箱：把密封的选票打乱、解开、入库，然后销毁钥匙。"

    def act(self, survey_round: Round, *, at: dt.datetime) -> Round:
        if survey_round.state in (Round.State.TALLIED, Round.State.PUBLISHED):
            return survey_round
        return actions.open_round_box(survey_round=survey_round, by=SYSTEM, at=at)

    def facts(self, survey_round: Round) -> dict[str, Any]:
        opening = survey_round.ballot_box.openings.first()
        return {
            **super().facts(survey_round),
            "box": str(survey_round.box_id),
            "box_state": survey_round.ballot_box.state,
            "opened": opening.opened if opening else 0,
            "papers": opening.papers if opening else 0,
            "invalid": opening.invalid if opening else 0,
            "withheld": opening.withheld if opening else 0,
        }
