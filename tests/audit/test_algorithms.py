"""SM3 and SM4 beside SHA-256 and AES: vectors of the standards, the switch (T97)."""

import hmac
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from audit import crypto, exporting, keyring, offline
from audit.chain import Fault
from audit.models import AuditEvent
from ballots import codes, entry
from config.launcher.folders import ROOT
from tests.audit import chains
from tests.audit.test_offline import export
from tests.ballots import world

# GB/T 32905-2016, appendix A.
SM3_VECTORS = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)
# GB/T 32907-2016, appendix A.1: key and block are the same bytes.
SM4_BLOCK = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_SEALED = "681edf34d206965e86b3e94f536e4246"
# RFC 8998, appendix A.1.
RFC_NONCE = bytes.fromhex("00001234567800000000abcd")
RFC_BOUND_TO = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
RFC_PLAIN = b"".join(
    bytes([number]) * 8 for number in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA)
)
RFC_SEALED = (
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    "83de3541e4c2b58177e065a9bf7b62ec"
)


@pytest.mark.parametrize(("text", "digest"), SM3_VECTORS)
def test_sm3_is_that_of_the_standard(text: bytes, digest: str) -> None:
    assert crypto.new_sm3(text).hexdigest() == digest


def test_sm4_is_that_of_the_standard() -> None:
    worker = Cipher(algorithms.SM4(SM4_BLOCK), modes.ECB()).encryptor()  # noqa: S305
    assert worker.update(SM4_BLOCK).hex() == SM4_SEALED


def test_sm4_gcm_is_that_of_the_rfc() -> None:
    sealer = crypto.SM4GCM(SM4_BLOCK)
    sealed = sealer.encrypt(RFC_NONCE, RFC_PLAIN, RFC_BOUND_TO)
    assert sealed.hex() == RFC_SEALED
    assert sealer.decrypt(RFC_NONCE, sealed, RFC_BOUND_TO) == RFC_PLAIN


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_keyed_hasher_is_hmac_sm3(secret: bytes, message: bytes) -> None:
    expected = hmac.digest(secret, message, "sm3")
    assert crypto.KeyedHasher(secret, crypto.SM3).of(message) == expected


@pytest.fixture
def keys(settings, tmp_path: Path) -> Path:
    """A keyring of its own, made before anybody thought of SM3."""
    folder = tmp_path / "keys"
    keyring.make_missing(folder, hash_id=keyring.SHA_256)
    settings.KEYS = folder
    return folder


def switch(folder: Path, hash_id: str = keyring.SM3) -> list[str]:
    made = keyring.make_missing(folder, hash_id=hash_id)
    keyring.current.cache_clear()
    codes._key_ids.cache_clear()
    return made


def test_switch_makes_a_next_key_of_each_mac_and_keeps_the_old(keys: Path) -> None:
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    made = switch(keys)
    assert made == [f"{name}.2.sm3.key" for name in ("code", "receipt", "row", "audit")]
    assert {name: (keys / name).read_bytes() for name in before} == before
    assert switch(keys) == []
    keyring.need_hash(keys, keyring.SM3)
    with pytest.raises(keyring.WrongHash, match="MINPING_HASH=SHA-256 python -m"):
        keyring.need_hash(keys, keyring.SHA_256)
    assert switch(keys, keyring.SHA_256)[0] == "code.3.key"


def test_new_installation_under_sm3_has_no_other_mac(tmp_path: Path) -> None:
    made = keyring.make_missing(tmp_path, hash_id=keyring.SM3)
    of_sm3 = {name.split(".")[0] for name in made if name.endswith(".sm3.key")}
    assert of_sm3 == set(keyring.KEYED)
    assert "sign.1.key" in made


def test_unknown_hash_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(keyring.WrongHash, match="write one of SHA-256, SM3"):
        keyring.make_missing(tmp_path, hash_id="MD5")
    assert list(tmp_path.iterdir()) == []


