"""Remove what rounds may not keep any longer: what the schedule does every night."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from audit.actions import SYSTEM
from surveys.purging import RULES


class Command(BaseCommand):
    help = "清除测评里超过保存期限的资料（码、结果、名单、留言），逐条规则报数。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        removed = {
            rule.name: sum(
                rule.act(survey_round=found, by=SYSTEM, at=now)
                for found in rule.due(now).order_by("pk")
            )
            for rule in RULES
        }
        if options["json"]:
            self.stdout.write(json.dumps(removed))
        else:
            for name, rows in removed.items():
                self.stdout.write(f"{name}：{rows} 行")
