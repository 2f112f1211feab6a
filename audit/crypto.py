"""The one interface to cryptography (T97): code asks here, never a library.

Every result says by which algorithm and key it was made, so that SM3 and SM4 stand
beside SHA-256 and AES and keys can rotate without a migration (docs/adr/0020):

* a MAC takes the hash of its key: `audit.2.sm3.key` is used with HMAC-SM3 and nothing
  else, so who knows the key id knows the algorithm;
* a ciphertext names its cipher in its first byte;
* `digest` is SHA-256 for ever: receipts, envelopes, texts and roots are published and
  checked by others, long after a setting was changed.
"""

import hashlib
import hmac
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from audit import keyring

SHA_256, SM3 = keyring.SHA_256, keyring.SM3
HMAC_SHA_256, HMAC_SM3 = "HMAC-SHA-256", "HMAC-SM3"
AES_256_GCM, SM4_GCM = "AES-256-GCM", "SM4-GCM"
HKDF_SHA_256 = "HKDF-SHA-256"
# What may be chosen by settings.
HASHES = (SHA_256, SM3)
FIELD_CIPHERS = (AES_256_GCM, SM4_GCM)
MACS = {SHA_256: HMAC_SHA_256, SM3: HMAC_SM3}

# First byte of every ciphertext; the second is the key id.
CIPHER_NUMBERS = {AES_256_GCM: 1, SM4_GCM: 2}
NONCE_LENGTH, TAG_LENGTH = 12, 16
# What a sealed value is longer than the plain one: algorithm, key id, nonce, tag.
OVERHEAD = 2 + NONCE_LENGTH + TAG_LENGTH
# Our keys have 32 bytes, SM4 takes 16.
SM4_KEY_LENGTH, SM4_KEY_INFO = 16, b"minping.sm4.v1"
UUID_LENGTH = 16
BLOCK = 64
INNER = bytes(0x36 ^ byte for byte in range(256))
OUTER = bytes(0x5C ^ byte for byte in range(256))


class Unreadable(Exception):
    """A ciphertext does not open: damaged, moved to another row, or a wrong key."""


@dataclass(frozen=True, slots=True)
class KeyedHash:
    digest: bytes
    algorithm_id: str
    key_id: int


def part(value: str | bytes) -> bytes:
    """One part with its length before it; `joined` puts such parts together."""
    encoded = value.encode() if isinstance(value, str) else value
    return len(encoded).to_bytes(4, "big") + encoded


def joined(*parts: str | bytes) -> bytes:
    """Parts with their lengths, so that no two different lists give the same bytes."""
    return b"".join(map(part, parts))


def digest(*parts: str | bytes) -> bytes:
    """SHA-256 over the joined parts, 32 bytes; never another algorithm."""
    return hashlib.sha256(joined(*parts)).digest()


def new_sm3(data: bytes = b"") -> "hashlib._Hash":
    """SM3 (GB/T 32905-2016) of the OpenSSL that Python was built with."""
    return hashlib.new("sm3", data)


NEW_HASH: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    SHA_256: hashlib.sha256,
    SM3: new_sm3,
}
HASH_OF_MAC = {mac: name for name, mac in MACS.items()}


def digest_beside(algorithm_id: str, *parts: str | bytes) -> bytes:
    """The digest that goes with a MAC: by SM3 beside HMAC-SM3, 32 bytes.

    KeyError when no such MAC is known.
    """
    return NEW_HASH[HASH_OF_MAC[algorithm_id]](joined(*parts)).digest()


def keyed_hash(
    purpose: str, *parts: str | bytes, key_id: int | None = None
) -> KeyedHash:
    """HMAC over the joined parts under the key of a purpose, 32 bytes.

    HMAC-SHA-256 or HMAC-SM3, as the key says that is current or has that id.
    """
    key = _key(purpose, key_id)
    mac = _hasher(key.secret, key.hash_id).of(joined(*parts))
    return KeyedHash(mac, MACS[key.hash_id], key.id)


class KeyedHasher:
    """HMAC (RFC 2104) under one key, for very many short messages.

    The two half-hashes that depend on the key alone are made once and copied: a
    quarter of the time of `hmac.digest` for a message of a hundred bytes.
    """

    __slots__ = ("_new_inner", "_new_outer")

    def __init__(self, secret: bytes, hash_id: str = SHA_256) -> None:
        new = NEW_HASH[hash_id]
        if len(secret) > BLOCK:
            secret = new(secret).digest()
        padded = secret.ljust(BLOCK, b"\0")
        self._new_inner = new(padded.translate(INNER)).copy
        self._new_outer = new(padded.translate(OUTER)).copy

    def of(self, message: bytes) -> bytes:
        """32 bytes over a message of parts that were put together by `joined`."""
        inner, outer = self._new_inner(), self._new_outer()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=64)
def _hasher(secret: bytes, hash_id: str) -> KeyedHasher:
    return KeyedHasher(secret, hash_id)


def keyed_hasher(purpose: str, *, key_id: int | None = None) -> KeyedHasher:
    """The hasher behind `keyed_hash`, under the current key or an earlier one."""
    key = _key(purpose, key_id)
    return _hasher(key.secret, key.hash_id)


def _key(purpose: str, key_id: int | None) -> keyring.Key:
    if key_id is None:
        return keyring.current(settings.KEYS, purpose)
    return keyring.load(settings.KEYS, purpose, key_id)


