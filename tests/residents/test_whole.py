"""The table of all doors and telephones behaves like a dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from residents.importers.whole import Table

numbers = st.integers(-(1 << 63), (1 << 63) - 1)


@given(pairs=st.lists(st.tuples(st.one_of(numbers, st.integers(0, 9)), numbers)))
def test_table_gives_what_a_dictionary_gives(pairs: list[tuple[int, int]]) -> None:
    table, wanted = Table(2), dict[int, int]()
    for key, value in pairs:
        assert table.setdefault(key, value) == wanted.setdefault(key or 1, value)
    assert table.count == len(wanted)


def test_table_grows_with_ten_thousand_keys() -> None:
    table = Table(2)
    for number in range(1, 10_001):
        table.setdefault(hash(str(number)), number)
    found = [table.setdefault(hash(str(number)), 0) for number in range(1, 10_001)]
    assert found == list(range(1, 10_001))
