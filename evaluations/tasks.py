"""Thin doors: the queue carries ids only and calls the functions of `rollup.py`."""

import logging

from celery import shared_task
from django.utils import timezone

from audit.actions import SYSTEM
from evaluations import rollup
from officials.models import Division

logger = logging.getLogger(__name__)


@shared_task(name="evaluations.roll_up_due")
def roll_up_due() -> None:
    """One message per district, for its oldest month that is due."""
    oldest: dict[str, str] = {}
    for district, month in rollup.due_months():
        oldest.setdefault(district, month)
    for district, month in oldest.items():
        roll_up_month.delay(district, month)


@shared_task(name="evaluations.roll_up_month")
def roll_up_month(division: str, month: str) -> None:
    """Roll up one month, then ask for the district's next one."""
    district = Division.objects.filter(pk=division).first()
    if district is None:
        logger.info("Division %s is gone: nothing to do", division)
        return
    try:
        done = rollup.roll_up(
            division=district, month=month, by=SYSTEM, at=timezone.now()
        )
    except rollup.MonthNotDue as reason:
        logger.info("%s %s is not due: %s", division, month, reason)
        return
    logger.info("%s %s rolled up: %s ratings", done.division, done.month, done.ratings)
    following = rollup.due_months(done.division)
    if done.is_new and following:
        roll_up_month.delay(*following[0])
