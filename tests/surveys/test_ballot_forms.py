"""What a resident posts, read without a database."""

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import redis
from django.core.exceptions import BadRequest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEvent
from ballots.codes import ALPHABET, printed
from ballots.entry import Entry
from surveys import ballot_limits as limits
from surveys.ballot_forms import (
    Answers,
    as_the_form_knew,
    gives_away,
    held_tag,
    in_groups,
    read_answers,
    too_long,
    typed_groups,
)

NAMES = ("item_1", "item_2", "item_3")
DAY = dt.date(2026, 11, 21)
ITEMS = st.tuples(*[st.none() | st.integers(0, 5)] * 3)
CODES = st.text(ALPHABET, min_size=12, max_size=12)


@given(items=ITEMS, words=st.text(max_size=80))
def test_answers_come_back_as_they_were_posted(
    items: tuple[int | None, ...], words: str
):
    sent = dict(Answers(items, words).as_posted(NAMES)) | {"words": words}
    once = read_answers(sent, NAMES)
    again = read_answers(dict(once.as_posted(NAMES)) | {"words": once.words}, NAMES)
    assert once.items == items
    assert (again, again.seen) == (once, once.seen)


@given(one=ITEMS, other=ITEMS)
def test_what_was_seen_tells_every_change(
    one: tuple[int | None, ...], other: tuple[int | None, ...]
):
    same = Answers(one, "x").seen == Answers(other, "x").seen
    assert same == (one == other)


def test_blank_and_not_sure_are_different_answers():
    assert read_answers({"item_1": "", "item_2": "0"}, NAMES).items == (None, 0, None)


@pytest.mark.parametrize("level", ["6", "-1", "4 ", "五", "4.0"])
def test_a_level_that_no_page_offers_is_refused(level: str):
    with pytest.raises(BadRequest):
        read_answers({"item_1": level}, NAMES)


def test_words_lose_their_line_ends_of_the_browser_and_nothing_else():
    assert read_answers({"words": " 一\r\n二 \r"}, ()).words == "一\n二"


def test_words_of_five_hundred_characters_fit():
    assert too_long(Answers((), "灯" * 500)) == ""
    assert too_long(Answers((), "😀" * 500)) == ""
    assert too_long(Answers((), "灯" * 501)) != ""


@pytest.mark.parametrize(
    "words",
    [
        "打我电话13800138000",
        "138 0013 8000",
        "１３８００１３８０００",
        "3号楼漏水",
        "二单元的灯",
        "402室",
        "十二栋",
        "我家漏水",
        "我们楼里",
        "周静兰来过",
    ],
)
def test_words_that_give_away_are_noticed(words: str):
    assert gives_away(words, ["周静兰"])


@pytest.mark.parametrize("words", ["路灯坏了", "谢谢大家", "一号会议", "2026年好", ""])
def test_harmless_words_are_left_in_peace(words: str):
    assert not gives_away(words, ["周静兰", ""])


@given(code=CODES)
def test_typed_groups_are_those_of_the_letter(code: str):
    groups = in_groups(code)
    assert typed_groups(code) == groups
    assert typed_groups(printed(code).lower()) == groups
    assert "".join(groups) == code


def test_typed_groups_keep_a_short_group_where_it_is():
    assert typed_groups("234A 56 9CDE") == ["234A", "56", "9CDE"]
    assert typed_groups("") == ["", "", ""]
    assert typed_groups("234A5") == ["234A", "5", ""]


def test_form_is_held_to_the_ballot_it_knew_of():
    none = Entry(UUID(int=1), UUID(int=2), "120101002014", None)
    first = Entry(UUID(int=1), UUID(int=2), "120101002014", b"1" * 32)
    second = Entry(UUID(int=1), UUID(int=2), "120101002014", b"2" * 32)
    assert held_tag(none) == ""
    assert as_the_form_knew(first, held_tag(first)) == first
    assert as_the_form_knew(second, "").digest is None
    assert as_the_form_knew(second, held_tag(first)).digest not in (
        None,
        first.digest,
        second.digest,
    )


def test_clients_are_known_by_their_network_and_proxies_not_at_all():
    home, neighbour = "2001:db8:1:2::7", "2001:db8:1:2:ffff::9"
    assert limits.client_of(home) == limits.client_of(neighbour)
    assert limits.client_of(home) != limits.client_of("2001:db8:1:3::7")
    assert limits.client_of("203.0.113.7") != limits.client_of("203.0.113.8")
    for nobody in ("127.0.0.1", "::1", "", "unix:"):
        assert limits.client_of(nobody) == b""


def test_limits_forget_everything_with_the_day():
    limits.forget()
    code = b"c" * 16
    tries = [limits.too_many_replacements(code, on=DAY) for _ in range(7)]
    assert tries == [False] * 6 + [True]
    assert not limits.too_many_replacements(code, on=DAY + dt.timedelta(days=1))


def test_many_wrong_codes_everywhere_raise_the_alarm_once():
    limits.forget()
    assert [limits.is_attack(on=DAY) for _ in range(205)] == (
        [False] * 200 + [True] + [False] * 4
    )


def test_the_alarm_tells_the_auditor_how_many_and_no_more(db: None):
    limits.raise_alarm(at=timezone.now())
    event = AuditEvent.objects.get(verb="alert.wrong_codes")
    assert (event.data, event.address) == ('{"limit":200,"minutes":10}', "")


def test_without_the_store_nobody_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """T116: the limits only slow guessing; a ballot needs the database alone."""
    nowhere = redis.Redis.from_url(f"unix://{tmp_path}/no-redis.sock")
    monkeypatch.setattr(limits, "_store", lambda: nowhere)
    assert not any(limits.too_many_replacements(b"c" * 16, on=DAY) for _ in range(9))


def test_counters_name_nobody_and_end_by_themselves():
    """T63, T108: nothing of a client, a code or a beginning is in the store."""
    limits.forget()
    limits.wrong_code("ABCDEFGHJKLM", "203.0.113.7", on=DAY)
    limits.too_many_replacements(b"c" * 16, on=DAY)
    store = limits._store()
    keys = list(store.scan_iter("limits:*"))
    assert sorted(key.split(b":")[1] for key in keys) == [
        b"client",
        b"prefix",
        b"replace",
    ]
    assert all(0 < store.ttl(key) <= 3600 for key in keys)
    for known in (b"ABCD", b"203.0", b"ccc", b"636363"):
        assert [key for key in keys if known in key] == []
