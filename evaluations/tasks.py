"""Thin doors: the queue carries ids only and calls the functions of `rollup.py`."""

import datetime as dt
import logging

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import SYSTEM
from evaluations import rollup
from evaluations.refusals import ROLLUP_REFUSALS, told_rollup
from jobs.kinds import Kind, Unit, register
from jobs.recording import never_mind
from jobs.sending import hand_out
from officials.models import Division

logger = logging.getLogger(__name__)


@shared_task(name="evaluations.roll_up_due")
def roll_up_due() -> None:
    """One message per district, for its oldest month that is due."""
    at = timezone.now()
    for district, month in rollup.first_due_months():
        hand_out(rollup.JOB, district, month, at=at)


@shared_task(name=rollup.JOB)
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
    except rollup.DistrictBusy:
        logger.info("Somebody is at %s %s: nothing to do", division, month)
        never_mind()
        return
    except rollup.MonthNotDue as reason:
        logger.info("%s %s is not due: %s", division, month, reason)
        return
    logger.info("%s %s rolled up: %s ratings", done.division, done.month, done.ratings)
    following = rollup.due_months(done.division)
    if done.is_new and following:
        roll_up_month.delay(*following[0])


def _due(at: dt.datetime) -> list[Unit]:
    return [_unit(*pair) for pair in rollup.first_due_months()]


def _unit(division: str, month: str) -> Unit:
    found = Division.objects.filter(pk=division).first()
    return Unit((division, month), f"{found or division} {month}", division)


register(
    Kind("evaluations.roll_up_due", _("找出要汇总的月份")),
    Kind(
        rollup.JOB,
        _("月度汇总"),
        due=_due,
        unit=_unit,
        refusals=ROLLUP_REFUSALS,
        told=told_rollup,
        steps=rollup.STEPS,
    ),
)
