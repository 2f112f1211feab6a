"""docs/security.md names the tests behind each promise, alike in both languages."""

import re

from config.launcher.folders import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CHINESE, ENGLISH = PAGE.split("\n---\n")
TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)`")
CLAUSE = re.compile(r"T\d+")
CANNOT = {f"T{number}" for number in (8, 159, 160, *range(162, 170))}


def test_every_test_that_is_named_exists() -> None:
    named = set(TEST.findall(PAGE))
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []
    assert len(named) >= 20


def test_both_languages_promise_the_same_by_the_same_tests() -> None:
    assert TEST.findall(CHINESE) == TEST.findall(ENGLISH)
    assert CLAUSE.findall(CHINESE) == CLAUSE.findall(ENGLISH)


def test_what_cannot_be_done_is_said_in_full() -> None:
    assert set(CLAUSE.findall(ENGLISH.partition("## What we cannot do")[2])) == CANNOT
    assert set(CLAUSE.findall(CHINESE.partition("## 我们做不到的")[2])) == CANNOT
