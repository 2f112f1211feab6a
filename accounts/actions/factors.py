"""Enrolling an authenticator, replacing it, and its codes on paper (T89)."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction

from accounts import factors, totp
from accounts.actions.sessions import end_session, open_session
from accounts.models import Authenticator, RecoveryCode, User
from audit.actions import Actor, record


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The mark of the session that goes on, and the codes, readable this once."""

    mark: uuid.UUID
    codes: list[str]


def prepare_authenticator(user: User, *, at: dt.datetime) -> Authenticator:
    """A secret to be shown; part of sign-in, so that looking at it writes nothing.

    One that waits already stays: a second sign-in shows the same picture.
    """
    waiting = factors.waiting_of(user)
    return waiting or _new_authenticator(user, at=at)


@transaction.atomic
def replace_authenticator(*, user: User, at: dt.datetime) -> None:
    """Begin with another telephone; the present one counts until the new one does."""
    user.authenticators.filter(confirmed_at=None).delete()
    _new_authenticator(user, at=at)
    record("user.factor_prepared", target=user, by=user, at=at)


@transaction.atomic
def confirm_authenticator(
    *, user: User, answer: str, at: dt.datetime
) -> Enrolled | None:
    """The first code shows that the telephone has the secret; None when it is wrong.

    Every session ends; the one that proved it goes on under a new mark and key.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    waiting = factors.waiting_of(user)
    if waiting is None:
        return None
    factor = factors.SixDigits(waiting)
    if not factor.accept(factors.normalised(answer), at=at):
        return None
    user.authenticators.exclude(confirmed_at=None).delete()
    Authenticator.objects.filter(pk=waiting.pk).update(confirmed_at=at)
    codes = _new_codes(user)
    mark = open_session(user)
    record("user.factor_enrolled", target=user, by=user, at=at)
    return Enrolled(mark, codes)


@transaction.atomic
def renew_recovery_codes(*, user: User, at: dt.datetime) -> list[str]:
    """Ten new codes, readable this once; the former ten open nothing any more."""
    codes = _new_codes(user)
    record("user.recovery_codes_renewed", target=user, by=user, at=at)
    return codes


@transaction.atomic
def reset_factor(*, user: User, by: Actor, at: dt.datetime) -> None:
    """The telephone is lost: the next sign-in enrols another one (T89)."""
    user.authenticators.all().delete()
    user.recovery_codes.all().delete()
    end_session(user, because=User.Ended.FACTOR)
    record("user.factor_reset", target=user, by=by, at=at)


def _new_authenticator(user: User, *, at: dt.datetime) -> Authenticator:
    authenticator = Authenticator(user=user, made_at=at)
    factors.seal_secret(authenticator, totp.new_secret())
    authenticator.save()
    return authenticator


def _new_codes(user: User) -> list[str]:
    user.recovery_codes.all().delete()
    codes = [factors.new_recovery_code() for _ in range(factors.RECOVERY_CODES)]
    rows = []
    for code in codes:
        keyed = factors.hash_of(user, code)
        rows.append(
            RecoveryCode(
                user=user,
                code_hash=keyed.digest,
                algorithm_id=keyed.algorithm_id,
                key_id=keyed.key_id,
            )
        )
    RecoveryCode.objects.bulk_create(rows)
    return [factors.printed(code) for code in codes]
