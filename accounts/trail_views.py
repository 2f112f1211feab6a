"""The trail, as the audit administrator reads, checks and exports it."""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, staff
from accounts.fresh import fresh_factor_needed
from accounts.permissions import Permission
from accounts.scopes import permissions_of
from accounts.trail_forms import ExportForm, SearchForm
from audit import alerts, chain, exporting, labels, verifying
from audit.chain import Fault
from audit.models import AuditCheckpoint, AuditEvent, AuditVerification
from audit.searching import Search

EVENTS_PER_PAGE = 50
ALERTS_SHOWN = 10
ALERT_DAYS = 30
# A walk over more than this takes longer than somebody should wait for a page.
WALK_IN_PAGE = 100_000
SPOOLED = 1 << 20
# A digest of which the beginning is enough in a list.
HEX, SHORT = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b"), r"\1…"
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
FAULTS: dict[str, str | Promise] = {
    "chain": gettext_lazy("内容被改，或者缺少、多出了一条"),
    "mac": gettext_lazy("不是用本系统的密钥写的"),
    "short": gettext_lazy("后面的被截掉了"),
    "signature": gettext_lazy("检查点被改，或者缺少、多出了一个"),
}


@require_safe
@holding(Permission.AUDIT_READ)
def trail(request: HttpRequest) -> HttpResponse:
    """Newest first. Reads all logs, deletes none."""
    form = SearchForm(request.GET)
    is_valid = form.is_valid()
    search = form.search() if is_valid else Search()
    events = search.events().order_by("-seq")
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    at = timezone.now()
    held = permissions_of(request.user, on=timezone.localdate(at))
    context = {
        "form": form,
        "search": search,
        "page": page,
        "lines": [EventLine(event) for event in page],
        "alerts": alert_lines(at=at),
        "days": ALERT_DAYS,
        "verification": Standing.now(),
        "checkpoint": AuditCheckpoint.objects.order_by("-number").first(),
        "can_verify": Permission.AUDIT_VERIFY in held,
        "export": ExportForm(initial={**search.as_data(), "form": "csv"}),
    }
    return render(request, "accounts/trail.html", context)


@require_safe
@holding(Permission.AUDIT_READ)
def trail_event(request: HttpRequest, seq: int) -> HttpResponse:
    event = AuditEvent.objects.filter(seq=seq).first()
    if event is None:
        raise Http404
    vouching = AuditCheckpoint.objects.filter(seq__gte=seq).order_by("number").first()
    context = {
        "line": EventLine(event),
        "facts": list(facts_of(json.loads(event.data))),
        "is_sound": chain.hash_fits(event) and chain.mac_fits(event),
        "checkpoint": vouching,
        "hash": bytes(event.hash).hex(),
        "prev_hash": bytes(event.prev_hash).hex(),
    }
    return render(request, "accounts/trail_event.html", context)


@require_POST
@holding(Permission.AUDIT_VERIFY)
def trail_verify(request: HttpRequest) -> HttpResponse:
    """Walk the whole chain now; a long one is left to the night and the command."""
    if chain.newest_seq() > WALK_IN_PAGE:
        messages.warning(
            request,
            _("留痕太长，不在网页上核对。请运行 script/manage verify_audit。"),
        )
        return redirect("accounts:trail")
    found = verifying.verify_and_note(by=staff(request), at=timezone.now())
    if fault := verifying.fault_of(found):
        messages.error(request, told(fault))
    else:
        number = {"number": found.seq}
        messages.success(request, _("核对完了：%(number)d 条全部完好。") % number)
    return redirect("accounts:trail")


@require_POST
@holding(Permission.AUDIT_READ)
@fresh_factor_needed
def trail_export(request: HttpRequest) -> HttpResponseBase:
    """The file is written first, told of in the trail, and only then handed out."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/trail_export.html", {"form": form})
    at, kind = timezone.now(), form.cleaned_data["form"]
    with ExitStack() as opened:
        # Without a name on the disk, gone with the answer, or with a refusal.
        target = opened.enter_context(tempfile.SpooledTemporaryFile(SPOOLED))
        exporting.export(
            form.search(),
            form=kind,
            whole=form.cleaned_data["whole"],
            reason=form.cleaned_data["reason"],
            by=staff(request),
            at=at,
            target=cast(BinaryIO, target),
        )
        opened.pop_all()
    target.seek(0)
    name = f"trail-{timezone.localtime(at):%Y%m%d-%H%M}.{kind}"
    return FileResponse(
        target, as_attachment=True, filename=name, content_type=TYPES[kind]
    )


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the words of the page."""

    event: AuditEvent

    @property
    def verb(self) -> str:
        return str(labels.of_verb(self.event.verb))

    @property
    def target(self) -> str:
        return str(labels.of_target(self.event.target_type))

    @property
    def summary(self) -> str:
        """The first facts, on one line."""
        found = [
            f"{fact.name} {HEX.sub(SHORT, fact.value)}"
            for fact in facts_of(json.loads(self.event.data))
            if fact.value
        ]
        return _("，").join(found)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what an event says; `depth` for facts inside facts."""

    name: str
    value: str
    depth: int = 0


def facts_of(data: dict[str, Any], depth: int = 0) -> Iterator[Fact]:
    for key, value in data.items():
        name = str(labels.of_fact(key))
        if isinstance(value, dict):
            yield Fact(name, "", depth)
            yield from facts_of(value, depth + 1)
        else:
            yield Fact(name, plain(value), depth)


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("、").join(plain(one) for one in value) or "—"
    return "—" if value in (None, "") else str(value)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the trail stood when it was last walked from end to end."""

    row: AuditVerification
    sentence: str

    @classmethod
    def now(cls) -> "Standing | None":
        row = verifying.latest()
        if row is None:
            return None
        fault = verifying.fault_of(row)
        return cls(row, told(fault) if fault else "")


def told(fault: Fault) -> str:
    sentence = _("从第 %(seq)d 条起有问题：%(what)s。开箱和发布已暂停。") % {
        "seq": fault.seq,
        "what": FAULTS.get(fault.kind, fault.kind),
    }
    if fault.checkpoint is None:
        return sentence
    return sentence + _("见检查点 %(number)d。") % {"number": fault.checkpoint}


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in the words of the page."""

    event: AuditEvent
    sentence: str


def alert_lines(*, at: dt.datetime) -> list[AlertLine]:
    """The last ones; older ones are found by their verb like every event."""
    found = alerts.latest(since=at - dt.timedelta(days=ALERT_DAYS))
    return [AlertLine(event, sentence_of(event)) for event in found[:ALERTS_SHOWN]]


def sentence_of(event: AuditEvent) -> str:
    data = json.loads(event.data)
    if event.verb == alerts.REVEALS:
        return _("一天里看了 %(count)d 户姓名和电话的原文，超过 %(limit)d 户。") % data
    if event.verb == verifying.BROKEN:
        return told(Fault(data["kind"], data["seq"], data["checkpoint"]))
    return str(labels.of_verb(event.verb))
