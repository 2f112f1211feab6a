"""Close an open round by hand, after its deadline: never earlier (T14)."""

import datetime as dt

from audit.actions import SYSTEM
from surveys import actions
from surveys.management.round_command import RoundCommand
from surveys.models import Round


class Command(RoundCommand):
    help = "截止一次测评（不会早于公布的截止时间）。"

    def act(self, survey_round: Round, *, at: dt.datetime) -> Round:
        return actions.close_round(survey_round=survey_round, by=SYSTEM, at=at)
