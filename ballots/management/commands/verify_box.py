"""Check a box: exit 0 sound, 1 with every fault, 2 when there is no such box."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ballots.models import BallotBox
from ballots.verifying import verify_box


class Command(BaseCommand):
    help = "核对一个票箱的数目、摘要和默克尔根：完好退出 0，否则逐条列出，退出 1。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("box", type=UUID, help="票箱编号")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, *args: Any, **options: Any) -> None:
        box = BallotBox.objects.filter(pk=options["box"]).first()
        if box is None:
            message = f"没有票箱 {options['box']}。"
            raise CommandError(message, returncode=2)
        found = verify_box(box)
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(found), "sound": found.is_sound}))
        else:
            self.stdout.write(
                f"票箱 {found.box}（{box.get_state_display()}）：码 {found.codes}，"
                f"已用 {found.used}，信封 {found.envelopes}，回执 {found.receipts}。"
            )
            for fault in found.faults:
                self.stdout.write(f"  {fault}")
        if not found.is_sound:
            message = f"票箱有 {len(found.faults)} 处问题。"
            raise CommandError(message, returncode=1)
        if not options["json"]:
            self.stdout.write("票箱完好。")
