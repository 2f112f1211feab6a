"""The ledger's own work by the clock: find the lost, send again, forget the old."""

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import nightly
from audit.actions import SYSTEM
from jobs import actions, sending
from jobs.kinds import Kind, register


@shared_task(name="jobs.look_after")
def look_after() -> None:
    """Take up what a dead worker left, and what has rested long enough."""
    at = timezone.now()
    actions.lose_silent_runs(at=at)
    for run in actions.take_up(at=at):
        sending.send(run.kind, run.arguments)


@shared_task(name="jobs.purge")
def purge() -> None:
    actions.purge_runs(by=SYSTEM, at=timezone.now())


@shared_task(name="accounts.tidy")
def tidy_accounts() -> None:
    """Of the room to the left, which knows neither tasks nor the ledger."""
    nightly.tidy_accounts(by=SYSTEM, at=timezone.now())


register(
    Kind("jobs.look_after", _("照看任务：找回断掉的，重试失败的")),
    Kind("jobs.purge", _("清除30天前的任务记录")),
    Kind("accounts.tidy", _("锁定60天没用过的账号，清除旧的登录失败")),
)
