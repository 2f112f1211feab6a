"""The six digits, against the vectors of the standard."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import totp

# base32 of the secret of RFC 6238, appendix B: b"12345678901234567890".
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# Seconds since 1970 and the eight digits of appendix B; ours are the last six of them.
VECTORS = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(("seconds", "eight"), VECTORS)
def test_code_is_that_of_rfc_6238(seconds: int, eight: str) -> None:
    at = dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    assert totp.code_of(SECRET, totp.step_of(at)) == eight[-6:]


# RFC 4226, appendix D: the first ten counters of the same secret.
COUNTED = (755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871)


@pytest.mark.parametrize(("step", "code"), enumerate((*COUNTED, 520489)))
def test_code_is_that_of_rfc_4226(step: int, code: int) -> None:
    assert totp.code_of(SECRET, step) == f"{code:06}"


@pytest.mark.parametrize(
    ("off", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_either_way_is_let_through(off: int, accepted: bool) -> None:
    step = totp.step_of(NOON) + off
    code = totp.code_of(SECRET, step)
    found = totp.matching_step(SECRET, code, after=0, at=NOON)
    assert found == (step if accepted else None)


@settings(deadline=None)
@given(used=st.integers(-1, 1), typed=st.integers(-1, 1))
def test_step_up_to_the_last_used_one_matches_no_more(used: int, typed: int) -> None:
    now = totp.step_of(NOON)
    code = totp.code_of(SECRET, now + typed)
    found = totp.matching_step(SECRET, code, after=now + used, at=NOON)
    assert found == (now + typed if typed > used else None)


@settings(deadline=None)
@given(code=st.text(max_size=8))
def test_any_other_text_matches_nothing(code: str) -> None:
    now = totp.step_of(NOON)
    right = {totp.code_of(SECRET, now + off) for off in (-1, 0, 1)}
    found = totp.matching_step(SECRET, code.encode().hex(), after=0, at=NOON)
    assert (found is None) == (code.encode().hex() not in right)


def test_secret_has_160_bits_and_no_two_are_alike() -> None:
    secrets = {totp.new_secret() for _ in range(50)}
    assert {len(secret) for secret in secrets} == {32}
    assert len(secrets) == 50


def test_telephone_is_told_everything_that_differs_from_no_default() -> None:
    address = totp.address_for_telephone(SECRET, account="宋 a&b", issuer="民评")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {
        "secret": [SECRET],
        "issuer": ["民评"],
        "digits": ["6"],
        "period": ["30"],
    }
