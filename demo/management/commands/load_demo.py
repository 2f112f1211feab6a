"""Load the demo: a real district, invented people, real ballots."""

import datetime as dt
import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from demo import story


class Command(BaseCommand):
    help = "装入演示数据：和平区，小白楼街道名册，十二个月的评价和一个正在进行的月份。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="已有数据时什么也不做。"
        )
        parser.add_argument(
            "--whole-district", action="store_true", help="全部 64 个社区。"
        )
        parser.add_argument(
            "--today", type=dt.date.fromisoformat, help="把这一天当作今天。"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            if options["if_empty"]:
                return
            message = "数据库里已有数据，演示只装入空的数据库。"
            raise CommandError(message, returncode=1)
        started = time.monotonic()
        demo = story.tell(
            today=options["today"] or timezone.localdate(),
            whole_district=options["whole_district"],
            say=lambda text: self.stderr.write(text),
        )
        if options["json"]:
            self.stdout.write(json.dumps(asdict(demo), ensure_ascii=False))
            return
        self.stdout.write(f"演示数据已装入，用时 {time.monotonic() - started:.0f} 秒。")
        self.show(demo)

    def show(self, demo: story.Demo) -> None:
        self.stdout.write("\n演示账号（密码只显示这一次，/desk/ 登录）：")
        for account in demo.accounts:
            self.stdout.write(
                f"  {account.username:<9} {account.password}  {account.name}"
            )
        self.stdout.write("登录还要手机上的六位数字。演示账号没有手机，用命令代替：")
        self.stdout.write("  script/manage demo_code keyuan")
        self.stdout.write("\n可以投票的一户一码：")
        for live in demo.codes:
            self.stdout.write(f"  {live.code}  {live.community}")
