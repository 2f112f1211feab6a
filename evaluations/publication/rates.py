"""Response rates as they may be told: as far as counts in tens leave them (M28, T127).

With the households drawn and the usable answers, both of which are told, a rate to one
decimal is an equation: it gives the partial answers, the households outside the range
and the unknown ones to the unit. So a rate is worked out from each of these counts as
its ten only (0-9, 10-19, ...), and printed as the range that leaves. The ten of a count
is the same however often it is told, so that many months tell no more than one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from evaluations.publication.values import Shown
from evaluations.publication.worlds import TENS

HUNDRED = 100
Rate = tuple[int, int]
"""Households among households: numerator and denominator, which is not 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Counts of a community in a window (M24): n, I + P, P, NE and UH + UO."""

    released: int
    usable: int
    partial: int
    not_eligible: int
    unknown: int

    def rr1(self) -> Shown | None:
        return _range(self._rates("rr1"))

    def rr3(self) -> Shown | None:
        return _range(self._rates("rr3"))

    def e(self) -> Shown | None:
        return _range(self._rates("e"))

    def _rates(self, name: str) -> Iterator[Rate]:
        """The rate at the corners of what the tens leave (M27).

        With n and I + P given, each rate rises or falls with each of the other counts
        alone, also along the edge where nobody is left to refuse: its ends are there.
        """
        rest = self.released - self.usable
        partials = _tens(self.partial, self.usable)
        outsides, unknowns = _tens(self.not_eligible, rest), _tens(self.unknown, rest)
        for partial, outside, unknown in product(partials, outsides, unknowns):
            for pair in (
                (outside, min(unknown, rest - outside)),
                (min(outside, rest - unknown), unknown),
            ):
                yield from self._rate(name, self.usable - partial, *pair)

    def _rate(
        self, name: str, complete: int, outside: int, unknown: int
    ) -> Iterator[Rate]:
        """RR1, RR3 or e of M27; nothing where the denominator is 0."""
        eligible = self.released - outside - unknown
        if eligible <= 0:
            return
        known = eligible + outside
        if name == "e":
            yield eligible, known
        elif name == "rr1":
            yield complete, eligible + unknown
        else:
            # complete / (eligible + e x unknown), with e = eligible / known.
            yield complete * known, eligible * (known + unknown)


def _tens(count: int, most: int) -> tuple[int, int]:
    low = count - count % TENS
    return min(low, most), min(low + TENS - 1, most)


def _range(rates: Iterator[Rate]) -> Shown | None:
    """In whole per cent, outwards: "48–55", or one number where the ends meet."""
    known = list(rates)
    if not known:
        return None
    low = min(HUNDRED * top // bottom for top, bottom in known)
    high = max(-(-HUNDRED * top // bottom) for top, bottom in known)
    text = f"{low}" if low == high else f"{low}–{high}"
    return Shown(Decimal(low + high) / 2, text)
