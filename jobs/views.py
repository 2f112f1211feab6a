"""The operator's page: background work, and a second attempt."""

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff
from accounts.permissions import Permission
from jobs import actions, kinds, queries, queues, sending
from jobs.access import get_run_for
from jobs.models import Process, Run
from jobs.refusals import told

RUNS_PER_PAGE = 30
# The page looks again by itself, without any script: soon while something moves.
SECONDS_WHEN_MOVING, SECONDS_WHEN_QUIET = 5, 30
PARTS = ("", "failed", "running", "due", "ended")


@require_safe
@holding(Permission.JOB_OPERATE)
def run_list(request: HttpRequest) -> HttpResponse:
    at, scopes = timezone.now(), scopes_in(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds.everything() else ""
    board = queries.board(scopes, at=at, kind=kind)
    ended = Paginator(queries.ended_runs(scopes, kind=kind), RUNS_PER_PAGE)
    part = request.GET.get("part", "")
    context = {
        "at": at,
        "board": board,
        "page": ended.get_page(request.GET.get("page")),
        "part": part if part in PARTS else "",
        "kind": kind,
        "kinds": kinds.everything().values(),
        "is_still": "still" in request.GET,
        **_machines(at=at),
    }
    response = render(request, "jobs/run_list.html", context)
    if not context["is_still"]:
        seconds = SECONDS_WHEN_MOVING if board.is_moving else SECONDS_WHEN_QUIET
        response.headers["Refresh"] = str(seconds)
    return response


def _machines(*, at: dt.datetime) -> dict[str, object]:
    """Who is there: workers, clock, queue."""
    living, silent = queries.processes(Process.Kind.WORKER, at=at)
    clocks, stopped = queries.processes(Process.Kind.BEAT, at=at)
    return {
        "workers": living,
        "silent_workers": silent,
        "clocks": clocks,
        "stopped_clocks": stopped,
        "queues": queues.look(),
        "ticks": queries.schedule(at=at),
    }


@require_POST
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run_for(staff(request), pk, Permission.JOB_OPERATE)
    try:
        actions.retry_run(run=run, by=staff(request), at=timezone.now())
    except actions.RetryRefused as refusal:
        messages.warning(request, told(refusal))
    else:
        _send(request, run)
    return redirect("jobs:run-list")


def _send(request: HttpRequest, run: Run) -> None:
    """The ledger already says that it is due; the message only makes it sooner."""
    if queues.look() is None:
        messages.warning(request, _("已登记重试。队列现在连不上，恢复后会自动开始。"))
        return
    sending.send(run.kind, run.arguments)
    messages.success(request, _("已安排重试，很快开始。"))
