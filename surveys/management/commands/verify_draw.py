"""Redo a draw from its seed and compare it with what is stored (M16, M17)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys import actions
from surveys.models import SampleDraw


class Command(BaseCommand):
    help = "按种子重抽一遍，和存下的次序比较：一致退出 0，不一致退出 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="测评编号，例如 120101-2026-11")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        draw = SampleDraw.objects.filter(round__code=options["code"]).first()
        if draw is None:
            message = f"没有编号为 {options['code']} 的抽样。"
            raise CommandError(message)
        compared, wrong = _compare(draw)
        if options["json"]:
            answer = {"round": options["code"], "households": compared, "wrong": wrong}
            self.stdout.write(json.dumps(answer))
        if wrong:
            message = f"与种子不一致的层：{'、'.join(wrong)}。"
            raise CommandError(message, returncode=1)
        if not options["json"]:
            self.stdout.write(f"一致：{compared} 户的次序都和种子相符。")


def _compare(draw: SampleDraw) -> tuple[int, list[str]]:
    """Households compared, and the strata that do not agree."""
    try:
        orders = actions.redo_draw(draw)
    except actions.RoundNotReady as error:
        return 0, [str(error)]
    compared, wrong = 0, []
    for stratum in draw.strata.all():
        stored = stratum.households.order_by("position")
        households = list(stored.values_list("household_id", flat=True))
        compared += len(households)
        if households != orders[stratum.code][: len(households)]:
            wrong.append(stratum.code)
    return compared, wrong
