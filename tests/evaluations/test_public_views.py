"""What everybody may see, and what nobody may."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from evaluations import public_views
from evaluations.rollup import RolledUp
from officials.models import Division
from surveys.actions import report_coercion
from tests.evaluations.world import (
    KAIFENGDAO,
    SHUDELI,
    TAIANDAO,
    World,
    mixed,
    months,
    told,
)

MONTH = "2026-10"
RollUp = Callable[[str], RolledUp]
INDEX = "/results/"


def page_of(code: str) -> str:
    return reverse("results:community-detail", args=[code])


@pytest.fixture
def published(world: World, roll_up: RollUp) -> World:
    """Published in October: 40 households here, 29 there."""
    answers = {
        KAIFENGDAO: mixed(40, seed="a", level=4.6),
        TAIANDAO: mixed(29, seed="b"),
    }
    world.tally(MONTH, answers)
    roll_up(MONTH)
    world.publish(MONTH)
    return world


def test_nothing_is_public_before_publication(
    world: World, roll_up: RollUp, client: Client
) -> None:
    world.tally(MONTH, {KAIFENGDAO: mixed(40, seed="a")})
    roll_up(MONTH)
    assert client.get(page_of(KAIFENGDAO)).status_code == 404
    assertContains(client.get(INDEX), "还没有公布的结果")
    assertNotContains(client.get(INDEX), KAIFENGDAO)


def test_the_page_of_a_community_shows_score_interval_and_households(
    published: World, client: Client
) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    page = client.get(page_of(KAIFENGDAO))
    for text in (
        f"<strong>{rating.score:.1f}</strong>",
        f"<strong>{rating.low:.1f}</strong>",
        f"<strong>{rating.high:.1f}</strong>",
        "<strong>40 户</strong>",
        f"<code class='digest'>{rating.record_sha256}</code>",
    ):
        assertContains(page, text, html=True)
    assertContains(page, "保障等级")
    assertContains(page, "窗口未满：1/12 个月")
    assertNotContains(page, "style=")


def test_twenty_nine_households_are_told_in_words_only(
    published: World, client: Client
) -> None:
    rating = published.rating(TAIANDAO, MONTH)
    assert rating.usable == 29
    for url in (page_of(TAIANDAO), INDEX):
        page = client.get(url)
        assertContains(page, "回答太少")
        hidden = (rating.score, rating.low, rating.high, rating.se)
        assert not [v for v in hidden if f"{v:.1f}" in told(page.content)]
        assertNotContains(page, rating.record_sha256)


def test_a_star_stands_beside_its_name(
    world: World, roll_up: RollUp, client: Client
) -> None:
    scheme = world.quick_scheme()
    for month in months(MONTH, 3):
        answers = mixed(40, seed=month, level=4.2)
        world.tally(month, {KAIFENGDAO: answers}, scheme=scheme)
        roll_up(month)
        world.publish(month)
    rating = world.rating(KAIFENGDAO, MONTH)
    names = {3: "三星", 4: "四星"}
    assert rating.star in names
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, f'aria-label="{names[rating.star]}"')
    assert page.content.decode().count("star--off") == 5 - rating.star
    assert len(page.context["trend"].dots) == 3


def test_communities_are_found_by_a_part_of_their_name(
    published: World, client: Client
) -> None:
    found = client.get(INDEX, {"words": "开封"})
    assert [row.community.code for row in found.context["rows"]] == [KAIFENGDAO]
    assertContains(client.get(INDEX, {"words": "无此地"}), "没有找到")


def test_the_list_is_in_the_order_of_codes(published: World, client: Client) -> None:
    rows = client.get(INDEX).context["rows"]
    assert [row.community.code for row in rows] == [TAIANDAO, KAIFENGDAO]


@pytest.mark.parametrize("code", [SHUDELI, "120102", "000000000000", "nothing"])
def test_a_place_without_results_is_404(
    published: World, client: Client, code: str
) -> None:
    assert client.get(page_of(code)).status_code == 404


def test_public_pages_set_no_cookie(published: World, client: Client) -> None:
    for url in (INDEX, page_of(KAIFENGDAO)):
        assert dict(client.get(url).cookies) == {}
        assert client.post(url).status_code == 405


def test_the_list_can_be_read_in_english(published: World, client: Client) -> None:
    button = '<button type="submit" name="lang" value="en" lang="en">English</button>'
    assertContains(client.get(INDEX), button, html=True)
    english = client.get(INDEX, {"lang": "en"})
    assertContains(english, "How residents rate their community secretary")
    # Who chose on another page is heard, too.
    client.post(reverse("set_language"), {"language": "en", "next": INDEX})
    assertContains(client.get(INDEX), "How residents rate their community secretary")


def reported(code: str, number: int) -> None:
    for _ in range(number):
        report_coercion(
            kind="coached",
            community=Division.objects.get(pk=code),
            words="",
            at=dt.datetime.fromisoformat(f"{MONTH}-20T09:00+08:00"),
        )


def asked_on(day: dt.date, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(localdate=lambda: day)
    monkeypatch.setattr(public_views, "timezone", clock)


@pytest.mark.parametrize(("number", "words"), [(2, "&lt;3"), (3, "3")])
def test_reports_of_the_month_stand_beside_the_result(
    published: World,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    words: str,
) -> None:
    """T119: from 3 up, below as "<3"; also where the score is withheld."""
    asked_on(dt.date(2026, 11, 1), monkeypatch)
    reported(KAIFENGDAO, number)
    reported(TAIANDAO, number)
    for code in (KAIFENGDAO, TAIANDAO):
        page = client.get(page_of(code))
        assertContains(page, f"<strong>{words}</strong> 件。", count=1)


def test_reports_of_a_month_that_runs_are_not_told(
    published: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(KAIFENGDAO, 3)
    asked_on(dt.date(2026, 10, 31), monkeypatch)
    page = client.get(page_of(KAIFENGDAO))
    assert page.context["reports"] is None
    assertNotContains(page, "有人教着填吗")
