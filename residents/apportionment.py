"""How many households of an area must take part, and in which community (M11, M12).

Pure and exact: integers, fractions and decimals, standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil


def target(frame: int, rate: Decimal) -> int:
    """Completed households wanted of `frame` households: ceil(rate x frame).

    `rate` is an exact decimal in 0..1; otherwise, or for a negative frame, ValueError.
    Source: M11; Cochran (1977), chapter 4.
    """
    if frame < 0 or not 0 <= rate <= 1:
        raise ValueError(f"frame {frame}, rate {rate}")
    return ceil(Fraction(rate) * frame)


def largest_remainder(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Split `total` in proportion to `sizes` (code -> households), integers only.

    Every code gets floor(total x size/sum); the units left go one each to the largest
    remainders, equal remainders in ascending code. Result in ascending code, it sums
    to `total` and exceeds no size. ValueError if `total` is not in 0..sum(sizes).
    Source: M12; Balinski and Young (1982), Fair Representation, method of Hamilton.
    """
    whole = sum(sizes.values())
    if any(size < 0 for size in sizes.values()) or not 0 <= total <= whole:
        raise ValueError(f"cannot split {total} over {dict(sizes)}")
    if not whole:
        return dict.fromkeys(sorted(sizes), 0)
    parts = {code: divmod(total * sizes[code], whole) for code in sorted(sizes)}
    left = total - sum(base for base, _rest in parts.values())
    # sorted() is stable, so equal remainders stay in ascending code.
    favoured = set(sorted(parts, key=lambda code: -parts[code][1])[:left])
    return {code: base + (code in favoured) for code, (base, _rest) in parts.items()}
