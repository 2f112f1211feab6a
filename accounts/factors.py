"""The second factor behind one interface: a key token may stand beside it (T89)."""

import datetime as dt
import secrets
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Protocol

from accounts import totp
from accounts.models import Authenticator, RecoveryCode, User
from audit import crypto

RECOVERY_CODES = 10
# Ten symbols of 32, 50 bits; no 0 O 1 I, so that paper can be read back.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
RECOVERY_LENGTH = 10
MOST_TYPED = 40


class SecondFactor(Protocol):
    """Something that a person has, beside the password that it knows."""

    name: ClassVar[str]

    def accept(self, answer: str, *, at: dt.datetime) -> bool:
        """True for a right answer, which is used up by this: it is never right again.

        To be called inside the transaction that draws the consequence.
        """
        ...


@dataclass(frozen=True, slots=True)
class SixDigits:
    """A code of the authenticator that the account has confirmed."""

    authenticator: Authenticator
    name: ClassVar[str] = "totp"

    def accept(self, answer: str, *, at: dt.datetime) -> bool:
        if not (answer.isascii() and answer.isdecimal()):
            return False
        step = totp.matching_step(
            secret_of(self.authenticator),
            answer,
            after=self.authenticator.last_step,
            at=at,
        )
        return step is not None and use_step(self.authenticator, step)


@dataclass(frozen=True, slots=True)
class OnPaper:
    """One of the ten recovery codes."""

    user: User
    name: ClassVar[str] = "recovery"

    def accept(self, answer: str, *, at: dt.datetime) -> bool:
        if len(answer) != RECOVERY_LENGTH:
            return False
        unused = RecoveryCode.objects.filter(user=self.user, used_at=None)
        key_ids = set(unused.values_list("key_id", flat=True))
        hashes = [hash_of(self.user, answer, key_id=key).digest for key in key_ids]
        return bool(unused.filter(code_hash__in=hashes).update(used_at=at))


def factors_of(user: User) -> list[SecondFactor]:
    """What may be asked of this account; empty before the first enrolment."""
    authenticator = confirmed_of(user)
    if authenticator is None:
        return []
    return [SixDigits(authenticator), OnPaper(user)]


def accepted_by(user: User, answer: str, *, at: dt.datetime) -> str:
    """The name of the factor that took the answer, or "" when none did."""
    plain = normalised(answer)
    for factor in factors_of(user):
        if factor.accept(plain, at=at):
            return factor.name
    return ""


def normalised(answer: str) -> str:
    """As people type: full-width digits, spaces and hyphens are forgiven."""
    folded = unicodedata.normalize("NFKC", answer[:MOST_TYPED]).upper()
    return "".join(sign for sign in folded if sign.isalnum())


# --- the authenticator ----------------------------------------------------------------


def confirmed_of(user: User) -> Authenticator | None:
    return user.authenticators.exclude(confirmed_at=None).first()


def waiting_of(user: User) -> Authenticator | None:
    """One whose secret was shown and whose first code has not come yet."""
    return user.authenticators.filter(confirmed_at=None).first()


def seal_secret(authenticator: Authenticator, secret: str) -> None:
    authenticator.secret = crypto.seal_field(
        secret, table="accounts_authenticator", column="secret", row=authenticator.pk
    )


def secret_of(authenticator: Authenticator) -> str:
    return crypto.open_field(
        authenticator.secret,
        table="accounts_authenticator",
        column="secret",
        row=authenticator.pk,
    )


def use_step(authenticator: Authenticator, step: int) -> bool:
    """Two requests with the same code: the conditional update lets one through."""
    unused = Authenticator.objects.filter(pk=authenticator.pk, last_step__lt=step)
    return bool(unused.update(last_step=step))


# --- codes on paper -------------------------------------------------------------------


def new_recovery_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))


def printed(code: str) -> str:
    """Two groups of five."""
    half = RECOVERY_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def hash_of(user: User, code: str, *, key_id: int | None = None) -> crypto.KeyedHash:
    """Bound to the account; without the key the few symbols cannot be tried out."""
    parts = ("recovery.v1", str(user.pk), code)
    return crypto.keyed_hash("index", *parts, key_id=key_id)


def left_of(user: User) -> int:
    """Recovery codes that have not been used."""
    return user.recovery_codes.filter(used_at=None).count()
