"""Rounding of figures (M6). Nothing rounded enters a later step, see M6."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

STORED_PLACES = 6


def rounded(value: float | Decimal, places: int) -> Decimal:
    """R_k: the value written with 9 decimals, that decimal rounded half up.

    Nine decimals first, so that 66.25 computed as 66.2499999999999 still becomes
    66.3. Half up is away from zero for negative values; -0 becomes 0. ValueError for
    a value that is not finite or places outside 0..9. Source: M6.
    """
    if not isfinite(value) or not 0 <= places <= 9:
        raise ValueError(f"cannot round {value} to {places} places")
    nine = Decimal(f"{value:.9f}")
    result = nine.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return result if result else abs(result)


def stored(value: float | Decimal | None) -> str | None:
    """A figure as a record keeps it: 6 places as text, None if undefined (M6, M106)."""
    return None if value is None else str(rounded(value, STORED_PLACES))


def percents(shares: Sequence[float]) -> tuple[int, ...]:
    """Shares (0..1, sum 1) as whole per cent that sum to 100.

    Largest remainder on the shares written with 9 decimals; equal remainders go to
    the earlier share. ValueError if a share is negative or the sum is not 1.
    Source: M6; Balinski and Young (1982), method of Hamilton.
    """
    if any(share < 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares must be >= 0 and sum to 1: {shares}")
    exact = [100 * Decimal(f"{share:.9f}") for share in shares]
    whole = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda k: whole[k] - exact[k])
    for k in by_remainder[: 100 - sum(whole)]:
        whole[k] += 1
    return tuple(whole)
