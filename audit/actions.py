"""Writing the trail: the last write of every verb, in the verb's own transaction."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models, transaction

from audit import chain
from audit.models import AuditEvent


class Actor(Protocol):
    """Who acts: a staff user, or SYSTEM for a job."""

    @property
    def audit_name(self) -> str: ...

    @property
    def audit_role(self) -> str: ...


@dataclass(frozen=True, slots=True)
class System:
    audit_name: str = "SYSTEM"
    audit_role: str = "system"


SYSTEM = System()


class OutsideTransaction(Exception):
    """An event must share the transaction of the act that it tells of (T72)."""


def canonical(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def record(
    verb: str,
    *,
    by: Actor,
    at: dt.datetime,
    target: models.Model | None = None,
    division: str = "",
    data: dict[str, Any] | None = None,
    address: str = "",
) -> AuditEvent:
    """Append one event; no secrets, no answers, no household in `data`.

    1. lock the head, so that all events have one order;
    2. chain, hash, mac;
    3. move the head.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(verb)
    head = chain.locked_head()
    event = AuditEvent(
        seq=head.seq + 1,
        at=at.astimezone(dt.UTC),
        actor=by.audit_name,
        role=by.audit_role,
        verb=verb,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        division=division,
        data=canonical(data or {}),
        address=address,
        prev_hash=bytes(head.hash),
    )
    chain.seal(event)
    event.save()
    head.seq, head.hash = event.seq, event.hash
    head.save()
    return event
