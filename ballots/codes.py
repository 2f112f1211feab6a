"""Household codes: eleven random symbols and one that checks them (T17 to T19)."""

import secrets
import unicodedata
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from audit import crypto, keyring
from ballots.errors import CodeTypo

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
RANDOM_SYMBOLS = 11
LENGTH = RANDOM_SYMBOLS + 1
GROUP = 4
GROUPS = LENGTH // GROUP
VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
# What hands and eyes exchange on a printed slip, inside the alphabet.
LOOK_ALIKES = ("2Z", "5S", "8B", "6G", "UV", "VY", "MN", "CG", "EF", "PR", "7T", "QD")
DASHES = "-‐‑‒–—―−﹣"


def _powers() -> tuple[int, ...]:
    """α^0 … α^11 in GF(32) with x^5 + x^2 + 1 and α = x; all differ (T17)."""
    powers, value = [], 1
    for _ in range(LENGTH):
        powers.append(value)
        value <<= 1
        if value & 0b100000:
            value ^= 0b100101
    return tuple(powers)


def _times(left: int, right: int) -> int:
    """Multiplication in GF(32)."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= 0b100101
        right >>= 1
    return product


POWERS = _powers()
# The check symbol stands last and has the weight α^0.
WEIGHTS = (*POWERS[1:], POWERS[0])
PRODUCTS = tuple(tuple(_times(w, d) for d in range(32)) for w in WEIGHTS)


def check_symbol(symbols: str) -> str:
    """The twelfth symbol: sum of α^i d_i over i = 1..11 (T17)."""
    total = 0
    for products, symbol in zip(PRODUCTS, symbols, strict=False):
        total ^= products[VALUES[symbol]]
    return ALPHABET[total]


def is_sound(code: str) -> bool:
    total = 0
    for products, symbol in zip(PRODUCTS, code, strict=True):
        total ^= products[VALUES[symbol]]
    return total == 0


def new_code() -> str:
    """55 bits of the system's CSPRNG and their check symbol."""
    number = secrets.randbits(5 * RANDOM_SYMBOLS)
    symbols = "".join(
        ALPHABET[number >> 5 * place & 31] for place in range(RANDOM_SYMBOLS)
    )
    return symbols + check_symbol(symbols)


def printed(code: str) -> str:
    """In groups of four, as on the letter."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def normalised(text: str) -> str:
    """NFKC, upper case, spaces and hyphens dropped (T18). No symbol is guessed."""
    text = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in text if not c.isspace() and c not in DASHES)


def parse(text: str) -> str:
    """Twelve symbols that check, or CodeTypo naming the doubtful groups (T18)."""
    code = normalised(text)
    wrong = [place for place, symbol in enumerate(code) if symbol not in VALUES]
    if wrong:
        raise CodeTypo("symbol", _groups(wrong))
    if len(code) != LENGTH:
        raise CodeTypo("length", _uneven_groups(text, len(code)))
    if not is_sound(code):
        raise CodeTypo("check", _doubtful_groups(code))
    return code


def _groups(places: list[int]) -> tuple[int, ...]:
    return tuple(sorted({min(place // GROUP + 1, GROUPS) for place in places}))


def _uneven_groups(text: str, length: int) -> tuple[int, ...]:
    """The groups without four symbols if they were typed apart, else the last."""
    spaced = "".join(
        " " if c in DASHES else c for c in unicodedata.normalize("NFKC", text)
    )
    lengths = [len(part) for part in spaced.split()]
    if len(lengths) == GROUPS:
        return tuple(n + 1 for n, size in enumerate(lengths) if size != GROUP)
    return (min(length // GROUP + 1, GROUPS),)


def _doubtful_groups(code: str) -> tuple[int, ...]:
    """Groups where one look-alike or one exchange would explain the fault; else all.

    Names a place only, never the symbol that would fit.
    """
    places: list[int] = []
    for place, symbol in enumerate(code):
        others = {a for pair in LOOK_ALIKES if symbol in pair for a in pair} - {symbol}
        if any(is_sound(code[:place] + o + code[place + 1 :]) for o in others):
            places.append(place)
    for place in range(LENGTH - 1):
        left, right = code[place], code[place + 1]
        if is_sound(code[:place] + right + left + code[place + 2 :]):
            places += [place, place + 1]
    return _groups(places) if places else tuple(range(1, GROUPS + 1))


def code_hash(code: str, *, key_id: int | None = None) -> crypto.KeyedHash:
    """HMAC-SHA-256(CODE_KEY, "code.v1", code): all that is ever stored (T19)."""
    return crypto.keyed_hash("code", "code.v1", code, key_id=key_id)


def possible_hashes(code: str) -> list[bytes]:
    """Under the current key and those before it: letters outlive a rotation (T99)."""
    return [code_hash(code, key_id=key_id).digest for key_id in _key_ids(settings.KEYS)]


@lru_cache(maxsize=8)
def _key_ids(folder: Path) -> tuple[int, ...]:
    found = (keyring.NAME.fullmatch(path.name) for path in folder.iterdir())
    return tuple(
        sorted(
            (int(m["id"]) for m in found if m and m["purpose"] == "code"), reverse=True
        )
    )
