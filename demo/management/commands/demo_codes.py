"""New live codes for the demo: voids unused ones and issues others in their place."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from ballots.codes import printed
from ballots.models import BallotCode
from demo.people import STAFF
from surveys.actions import reissue_household_code
from surveys.models import Round, SampledHousehold


class Command(BaseCommand):
    help = "给演示补发几个还没用过的一户一码（旧码作废）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=3)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        survey_round = Round.objects.open().order_by("-period").first()
        if survey_round is None or not is_demo():
            message = "现在没有正在进行的演示测评。"
            raise CommandError(message, returncode=1)
        lines = [
            {"code": code, "community": community}
            for code, community in reissue(survey_round, options["count"])
        ]
        if options["json"]:
            self.stdout.write(json.dumps(lines, ensure_ascii=False))
            return
        self.stdout.write("可以投票的一户一码（旧的已作废）：")
        for line in lines:
            self.stdout.write(f"  {line['code']}  {line['community']}")
        self.stdout.write("演示账号的密码只显示一次，忘了就换新的：")
        self.stdout.write("  script/manage demo_passwords")
        self.stdout.write("登录还要的六位数字：script/manage demo_code keyuan")


def is_demo() -> bool:
    return User.objects.filter(username=STAFF[0][0], name=STAFF[0][1]).exists()


def reissue(survey_round: Round, count: int) -> list[tuple[str, str]]:
    """Codes of households in as many communities as there are, at most `count`."""
    unused = BallotCode.objects.filter(
        box_id=survey_round.box_id, state=BallotCode.State.ISSUED
    )
    sampled = (
        SampledHousehold.objects.of_round(survey_round)
        .filter(household_id__in=unused.values("household"))
        .select_related("stratum__community")
        .order_by("-stratum__code", "-position")
    )
    of_community = {household.stratum.code: household for household in sampled}
    clerk = User.objects.get(username="keyuan")
    head = User.objects.get(username="buzhang")
    return [
        (_reissue(household, clerk, head), household.stratum.community.short_name)
        for household in list(of_community.values())[:count]
    ]


def _reissue(household: SampledHousehold, clerk: User, head: User) -> str:
    slips = reissue_household_code(
        sampled=household, reason="lost", by=clerk, second=head, at=timezone.now()
    )
    return printed(slips.codes[0].code)
