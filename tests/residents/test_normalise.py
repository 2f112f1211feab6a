"""Cleaning single cells: by example, and twice equals once without losing a digit."""

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residents.importers import normalise
from residents.importers.normalise import Count, Day, Phones, Text
from residents.importers.rows import Part
from tests.residents.properties import often

# What people type: digits of several widths, words, spaces, invisible signs.
ADDRESS_SIGNS = (
    "0123456789０１２３一二三十百〇号楼栋幢座单元门室房#-甲乙 　\u200b\u202d底商"
)
addresses = st.text(ADDRESS_SIGNS, max_size=16)
anything = st.text(max_size=24)
cells = st.one_of(
    anything,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.none(),
)


def digits_of(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign in "0123456789")


@pytest.mark.parametrize(
    ("cell", "field", "key"),
    [
        ("1号楼", "building", "1"),
        ("１号楼", "building", "1"),
        ("1#", "building", "1"),
        ("1栋", "building", "1"),
        ("十二幢", "building", "12"),
        ("7号", "building", "7"),
        ("7号甲", "building", "7甲"),
        ("A座", "building", "A"),
        (1.0, "building", "1"),
        ("一门", "unit", "1"),
        ("3单元", "unit", "3"),
        ("", "unit", ""),
        ("无", "unit", ""),
        ("３０１室", "room", "301"),
        (601.0, "room", "601"),
        (601, "room", "601"),
        ("101.0", "room", "101"),
        ("203-1", "room", "203-1"),
        ("0101", "room", "0101"),
        ("底商3", "room", "底商3"),
        ("\u202d402\u202c", "room", "402"),
        ("二〇一", "room", "201"),
        ("\u3000", "building", ""),
    ],
)
def test_address_part_has_one_key(cell: Any, field: str, key: str) -> None:
    assert normalise.address_part(cell, field).key == key


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        (dt.date(2026, 3, 2), ("ROOM_BECAME_DATE",)),
        ("301、302", ("ROOM_SEVERAL",)),
        ("301 302", ("ROOM_SEVERAL",)),
        ("301室，302室", ("ROOM_SEVERAL",)),
        ("603室", ("ROOM_SUFFIX",)),
        (601.0, ("ROOM_AS_NUMBER",)),
        ("301  ", ("SURROUNDING_SPACES",)),
        ("１０３", ("FULLWIDTH_CHARS",)),
        ("三〇一", ("CHINESE_NUMERALS",)),
        ("301", ()),
    ],
)
def test_room_tells_what_was_done_to_it(cell: Any, codes: tuple[str, ...]) -> None:
    assert normalise.address_part(cell, "room").codes == codes


