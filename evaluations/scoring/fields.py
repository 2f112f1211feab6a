"""Kinds of scheme fields: how a value is read, checked and written (M4).

Each kind turns what a JSON file, a form or Python code gives into one exact type, and
raises ValueError with the reason for a value outside its range. Decimals may be given
as text, integers or JSON numbers; a JSON number counts as the decimal that it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

_LONGEST = 18


class Kind(Protocol):
    """`parse` reads and checks a value, `dump` writes it for JSON without floats."""

    def parse(self, raw: object) -> object: ...

    def dump(self, value: object) -> object: ...


def exact_decimal(raw: object) -> Decimal:
    """A finite decimal from text, an integer, a decimal or a JSON number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueError(f"{raw!r} is not a number")
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError(f"{raw!r} is not a number") from None
    # 1e999999999 is a short text and an endless integer.
    if not value.is_finite() or (value and abs(value.adjusted()) > _LONGEST):
        raise ValueError(f"{raw!r} is not a number of ordinary size")
    return value


def plain(value: object) -> object:
    """A value without trailing zeros as JSON text, so that 0.10 and 0.1 are one."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


class Plain:
    """The common way of writing."""

    def dump(self, value: object) -> object:
        return plain(value)


@dataclass(frozen=True)
class Whole(Plain):
    """An integer in low..high; no upper end if `high` is None."""

    low: int
    high: int | None = None

    def parse(self, raw: object) -> int:
        value = exact_decimal(raw)
        if value != int(value):
            raise ValueError(f"{raw!r} is not a whole number")
        if value < self.low or (self.high is not None and value > self.high):
            end = "" if self.high is None else self.high
            raise ValueError(f"{value} is outside {self.low}..{end}")
        return int(value)


@dataclass(frozen=True)
class Exact(Plain):
    """A decimal in low..high, both ends included."""

    low: str
    high: str

    def parse(self, raw: object) -> Decimal:
        value = exact_decimal(raw)
        if not Decimal(self.low) <= value <= Decimal(self.high):
            raise ValueError(f"{value} is outside {self.low}..{self.high}")
        return value


@dataclass(frozen=True)
class Ratio(Plain):
    """A fraction in low..high, written as "2/3" or as a decimal."""

    low: str
    high: str

    def parse(self, raw: object) -> Fraction:
        if isinstance(raw, Fraction):
            value = raw
        elif isinstance(raw, str) and "/" in raw:
            try:
                value = Fraction(raw)
            except (ValueError, ZeroDivisionError):
                raise ValueError(f"{raw!r} is not a fraction") from None
        else:
            value = Fraction(exact_decimal(raw))
        if not Fraction(self.low) <= value <= Fraction(self.high):
            raise ValueError(f"{value} is outside {self.low}..{self.high}")
        return value


@dataclass(frozen=True)
class Flag(Plain):
    """true or false."""

    def parse(self, raw: object) -> bool:
        if not isinstance(raw, bool):
            raise ValueError(f"{raw!r} is neither true nor false")
        return raw


class Choice(Plain):
    """One of a few words."""

    def __init__(self, *options: str) -> None:
        self.options = options

    def parse(self, raw: object) -> str:
        if not isinstance(raw, str) or raw not in self.options:
            raise ValueError(f"{raw!r} is not one of {', '.join(self.options)}")
        return raw


class Subset(Plain):
    """A list of different words out of a few, at least one, order kept."""

    def __init__(self, *options: str) -> None:
        self.options = options

    def parse(self, raw: object) -> tuple[str, ...]:
        words = tuple(str(word) for word in sequence(raw))
        if not words or len(set(words)) < len(words) or set(words) - set(self.options):
            allowed = ", ".join(self.options)
            raise ValueError(f"{words} is not a list of different words of {allowed}")
        return words


@dataclass(frozen=True)
class Numbers(Plain):
    """A list of `count` decimals that passes `test`; `rule` says it in words."""

    count: int
    rule: str
    test: Callable[[Sequence[Decimal]], bool]

    def parse(self, raw: object) -> tuple[Decimal, ...]:
        values = tuple(exact_decimal(part) for part in sequence(raw))
        if len(values) != self.count or not self.test(values):
            shown = ", ".join(str(value) for value in values)
            raise ValueError(f"({shown}) must be {self.count} numbers, {self.rule}")
        return values


@dataclass(frozen=True)
class OneOrEach(Plain):
    """One decimal for all, or a list with one for each; every one in low..high."""

    low: str
    high: str

    def parse(self, raw: object) -> Decimal | tuple[Decimal, ...]:
        one = Exact(self.low, self.high)
        if isinstance(raw, list | tuple):
            if not raw:
                raise ValueError("the list is empty")
            return tuple(one.parse(part) for part in raw)
        return one.parse(raw)


@dataclass(frozen=True)
class Levels(Plain):
    """One of a few lists of levels."""

    options: tuple[tuple[int, ...], ...]

    def parse(self, raw: object) -> tuple[int, ...]:
        values = tuple(Whole(1).parse(part) for part in sequence(raw))
        if values not in self.options:
            raise ValueError(f"{values} is not one of {self.options}")
        return values


@dataclass(frozen=True)
class Texts(Plain):
    """A list of `count` texts, none empty."""

    count: int

    def parse(self, raw: object) -> tuple[str, ...]:
        texts = tuple(sequence(raw))
        for text in texts:
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{text!r} is not a text")
        if len(texts) != self.count:
            raise ValueError(f"{len(texts)} texts instead of {self.count}")
        return tuple(str(text) for text in texts)


class Shares:
    """Named shares 0..1 that sum to 1, kept as pairs in the order of their names."""

    def parse(self, raw: object) -> tuple[tuple[str, Decimal], ...]:
        one = Exact("0", "1")
        pairs = tuple(sorted((name, one.parse(share)) for name, share in named(raw)))
        if sum(share for _, share in pairs) != 1:
            raise ValueError("the shares do not sum to 1")
        return pairs

    def dump(self, value: object) -> object:
        return {name: plain(share) for name, share in named(value)}


@dataclass(frozen=True)
class Unset:
    """Another kind, or none."""

    kind: Kind

    def parse(self, raw: object) -> object:
        return None if raw is None or raw == "none" else self.kind.parse(raw)

    def dump(self, value: object) -> object:
        return None if value is None else self.kind.dump(value)


def rising(values: Sequence[Decimal], gap: Decimal = Decimal(0)) -> bool:
    """Strictly increasing, neighbours at least `gap` apart."""
    return all(b > a and b - a >= gap for a, b in pairwise(values))


def falling(values: Sequence[Decimal]) -> bool:
    """Strictly decreasing."""
    return all(b < a for a, b in pairwise(values))


def sequence(raw: object) -> Sequence[object]:
    """A list or tuple; anything else is a ValueError."""
    if not isinstance(raw, list | tuple):
        raise ValueError(f"{raw!r} is not a list")
    return raw


def named(raw: object) -> list[tuple[str, object]]:
    """The pairs of a mapping, or of a tuple of pairs; anything else is a ValueError."""
    try:
        pairs = dict(raw) if isinstance(raw, Mapping | tuple) else None
    except (TypeError, ValueError):
        pairs = None
    if pairs is None:
        raise ValueError(f"{raw!r} is not a set of named values")
    return [(str(name), value) for name, value in pairs.items()]
