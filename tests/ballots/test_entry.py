"""From a typed code to a page, without session and without trace (T18, T25, T26)."""

import datetime as dt
from uuid import uuid4

import pytest

from audit import keyring
from ballots import actions, codes, entry
from ballots.entry import Entry
from ballots.errors import BoxNotOpen, CodeTypo, CodeUnknown, CodeVoid, TokenStale
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO, NOON

ENTRY = Entry(uuid4(), uuid4(), KAIFENGDAO, bytes(range(32)))


@pytest.mark.django_db
def test_code_is_redeemed_with_one_look_up_and_no_write(django_assert_num_queries):
    box, (code,) = world.open_with(KAIFENGDAO)
    with django_assert_num_queries(1) as captured:
        found = entry.redeem(codes.printed(code.code), at=NOON)
    assert found == Entry(code.code_id, box.pk, KAIFENGDAO, None)
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}


@pytest.mark.django_db
def test_entry_knows_the_envelope_in_the_box():
    _box, (code,) = world.open_with(KAIFENGDAO)
    receipt = world.vote(code, 5)
    assert entry.redeem(code.code, at=NOON) == receipt.entry
    assert receipt.entry.digest is not None


@pytest.mark.django_db
def test_typo_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(CodeTypo):
        entry.redeem("2222-2222-222Z", at=NOON)


@pytest.mark.django_db
def test_sound_code_that_nobody_issued_is_unknown():
    world.open_with(KAIFENGDAO)
    with pytest.raises(CodeUnknown):
        entry.redeem(codes.new_code(), at=NOON)


@pytest.mark.django_db
def test_void_code_is_told_with_its_reason():
    _box, (code,) = world.open_with(KAIFENGDAO)
    actions.void_code(code=world.code_row(code), reason="lost", by=world.CLERK, at=NOON)
    with pytest.raises(CodeVoid) as refused:
        entry.redeem(code.code, at=NOON)
    assert refused.value.reason == "lost"


@pytest.mark.django_db
def test_code_of_a_box_that_is_not_open_yet_is_refused():
    (code,) = world.issue(world.set_up(), KAIFENGDAO)
    with pytest.raises(BoxNotOpen) as refused:
        entry.redeem(code.code, at=NOON)
    assert refused.value.state == "sealed_setup"


@pytest.mark.django_db
def test_code_works_through_the_grace_and_not_a_minute_longer():
    _box, (code,) = world.open_with(KAIFENGDAO)
    last = world.TECHNICAL_CLOSE - dt.timedelta(seconds=1)
    assert entry.redeem(code.code, at=last).code_id == code.code_id
    with pytest.raises(BoxNotOpen) as refused:
        entry.redeem(code.code, at=world.TECHNICAL_CLOSE)
    assert refused.value.state == "closed"


@pytest.mark.django_db
def test_code_from_before_a_key_rotation_still_works(settings, tmp_path):
    for purpose in keyring.PURPOSES:
        key = keyring.current(settings.KEYS, purpose)
        (tmp_path / f"{purpose}.1.key").write_bytes(key.secret)
    settings.KEYS = tmp_path
    _box, (old,) = world.open_with(KAIFENGDAO)
    (tmp_path / "code.2.key").write_bytes(bytes(range(32)))
    keyring.current.cache_clear()
    codes._key_ids.cache_clear()
    _box, (new,) = world.open_with(KAIFENGDAO)
    assert world.code_row(new).key_id == 2
    for code in (old, new):
        assert entry.redeem(code.code, at=NOON).code_id == code.code_id


def test_token_gives_the_entry_again():
    for known in (ENTRY, Entry(ENTRY.code_id, ENTRY.box_id, "会场", None)):
        token = entry.to_token(known, at=NOON)
        assert entry.from_token(token, at=NOON + dt.timedelta(minutes=119)) == known
        assert token.replace("-", "").replace("_", "").isalnum()


def test_token_hides_what_it_holds():
    token = entry.to_token(ENTRY, at=NOON)
    assert token != entry.to_token(ENTRY, at=NOON)
    plain = entry.base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert ENTRY.code_id.bytes not in plain
    assert KAIFENGDAO.encode() not in plain


@pytest.mark.parametrize("minutes", [entry.ENTRY_MINUTES, entry.RECALL_MINUTES])
def test_token_ends(minutes: int):
    token = entry.to_token(ENTRY, at=NOON, minutes=minutes)
    with pytest.raises(TokenStale):
        entry.from_token(token, at=NOON + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text", ["", "x", "é", "AQ", "AQE", "AQE" * 30, "%%%", "AWM" + "A" * 120]
)
def test_damaged_token_is_stale(text: str):
    with pytest.raises(TokenStale):
        entry.from_token(text, at=NOON)


def test_every_changed_symbol_spoils_the_token():
    token = entry.to_token(ENTRY, at=NOON)
    for place in range(len(token) - 1):
        changed = "A" if token[place] != "A" else "B"
        with pytest.raises(TokenStale):
            entry.from_token(token[:place] + changed + token[place + 1 :], at=NOON)


def test_token_of_another_installation_is_stale(settings, tmp_path):
    token = entry.to_token(ENTRY, at=NOON)
    keyring.make_missing(tmp_path)
    settings.KEYS = tmp_path
    with pytest.raises(TokenStale):
        entry.from_token(token, at=NOON)
