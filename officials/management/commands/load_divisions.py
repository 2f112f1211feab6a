"""Load real divisions from a CSV file: code,name,level,parent_code."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.actions import SYSTEM
from officials import divisions


class Command(BaseCommand):
    help = "读入区划代码（CSV：code,name,level,parent_code）。可重复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            message = f"找不到文件 {path}。"
            raise CommandError(message)
        try:
            new, renamed = divisions.load(
                divisions.read_rows(path),
                source=path.name,
                by=SYSTEM,
                at=timezone.now(),
            )
        except divisions.DivisionFileError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"new": new, "renamed": renamed}))
        else:
            self.stdout.write(f"新增 {new} 个区划，更名 {renamed} 个。")
