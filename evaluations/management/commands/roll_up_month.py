"""Roll up one month by hand: `roll_up_month 2026-10 --division 120101`."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actions import SYSTEM
from evaluations import rollup
from evaluations.windows import SchemeUnknown
from jobs.recording import Recorded
from officials.models import Division


class Command(BaseCommand):
    help = "汇总一个月：计数、算分、评星。没有写区划时，汇总所有待汇总的区县。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="月份，例如 2026-10")
        parser.add_argument("--division", help="区县代码，例如 120101")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, *, month: str, **options: Any) -> None:
        codes = [options["division"]] if options["division"] else _due(month)
        done = [self._roll_up(code, month) for code in codes]
        if options["json"]:
            self.stdout.write(json.dumps({"months": [asdict(one) for one in done]}))
            return
        for one in done:
            state = "已汇总" if one.is_new else "早已汇总"
            self.stdout.write(
                f"{one.division} {one.month} {state}：{one.rounds} 次测评，"
                f"{one.ratings} 个任职。"
            )
        if not done:
            self.stdout.write(f"{month} 没有待汇总的区县。")

    def _roll_up(self, code: str, month: str) -> rollup.RolledUp:
        division = Division.objects.filter(pk=code).first()
        if division is None or len(code) < rollup.DISTRICT_DIGITS:
            message = f"没有这个区县：{code}"
            raise CommandError(message)
        try:
            with Recorded(rollup.JOB, (division.district_code, month)):
                return rollup.roll_up(
                    division=division, month=month, by=SYSTEM, at=timezone.now()
                )
        except (rollup.RollupError, SchemeUnknown, ValueError) as refused:
            message = f"{code} {month}：{type(refused).__name__} {refused}"
            raise CommandError(message) from refused


def _due(month: str) -> list[str]:
    return [code for code, period in rollup.due_months() if period == month]
