"""The nightly work on accounts, by hand."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.actions.nightly import tidy_accounts
from audit.actions import SYSTEM


class Command(BaseCommand):
    help = "锁定 60 天没用过的账号，清除一天以前的登录失败和已结束的登录。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        done = tidy_accounts(by=SYSTEM, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"锁定账号 {done.locked} 个；清除登录失败 {done.failures} 条、"
            f"已结束的登录 {done.sessions} 个。"
        )
