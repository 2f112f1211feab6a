"""Open months that have begun, let newcomers join, end measures that have run out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actions import SYSTEM
from evaluations.quarter_upkeep import keep_up


class Command(BaseCommand):
    help = "平时考核：开始新的月份，加入新任干部，到期的措施记为到期。"

    def handle(self, **options: Any) -> None:
        done = keep_up(by=SYSTEM, at=timezone.now())
        self.stdout.write(
            f"开始 {done.opened} 个月份，加入 {done.joined} 人，"
            f"{done.expired} 项措施到期。"
        )
        if done.refused:
            raise CommandError("；".join(done.refused))
