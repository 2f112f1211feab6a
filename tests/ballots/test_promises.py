"""Promise and notice: stored once, rendered as they were digested (T2 to T4, T104)."""

import datetime as dt
import re

import pytest
from django.utils import translation

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import default_texts, promises
from ballots.models import PromiseText

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
        (promise.kind, 2, promise.zh, promise.en),
        ("notice", 1, promise.zh, promise.en),
        (promise.kind, 1, promise.zh + " ", promise.en),
        (promise.kind, 1, promise.zh, promise.en[:-1]),
        (promise.kind, 1, promise.zh + promise.en[0], promise.en[1:]),
    ):
        assert promises.text_digest(*changed) != digest
