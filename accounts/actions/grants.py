"""Roles: what somebody may do where, and until when (T83, T84, T87, T88, T92)."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import places
from accounts.actions.approving import PayloadChanged, approve, propose
from accounts.actions.sessions import end_session
from accounts.incompatible import (
    Clash,
    Held,
    first_clash,
    first_clash_of,
    in_a_rated_unit,
)
from accounts.models import Approval, RoleGrant, User
from accounts.permissions import Permission
from accounts.roles import RATED_PERSON, ROLES, Role
from audit.actions import SYSTEM, Actor, record

GRANT = "role.grant"


class GrantRefused(Exception):
    """Every refusal of a role."""


class Incompatible(GrantRefused):
    """Two roles that do not go together (T86, T87); `clash` names them."""

    def __init__(self, clash: Clash) -> None:
        super().__init__(clash.rule)
        self.clash = clash


class InsideRatedUnit(GrantRefused):
    """No role of the survey's side inside a rated community (T86)."""

    def __init__(self, wanted: Held) -> None:
        super().__init__(wanted.scope)
        self.wanted = wanted


class AlreadyGranted(GrantRefused):
    """The role is held there on some of these days."""


class TooLong(GrantRefused):
    """Twelve months at most (T88)."""


class AccountClosed(GrantRefused):
    """The account is switched off."""


class TwoNeeded(GrantRefused):
    """An administrator's or head's role takes two persons (T92)."""


class NotForOneself(GrantRefused):
    """Nobody grants or approves a role of their own."""


class GrantOver(GrantRefused):
    """The grant was revoked, or has ended."""


def year_later(day: dt.date) -> dt.date:
    """The same day next year; 29 February ends with 1 March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return dt.date(day.year + 1, 3, 1)


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    scope: str,
    starts_on: dt.date,
    by: Actor,
    at: dt.datetime,
    ends_on: dt.date | None = None,
    second: User | None = None,
) -> RoleGrant:
    """Let a user act in a role at a division and everything below it.

    Twelve months, counted from its first day or from today if that is later, unless it
    ends earlier. Other roles of the user are held still meanwhile, so that two grants
    at the same moment cannot make a pair that is refused. All sessions end (T91).
    """
    if role.code not in ROLES:
        raise KeyError(role.code)
    granted_on = timezone.localdate(at)
    grant = RoleGrant(
        user=User.objects.select_for_update(no_key=True).get(pk=user.pk),
        role=role.code,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on or year_later(max(starts_on, granted_on)),
        granted_on=granted_on,
        granted_by=by.audit_name,
        agreed_by=second.audit_name if second else "",
    )
    grant.clean_fields()
    check_grantable(grant, by=by, second=second)
    grant.full_clean()
    grant.save(force_insert=True)
    end_session(grant.user, because=User.Ended.ROLES)
    _tell("role.granted", grant, by=by, at=at)
    return grant


def check_grantable(grant: RoleGrant, *, by: Actor, second: User | None = None) -> None:
    """GrantRefused unless this grant may be made now; the same for page and verb."""
    wanted = Held(ROLES[grant.role], grant.scope)
    latest = year_later(max(grant.starts_on, grant.granted_on))
    if grant.ends_on > latest:
        raise TooLong(latest)
    if not grant.user.is_active:
        raise AccountClosed(grant.user.username)
    if grant.user in (by, second):
        raise NotForOneself(grant.user.username)
    if wanted.role.takes_two and by != SYSTEM and second in (None, by):
        raise TwoNeeded(wanted.role.code)
    if in_a_rated_unit(wanted):
        raise InsideRatedUnit(wanted)
    held = grant.user.grants.overlapping(grant.starts_on, grant.ends_on)
    if held.filter(role=grant.role, scope=grant.scope).exists():
        raise AlreadyGranted(grant.user.username)
    if clash := first_clash(held.order_by("pk"), wanted):
        raise Incompatible(clash)
    # Whose account is a rated official's does not work on the survey there (T87).
    rated = places.rated_at(grant.user.pk, on=grant.starts_on)
    if clash := first_clash_of([Held(RATED_PERSON, code) for code in rated], wanted):
        raise Incompatible(clash)


@transaction.atomic
def propose_grant(
    *,
    user: User,
    role: Role,
    scope: str,
    starts_on: dt.date,
    ends_on: dt.date,
    by: User,
    at: dt.datetime,
) -> Approval:
    """Ask a second person for a role that takes two; what cannot be is refused."""
    grant = RoleGrant(
        user=user,
        role=role.code,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_on=timezone.localdate(at),
        granted_by=by.audit_name,
    )
    grant.clean_fields()
    check_grantable(grant, by=SYSTEM)
    if user == by:
        raise NotForOneself(user.username)
    return propose(
        verb=GRANT,
        payload={
            "user": user.pk,
            "username": user.username,
            "role": role.code,
            "scope": scope,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
        },
        permission=Permission.GRANT_MANAGE,
        division=scope,
        by=by,
        at=at,
    )


@transaction.atomic
def grant_approved(
    *, approval: Approval, digest: bytes, by: User, at: dt.datetime
) -> RoleGrant:
    """The second person's word: the role is granted exactly as it was proposed."""
    spent = approve(approval=approval, verb=GRANT, digest=digest, by=by, at=at)
    wanted = spent.payload
    user = User.objects.filter(pk=wanted["user"], username=wanted["username"]).first()
    if user is None:
        raise PayloadChanged(spent.pk)
    return grant_role(
        user=user,
        role=ROLES[wanted["role"]],
        scope=wanted["scope"],
        starts_on=dt.date.fromisoformat(wanted["starts_on"]),
        ends_on=dt.date.fromisoformat(wanted["ends_on"]),
        by=spent.proposed_by,
        second=by,
        at=at,
    )


@transaction.atomic
def revoke_grant(*, grant: RoleGrant, reason: str, by: Actor, at: dt.datetime) -> None:
    """End a role at once, with the reason; all sessions of the user end (T91)."""
    living = RoleGrant.objects.living(on=timezone.localdate(at)).select_for_update()
    held = living.select_related("user").filter(pk=grant.pk).first()
    if held is None:
        raise GrantOver(grant.pk)
    held.revoked_at, held.revoked_by, held.revoke_reason = at, by.audit_name, reason
    held.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    end_session(held.user, because=User.Ended.ROLES)
    _tell("role.revoked", held, by=by, at=at, reason=reason)


def _tell(
    verb: str, grant: RoleGrant, *, by: Actor, at: dt.datetime, **data: Any
) -> None:
    told = {
        "user": grant.user.username,
        "role": grant.role,
        "starts_on": grant.starts_on.isoformat(),
        "ends_on": grant.ends_on.isoformat(),
    }
    if grant.agreed_by:
        told["second"] = grant.agreed_by
    record(verb, target=grant, by=by, at=at, division=grant.scope, data=told | data)
