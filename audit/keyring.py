"""Keys as files of 32 random bytes, one folder, readable by their owner only (T99).

`<purpose>.<id>.key`; the highest id is current, older ones only read. There is no
default key. `python -m audit.keyring FOLDER` makes what is missing.

A key of a MAC is used with one hash only: `<purpose>.<id>.sm3.key` with SM3, the
others with SHA-256. With MINPING_HASH=SM3 new keys are of that kind, and an
installation that had others goes on under a next id; what was written under the old
ones stays readable.
"""

import hashlib
import os
import re
import secrets
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PURPOSES = (
    "django",  # sessions and forms
    "code",  # household codes
    "receipt",  # receipts
    "token",  # the resident's cookie between code and seal
    "row",  # row MACs of envelopes
    "audit",  # MACs of audit events
    "sign",  # signatures of checkpoints, Ed25519
    "field",  # personal data at rest
    "index",  # blind index of telephones
    "wrap",  # secrets of ballot boxes in software custody
)
LENGTH = 32
SHA_256, SM3 = "SHA-256", "SM3"
HASHES = (SHA_256, SM3)
KEYED = ("code", "receipt", "row", "audit", "index")
# A blind index is compared with those of years before: it changes its key by a run
# that writes all of them anew, never by itself.
LASTING = ("index",)
NAME = re.compile(r"(?P<purpose>[a-z]+)\.(?P<id>\d+)(?P<hash>\.sm3)?\.key")


class KeyMissing(Exception):
    """A key is absent or damaged: nothing may start or go on without it."""


@dataclass(frozen=True, slots=True)
class Key:
    purpose: str
    id: int
    secret: bytes
    hash_id: str = SHA_256

    def __repr__(self) -> str:
        return f"Key({self.purpose}.{self.id})"


def read(folder: Path, purpose: str, key_id: int) -> Key:
    """One key of 32 bytes; KeyMissing names the file and the remedy."""
    path, hash_id = folder / f"{purpose}.{key_id}.key", SHA_256
    of_sm3 = folder / f"{purpose}.{key_id}.sm3.key"
    if not path.exists() and of_sm3.exists():
        path, hash_id = of_sm3, SM3
    try:
        secret = path.read_bytes()
    except OSError as error:
        message = (
            f"缺少密钥 {path.name}（目录 {folder}）。"
            f"Key {path.name} is missing; make new ones with:"
            f" python -m audit.keyring {folder}"
        )
        raise KeyMissing(message) from error
    if len(secret) != LENGTH:
        message = f"密钥 {path.name} 不是 {LENGTH} 字节。Key {path.name} is damaged."
        raise KeyMissing(message)
    return Key(purpose, key_id, secret, hash_id)


@lru_cache(maxsize=64)
def load(folder: Path, purpose: str, key_id: int) -> Key:
    return read(folder, purpose, key_id)


@lru_cache(maxsize=64)
def current(folder: Path, purpose: str) -> Key:
    """The key with the highest id of this purpose."""
    return load(folder, purpose, max(_ids(folder, purpose), default=1))


def _ids(folder: Path, purpose: str) -> list[int]:
    return [
        int(match["id"])
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := NAME.fullmatch(path.name)) and match["purpose"] == purpose
    ]


class WrongHash(Exception):
    """The keys that write now are not of the hash that was chosen."""


def need_hash(folder: Path, hash_id: str) -> None:
    """WrongHash, with the remedy, unless all that writes is of this hash."""
    if hash_id == SM3 and "sm3" not in hashlib.algorithms_available:
        message = "This Python has no SM3: take one with OpenSSL 1.1.1 or newer."
        raise WrongHash(message)
    wrong = [
        purpose
        for purpose in KEYED
        if purpose not in LASTING and current(folder, purpose).hash_id != hash_id
    ]
    if wrong:
        message = (
            f"密钥 {', '.join(wrong)} 不是 {hash_id} 的。The current keys of"
            f" {', '.join(wrong)} are not of MINPING_HASH={hash_id};"
            f" make them with: MINPING_HASH={hash_id} python -m audit.keyring {folder}"
        )
        raise WrongHash(message)


def make_missing(folder: Path, *, hash_id: str | None = None) -> list[str]:
    """Make the keys that do not exist yet; names of the new files. Never overwrites.

    `hash_id` is that of MINPING_HASH unless it is given. Where the current key of a MAC
    is of another hash, the next one is made.
    """
    chosen = hash_id or os.environ.get("MINPING_HASH") or SHA_256
    if chosen not in HASHES:
        message = f"MINPING_HASH={chosen!r}: write one of {', '.join(HASHES)}."
        raise WrongHash(message)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [
        _make(folder, purpose, key_id, chosen if purpose in KEYED else SHA_256)
        for purpose in PURPOSES
        if (key_id := _wanted(folder, purpose, chosen))
    ]
    current.cache_clear()
    return made


def _wanted(folder: Path, purpose: str, chosen: str) -> int:
    """The id of the key that is to be made; 0 when the present one will do."""
    newest = max(_ids(folder, purpose), default=0)
    if not newest:
        return 1
    if purpose not in KEYED or purpose in LASTING:
        return 0
    return newest + 1 if read(folder, purpose, newest).hash_id != chosen else 0


def _make(folder: Path, purpose: str, key_id: int, hash_id: str) -> str:
    kind = ".sm3" if hash_id == SM3 else ""
    path = folder / f"{purpose}.{key_id}{kind}.key"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(LENGTH))
    return path.name


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m audit.keyring FOLDER")
    sys.stdout.write("\n".join([*make_missing(Path(sys.argv[1])), ""]))
