"""The shuffle: every order equally likely, by the system's CSPRNG (T48, T49, T150)."""

import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import erfc, factorial, sqrt

import pytest

from ballots import spool
from ballots.spool import Spool

Records = Iterable[tuple[int, bytes]]
RECORDS = [(number, bytes([number]) * 3) for number in range(5)]


@contextmanager
def filled(records: Records, *, size: int) -> Iterator[Spool]:
    with spool.spools(size) as (one,):
        for label, sealed in records:
            one.put(label, sealed)
        yield one


def upper_tail(chi_square: float, degrees: int) -> float:
    """P(X > x), Wilson and Hilferty's cube-root approximation (1931)."""
    cube = (chi_square / degrees) ** (1 / 3)
    spread = sqrt(2 / (9 * degrees))
    return erfc((cube - (1 - 2 / (9 * degrees))) / spread / sqrt(2)) / 2


def chi_square(observed: Counter, cells: int, expected: float) -> float:
    missing = cells - len(observed)
    found = sum((count - expected) ** 2 / expected for count in observed.values())
    return found + missing * expected


def likely(trial, degrees: int) -> bool:
    """Above 0.001; one repeat allowed (T150)."""
    return any(upper_tail(trial(), degrees) > 0.001 for _attempt in range(2))


def test_upper_tail_agrees_with_a_table():
    assert upper_tail(149.449, 99) == pytest.approx(0.00078, abs=1e-4)
    assert upper_tail(145.246, 119) == pytest.approx(0.0515, abs=1e-3)


def test_every_record_comes_back_once():
    with filled(RECORDS, size=3) as stripped:
        assert stripped.count == 5
        assert sorted(stripped.shuffled()) == RECORDS


def test_two_readings_have_two_orders():
    many = [(0, number.to_bytes(3, "big")) for number in range(1000)]
    with filled(many, size=3) as stripped:
        first, second = list(stripped.shuffled()), list(stripped.shuffled())
    assert first != second
    assert sorted(first) == sorted(second) == many


def test_record_of_another_size_is_refused():
    refused = pytest.raises(ValueError, match="2 bytes, not 3")
    with refused, filled([(0, b"xx")], size=3):
        pass


def test_spools_of_one_opening_keep_apart():
    with spool.spools(3, 2) as (papers, texts):
        papers.put(1, b"abc")
        texts.put(2, b"de")
        papers.put(3, b"fgh")
        assert sorted(papers.shuffled()) == [(1, b"abc"), (3, b"fgh")]
        assert list(texts.shuffled()) == [(2, b"de")]


def test_empty_spool_has_nothing_to_give():
    with filled([], size=3) as stripped:
        assert list(stripped.shuffled()) == []


def test_all_orders_of_five_records_are_equally_frequent():
    shuffles, orders = 12_000, factorial(5)

    def trial() -> float:
        with filled(RECORDS, size=3) as stripped:
            seen = Counter(
                tuple(number for number, _sealed in stripped.shuffled())
                for _shuffle in range(shuffles)
            )
        return chi_square(seen, orders, shuffles / orders)

    assert likely(trial, orders - 1)


def test_every_place_is_equally_likely_for_every_record():
    size, shuffles = 40, 1000
    records = [(number, b"") for number in range(size)]

    def trial() -> float:
        seen: Counter[tuple[int, int]] = Counter()
        with filled(records, size=0) as stripped:
            for _shuffle in range(shuffles):
                for place, (number, _sealed) in enumerate(stripped.shuffled()):
                    seen[number, place] += 1
        return chi_square(seen, size * size, shuffles / size)

    assert likely(trial, (size - 1) ** 2)


def test_order_comes_from_the_system_and_no_seed_repeats_it(monkeypatch):
    asked = []
    urandom = os.urandom

    def listening(length: int) -> bytes:
        asked.append(length)
        return urandom(length)

    monkeypatch.setattr(random, "_urandom", listening)
    many = [(0, number.to_bytes(3, "big")) for number in range(200)]
    with filled(many, size=3) as stripped:
        random.seed(1)
        first = list(stripped.shuffled())
        random.seed(1)
        assert list(stripped.shuffled()) != first
    assert len(asked) >= 2 * 199
