"""Check the audit chain: exit 0 sound, 1 with kind and number of the first fault.

2 when it was asked wrongly. The finding is kept: the desk shows it, and a fault stops
openings and publications until a later walk finds none.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import verifying
from audit.actions import SYSTEM
from audit.chain import Fault

WORDS = {
    "chain": "内容被改、缺少或多出",
    "mac": "不是用本系统的密钥写的",
    "short": "链条被截短",
    "signature": "检查点被改、缺少或多出",
}


class Command(BaseCommand):
    help = "核对留痕链：完好退出 0，否则指出第一处问题。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--checkpoints",
            metavar="FILE",
            help="从前保存的检查点（公开地址下载的 JSON），一并核对。",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = _read(options["checkpoints"]) if options["checkpoints"] else []
        found = verifying.verify_and_note(by=SYSTEM, at=timezone.now())
        fault = verifying.fault_of(found) or _check(kept)
        if options["json"]:
            answer = {
                "events": found.seq,
                "checkpoints": found.checkpoint,
                "sound": fault is None,
                "fault": fault and verifying.as_data(fault),
            }
            self.stdout.write(json.dumps(answer))
        elif fault is None:
            self.stdout.write(
                f"留痕链完好，共 {found.seq} 条，检查点 {found.checkpoint} 个。"
            )
        if fault:
            raise CommandError(_sentence(fault), returncode=1)


def _sentence(fault: Fault) -> str:
    checkpoint = f"，检查点 {fault.checkpoint}" if fault.checkpoint else ""
    what = WORDS[fault.kind]
    return f"留痕链从第 {fault.seq} 条起有问题：{what}（{fault.kind}{checkpoint}）。"


def _read(name: str) -> list[dict[str, Any]]:
    """The file that the public page gives; wrong use when it is something else."""
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))["checkpoints"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"读不了检查点文件 {name}：{type(error).__name__}"
        raise CommandError(message, returncode=2) from error
    return list(found)


def _check(kept: list[dict[str, Any]]) -> Fault | None:
    try:
        return verifying.check_kept(kept)
    except (ValueError, KeyError, TypeError) as error:
        message = f"检查点文件里有读不了的一条：{type(error).__name__}"
        raise CommandError(message, returncode=2) from error
