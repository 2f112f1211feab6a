"""Check the audit chain: exit 0 sound, 1 with kind and number of the first fault."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit import chain
from audit.models import AuditHead


class Command(BaseCommand):
    help = "核对留痕链：完好退出 0，否则指出第一处问题。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            head = AuditHead.objects.select_for_update().filter(name="head").first()
            seq = head.seq if head else 0
            last = bytes(head.hash) if head else chain.FIRST_HASH
            fault = chain.verify(head_seq=seq, head_hash=last)
        if options["json"]:
            answer = {
                "events": seq,
                "sound": fault is None,
                "fault": fault and {"kind": fault.kind, "seq": fault.seq},
            }
            self.stdout.write(json.dumps(answer))
        elif fault is None:
            self.stdout.write(f"留痕链完好，共 {seq} 条。")
        if fault:
            message = f"留痕链从第 {fault.seq} 条起有问题（{fault.kind}）。"
            raise CommandError(message, returncode=1)