def equal(left: bytes, right: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(left, right)


def derive(secret: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(
        secret
    )


class SM4GCM:
    """SM4-GCM (GB/T 32907-2016, RFC 8998), with the face of `AESGCM`.

    `secret` has 16 bytes, as RFC 8998 says, or is a key of ours with 32: then SM4 gets
    16 bytes of its own from it, so that no two ciphers share a key.
    """

    __slots__ = ("_key",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SM4_KEY_LENGTH:
            secret = derive(secret, salt=b"", info=SM4_KEY_INFO, length=SM4_KEY_LENGTH)
        self._key = algorithms.SM4(secret)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Ciphertext and tag."""
        worker = Cipher(self._key, modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(associated_data)
        return worker.update(data) + worker.finalize() + worker.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """The plain bytes; InvalidTag when anything was changed."""
        if len(data) < TAG_LENGTH:
            raise InvalidTag
        body, tag = data[:-TAG_LENGTH], data[-TAG_LENGTH:]
        worker = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        worker.authenticate_additional_data(associated_data)
        return worker.update(body) + worker.finalize()


Sealer = AESGCM | SM4GCM
SEALERS: dict[int, Callable[[bytes], Sealer]] = {
    CIPHER_NUMBERS[AES_256_GCM]: AESGCM,
    CIPHER_NUMBERS[SM4_GCM]: SM4GCM,
}


def seal(secret: bytes, plain: bytes, *, bound_to: bytes, key_id: int) -> bytes:
    """algorithm (1 byte), key id (1), nonce (12), ciphertext, tag (16): AES-256-GCM."""
    return _seal(AESGCM(secret), AES_256_GCM, plain, bound_to, key_id)


def _seal(
    cipher: Sealer, algorithm_id: str, plain: bytes, bound_to: bytes, key_id: int
) -> bytes:
    nonce = os.urandom(NONCE_LENGTH)
    head = bytes([CIPHER_NUMBERS[algorithm_id], key_id])
    return head + nonce + cipher.encrypt(nonce, plain, bound_to)


def unseal(secret: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """The plain bytes; Unreadable when anything was changed or moved."""
    return _unseal(_new_sealer, secret, sealed, bound_to)


def _unseal(
    sealer: Callable[[bytes, int], Sealer],
    secret: bytes,
    sealed: bytes,
    bound_to: bytes,
) -> bytes:
    """By the cipher that the first byte names."""
    if len(sealed) < 2 + NONCE_LENGTH or sealed[0] not in SEALERS:
        message = "unknown cipher or truncated value"
        raise Unreadable(message)
    nonce, body = sealed[2 : 2 + NONCE_LENGTH], sealed[2 + NONCE_LENGTH :]
    try:
        return sealer(secret, sealed[0]).decrypt(nonce, bytes(body), bound_to)
    except InvalidTag as error:
        message = "the value does not belong here or the key is wrong"
        raise Unreadable(message) from error


def _new_sealer(secret: bytes, number: int) -> Sealer:
    return SEALERS[number](secret)


def place(table: str, column: str, row: uuid.UUID) -> bytes:
    """Associated data of a field: a value moved to another row does not open (T97)."""
    return joined(table, column, row.bytes)


@lru_cache(maxsize=64)
def _field_sealer(secret: bytes, number: int) -> Sealer:
    """For keys of the keyring: they stay in memory anyway; others must not."""
    return _new_sealer(secret, number)


def seal_field(value: str, *, table: str, column: str, row: uuid.UUID) -> bytes:
    """Encrypt one personal datum under the current field key; "" stays empty."""
    if not value:
        return b""
    key = keyring.current(settings.KEYS, "field")
    bound_to = place(table, column, row)
    cipher: str = settings.FIELD_CIPHER
    sealer = _field_sealer(key.secret, CIPHER_NUMBERS[cipher])
    return _seal(sealer, cipher, value.encode(), bound_to, key.id)


def seal_column(
    values: Sequence[str], *, table: str, column: str, rows: Sequence[bytes]
) -> list[bytes]:
    """One column of many rows, each value bound to its row as by `seal_field`.

    `rows` are the 16 bytes of the rows' ids. The key is fetched and chance is asked
    once for all of them; no random byte outlives the call.
    """
    if not any(values):
        return [b""] * len(values)
    key = keyring.current(settings.KEYS, "field")
    number = CIPHER_NUMBERS[settings.FIELD_CIPHER]
    head = bytes([number, key.id])
    encrypt = _field_sealer(key.secret, number).encrypt
    here = joined(table, column) + UUID_LENGTH.to_bytes(4, "big")
    chance = os.urandom(NONCE_LENGTH * len(values))
    nonces = (
        chance[at : at + NONCE_LENGTH] for at in range(0, len(chance), NONCE_LENGTH)
    )
    return [
        head + nonce + encrypt(nonce, value.encode(), here + row) if value else b""
        for value, row, nonce in zip(values, rows, nonces, strict=True)
    ]


def open_field(
    sealed: bytes | memoryview, *, table: str, column: str, row: uuid.UUID
) -> str:
    """Decrypt one personal datum. Callers leave the trail of who read it (T77)."""
    sealed = bytes(sealed)
    if not sealed:
        return ""
    key = keyring.load(settings.KEYS, "field", sealed[1])
    bound_to = place(table, column, row)
    return _unseal(_field_sealer, key.secret, sealed, bound_to).decode()
