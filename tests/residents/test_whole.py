"""Doors and telephones of a whole file, in tables that behave like dictionaries."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from residents.importers.rows import (
    Action,
    Address,
    Amendment,
    ParsedRow,
    Part,
    Values,
)
from residents.importers.whole import Table, WholeFile
from tests.residents.properties import often

numbers = st.integers(-(1 << 63), (1 << 63) - 1)
rows = st.builds(
    lambda room, text, head, phone, action: ParsedRow(
        0,
        0,
        action,
        (),
        "120101002014",
        Address("120101002014", *(Part("里", "里"),) * 3, Part(text, room)),
        Values(head, phone),
    ),
    st.sampled_from(["101", "102", "103", "104", "201", "202"]),
    st.sampled_from(["101", "101室"]),
    st.sampled_from(["王小明", "李秀英"]),
    st.sampled_from(["", "19900000001", "19900000002"]),
    st.sampled_from(list(Action)),
)


@often
@given(pairs=st.lists(st.tuples(st.one_of(numbers, st.integers(0, 9)), numbers)))
def test_table_gives_what_a_dictionary_gives(pairs: list[tuple[int, int]]) -> None:
    table, wanted = Table(), dict[int, int]()
    for key, value in pairs:
        place = table.place(key)
        assert table.values[place] == wanted.get(key or 1, 0)
        table.values[place] = wanted[key or 1] = value
    assert table.count == len(wanted)


def test_table_grows_with_ten_thousand_keys() -> None:
    table = Table()
    for number in range(1, 10_001):
        place = table.place(hash(str(number)))
        table.values[place] = number
    assert table.count == 10_000
    places = [table.place(hash(str(number))) for number in range(1, 10_001)]
    assert [table.values[place] for place in places] == list(range(1, 10_001))


def test_table_for_a_known_number_of_keys_never_grows() -> None:
    for expected in (1, 2, 3, 100, 1000):
        table = Table(expected)
        size = table.mask
        for number in range(1, expected + 1):
            table.place(hash(str(number)))
        assert table.mask == size


class Plainly:
    """The same judgement with whole rows in plain dictionaries and lists."""

    def __init__(self) -> None:
        self.doors: dict[str, ParsedRow] = {}
        self.phones: dict[str, list[int]] = {}
        self.codes: dict[int, set[str]] = {}

    def judge(self, row: ParsedRow) -> tuple[set[str], list[tuple[int, str]]]:
        """The codes that the row gets, and those that rows before it get."""
        if not row.stored or row.address is None or row.values is None:
            return set(), []
        earlier = self.doors.get(row.address.key)
        if earlier is None:
            self.doors[row.address.key] = row
            return self._shared(row, row.values.phone)
        if earlier.values == row.values:
            return {"DUPLICATE_EXACT"}, []
        same = earlier.address == row.address
        code = "DUPLICATE_LATER" if same else "DUPLICATE_AFTER_NORMALISING"
        return {code}, self._new([(earlier.number, "DUPLICATE_CONFLICT")])

    def _shared(
        self, row: ParsedRow, phone: str
    ) -> tuple[set[str], list[tuple[int, str]]]:
        if not phone:
            return set(), []
        sharing = self.phones.setdefault(phone, [])
        sharing.append(row.number)
        if len(sharing) < 3:
            return set(), []
        told = self._new([(number, "PHONE_SHARED") for number in sharing])
        return {"PHONE_SHARED"}, [(n, code) for n, code in told if n != row.number]

    def _new(self, told: list[tuple[int, str]]) -> list[tuple[int, str]]:
        new = [(n, code) for n, code in told if code not in self.codes.get(n, set())]
        for number, code in new:
            self.codes.setdefault(number, set()).add(code)
        return new


@often
@given(judged=st.lists(rows, max_size=40), expected=st.integers(0, 40))
def test_whole_file_says_what_plain_dictionaries_say(
    judged: list[ParsedRow], expected: int
) -> None:
    whole, plainly = WholeFile(expected), Plainly()
    actions: dict[int, Action] = {}
    for number, row in enumerate(judged, 1):
        row.number = number
        found, amendments = whole.judge(row)
        codes, told = plainly.judge(row)
        actions[number] = found.action
        assert set(found.codes) == codes
        assert [(a.number, a.problem.code) for a, _before in amendments] == told
        for amendment, before in amendments:
            assert isinstance(amendment, Amendment)
            assert before == actions[amendment.number]
            actions[amendment.number] = Action.WARN
    assert Counter(actions.values()).total() == len(judged)


def test_row_that_shares_a_number_and_is_contradicted_was_to_be_verified() -> None:
    """It counts as such already when the other row comes."""

    def row(number: int, room: str, phone: str) -> ParsedRow:
        address = Address("1", *(Part("里", "里"),) * 3, Part(room, room))
        values = Values("王小明", phone)
        return ParsedRow(0, number, Action.ACCEPT, (), "1", address, values)

    whole = WholeFile()
    for number, room in enumerate(("101", "102", "103"), 1):
        whole.judge(row(number, room, "19900000001"))
    _found, amendments = whole.judge(row(4, "103", "19900000002"))
    ((amendment, before),) = amendments
    assert (amendment.number, amendment.problem.code, before) == (
        3,
        "DUPLICATE_CONFLICT",
        Action.WARN,
    )
