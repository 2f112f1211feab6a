"""Jobs: read uploaded rosters, and remove what is kept for 30 days only."""

import logging

from celery import shared_task
from django.utils import timezone

from audit.actions import SYSTEM
from residents import actions
from residents.models import RosterImport

logger = logging.getLogger(__name__)


@shared_task(name="residents.parse_roster")
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
        actions.read_roster(roster_import=roster_import, by=SYSTEM, at=at)


@shared_task(name="residents.purge_imports")
def purge_imports() -> None:
    actions.purge_imports(by=SYSTEM, at=timezone.now())