def test_chain_goes_on_under_sm3_and_back(db: None, keys: Path, tmp_path: Path) -> None:
    chains.tell(4, every=2)
    switch(keys)
    chains.tell(4, every=2)
    switch(keys, keyring.SHA_256)
    chains.tell(2, every=2)
    macs = list(AuditEvent.objects.values_list("algorithm_id", flat=True))
    assert macs == ["HMAC-SHA-256"] * 6 + ["HMAC-SM3"] * 6 + ["HMAC-SHA-256"] * 3
    assert chains.fault() is None
    assert offline.check(export(tmp_path, exporting.Format.CSV), [])["linked"] == 14
    for seq, other in ((8, "HMAC-SHA-256"), (2, "HMAC-SM3"), (3, "HMAC-MD5")):
        sql = "UPDATE audit_auditevent SET algorithm_id = %s WHERE seq = %s"
        was = chains.value(
            "SELECT algorithm_id FROM audit_auditevent WHERE seq = %s", seq
        )
        chains.sql(sql, other, seq)
        assert chains.fault() == Fault("chain", seq)
        chains.sql(sql, was, seq)


def test_event_of_a_lost_key_is_named(db: None, keys: Path) -> None:
    chains.write(2)
    switch(keys)
    chains.write(1)
    (keys / "audit.2.sm3.key").unlink()
    keyring.load.cache_clear()
    keyring.current.cache_clear()
    assert chains.fault() == Fault("mac", 3)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_field_stays_readable_after_a_switch(settings, order: tuple[int, int]) -> None:
    names = {number: name for name, number in crypto.CIPHER_NUMBERS.items()}
    row = uuid.uuid4()
    for number in order:
        settings.FIELD_CIPHER = names[number]
        sealed = crypto.seal_field("孙大爷", table="t", column="c", row=row)
        (also,) = crypto.seal_column(["x"], table="t", column="c", rows=[row.bytes])
        assert (sealed[0], also[0]) == (number, number)
        settings.FIELD_CIPHER = names[3 - number]
        for box, plain in ((sealed, "孙大爷"), (also, "x")):
            assert crypto.open_field(box, table="t", column="c", row=row) == plain
        for place in range(len(sealed)):
            spoiled = bytearray(sealed)
            spoiled[place] ^= 3
            with pytest.raises((crypto.Unreadable, keyring.KeyMissing)):
                crypto.open_field(bytes(spoiled), table="t", column="c", row=row)


def test_ballots_of_before_and_after_a_switch_are_opened_together(
    db: None, keys: Path
) -> None:
    """Codes, receipts and row macs made under SHA-256; the box closes under SM3."""
    box, issued = world.open_with(*[world.KAIFENGDAO] * 12)
    receipts = [world.vote(code, 5).text for code in issued[:6]]
    switch(keys)
    for code in issued:
        assert entry.redeem(code.code, at=world.NOON).code_id == code.code_id
    again = [world.vote(code, 4).text for code in issued[3:]]
    assert again[:3] == receipts[3:]
    macs = set(box.envelopes.values_list("algorithm_id", flat=True))
    assert macs == {"HMAC-SHA-256", "HMAC-SM3"}
    opened = world.open_up(world.close(box))
    assert opened is not None
    assert (opened.papers, opened.invalid) == (12, 0)
    assert chains.fault() is None


def start(folder: Path, **environment: str) -> tuple[int, str]:
    """Read the settings in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "MINPING_VAR": str(folder),
            "MINPING_KEYS": str(folder),
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            **environment,
        },
    )
    return done.returncode, (done.stderr.splitlines() or [""])[-1]


def test_start_is_refused_with_the_remedy(tmp_path: Path) -> None:
    keyring.make_missing(tmp_path, hash_id=keyring.SHA_256)
    assert start(tmp_path)[0] == 0
    code, message = start(tmp_path, MINPING_HASH="SM3")
    assert code == 1
    assert "MINPING_HASH=SM3 python -m audit.keyring" in message
    for name in ("MINPING_HASH", "MINPING_FIELD_CIPHER"):
        code, message = start(tmp_path, **{name: "DES"})
        assert (code, f"{name}='DES': write one of" in message) == (1, True)
    keyring.make_missing(tmp_path, hash_id=keyring.SM3)
    sm = {"MINPING_HASH": "SM3", "MINPING_FIELD_CIPHER": "SM4-GCM"}
    assert start(tmp_path, **sm)[0] == 0
    (tmp_path / "sign.1.key").unlink()
    code, message = start(tmp_path, **sm)
    assert (code, "sign.1.key is missing" in message) == (1, True)
