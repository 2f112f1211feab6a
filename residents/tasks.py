"""Jobs: read uploaded rosters, and remove what is kept for 30 days only."""

import datetime as dt
import logging

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.actions import SYSTEM
from jobs.kinds import Kind, Unit, register
from jobs.recording import part
from residents import actions
from residents.models import RosterImport

logger = logging.getLogger(__name__)
READ = "residents.parse_roster"


@shared_task(name=READ)
def parse_roster(roster_import_id: str) -> None:
    roster_import = RosterImport.objects.filter(pk=roster_import_id).first()
    if roster_import is None:
        logger.info("Roster import %s is gone: nothing to do", roster_import_id)
        return
    actions.read_roster(roster_import=roster_import, by=SYSTEM, at=timezone.now())


@shared_task(name="residents.parse_waiting")
def parse_waiting() -> None:
    """Files whose worker has died, or whose message was lost with the broker."""
    at = timezone.now()
    for roster_import in RosterImport.objects.waiting(at=at).order_by("uploaded_at"):
        with part(READ, str(roster_import.pk)):
            actions.read_roster(roster_import=roster_import, by=SYSTEM, at=at)


@shared_task(name="residents.purge_imports")
def purge_imports() -> None:
    at = timezone.now()
    actions.purge_imports(by=SYSTEM, at=at)
    actions.purge_left_households(by=SYSTEM, at=at)


def _due(at: dt.datetime) -> list[Unit]:
    waiting = RosterImport.objects.waiting(at=at).select_related("street")
    return [_unit_of(found) for found in waiting.order_by("uploaded_at")]


def _unit(roster_import_id: str) -> Unit:
    imports = RosterImport.objects.select_related("street")
    found = imports.filter(pk=roster_import_id).first()
    return _unit_of(found) if found else Unit((roster_import_id,), roster_import_id)


def _unit_of(found: RosterImport) -> Unit:
    """Named by its street and day: a file's name may name a person."""
    day = timezone.localtime(found.uploaded_at)
    return Unit(
        (str(found.pk),), f"{found.street} {day:%Y-%m-%d %H:%M}", found.street_id
    )


register(
    Kind(READ, _("读取名册"), due=_due, unit=_unit),
    Kind("residents.parse_waiting", _("找出等候读取的名册")),
    Kind("residents.purge_imports", _("清除到期的名册文件")),
)
