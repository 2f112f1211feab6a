"""The one interface to cryptography (T97): code asks here, never a library.

Every result says by which algorithm and key it was made, so that others (SM3, SM4) can
stand beside these and keys can rotate without a migration.
"""

import hashlib
import hmac
import os
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from audit import keyring

SHA_256 = "SHA-256"
HMAC_SHA_256 = "HMAC-SHA-256"
AES_256_GCM = "AES-256-GCM"
HKDF_SHA_256 = "HKDF-SHA-256"

# First byte of every ciphertext; the second is the key id.
CIPHER_NUMBERS = {AES_256_GCM: 1}
NONCE_LENGTH = 12


class Unreadable(Exception):
    """A ciphertext does not open: damaged, moved to another row, or a wrong key."""


@dataclass(frozen=True, slots=True)
class KeyedHash:
    digest: bytes
    algorithm_id: str
    key_id: int


def joined(*parts: str | bytes) -> bytes:
    """Parts with their lengths, so that no two different lists give the same bytes."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def digest(*parts: str | bytes) -> bytes:
    """SHA-256 over the joined parts, 32 bytes."""
    return hashlib.sha256(joined(*parts)).digest()


def keyed_hash(
    purpose: str, *parts: str | bytes, key_id: int | None = None
) -> KeyedHash:
    """HMAC-SHA-256 over the joined parts under the key of a purpose, 32 bytes."""
    key = (
        keyring.current(settings.KEYS, purpose)
        if key_id is None
        else keyring.load(settings.KEYS, purpose, key_id)
    )
    mac = hmac.digest(key.secret, joined(*parts), "sha256")
    return KeyedHash(mac, HMAC_SHA_256, key.id)


def equal(left: bytes, right: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(left, right)


def derive(secret: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(
        secret
    )


def seal(secret: bytes, plain: bytes, *, bound_to: bytes, key_id: int) -> bytes:
    """algorithm (1 byte), key id (1), nonce (12), ciphertext, tag (16): AES-256-GCM."""
    nonce = os.urandom(NONCE_LENGTH)
    head = bytes([CIPHER_NUMBERS[AES_256_GCM], key_id])
    return head + nonce + AESGCM(secret).encrypt(nonce, plain, bound_to)


def unseal(secret: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """The plain bytes; Unreadable when anything was changed or moved."""
    if len(sealed) < 2 + NONCE_LENGTH or sealed[0] != CIPHER_NUMBERS[AES_256_GCM]:
        message = "unknown cipher or truncated value"
        raise Unreadable(message)
    nonce, body = sealed[2 : 2 + NONCE_LENGTH], sealed[2 + NONCE_LENGTH :]
    try:
        return AESGCM(secret).decrypt(nonce, bytes(body), bound_to)
    except InvalidTag as error:
        message = "the value does not belong here or the key is wrong"
        raise Unreadable(message) from error


def place(table: str, column: str, row: uuid.UUID) -> bytes:
    """Associated data of a field: a value moved to another row does not open (T97)."""
    return joined(table, column, row.bytes)


def seal_field(value: str, *, table: str, column: str, row: uuid.UUID) -> bytes:
    """Encrypt one personal datum under the current field key; "" stays empty."""
    if not value:
        return b""
    key = keyring.current(settings.KEYS, "field")
    bound_to = place(table, column, row)
    return seal(key.secret, value.encode(), bound_to=bound_to, key_id=key.id)


def open_field(
    sealed: bytes | memoryview, *, table: str, column: str, row: uuid.UUID
) -> str:
    """Decrypt one personal datum. Callers leave the trail of who read it (T77)."""
    sealed = bytes(sealed)
    if not sealed:
        return ""
    key = keyring.load(settings.KEYS, "field", sealed[1])
    return unseal(key.secret, sealed, bound_to=place(table, column, row)).decode()
