"""Two persons for a grave act: propose, approve, decline, withdraw (T92).

A room keeps its act in a verb of its own, which calls `approve` first: in one
transaction the proposal is spent and the act is done, or neither.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Approval, User
from accounts.models.approvals import WAITS
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from audit import crypto
from audit.actions import canonical, record

State = Approval.State


class ApprovalError(Exception):
    """Every refusal of a two-person act."""


class ApprovalWaiting(ApprovalError):
    """The same person has proposed exactly the same, and it waits."""


class ApprovalSpent(ApprovalError):
    """Decided, withdrawn or older than 72 hours."""


class ApprovedByProposer(ApprovalError):
    """The second person is the first."""


class ApproverMayNot(ApprovalError):
    """The second person does not hold the permission at this place."""


class PayloadChanged(ApprovalError):
    """What would be done is not what was shown."""


def propose(
    *,
    verb: str,
    payload: Mapping[str, Any],
    permission: Permission,
    division: str,
    by: User,
    at: dt.datetime,
) -> Approval:
    """Ask a second person, who must hold `permission` at `division`, for 72 hours.

    `payload` holds plain JSON values: all that the verb will be called with.
    """
    try:
        with transaction.atomic():
            return _propose(verb, dict(payload), permission, division, by=by, at=at)
    except IntegrityError as error:
        raise ApprovalWaiting(verb) from error


def _propose(
    verb: str,
    payload: dict[str, Any],
    permission: Permission,
    division: str,
    *,
    by: User,
    at: dt.datetime,
) -> Approval:
    approval = Approval(
        verb=verb,
        permission=permission.value,
        division=division,
        payload=payload,
        proposed_by=by,
        proposed_at=at,
        expires_at=at + WAITS,
    )
    approval.digest = digest_of(approval)
    same = Approval.objects.filter(digest=approval.digest, state=State.WAITING)
    same.filter(expires_at__lte=at).update(state=State.LAPSED)
    approval.save(force_insert=True)
    _tell("approval.proposed", approval, by=by, at=at)
    return approval


def digest_of(approval: Approval) -> bytes:
    """SHA-256 over verb, place, proposer and the canonical payload, 32 bytes."""
    return crypto.digest(
        "approval.v1",
        approval.verb,
        approval.permission,
        approval.division,
        approval.proposed_by.audit_name,
        canonical(approval.payload),
    )


@transaction.atomic
def approve(
    *, approval: Approval, verb: str, digest: bytes, by: User, at: dt.datetime
) -> Approval:
    """Spend a proposal; the caller does the act in the same transaction.

    1. it waits, and is of this verb;
    2. another person, who holds the permission at the place;
    3. the digest is the one that was shown, and still that of the stored payload.
    """
    waiting = _taken(approval, at=at)
    if waiting.verb != verb:
        raise PayloadChanged(waiting.pk)
    _check_second_person(waiting, by=by, at=at)
    if not crypto.equal(digest, bytes(waiting.digest)):
        raise PayloadChanged(waiting.pk)
    if not crypto.equal(digest, digest_of(waiting)):
        raise PayloadChanged(waiting.pk)
    _decide(waiting, State.APPROVED, by=by, at=at)
    _tell("approval.approved", waiting, by=by, at=at)
    return waiting


@transaction.atomic
def decline(*, approval: Approval, reason: str, by: User, at: dt.datetime) -> None:
    """Back to who proposed it, with the reason; nothing is done."""
    waiting = _taken(approval, at=at)
    _check_second_person(waiting, by=by, at=at)
    _decide(waiting, State.DECLINED, by=by, at=at, reason=reason)
    _tell("approval.declined", waiting, by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(*, approval: Approval, by: User, at: dt.datetime) -> None:
    """Only who proposed it takes it back."""
    waiting = _taken(approval, at=at)
    if waiting.proposed_by_id != by.pk:
        raise ApproverMayNot(waiting.pk)
    _decide(waiting, State.WITHDRAWN, by=by, at=at)
    _tell("approval.withdrawn", waiting, by=by, at=at)


def _taken(approval: Approval, *, at: dt.datetime) -> Approval:
    """The proposal, held; ApprovalSpent when somebody was faster, or time was."""
    waiting = Approval.objects.waiting(at=at).select_for_update(of=("self",))
    found = waiting.select_related("proposed_by").filter(pk=approval.pk).first()
    if found is None:
        raise ApprovalSpent(approval.pk)
    return found


def _check_second_person(approval: Approval, *, by: User, at: dt.datetime) -> None:
    if approval.proposed_by_id == by.pk:
        raise ApprovedByProposer(approval.pk)
    held = scopes_of(by, Permission(approval.permission), on=timezone.localdate(at))
    if not held.cover(approval.division):
        raise ApproverMayNot(approval.pk)


def _decide(
    approval: Approval, state: str, *, by: User, at: dt.datetime, reason: str = ""
) -> None:
    approval.state, approval.reason = state, reason
    approval.decided_by, approval.decided_at = by, at
    approval.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _tell(
    verb: str, approval: Approval, *, by: User, at: dt.datetime, **data: str
) -> None:
    told = {"verb": approval.verb, "digest": approval.digest_hex}
    record(
        verb,
        target=approval,
        by=by,
        at=at,
        division=approval.division,
        data=told | data,
    )
