"""Roll up everything that is due, oldest month first."""

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
    help = "汇总所有待汇总的月份，从最早的开始。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, **options: Any) -> None:
        done, refused = roll_up_all()
        if options["json"]:
            outcome = {"months": [asdict(one) for one in done], "refused": refused}
            self.stdout.write(json.dumps(outcome))
        else:
            for one in done:
                self.stdout.write(f"{one.division} {one.month}：{one.ratings} 个任职。")
            if not done and not refused:
                self.stdout.write("没有待汇总的月份。")
        if refused:
            raise CommandError("；".join(refused))


def roll_up_all() -> tuple[list[rollup.RolledUp], list[str]]:
    """Every due month once; a refused district does not stop the others."""
    done, refused = [], []
    for code, month in rollup.due_months():
        division = Division.objects.get(pk=code)
        try:
            with Recorded(rollup.JOB, (code, month)):
                done.append(
                    rollup.roll_up(
                        division=division, month=month, by=SYSTEM, at=timezone.now()
                    )
                )
        except (rollup.RollupError, SchemeUnknown, ValueError) as error:
            refused.append(f"{code} {month} {type(error).__name__}: {error}")
    return done, refused
