"""Recompute a closed month and compare byte for byte (M107)."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluations.models import MonthlyRollup
from evaluations.recomputing import recompute


class Command(BaseCommand):
    help = "重算一个已汇总的月份，逐字节比对；有出入时逐条列出，退出码 1。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="月份，例如 2026-10")
        parser.add_argument("--division", help="区县代码，例如 120101")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, *, month: str, **options: Any) -> None:
        done = MonthlyRollup.objects.filter(
            month=month, state=MonthlyRollup.State.DONE
        ).values_list("division_id", flat=True)
        codes = [options["division"]] if options["division"] else sorted(done)
        proofs = {code: recompute(district=code, month=month) for code in codes}
        if options["json"]:
            self.stdout.write(
                json.dumps({code: asdict(proof) for code, proof in proofs.items()})
            )
        else:
            for code, proof in proofs.items():
                self.stdout.write(
                    f"{code} {month}：{proof.rounds} 次测评，{proof.ratings} 个任职，"
                    f"{len(proof.differences)} 处出入。"
                )
        found = [line for proof in proofs.values() for line in proof.differences]
        if not codes or not any(proof.ratings for proof in proofs.values()):
            message = f"{month} 没有已汇总的评价。"
            raise CommandError(message)
        if found:
            raise CommandError("；".join(found))
