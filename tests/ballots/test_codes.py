"""Codes: caught errors, local messages, nothing in clear (T17 to T20, T151)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import codes
from ballots.codes import ALPHABET, LENGTH
from ballots.errors import CodeTypo

some_codes = st.text(ALPHABET, min_size=11, max_size=11).map(
    lambda symbols: symbols + codes.check_symbol(symbols)
)


def typo(text: str) -> tuple[str, tuple[int, ...]]:
    with pytest.raises(CodeTypo) as caught:
        codes.parse(text)
    return caught.value.kind, caught.value.groups


def test_alphabet_has_no_look_alike_of_a_digit():
    assert len(ALPHABET) == 32
    assert set("0O1I") & set(ALPHABET) == set()


def test_weights_are_the_powers_of_x_in_gf_32():
    # x^5 = x^2 + 1, worked by hand.
    assert codes.POWERS == (1, 2, 4, 8, 16, 5, 10, 20, 13, 26, 17, 7)
    assert len(set(codes.WEIGHTS)) == LENGTH


def test_check_symbol_of_a_code_worked_by_hand():
    # Values 1 0 0 0 0 0 0 0 0 0 1: α^1 + α^11 = 2 xor 7 = 5.
    assert codes.check_symbol("32222222223") == ALPHABET[5]


def test_every_single_error_and_every_exchange_is_caught():
    for _code in range(300):
        code = codes.new_code()
        assert codes.parse(code) == code
        for place, other in itertools.product(range(LENGTH), ALPHABET):
            changed = code[:place] + other + code[place + 1 :]
            assert codes.is_sound(changed) == (changed == code)
        for left, right in itertools.combinations(range(LENGTH), 2):
            symbols = list(code)
            symbols[left], symbols[right] = symbols[right], symbols[left]
            changed = "".join(symbols)
            assert codes.is_sound(changed) == (changed == code)


def test_new_codes_differ_and_use_the_whole_alphabet():
    made = [codes.new_code() for _code in range(2000)]
    assert len(set(made)) == 2000
    assert [set(place) for place in zip(*made, strict=True)] == [set(ALPHABET)] * LENGTH


@given(some_codes)
def test_what_is_printed_is_read_again(code: str):
    full_width = "".join(chr(ord(symbol) + 0xFEE0) for symbol in code)
    assert codes.parse(codes.printed(code)) == code
    assert codes.parse(f" {code.lower()} ") == code
    assert codes.parse(full_width) == code
    assert codes.parse("—".join(code)) == code


@given(st.text(max_size=10))
def test_any_short_text_is_a_typo_with_a_place(text: str):
    _kind, groups = typo(text)
    assert groups != ()
    assert set(groups) <= {1, 2, 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("length", (1,))),
        ("2222", ("length", (2,))),
        ("2222-2222-222", ("length", (3,))),
        ("222-2222-2222", ("length", (1,))),
        ("2222 22222 2222", ("length", (2,))),
        ("2222222222222", ("length", (3,))),
        ("2222-2O22-2222", ("symbol", (2,))),
        ("I222-2222-2221", ("symbol", (1, 3))),
        ("您好", ("symbol", (1,))),
    ],
)
def test_typo_names_the_doubtful_group(text: str, expected: tuple[str, tuple[int]]):
    assert typo(text) == expected


def test_look_alike_in_one_group_names_that_group():
    # 2222-2222-2222 is sound; Z for the third 2 is the only look-alike that explains.
    assert codes.is_sound("2" * LENGTH)
    assert typo("22Z222222222") == ("check", (1,))


def test_exchange_of_neighbours_across_groups_names_both():
    code = "2223" + "4222222"
    code += codes.check_symbol(code)
    exchanged = code[:3] + code[4] + code[3] + code[5:]
    kind, groups = typo(exchanged)
    assert kind == "check"
    assert {1, 2} <= set(groups)


def test_unexplained_fault_names_all_groups():
    faults = (
        "".join(symbols) + "2"
        for symbols in itertools.product(ALPHABET, repeat=2)
        for symbols in [("2",) * 9 + symbols]
    )
    unexplained = [text for text in faults if not codes.is_sound(text)]
    assert ("check", (1, 2, 3)) in {typo(text) for text in unexplained}


def test_hash_is_keyed_and_says_by_which_key():
    hashed = codes.code_hash("2" * LENGTH)
    assert (len(hashed.digest), hashed.algorithm_id, hashed.key_id) == (
        32,
        "HMAC-SHA-256",
        1,
    )
    assert hashed.digest == codes.code_hash("2" * LENGTH).digest
    assert codes.possible_hashes("2" * LENGTH) == [hashed.digest]
