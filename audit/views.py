"""The checkpoints, for everybody to read and keep (T76)."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import checkpoints
from audit.models import AuditCheckpoint

SHOWN, IN_FILE = 20, 1000


@require_safe
@login_not_required
def checkpoint_list(request: HttpRequest) -> HttpResponse:
    """Newest first; `?from=NUMBER` goes back from that one."""
    rows = AuditCheckpoint.objects.order_by("-number")
    start = _number(request, "from")
    found = list((rows.filter(number__lte=start) if start else rows)[: SHOWN + 1])
    context = {
        "checkpoints": [_line(row) for row in found[:SHOWN]],
        "next": found[SHOWN].number if len(found) > SHOWN else None,
        "is_newest": not start,
        "files": _files(found[0].number if found and not start else 0),
        "keys": sorted(checkpoints.public_keys().items()),
    }
    return render(request, "audit/checkpoint_list.html", context)


@require_safe
@login_not_required
def checkpoint_file(request: HttpRequest) -> HttpResponse:
    """At most 1,000, oldest first; `next` is the `after` of the next file."""
    after = _number(request, "after")
    rows = AuditCheckpoint.objects.filter(number__gt=after).order_by("number")
    found = list(rows[: IN_FILE + 1])
    shown = found[:IN_FILE]
    answer: dict[str, Any] = {
        "format": "minping.checkpoints.v1",
        "public_keys": checkpoints.public_keys(),
        "checkpoints": [checkpoints.published(row) for row in shown],
        "next": shown[-1].number if len(found) > IN_FILE else None,
    }
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False, "indent": 1})


def _number(request: HttpRequest, name: str) -> int:
    """0 when it is missing or no number of a checkpoint."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _files(newest: int) -> list[tuple[int, int, int]]:
    """Of each file its `after`, and the first and the last number in it."""
    starts = range(0, newest, IN_FILE)
    return [(after, after + 1, min(after + IN_FILE, newest)) for after in starts]


def _line(row: AuditCheckpoint) -> dict[str, Any]:
    """What the page shows of one."""
    told = checkpoints.published(row)
    return {"row": row, "told": told, "boxes": len(told["boxes"])}
