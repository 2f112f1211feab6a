"""The badge: a picture for other sites that tells what the page tells, and no more."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from evaluations.rollup import RolledUp
from tests.evaluations.test_public_pages import MONTH, page_of, published, tell
from tests.evaluations.world import KAIFENGDAO, SHUDELI, TAIANDAO, World, told

__all__ = ["published"]
SVG = "{http://www.w3.org/2000/svg}"
RollUp = Callable[[str], RolledUp]


def badge_of(code: str) -> str:
    return f"/results/{code}/badge.svg"


def texts(content: bytes) -> list[str]:
    root = ElementTree.fromstring(content)  # noqa: S314
    return [
        "".join(one.itertext()).strip()
        for one in root
        if one.tag in {f"{SVG}text", f"{SVG}title", f"{SVG}desc"}
    ]


def test_the_badge_tells_star_score_interval_month_and_households(
    world: World, roll_up: RollUp, client: Client
) -> None:
    tell(world, roll_up, {KAIFENGDAO: 40}, number=3)
    rating = world.rating(KAIFENGDAO, MONTH)
    answer = client.get(badge_of(KAIFENGDAO))
    name = {3: "三星", 4: "四星"}[rating.star]
    score = f"{rating.score:.1f} 分"
    interval = f"{rating.low:.1f}–{rating.high:.1f}"
    assert texts(answer.content) == [
        "开封道社区：居民评社区书记",
        f"{name}，{score}，{interval}，120 户，{MONTH}",
        "开封道社区",
        "民评",
        name,
        f"{score} 区间 {interval}",
        f"120 户 · {MONTH}",
    ]
    assert answer.content.decode().count('fill="none"') == 5 - rating.star


def test_a_picture_without_a_star_says_so(published: World, client: Client) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    found = texts(client.get(badge_of(KAIFENGDAO)).content)
    assert "还没有评星" in found
    assert found[-1] == f"60 户 · {MONTH} · 窗口未满：1/3 个月"
    assert rating.star is None


def test_too_few_households_are_words_and_a_month(
    published: World, client: Client
) -> None:
    answer = client.get(badge_of(TAIANDAO))
    assert texts(answer.content) == [
        "泰安道社区：居民评社区书记",
        f"回答太少，{MONTH}",
        "泰安道社区",
        "民评",
        "回答太少",
        MONTH,
    ]
    rating = published.rating(TAIANDAO, MONTH)
    hidden = (rating.score, rating.low, rating.high)
    assert not [value for value in hidden if f"{value:.1f}" in told(answer.content)]


@pytest.mark.parametrize("code", [SHUDELI, "120101", "120101002", "nothing"])
def test_a_place_without_results_has_no_badge(
    published: World, client: Client, code: str
) -> None:
    assert client.get(badge_of(code)).status_code == 404


def test_the_badge_may_be_shown_anywhere_and_does_nothing(
    published: World, client: Client
) -> None:
    answer = client.get(badge_of(KAIFENGDAO))
    told_headers = {
        name: answer.headers[name]
        for name in (
            "Content-Type",
            "Cross-Origin-Resource-Policy",
            "Access-Control-Allow-Origin",
            "Content-Security-Policy",
            "Cache-Control",
        )
    }
    assert told_headers == {
        "Content-Type": "image/svg+xml; charset=utf-8",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "public, max-age=300",
    }
    assert "Vary" not in answer.headers
    assert dict(answer.cookies) == {}
    for word in ("<script", "style=", "href=", "onload"):
        assertNotContains(answer, word)
    # Only the picture: the page itself stays in its own house.
    page = client.get(page_of(KAIFENGDAO))
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in page.headers


def test_the_same_result_is_the_same_bytes(published: World, client: Client) -> None:
    first, second = (client.get(badge_of(KAIFENGDAO)) for _ in range(2))
    assert (first.content, first.headers["ETag"]) == (
        second.content,
        second.headers["ETag"],
    )
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(badge_of(KAIFENGDAO), headers=known).status_code == 304
    english = client.get(badge_of(KAIFENGDAO), {"lang": "en"})
    assert english.headers["ETag"] != first.headers["ETag"]


def test_the_language_is_that_of_the_address_whoever_asks(
    published: World, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    plain = client.get(badge_of(KAIFENGDAO))
    assertContains(plain, 'lang="zh-hans"')
    client.cookies.clear()
    assert client.get(badge_of(KAIFENGDAO)).content == plain.content
    assertContains(client.get(badge_of(KAIFENGDAO), {"lang": "en"}), 'lang="en"')


def test_the_page_gives_the_line_to_copy(published: World, client: Client) -> None:
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, f'<img src="{badge_of(KAIFENGDAO)}"')
    assertContains(page, f'&lt;img src="{settings.PUBLIC_URL}{badge_of(KAIFENGDAO)}"')
