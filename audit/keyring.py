"""Keys as files of 32 random bytes, one folder, readable by their owner only (T99).

`<purpose>.<id>.key`; the highest id is current, older ones only read. There is no
default key. `python -m audit.keyring FOLDER` makes what is missing.
"""

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
    "field",  # personal data at rest
    "index",  # blind index of telephones
    "wrap",  # secrets of ballot boxes in software custody
)
LENGTH = 32
NAME = re.compile(r"(?P<purpose>[a-z]+)\.(?P<id>\d+)\.key")


class KeyMissing(Exception):
    """A key is absent or damaged: nothing may start or go on without it."""


@dataclass(frozen=True, slots=True)
class Key:
    purpose: str
    id: int
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.purpose}.{self.id})"


def read(folder: Path, purpose: str, key_id: int) -> Key:
    """One key of 32 bytes; KeyMissing names the file and the remedy."""
    path = folder / f"{purpose}.{key_id}.key"
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
    return Key(purpose, key_id, secret)


@lru_cache(maxsize=64)
def load(folder: Path, purpose: str, key_id: int) -> Key:
    return read(folder, purpose, key_id)


@lru_cache(maxsize=64)
def current(folder: Path, purpose: str) -> Key:
    """The key with the highest id of this purpose."""
    ids = [
        int(match["id"])
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := NAME.fullmatch(path.name)) and match["purpose"] == purpose
    ]
    return load(folder, purpose, max(ids, default=1))


def make_missing(folder: Path) -> list[str]:
    """Make the keys that do not exist yet; names of the new files. Never overwrites."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for purpose in PURPOSES:
        if any(folder.glob(f"{purpose}.*.key")):
            continue
        path = folder / f"{purpose}.1.key"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
        made.append(path.name)
    return made


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m audit.keyring FOLDER")
    sys.stdout.write("\n".join([*make_missing(Path(sys.argv[1])), ""]))
