"""Sealing: one length whatever is said, and only the key opens (T28, T148)."""

import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import sealing
from ballots.errors import PayloadRefused, WordsTooLong
from ballots.sealing import SEALED_PAPER, SEALED_WORDS, Ballot, Paper, Words

KEYS = sealing.key_pair(bytes(range(32)))
OTHER = sealing.key_pair(bytes(range(1, 33)))
LONGEST = "𠮷" * 500  # four bytes each

levels = st.one_of(st.none(), st.integers(0, 99))
papers = st.builds(
    Paper,
    items=st.lists(levels, max_size=64).map(tuple),
    assisted=st.sampled_from(sealing.ASSISTED),
)
words = st.builds(Words, text=st.text(max_size=500).filter(str.isprintable))


def seal(ballot: Ballot, *, paper_slots: int = 1, text_slots: int = 1):
    return sealing.seal_ballot(
        KEYS.public, ballot, paper_slots=paper_slots, text_slots=text_slots
    )


def test_sizes_are_those_of_the_specification():
    assert (SEALED_PAPER, SEALED_WORDS) == (560, 2096)


def test_every_combination_of_marks_has_one_length():
    """T148; empty and longest words beside each."""
    combinations = itertools.product([None, 0, 1, 5], repeat=4)
    lengths = {
        (len(sealed.papers), len(sealed.texts))
        for items in combinations
        for text in ("", "好", LONGEST)
        for sealed in [seal(Ballot((Paper(items),), (Words(text),)))]
    }
    assert lengths == {(560, 2096)}


def test_empty_slots_are_filled():
    sealed = seal(Ballot((Paper((5,), slot=2),)), paper_slots=4, text_slots=3)
    assert (len(sealed.papers), len(sealed.texts)) == (4 * 560, 3 * 2096)
    opened = [
        sealing.open_paper(KEYS, piece)
        for piece in sealing.pieces(sealed.papers, SEALED_PAPER)
    ]
    assert opened == [Paper(slot=0), Paper(slot=1), Paper((5,), slot=2), Paper(slot=3)]


@given(papers, words)
def test_what_was_sealed_is_opened(paper: Paper, said: Words):
    sealed = seal(Ballot((paper,), (said,)))
    assert sealing.open_paper(KEYS, sealed.papers) == paper
    assert sealing.open_words(KEYS, sealed.texts) == said


def test_same_ballot_sealed_twice_looks_different():
    ballot = Ballot((Paper((5, 5)),), (Words("好"),))
    first, second = seal(ballot), seal(ballot)
    assert first.papers != second.papers
    assert first.digest(b"box") != second.digest(b"box")


def test_only_the_key_opens():
    sealed = seal(Ballot((Paper((5,)),), (Words("好"),)))
    assert sealing.open_paper(OTHER, sealed.papers) is None
    assert sealing.open_words(OTHER, sealed.texts) is None


def test_any_flipped_bit_spoils_a_paper():
    sealed = seal(Ballot((Paper((5,)),))).papers
    for place in range(0, SEALED_PAPER, 7):
        flipped = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert sealing.open_paper(KEYS, flipped) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xff",
        b'{"v":2,"slot":0,"items":[],"assisted":"none","bands":{}}',
        b'{"v":1,"slot":0,"items":[100],"assisted":"none","bands":{}}',
        b'{"v":1,"slot":0,"items":[true],"assisted":"none","bands":{}}',
        b'{"v":1,"slot":0,"items":["5"],"assisted":"none","bands":{}}',
        b'{"v":1,"slot":0,"items":5,"assisted":"none","bands":{}}',
        b'{"v":1,"slot":"0","items":[],"assisted":"none","bands":{}}',
        b'{"v":1,"slot":0,"items":[],"assisted":"secretary","bands":{}}',
        b'{"v":1,"slot":0,"items":[],"assisted":[],"bands":{}}',
        b'{"v":1,"slot":0,"items":[],"assisted":"none","bands":[]}',
        b'{"v":1,"slot":0,"items":[],"assisted":"none","bands":{},"house":7}',
    ],
)
def test_foreign_payload_is_no_paper(payload: bytes):
    sealed = sealing._seal(KEYS.public, payload, sealing.PAPER_SIZE)
    assert sealing.open_paper(KEYS, sealed) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b'{"v":1,"slot":0,"question":0}',
        b'{"v":1,"slot":0,"question":0,"text":5}',
        b'{"v":1,"slot":0,"question":null,"text":""}',
        b'{"v":1,"slot":0,"question":0,"text":"%s"}' % (b"x" * 501),
    ],
)
def test_foreign_payload_is_no_words(payload: bytes):
    sealed = sealing._seal(KEYS.public, payload, sealing.WORDS_SIZE)
    assert sealing.open_words(KEYS, sealed) is None


def test_random_bytes_are_no_paper():
    assert sealing.open_paper(KEYS, os.urandom(SEALED_PAPER)) is None


def test_control_characters_do_not_swell_the_words():
    said = Words("\x00\x01" * 200 + "一\r\n二")
    assert said.text == "一\n二"
    assert len(seal(Ballot((Paper(),), (said,))).texts) == 2096
    quoted = Words('"' * 500)
    assert sealing.open_words(KEYS, seal(Ballot((), (quoted,))).texts) == quoted


def test_words_have_their_limits():
    assert len(seal(Ballot((), (Words(LONGEST),))).texts) == 2096
    with pytest.raises(WordsTooLong):
        Words("好" * 501)


@pytest.mark.parametrize(
    "refused",
    [
        {"items": (100,)},
        {"items": (-1,)},
        {"items": (5,) * 65},
        {"assisted": "secretary"},
    ],
)
def test_paper_outside_its_range_is_refused(refused):
    with pytest.raises(PayloadRefused):
        Paper(**refused)


@pytest.mark.parametrize(
    "ballot",
    [
        Ballot((Paper(slot=1),)),
        Ballot((Paper(slot=-1),)),
        Ballot((Paper(), Paper())),
        Ballot((), (Words(slot=1),)),
        Ballot((Paper(bands=(("age", "x" * 600),)),)),
    ],
)
def test_ballot_that_does_not_fit_the_box_is_refused(ballot: Ballot):
    with pytest.raises(PayloadRefused):
        seal(ballot)


def test_what_was_said_prints_nowhere():
    """Tracebacks, logs and test reports call repr (T51)."""
    ballot = Ballot((Paper((87,)),), (Words("路灯坏了"),))
    assert "(87" not in repr(ballot)
    assert "路灯" not in repr(ballot)
    with pytest.raises(PayloadRefused) as refused:
        Paper((87, 187))
    assert "87" not in str(refused.value)
