"""Codes of six digits that an authenticator shows, after RFC 6238 and RFC 4226.

The arithmetic is that of `cryptography`; here stand the choices that telephones know:
SHA-1, six digits, thirty seconds. One step early or late is let through, because
clocks of telephones are (T89).
"""

import base64
import datetime as dt
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

DIGITS = 6
STEP_SECONDS = 30
TOLERANCE = 1
SECRET_BYTES = 20


def new_secret() -> str:
    """20 random bytes as the 32 letters and digits that a person can type."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(at: dt.datetime) -> int:
    """Steps of thirty seconds since 1970."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    """The six digits of a step. Source: RFC 6238, 4.2 (HMAC-SHA-1 over the step)."""
    # SHA-1 is what telephones implement; HMAC does not need collision resistance.
    hotp = HOTP(base64.b32decode(secret), DIGITS, SHA1())  # noqa: S303
    return hotp.generate(step).decode()


def matching_step(secret: str, code: str, *, after: int, at: dt.datetime) -> int | None:
    """The step that shows this code at the moment `at`, one earlier or later.

    Steps up to `after` are used up and match no more (T144). The newest step wins.
    """
    now = step_of(at)
    found = None
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        # Every step is compared, in constant time: the answer's time says nothing.
        if secrets.compare_digest(code_of(secret, step), code) and step > after:
            found = step
    return found


def address_for_telephone(secret: str, *, account: str, issuer: str) -> str:
    """What the QR code holds: the otpauth address that authenticators read."""
    label = quote(f"{issuer}:{account}")
    query = urlencode(
        {"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS},
        quote_via=quote,
    )
    return f"otpauth://totp/{label}?{query}"
