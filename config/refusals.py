"""What stops start-up: each with a sentence that says what to do (T99, T107, T116)."""

import string
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from audit import keyring

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "[::1]", "testserver"}
# 32 random bytes have 30 different values or so, and less than 20 never.
LEAST_DIFFERENT = 16
PRINTABLE = set(string.printable.encode())


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def refuse_missing_keys(folder: Path, hash_id: str) -> None:
    """All keys at once, and before the first resident comes."""
    try:
        for purpose in keyring.PURPOSES:
            keyring.current(folder, purpose)
        keyring.need_hash(folder, hash_id)
    except (keyring.KeyMissing, keyring.WrongHash) as missing:
        raise ImproperlyConfigured(str(missing)) from None


def refuse_default_keys(folder: Path) -> None:
    """A key that somebody typed is a key that somebody knows."""
    for path in sorted(folder.glob("*.key")):
        if not is_random(path.read_bytes()):
            message = (
                f"密钥 {path.name} 不是随机生成的，等于公开。"
                f"Key {path.name} in {folder} is not random: whoever reads our source"
                " may know it. Move the file away and make a new one with:"
                f" python -m audit.keyring {folder}"
            )
            raise ImproperlyConfigured(message)


def is_random(secret: bytes) -> bool:
    """No zeros, no repetition, no counting, no text: what defaults are made of."""
    half = len(secret) // 2
    steps = {(b - a) % 256 for a, b in pairwise(secret)}
    return (
        len(set(secret)) >= LEAST_DIFFERENT
        and secret[:half] != secret[half:]
        and len(steps) > 1
        and not set(secret) <= PRINTABLE
    )


def refuse_open_house(
    *, debug: bool, hosts: Collection[str], addresses: Collection[str]
) -> None:
    """DEBUG at home only; elsewhere TLS, and no host that was not named."""
    foreign = sorted({*hosts, *map(host_of, addresses)} - LOCAL_HOSTS - {""})
    if "*" in foreign:
        message = (
            "MINPING_HOSTS=*：请写明主机名。"
            "MINPING_HOSTS=* would answer under any name: write the host names."
        )
        raise ImproperlyConfigured(message)
    if debug and foreign:
        message = (
            f"MINPING_DEBUG=1 不能用在 {'、'.join(foreign)} 上。"
            f"MINPING_DEBUG=1 with a foreign host ({', '.join(foreign)}) would show the"
            " inside to strangers: unset MINPING_DEBUG, or leave local hosts only."
        )
        raise ImproperlyConfigured(message)
    if foreign and not all(one.startswith("https://") for one in addresses):
        message = (
            f"{'、'.join(foreign)}：必须用 https。"
            f"Under a foreign host ({', '.join(foreign)}) every page must be sent by"
            " TLS: set MINPING_URL (and MINPING_STAFF_URL) to https://…"
        )
        raise ImproperlyConfigured(message)
    if unnamed := {host_of(one) for one in addresses} - {*hosts}:
        names = ", ".join(sorted(unnamed))
        message = (
            f"MINPING_HOSTS 里没有 {names}。"
            f"MINPING_HOSTS does not name {names}, where MINPING_URL sends residents:"
            " add it."
        )
        raise ImproperlyConfigured(message)
