"""Tokens of programs: made, approved by a second person, revoked, used (T84, T92)."""

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actions import year_later
from accounts.models import User, scope_code
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from audit import crypto
from audit.actions import record
from evaluations.models import ApiToken

# So that a scanner of repositories and a person recognise what they have found.
MARK = "minping_"
SECRET_BYTES = 32
LONGEST_SECRET = 100


class TokenError(Exception):
    """Every refusal of a token's verbs."""


class TokenTooLong(TokenError):
    """Twelve months at most, and it ends after it begins."""


class TokenOver(TokenError):
    """Revoked, approved already, or nobody approved it within 72 hours."""


class ApprovedByMaker(TokenError):
    """The second person is the first."""


class ApproverMayNot(TokenError):
    """The second person does not hold API_MANAGE at this place."""


class TermsChanged(TokenError):
    """What would be approved is not what was on the page."""


class Program:
    """A program as the trail names it: its token, and nobody behind it."""

    audit_role = "api"

    def __init__(self, token: ApiToken) -> None:
        self.audit_name = f"api {token.pk}"


@transaction.atomic
def make_token(
    *,
    name: str,
    scope: str,
    audience: str,
    starts_on: dt.date,
    ends_on: dt.date,
    by: User,
    at: dt.datetime,
) -> tuple[ApiToken, str]:
    """The token and its secret, which nobody can be shown a second time.

    A token for the office's figures does nothing before `approve_token`.
    """
    scope_code(scope)
    today = timezone.localdate(at)
    latest = year_later(max(starts_on, today))
    if not max(starts_on, today) < ends_on <= min(latest, year_later(starts_on)):
        raise TokenTooLong(latest)
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    hashed = _hash_of(secret)
    token = ApiToken(
        name=name,
        scope=scope,
        audience=audience,
        key_hash=hashed.digest,
        key_id=hashed.key_id,
        starts_on=starts_on,
        ends_on=ends_on,
        made_by=by,
        made_at=at,
    )
    token.save(force_insert=True)
    record(
        "api_token.made",
        target=token,
        by=by,
        at=at,
        division=scope,
        data={
            "name": name,
            "audience": audience,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
        },
    )
    return token, secret


@transaction.atomic
def approve_token(*, token: ApiToken, digest: str, by: User, at: dt.datetime) -> None:
    """The second person's word on what the page showed, within 72 hours (T92)."""
    waiting = ApiToken.objects.waiting(at=at).select_for_update(of=("self",))
    held = waiting.filter(pk=token.pk).first()
    if held is None:
        raise TokenOver(token.pk)
    if held.made_by_id == by.pk:
        raise ApprovedByMaker(token.pk)
    held_at = scopes_of(by, Permission.API_MANAGE, on=timezone.localdate(at))
    if not held_at.cover(held.scope):
        raise ApproverMayNot(token.pk)
    if digest != held.digest:
        raise TermsChanged(token.pk)
    held.approved_by, held.approved_at = by, at
    held.save(update_fields=["approved_by", "approved_at"])
    record(
        "api_token.approved",
        target=held,
        by=by,
        at=at,
        division=held.scope,
        data={"name": held.name, "digest": digest},
    )


@transaction.atomic
def revoke_token(*, token: ApiToken, reason: str, by: User, at: dt.datetime) -> None:
    """From the next call on it is unknown; one person is enough to take away."""
    living = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    if not living.update(revoked_by=by, revoked_at=at, revoke_reason=reason):
        raise TokenOver(token.pk)
    record(
        "api_token.revoked",
        target=token,
        by=by,
        at=at,
        division=token.scope,
        data={"name": token.name, "reason": reason},
    )


@transaction.atomic
def note_use(*, token: ApiToken, at: dt.datetime) -> None:
    """The day of use; of a token for the office's figures the trail tells, too.

    One event a day and not one a call: reading is the purpose of the token, and a
    chain with a lock for every call would make readers wait for each other.
    """
    today = timezone.localdate(at)
    if token.last_used_on == today:
        return
    first = ApiToken.objects.filter(pk=token.pk).filter(
        Q(last_used_on=None) | Q(last_used_on__lt=today)
    )
    if first.update(last_used_on=today) and token.is_office:
        record(
            "api_token.used",
            target=token,
            by=Program(token),
            at=at,
            division=token.scope,
            data={"name": token.name},
        )


def token_of(secret: str, *, on: dt.date) -> ApiToken | None:
    """The token in force that a program has shown, or None."""
    if not secret.startswith(MARK) or len(secret) > LONGEST_SECRET:
        return None
    living = ApiToken.objects.in_force(on=on)
    keys = living.order_by().values_list("key_id", flat=True).distinct()
    hashes = [_hash_of(secret, key_id=key).digest for key in keys]
    return living.filter(key_hash__in=hashes).first()


def _hash_of(secret: str, *, key_id: int | None = None) -> crypto.KeyedHash:
    return crypto.keyed_hash("index", "api_token.v1", secret, key_id=key_id)