def test_several_rooms_have_no_key() -> None:
    assert normalise.address_part("301、302", "room").key == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [("三", "3"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("一百零三", "103")],
)
def test_chinese_numerals_become_digits(text: str, number: str) -> None:
    assert normalise.chinese_number(text) == number


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("19900005305", Phones("19900005305")),
        (19900001542.0, Phones("19900001542", codes=("PHONE_STORED_AS_NUMBER",))),
        ("19900008313.0", Phones("19900008313", codes=("PHONE_STORED_AS_NUMBER",))),
        ("199 0000 0614", Phones("19900000614", codes=("PHONE_SEPARATORS",))),
        ("199-0000-7104", Phones("19900007104", codes=("PHONE_SEPARATORS",))),
        ("+86 19900001144", Phones("19900001144", codes=("PHONE_COUNTRY_CODE",))),
        ("１９９００００１４８６", Phones("19900001486", codes=("PHONE_FULLWIDTH",))),
        (
            "19900006955/19900000968",
            Phones("19900006955", "19900000968", codes=("PHONE_TWO_NUMBERS",)),
        ),
        (
            "19900002028、19900003657（女儿）",
            Phones("19900002028", "19900003657", codes=("PHONE_TWO_NUMBERS",)),
        ),
        (
            "022-00001234",
            Phones(landline="022-00001234", codes=("PHONE_LANDLINE",)),
        ),
        ("1990000123", Phones(codes=("PHONE_INVALID",))),
        ("1.99E+10", Phones(codes=("PHONE_INVALID",))),
        (1.2010119900101e17, Phones(codes=("PHONE_INVALID",))),
        ("不详", Phones()),
        ("", Phones()),
    ],
)
def test_phone_is_read_as_people_write_it(cell: Any, phones: Phones) -> None:
    assert normalise.phones(cell) == phones


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("杨秀英", Text("杨秀英")),
        (" 李海燕 ", Text("李海燕", ("SURROUNDING_SPACES",))),
        ("王\u3000涛", Text("王涛", ("SPACE_IN_NAME",))),
        ("周\xa0敏\u200b", Text("周敏", ("INVISIBLE_CHARS",))),
        ("欧阳\n文静", Text("欧阳文静", ("LINE_BREAK_IN_TEXT",))),
        ("王㛃", Text("王㛃", ("RARE_CHARACTER",))),
        ("李𬭎", Text("李𬭎", ("RARE_CHARACTER",))),
        ("阿依古丽·买买提", Text("阿依古丽·买买提")),
        ("John Smith", Text("John Smith", ("SPACE_IN_NAME",))),
        ("无", Text("")),
        ("不详", Text("")),
    ],
)
def test_name_keeps_its_characters(cell: Any, name: Text) -> None:
    assert normalise.name(cell) == name


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        (3.0, Count(3)),
        ("3", Count(3)),
        ("3人", Count(3, ("COUNT_TEXT",))),
        ("两", Count(2, ("COUNT_TEXT",))),
        ("４", Count(4, ("COUNT_TEXT",))),
        ("2-3", Count(None, ("COUNT_TEXT_UNCLEAR",))),
        (-1.0, Count(None, ("COUNT_IMPLAUSIBLE",))),
        (2.5, Count(None, ("COUNT_IMPLAUSIBLE",))),
        (35.0, Count(35, ("COUNT_IMPLAUSIBLE",))),
        ("", Count(None)),
    ],
)
def test_count_is_a_number_or_empty(cell: Any, count: Count) -> None:
    assert normalise.count(cell) == count


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("常住", Text("resident")),
        ("常 住", Text("resident", ("STATUS_VARIANT",))),
        ("自住", Text("resident", ("STATUS_VARIANT",))),
        ("出租户", Text("rented", ("STATUS_VARIANT",))),
        ("空", Text("vacant", ("STATUS_VARIANT",))),
        ("人户分离", Text("unverified", ("STATUS_UNKNOWN",))),
        ("", Text("unverified", ("STATUS_MISSING",))),
    ],
)
def test_status_never_guesses_that_somebody_lives_there(
    cell: Any, status: Text
) -> None:
    assert normalise.status(cell) == status


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (dt.date(2018, 6, 30), Day(dt.date(2018, 6, 30))),
        ("2018-06-30", Day(dt.date(2018, 6, 30))),
        (43281.0, Day(dt.date(2018, 6, 30), ("DATE_SERIAL_NUMBER",))),
        (20180630.0, Day(dt.date(2018, 6, 30), ("DATE_TEXT",))),
        ("2018.6.30", Day(dt.date(2018, 6, 30), ("DATE_TEXT",))),
        ("2018年6月30日", Day(dt.date(2018, 6, 30), ("DATE_TEXT",))),
        ("2018/6/30", Day(dt.date(2018, 6, 30), ("DATE_TEXT",))),
        ("2018年6月", Day(None, ("DATE_AMBIGUOUS",))),
        ("06/07/2018", Day(None, ("DATE_AMBIGUOUS",))),
        ("2018", Day(None, ("DATE_AMBIGUOUS",))),
        ("2018-02-30", Day(None, ("DATE_UNREADABLE",))),
        ("九几年", Day(None, ("DATE_UNREADABLE",))),
        ("", Day(None)),
    ],
)
def test_date_is_certain_or_empty(cell: Any, day: Day) -> None:
    assert normalise.day(cell) == day


def test_date_counts_from_1904_when_the_workbook_says_so() -> None:
    found = normalise.day(41819, since_1904=True)
    assert found == Day(dt.date(2018, 6, 30), ("DATE_SERIAL_NUMBER",))


def test_identity_number_is_blotted_out() -> None:
    assert normalise.text_of("张三 12010119000310735X") == "张三 ＊"


@pytest.mark.parametrize("field", ["building", "unit", "room"])
@often
@given(text=addresses)
def test_address_key_twice_is_once(field: str, text: str) -> None:
    key = normalise.address_key(text, field)
    assert normalise.address_key(key, field) == key


@pytest.mark.parametrize("field", ["building", "unit", "room"])
@often
@given(text=addresses)
def test_address_key_loses_no_digit(field: str, text: str) -> None:
    remaining = iter(digits_of(normalise.address_key(text, field)))
    assert all(digit in remaining for digit in digits_of(text))


@often
@given(text=st.text("0123456789０１８６ -+/、（）转女儿", max_size=30))
def test_phone_loses_no_digit_unless_it_says_so(text: str) -> None:
    found = normalise.phones(text)
    if "PHONE_INVALID" in found.codes or "PHONE_COUNTRY_CODE" in found.codes:
        return
    kept = sorted(digits_of(found.phone + found.alt + found.landline))
    assert kept == sorted(digits_of(text))


@often
@given(text=anything)
def test_name_twice_is_once(text: str) -> None:
    once = normalise.name(text).value
    assert normalise.name(once).value == once


@often
@given(cell=cells)
def test_no_cell_raises(cell: Any) -> None:
    assert isinstance(normalise.compound(cell), Part)
    for field in ("building", "unit", "room"):
        assert isinstance(normalise.address_part(cell, field), Part)
    assert isinstance(normalise.name(cell), Text)
    assert isinstance(normalise.phones(cell), Phones)
    assert isinstance(normalise.count(cell), Count)
    assert isinstance(normalise.status(cell), Text)
    assert isinstance(normalise.day(cell), Day)
    assert isinstance(normalise.free_text(cell), Text)
    assert isinstance(normalise.short_text(cell), Text)
