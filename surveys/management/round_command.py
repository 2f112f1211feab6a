"""What the three commands on a round share: find it, do it, say it."""

import abc
import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from surveys.models import Round
from surveys.refusals import REFUSALS, told


class RoundCommand(BaseCommand):
    """Exit 0 done, 1 refused with the reason, 2 wrong usage."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="测评编号，例如 120101-2026-11")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        survey_round = Round.objects.filter(code=options["code"]).first()
        if survey_round is None:
            message = f"没有编号为 {options['code']} 的测评。"
            raise CommandError(message)
        try:
            done = self.act(survey_round, at=timezone.now())
        except REFUSALS as error:
            raise CommandError(told(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(self.facts(done), ensure_ascii=False))
        else:
            self.stdout.write(f"{done.code}：{done.get_state_display()}。")

    @abc.abstractmethod
    def act(self, survey_round: Round, *, at: dt.datetime) -> Round:
        """The verb of this command; the round as it is afterwards."""

    def facts(self, survey_round: Round) -> dict[str, Any]:
        return {"round": survey_round.code, "state": survey_round.state}
