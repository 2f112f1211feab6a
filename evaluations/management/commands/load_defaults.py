"""Texts, questionnaire, scheme, working days: what a round needs; harmless twice."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit.actions import SYSTEM
from ballots.default_texts import ensure_default_texts
from evaluations.default_scheme import ensure_default_scheme
from officials.workday_actions import ensure_known_years
from surveys.default_questionnaire import ensure_default_questionnaire


class Command(BaseCommand):
    help = (
        "写入最新的承诺、告知书，默认的问卷和考核办法，以及已公布的节假日安排。"
        "可重复运行。"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        ensure_default_texts(by=SYSTEM, at=at)
        questionnaire = ensure_default_questionnaire(by=SYSTEM, at=at)
        scheme = ensure_default_scheme(by=SYSTEM, at=at)
        ensure_known_years(by=SYSTEM, at=at)
        self.stdout.write(f"承诺和告知书、{questionnaire}、{scheme}。")
