"""Void the unused code of one drawn household by hand; a used one takes two (T23)."""

import datetime as dt
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.actions import SYSTEM
from surveys import actions
from surveys.forms import HOUSEHOLD_REASONS, FindHouseholdForm
from surveys.management.round_command import RoundCommand
from surveys.models import Round


class Command(RoundCommand):
    help = "作废一户还没用过的码；用过的码要两个人在页面上办。"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("serial", help="码单编号，例如 120101002014-007")
        parser.add_argument(
            "--reason",
            required=True,
            choices=[reason for reason, _label in HOUSEHOLD_REASONS],
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.serial, self.reason = options["serial"], options["reason"]
        super().handle(*args, **options)

    def act(self, survey_round: Round, *, at: dt.datetime) -> Round:
        form = FindHouseholdForm({"serial": self.serial}, survey_round=survey_round)
        if not form.is_valid():
            raise CommandError(" ".join(map(str, form.errors["serial"])))
        actions.void_household_code(
            sampled=form.cleaned_data["serial"], reason=self.reason, by=SYSTEM, at=at
        )
        return survey_round
