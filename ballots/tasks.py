"""The checkpoint of the day and the walk of the night (T76, T78)."""

import logging

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import checkpoints, verifying
from audit.actions import SYSTEM
from ballots import trail
from ballots.actions.boxes import envelopes_root
from ballots.models import BallotBox
from jobs.kinds import Kind, register

logger = logging.getLogger(__name__)


@shared_task(name="ballots.issue_checkpoint")
def issue_checkpoint() -> None:
    now = timezone.now()
    boxes = [
        trail.line_of_open(box, root=envelopes_root(box), at=now)
        if box.state == BallotBox.State.OPEN
        else trail.line_of(box)
        for box in trail.standing_boxes()
    ]
    checkpoints.issue_daily(boxes=boxes, by=SYSTEM, at=now)


@shared_task(name="ballots.verify_trail")
def verify_trail() -> None:
    found = verifying.verify_and_note(by=SYSTEM, at=timezone.now())
    if found.fault_kind:
        logger.error("The trail is broken: %s %s", found.fault_kind, found.fault_seq)


register(
    Kind("ballots.issue_checkpoint", _("留痕检查点")),
    Kind("ballots.verify_trail", _("核对留痕")),
)
