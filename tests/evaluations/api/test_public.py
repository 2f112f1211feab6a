"""What everybody reads: released values, as the pages show them."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from evaluations import publication
from evaluations.api.shapes import figure_shape
from evaluations.models import MonthlyRating, Publication
from evaluations.publication import Audience
from tests.evaluations.api.conftest import (
    API,
    FEW,
    HEPING,
    JIEFANGLU,
    KAIFENGDAO,
    MONTH,
    ask,
)
from tests.evaluations.world import World, mixed

STREET = JIEFANGLU[:9]


def figure_of(world: World, code: str) -> dict:
    return figure_shape(publication.release(world.rating(code, MONTH), Audience.PUBLIC))


def test_lists_hold_what_was_published_and_where(published: World) -> None:
    assert ask("districts").json() == {
        "page": 1,
        "size": 50,
        "total": 1,
        "items": [{"code": HEPING, "name": "和平区"}],
    }
    streets = ask(f"districts/{HEPING}/streets").json()
    assert streets["items"] == [{"code": STREET, "name": "小白楼街道"}]
    assert ask("districts/230402/streets").json()["items"] == []
    told = ask("communities").json()
    assert [row["code"] for row in told["items"]] == [FEW, JIEFANGLU, KAIFENGDAO]
    assert [row["figure"] for row in told["items"]] == [
        figure_of(published, code) for code in (FEW, JIEFANGLU, KAIFENGDAO)
    ]


def test_too_few_answers_are_a_reason_and_never_a_number(published: World) -> None:
    figure = ask(f"communities/{FEW}").json()["figure"]
    assert figure == {
        "released": False,
        "month": MONTH,
        "reason": "too_few",
        "households": "<10",
        "needed": 30,
        "rr1": None,
        "rr3": None,
    }
    rating = published.rating(FEW, MONTH)
    assert str(rating.score)[:5] not in json.dumps(figure)


def test_filters_and_pages_choose_without_changing_the_order(published: World) -> None:
    def codes(**words: object) -> list[str]:
        return [row["code"] for row in ask("communities", **words).json()["items"]]

    assert codes(district=HEPING) == [FEW, JIEFANGLU, KAIFENGDAO]
    assert codes(street=STREET) == [FEW, JIEFANGLU, KAIFENGDAO]
    assert codes(street="120101001") == []
    assert codes(words="开封") == [KAIFENGDAO]
    assert codes(size=1, page=2) == [JIEFANGLU]
    assert codes(size=1, page=4) == []


def test_history_and_detail_are_those_of_the_page(published: World) -> None:
    detail = ask(f"communities/{KAIFENGDAO}").json()
    assert detail["figure"] == figure_of(published, KAIFENGDAO)
    assert detail["address"].endswith(f"/results/{KAIFENGDAO}/")
    history = ask(f"communities/{KAIFENGDAO}/history").json()
    assert history["months"] == [
        {"month": MONTH, "figure": figure_of(published, KAIFENGDAO)}
    ]


def test_calculation_is_the_file_to_the_byte(published: World) -> None:
    page = reverse("results:community-calculation-file", args=[KAIFENGDAO, MONTH])
    told = ask(f"communities/{KAIFENGDAO}/months/{MONTH}/calculation")
    assert told.content == Client().get(page).content
    assert ask(f"communities/{KAIFENGDAO}/months/2026-09/calculation").json() == {
        "code": "not_found",
        "message": "没有这一项，没有公布，或者不在令牌的范围里。",
        "fields": [],
    }


def test_versions_of_a_month_stay_with_their_digest(published: World) -> None:
    version = Publication.objects.get()
    told = ask("publications", district=HEPING, month=MONTH).json()["items"]
    assert told == [
        {
            "division": HEPING,
            "name": "和平区",
            "month": MONTH,
            "version": 1,
            "digest": version.digest,
            "published_at": version.published_at.isoformat(timespec="seconds"),
            "reason": "",
            "state": "current",
        }
    ]
    assert ask(f"publications/{HEPING}/{MONTH}/1").json() == told[0]
    assert ask(f"publications/{HEPING}/{MONTH}/2").status_code == 404


def test_nothing_is_told_before_it_is_published(published: World) -> None:
    published.tally("2026-11", {KAIFENGDAO: mixed(60, seed="d")})
    assert MonthlyRating.objects.published().count() == 3
    told = ask(f"communities/{KAIFENGDAO}/months/2026-11/calculation")
    assert told.status_code == 404
    assert ask(f"communities/{KAIFENGDAO}").json()["month"] == MONTH
    assert ask("communities/120101002004").status_code == 404


def test_who_has_it_already_is_told_so(published: World) -> None:
    first = ask("communities")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    headers = {"if-none-match": first.headers["ETag"]}
    again = Client().get(f"{API}communities", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    other = Client().get(f"{API}communities", {"size": 1}, headers=headers)
    assert other.status_code == 200
    head = Client().head(f"{API}communities")
    assert (head.status_code, head.headers["ETag"]) == (200, first.headers["ETag"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_can_be_written(db: None, method: str) -> None:
    for path in ("communities", "openapi.json", "nothing/here"):
        answer = getattr(Client(enforce_csrf_checks=True), method)(API + path)
        assert (answer.status_code, answer.json()["code"]) == (405, "wrong_method")
        assert answer.headers["Allow"] == "GET, HEAD"


def test_wrong_words_are_named_without_being_repeated(db: None) -> None:
    answer = ask("communities", size="9999", district="<script>")
    assert (answer.status_code, answer.json()["fields"]) == (
        422,
        [
            {
                "place": "query",
                "name": "district",
                "problem": "string_pattern_mismatch",
            },
            {"place": "query", "name": "size", "problem": "less_than_equal"},
        ],
    )
    assert "script" not in answer.content.decode()
    assert ask("communities", words="\x00").status_code == 422
    assert ask("nothing/here").json()["code"] == "not_found"
    many = "&".join(f"a{number}=1" for number in range(1_200))
    assert ask(f"communities?{many}").json()["code"] == "bad_request"


def test_list_costs_the_same_for_one_and_for_three(
    published: World, django_assert_num_queries: object
) -> None:
    for size in (1, 3):
        with django_assert_num_queries(3):  # type: ignore[operator]
            assert len(ask("communities", size=size).json()["items"]) == size
