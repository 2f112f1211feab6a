"""Targets, draw sizes and the draw itself (M11-M17, M23). Pure: no Django.

Counts and scheme shares are exact (integers, decimals): 0.10 x 11,380 is 1,138. The
order of a draw depends on its seed and the permanent codes, on nothing else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt
from statistics import NormalDist

from residents.apportionment import largest_remainder, target

# The apportionment is the roster's too; rooms to the right ask for it here.
__all__ = [
    "commitment",
    "cycle_month",
    "draw_key",
    "draw_order",
    "draw_size",
    "floored",
    "largest_remainder",
    "monthly_target",
    "new_seed",
    "planning_half_width",
    "stratum_targets",
    "target",
]

_SEED = re.compile(r"[0-9a-f]{64}")


def floored(
    targets: Mapping[str, int], sizes: Mapping[str, int], minimum: int
) -> dict[str, int]:
    """Community targets raised to `minimum`, at most the size; none lowered (M13)."""
    if minimum < 0:
        raise ValueError(f"the minimum cannot be {minimum}")
    return {
        code: max(targets[code], min(minimum, sizes[code])) for code in sorted(targets)
    }


def stratum_targets(
    frame: Mapping[str, Mapping[str, int]], *, rate: Decimal, minimum: int
) -> dict[str, int]:
    """Targets of a window per stratum: area, communities, floor, strata (M11-M13).

    `frame`: community code -> stratum code -> households of the snapshot.
    """
    sizes = {community: sum(strata.values()) for community, strata in frame.items()}
    area = target(sum(sizes.values()), rate)
    communities = floored(largest_remainder(area, sizes), sizes, minimum)
    targets: dict[str, int] = {}
    for community, wanted in communities.items():
        targets |= largest_remainder(wanted, frame[community])
    return targets


def cycle_month(number: int, months: int) -> int:
    """Place 1..`months` in the cycle of the `number`-th month of a scheme (M14)."""
    if number < 1 or months < 1:
        raise ValueError(f"month {number} of a cycle of {months}")
    return (number - 1) % months + 1


def monthly_target(t: int, k: int, months: int) -> int:
    """Part of the window target `t` due in month `k` = 1..`months`.

    floor(t k/L) - floor(t (k - 1)/L), so the parts sum to `t`. Source: M14.
    """
    if t < 0 or not 1 <= k <= months:
        raise ValueError(f"target {t}, month {k} of {months}")
    return t * k // months - t * (k - 1) // months


def draw_size(available: int, t: int, expected_rate: Decimal) -> int:
    """Households to release for `t` completed: min(available, ceil(t/rate)) (M15)."""
    if available < 0 or t < 0:
        raise ValueError(f"target {t} of {available} available households")
    rate = _share(expected_rate, "expected_rate")
    if not rate:
        raise ValueError("expected_rate must be above 0")
    return min(available, ceil(t / rate))


def new_seed() -> str:
    """256 bits from the operating system as 64 lower-case hex characters (M16)."""
    return secrets.token_hex(32)


def commitment(seed_hex: str) -> str:
    """SHA-256 (hex) of the 64 hex characters, published before the release (M16)."""
    return hashlib.sha256(_seed(seed_hex).encode()).hexdigest()


def draw_key(seed: str, round_code: str, stratum: str, household: str) -> str:
    """SHA-256 (hex) of `seed|round|stratum|household`, UTF-8 (M17).

    ValueError if the seed is not 64 lower-case hex characters or a code is empty or
    holds the separator, for then two households could share a key.
    """
    for code in (round_code, stratum, household):
        _code(code)
    text = f"{_seed(seed)}|{round_code}|{stratum}|{household}"
    return hashlib.sha256(text.encode()).hexdigest()


def draw_order(
    seed: str, round_code: str, stratum: str, households: Iterable[str]
) -> list[str]:
    """The households of a stratum in the order in which they are released.

    Ascending keys, ties by household code: a simple random sample without replacement
    whatever length is taken. The order of the input does not matter; a household
    given twice is a ValueError. Source: M17; Cochran (1977), chapter 2.
    """
    # The common prefix is hashed once: a street has tens of thousands of households.
    prefix = f"{_seed(seed)}|{_code(round_code)}|{_code(stratum)}|"
    start = hashlib.sha256(prefix.encode())
    keyed = []
    for household in households:
        key = start.copy()
        key.update(_code(household).encode())
        keyed.append((key.digest(), household))
    keyed.sort()
    order = [household for _, household in keyed]
    if len(set(order)) != len(order):
        raise ValueError(f"a household is listed twice in stratum {stratum}")
    return order


def planning_half_width(
    completed: int, frame: int, *, p: float = 0.5, level: float = 0.95
) -> float:
    """Half width, in points 0..100, to be expected of a share p (0..1).

    100 z sqrt(p (1 - p)/n x (N - n)/(N - 1)) with n = `completed` >= 1 of N = `frame`;
    0 for a census. Source: M23; Cochran (1977), chapter 3.
    """
    if not 1 <= completed <= frame or not 0 <= p <= 1 or not 0 < level < 1:
        raise ValueError(f"n {completed}, N {frame}, p {p}, level {level}")
    if completed == frame:
        return 0.0
    z = NormalDist().inv_cdf(1 - (1 - level) / 2)
    finite = (frame - completed) / (frame - 1)
    return 100 * z * sqrt(p * (1 - p) / completed * finite)


def _share(value: Decimal, name: str) -> Fraction:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in 0..1: {value}")
    return Fraction(value)


def _seed(seed: str) -> str:
    if not _SEED.fullmatch(seed):
        # Never the value itself: an error message may end up in a log.
        raise ValueError("a seed is 64 lower-case hex characters")
    return seed


def _code(code: str) -> str:
    if not code or "|" in code:
        raise ValueError(f"a code cannot be empty or hold '|': {code!r}")
    return code
