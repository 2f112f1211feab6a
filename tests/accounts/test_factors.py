"""Authenticators and codes on paper: how they are stored, replaced and lost."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import factors, totp
from accounts.actions import (
    confirm_authenticator,
    renew_recovery_codes,
    replace_authenticator,
    reset_factor,
)
from accounts.models import Authenticator, RecoveryCode, User
from audit import crypto
from audit.actions import SYSTEM
from tests.accounts.test_sign_in import SIGN_IN, typed_by, verbs, waiting_code
from tests.conftest import PASSWORD, enrol, signed_in

SET_UP = "/desk/security/set-up/"


def test_secret_is_sealed_and_opens_in_its_own_row_only(
    clerk: User, head: User
) -> None:
    own, other = enrol(clerk), enrol(head)
    secret = factors.secret_of(own)
    assert secret.encode() not in bytes(own.secret)
    other.secret = own.secret
    with pytest.raises(crypto.Unreadable):
        factors.secret_of(other)


def test_picture_and_letters_are_the_same_secret(clerk: User) -> None:
    client = signed_in(clerk)
    client.post(reverse("accounts:factor-replace"))
    page = client.get(SET_UP)
    waiting = factors.waiting_of(clerk)
    assert waiting is not None
    assert "".join(page.context["secret"]) == factors.secret_of(waiting)
    drawn = str(page.context["picture"])
    assert (drawn[:4], drawn.count("style=")) == ("<svg", 0)
    assert page.headers["Cache-Control"].count("no-store") == 1


def test_looking_at_the_picture_writes_nothing(clerk: User) -> None:
    """T147: the secret is made by the form before it."""
    client = signed_in(clerk)
    client.post(reverse("accounts:factor-replace"))
    before = list(Authenticator.objects.order_by("pk").values())
    for _ in range(3):
        assert client.get(SET_UP).status_code == 200
        assert client.head(SET_UP).status_code == 200
    assert list(Authenticator.objects.order_by("pk").values()) == before


def test_new_telephone_counts_only_after_its_first_code(clerk: User) -> None:
    client = signed_in(clerk)
    old = factors.confirmed_of(clerk)
    client.post(reverse("accounts:factor-replace"))
    wrong = client.post(SET_UP, {"factor_code": "abcdef"})
    assert list(wrong.context["form"].errors) == ["factor_code"]
    assert factors.confirmed_of(clerk) == old
    new = factors.waiting_of(clerk)
    right = client.post(SET_UP, {"factor_code": waiting_code(clerk)})
    assert len(right.context["codes"]) == 10
    assert factors.confirmed_of(clerk) == new
    assert Authenticator.objects.count() == 1


def test_other_sessions_end_with_the_telephone_and_this_one_goes_on(
    clerk: User,
) -> None:
    client = signed_in(clerk)
    client.post(reverse("accounts:factor-replace"))
    before = client.cookies["session"].value
    stale = Client()
    stale.cookies["session"] = before
    client.post(SET_UP, {"factor_code": waiting_code(clerk)})
    assert client.cookies["session"].value != before
    assert client.get("/desk/").status_code == 200
    assert stale.get("/desk/").status_code == 302


def test_codes_are_shown_once_and_stored_as_keyed_hashes(clerk: User) -> None:
    client = signed_in(clerk)
    page = client.post(reverse("accounts:codes-renew"))
    codes = page.context["codes"]
    assert (len(set(codes)), {len(code) for code in codes}) == (10, {11})
    stored = [bytes(row.code_hash) for row in RecoveryCode.objects.all()]
    assert sorted(stored) == sorted(
        factors.hash_of(clerk, code.replace("-", "")).digest for code in codes
    )
    assert client.get(reverse("accounts:codes-renew")).status_code == 405


def test_new_codes_make_the_former_ones_worthless(clerk: User) -> None:
    enrol(clerk)
    now = timezone.now()
    former = renew_recovery_codes(user=clerk, at=now)[0]
    latter = renew_recovery_codes(user=clerk, at=now)[0]
    statuses = [
        Client().post(SIGN_IN, typed_by(clerk, factor_code=code)).status_code
        for code in (former, latter)
    ]
    assert statuses == [200, 302]


def test_code_of_somebody_else_opens_nothing(clerk: User, head: User) -> None:
    enrol(clerk)
    enrol(head)
    code = renew_recovery_codes(user=head, at=timezone.now())[0]
    answer = Client().post(SIGN_IN, typed_by(clerk, factor_code=code))
    assert answer.status_code == 200


def test_lost_telephone_is_reset_and_enrolled_anew(clerk: User) -> None:
    client = signed_in(clerk)
    reset_factor(user=clerk, by=SYSTEM, at=timezone.now())
    assert client.get("/desk/").url == "/desk/sign-in/?next=/desk/&why=factor"
    assert (Authenticator.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    client.post(SIGN_IN, {"username": "clerk", "password": PASSWORD})
    assert client.get("/desk/").url == SET_UP
    assert verbs() == ["user.factor_reset", "user.signed_in"]


def test_nothing_waits_where_nothing_was_asked_for(clerk: User) -> None:
    client = signed_in(clerk)
    assert client.get(SET_UP).url == reverse("accounts:factor-detail")
    assert confirm_authenticator(user=clerk, answer="1", at=timezone.now()) is None


def test_account_has_one_confirmed_authenticator(clerk: User) -> None:
    enrol(clerk)
    now = timezone.now()
    second = Authenticator(user=clerk, made_at=now, confirmed_at=now)
    factors.seal_secret(second, totp.new_secret())
    name = "authenticator_one_per_user"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        second.save()


def test_replacing_twice_leaves_one_that_waits(clerk: User) -> None:
    enrol(clerk)
    for _ in range(2):
        replace_authenticator(user=clerk, at=timezone.now())
    assert Authenticator.objects.filter(confirmed_at=None).count() == 1


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("123 456", "123456"),
        ("１２３４５６", "123456"),
        ("abcde-fghjk", "ABCDEFGHJK"),
        ("", ""),
        ("1" * 500, "1" * factors.MOST_TYPED),
    ],
)
def test_answer_is_read_as_people_type(typed: str, plain: str) -> None:
    assert factors.normalised(typed) == plain
