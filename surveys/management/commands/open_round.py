"""Open an approved round by hand: what the schedule does when it is due."""

import datetime as dt

from audit.actions import SYSTEM
from surveys import actions
from surveys.management.round_command import RoundCommand
from surveys.models import Round


class Command(RoundCommand):
    help = "开始一次已批准的测评：码从此有效。"

    def act(self, survey_round: Round, *, at: dt.datetime) -> Round:
        return actions.open_round(survey_round=survey_round, by=SYSTEM, at=at)
