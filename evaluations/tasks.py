"""Thin doors: the queue carries ids only and calls the functions of `rollup.py`."""

import datetime as dt
import logging
from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import SYSTEM
from evaluations import (
    dry_run_actions,
    dry_running,
    exports,
    quarter_dry_running,
    rollup,
)
from evaluations.exports import later, rows
from evaluations.exports.refusals import told_writing
from evaluations.groups import CITY_DIGITS
from evaluations.models import DryRun, FigureExport
from evaluations.quarter_upkeep import keep_up
from evaluations.refusals import ROLLUP_REFUSALS, told_rollup
from evaluations.scheme_refusals import told_dry_run
from evaluations.webhook_actions import AT_ONCE, send_next
from jobs.kinds import Kind, Unit, register
from jobs.recording import conclude, never_mind
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
    """Roll up one month, then hand out what may have waited for it."""
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
    except rollup.MonthWaits as reason:
        logger.info("%s %s is counted and waits for %s", division, month, reason)
        conclude("city")
        return
    except rollup.MonthNotDue as reason:
        logger.info("%s %s is not due: %s", division, month, reason)
        return
    logger.info("%s %s rolled up: %s ratings", done.division, done.month, done.ratings)
    if done.is_new:
        _go_on_after(done.division)


def _go_on_after(division: str) -> None:
    """Hand out what is due next; the clock finds everything else."""
    due = rollup.due_months(division[:CITY_DIGITS])
    for district, month in due_next(division, due):
        hand_out(rollup.JOB, district, month, at=timezone.now())


def due_next(division: str, due: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The district's own next month, else two neighbours that may have waited (M67).

    In the order of codes and round again: two are enough for any number of workers to
    join in, and never make more than two messages for each district that is done.
    """
    pairs = list(due)
    if own := [pair for pair in pairs if pair[0] == division]:
        return own[:1]
    return sorted(pairs, key=lambda pair: (pair[0] < division, pair))[:2]


@shared_task(name="evaluations.dry_run_asked")
def dry_run_asked() -> None:
    """One message per dry run that waits; the page has sent one already."""
    at = timezone.now()
    for dry_run in DryRun.objects.asked():
        hand_out(dry_run_actions.JOB, dry_run.pk, at=at)


@shared_task(name=dry_run_actions.JOB)
def dry_run(pk: int) -> None:
    asked = DryRun.objects.asked().filter(pk=pk).first()
    if asked is None:
        logger.info("Dry run %s is gone or done: nothing to do", pk)
        return
    try:
        dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=timezone.now())
    except dry_run_actions.DryRunBusy:
        logger.info("Somebody is at dry run %s: nothing to do", pk)
        never_mind()


def _dry_runs_due(at: dt.datetime) -> list[Unit]:
    return [_dry_run_unit(dry_run.pk) for dry_run in DryRun.objects.asked()]


def _dry_run_unit(pk: int) -> Unit:
    known = DryRun.objects.select_related("scheme", "district").filter(pk=pk).first()
    if known is None:
        return Unit((pk,), str(pk))
    subject = f"{known.scheme.ref} {known.district} {known.period}"
    return Unit((pk,), subject, known.district_id)


@shared_task(name="evaluations.exports_asked")
def exports_asked() -> None:
    """One message per export that waits; the page has sent one already."""
    at = timezone.now()
    for export in FigureExport.objects.waiting(at=at).order_by("asked_at"):
        hand_out(later.JOB, str(export.pk), at=at)


@shared_task(name=later.JOB)
def write_export(pk: str) -> None:
    at = timezone.now()
    asked = FigureExport.objects.waiting(at=at).filter(pk=pk).first()
    if asked is None:
        logger.info("Export %s is written or over: nothing to do", pk)
        return
    try:
        done = exports.write_export(export=asked, at=at)
    except later.ExportBusy:
        logger.info("Somebody is at export %s: nothing to do", pk)
        never_mind()
        return
    except later.ExportOver:
        logger.info("Export %s was written meanwhile: nothing to do", pk)
        return
    logger.info("Export %s written: %s rows", pk, done.rows)


@shared_task(name="evaluations.purge_exports")
def purge_exports() -> None:
    number = exports.purge_exports(at=timezone.now())
    if number:
        logger.info("%s files of exports deleted", number)


def _exports_due(at: dt.datetime) -> list[Unit]:
    waiting = FigureExport.objects.waiting(at=at).order_by("asked_at")
    return [_export_unit_of(export) for export in waiting.select_related("district")]


def _export_unit(pk: str) -> Unit:
    found = FigureExport.objects.select_related("district").filter(pk=pk).first()
    return _export_unit_of(found) if found else Unit((pk,), pk)


def _export_unit_of(export: FigureExport) -> Unit:
    """Named by place and months, never by whoever asked or what for."""
    subject = f"{export.district} {export.first}–{export.last}"
    return Unit((str(export.pk),), subject, export.district_id)


@shared_task(name="evaluations.send_messages")
def send_messages() -> None:
    """One after another, each at its own moment: a signature is not older than it."""
    sent: list[bool] = []
    while len(sent) < AT_ONCE:
        arrived = send_next(at=timezone.now())
        if arrived is None:
            break
        sent.append(arrived)
    if sent:
        logger.info("%s messages sent, %s arrived", len(sent), sum(sent))


@shared_task(name="evaluations.keep_up_assessment")
def keep_up_assessment() -> None:
    """Months of regular assessment begin and measures end by themselves (W1)."""
    done = keep_up(by=SYSTEM, at=timezone.now())
    logger.info(
        "%s months, %s joined, %s expired", done.opened, done.joined, done.expired
    )
    for refused in done.refused:
        logger.warning("Not opened: %s", refused)


def _due(at: dt.datetime) -> list[Unit]:
    return [_unit(*pair) for pair in rollup.first_due_months()]


def _unit(division: str, month: str) -> Unit:
    found = Division.objects.filter(pk=division).first()
    return Unit((division, month), f"{found or division} {month}", division)


register(
    Kind("evaluations.dry_run_asked", _("找出要试算的草稿")),
    Kind(
        dry_run_actions.JOB,
        _("考核办法试算"),
        due=_dry_runs_due,
        unit=_dry_run_unit,
        refusals=dry_run_actions.REFUSALS,
        told=told_dry_run,
        steps=dry_running.STEPS | quarter_dry_running.STEPS,
    ),
    Kind("evaluations.exports_asked", _("找出要写的导出文件")),
    Kind(
        later.JOB,
        _("导出评价"),
        due=_exports_due,
        unit=_export_unit,
        refusals=later.REFUSALS,
        told=told_writing,
        steps=rows.STEPS,
    ),
    Kind("evaluations.purge_exports", _("清除24小时前的导出文件")),
    Kind("evaluations.keep_up_assessment", _("平时考核的月份和措施")),
    Kind("evaluations.roll_up_due", _("找出要汇总的月份")),
    Kind("evaluations.send_messages", _("发送发布通知")),
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
