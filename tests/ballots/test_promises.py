"""Promise and notice: stored once, rendered as they were digested (T2 to T4, T104)."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.utils import translation

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import actions, default_texts, promises
from ballots.models import BallotBox, PromiseText
from tests.ballots.world import issue, set_up

NOW = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def ensured() -> default_texts.DefaultTexts:
    return default_texts.ensure_default_texts(by=SYSTEM, at=NOW)


def test_default_texts_are_stored_once():
    first, second = ensured(), ensured()
    assert first == second
    assert PromiseText.objects.count() == 2
    assert AuditEvent.objects.filter(verb="text.issued").count() == 2
    assert (first.promise.kind, first.notice.kind) == ("promise", "notice")
    assert first.promise.issued_on == dt.date(2026, 3, 2)
    assert (first.promise.version, first.notice.version) == (2, 2)


def test_new_wording_is_a_new_version_and_boxes_keep_theirs():
    """T2, T14: what a box was set up with is neither replaced nor rewritten."""
    old = promises.issue_text(
        kind="promise", version=1, zh="旧的承诺。", en="Old.", by=SYSTEM, at=NOW
    )
    box = set_up(promise=old)
    assert ensured().promise.version == 2
    kept = BallotBox.objects.select_related("promise").get(pk=box.pk).promise
    assert (kept.version, kept.zh) == (1, "旧的承诺。")
    assert promises.is_unchanged(kept, bytes(box.promise_digest))
    issue(box, "120101002014")
    assert actions.open_voting(box=box, by=SYSTEM, at=NOW).promise == kept


def test_new_agency_is_a_new_notice_and_the_old_promise(settings):
    first = ensured()
    settings.NOTICE = {**settings.NOTICE, "agency": "海河调查公司"}
    second, third = ensured(), ensured()
    assert (second, second.promise) == (third, first.promise)
    assert (first.notice.version, second.notice.version) == (2, 3)
    assert second.notice.zh.count("由受委托的海河调查公司负责") == 1
    assert second.notice.en.count("by the contracted agency, 海河调查公司;") == 1
    assert promises.newest("notice") == second.notice


def test_promise_of_equal_choices_reads_word_for_word():
    """T3 i."""
    promise = ensured().promise
    assert promise.zh.splitlines()[8] == (
        "每个选项一样大、一样几步。谁教您怎么填、给您东西、盯着您填，都可以一键反映，"
        "过后还能重填。"
    )
    assert promise.en.splitlines()[8] == (
        "Every choice has the same size and steps. If anyone coaches, pays or watches"
        " you, report it with one tap, and fill it in again later."
    )


def test_notice_says_all_that_it_has_to():
    """T104, item by item, in the order of the lines."""
    notice = ensured().notice
    told = [
        ("谁负责", "Who is responsible"),
        ("为什么", "What for"),
        ("用您家哪些信息", "What we use about your household"),
        ("不收集什么", "What we do not collect"),
        ("匿名还是保密", "Anonymous or confidential"),
        ("谁看得到", "Who sees what"),
        ("印信、送信", "Printing and delivery"),
        ("保存多久", "How long"),
        ("您的权利", "Your rights"),
        ("自愿", "Voluntary"),
        ("票箱", "The box"),
        ("存放在哪里", "Where"),
        ("不由机器决定", "No machine decides"),
    ]
    zh = [line.partition("：")[0] for line in notice.zh.splitlines()]
    en = [line.partition(":")[0] for line in notice.en.splitlines()]
    assert list(zip(zh, en, strict=True)) == told
    for name, times in (("responsible", 2), ("contact", 1), ("agency", 1)):
        named = settings.NOTICE[name]
        assert (notice.zh.count(named), notice.en.count(named)) == (times, times)


def test_notice_fits_one_page():
    """A4 at 11 points holds 50 lines of 42 signs, or some 700 English words (T104)."""
    notice = ensured().notice
    assert sum(-(-len(line) // 42) for line in notice.zh.splitlines()) <= 50
    assert len(notice.en.split()) <= 700


def test_text_speaks_the_language_of_the_page():
    promise = ensured().promise
    assert promise.lines[0] == "一户一码，一码一票。多填几次，只算最后一次。"
    with translation.override("en"):
        assert promise.lines[0] == (
            "One code per household, one ballot per code. Fill it in again and only"
            " the last one counts."
        )


def test_both_languages_promise_the_same_number_of_things():
    for text in vars_of(ensured()):
        assert len(text.zh.splitlines()) == len(text.en.splitlines())
    assert len(ensured().promise.lines) == 12


def vars_of(texts: default_texts.DefaultTexts) -> tuple[PromiseText, PromiseText]:
    return texts.promise, texts.notice


def test_every_page_says_that_the_server_keeps_the_key():
    for text in vars_of(ensured()):
        assert text.zh.count("保障等级：基础") == 1
        assert len(re.findall("ssurance level:? basic", text.en)) == 1


def test_digest_changes_with_every_symbol():
    promise = ensured().promise
    digest = bytes(promise.digest)
    assert promises.is_unchanged(promise, digest)
    for changed in (
        (promise.kind, 3, promise.zh, promise.en),
        ("notice", 2, promise.zh, promise.en),
        (promise.kind, 2, promise.zh + " ", promise.en),
        (promise.kind, 2, promise.zh, promise.en[:-1]),
        (promise.kind, 2, promise.zh + promise.en[0], promise.en[1:]),
    ):
        assert promises.text_digest(*changed) != digest
