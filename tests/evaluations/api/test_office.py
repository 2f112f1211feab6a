"""Tokens of the office: one scope, one group, and a neighbour finds nothing (T85)."""

from collections.abc import Callable

import pytest
from django.test import Client

from evaluations import publication
from evaluations.api.shapes import figure_shape
from evaluations.api.urls import described
from evaluations.publication import Audience
from tests.evaluations.api.conftest import (
    API,
    FEW,
    HEPING,
    JIEFANGLU,
    KAIFENGDAO,
    MONTH,
    Make,
    ask,
)
from tests.evaluations.world import World

Paths = list[str]


@pytest.fixture
def paths(published: World) -> Paths:
    """Every address of the office, in 和平区."""
    return [
        f"office/divisions/{HEPING}/months/{MONTH}/ratings",
        f"office/divisions/{HEPING}/months/{MONTH}/groups",
        f"office/groups/{published.group.pk}/months/{MONTH}/ranking",
    ]


def test_every_office_address_is_tried_below(paths: Paths) -> None:
    told = [path for path in described()["paths"] if path.startswith(f"{API}office/")]
    assert len(told) == len(paths)


@pytest.mark.parametrize(
    ("audience", "scope", "status"),
    [
        ("office", HEPING, 200),
        ("office", "12", 200),
        ("office", "120102", 404),
        ("office", KAIFENGDAO, 404),
        ("public", HEPING, 403),
        ("public", "120102", 404),
    ],
)
def test_scope_and_audience_decide(
    paths: Paths, token_for: Make, audience: str, scope: str, status: int
) -> None:
    secret = token_for(audience, scope)
    assert [ask(path, secret).status_code for path in paths] == [status] * len(paths)


def test_without_a_token_or_with_a_wrong_one_it_is_401(paths: Paths) -> None:
    for path in paths:
        assert ask(path).json()["code"] == "token_needed"
        assert ask(path, "minping_wrong").json()["code"] == "token_unknown"
        basic = Client().get(API + path, headers={"authorization": "Basic eDp5"})
        assert basic.json()["code"] == "token_unknown"


def test_a_session_of_the_desk_opens_nothing(paths: Paths, head_client: Client) -> None:
    assert [head_client.get(API + path).status_code for path in paths] == [401] * 3


def test_ratings_stand_by_code_with_what_the_office_may_see(
    published: World, paths: Paths, token_for: Make
) -> None:
    answer = ask(paths[0], token_for())
    rows = answer.json()["items"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert [row["community"]["code"] for row in rows] == [FEW, JIEFANGLU, KAIFENGDAO]
    assert [row["figure"] for row in rows] == [
        figure_shape(
            publication.release(published.rating(code, MONTH), Audience.OFFICE)
        )
        for code in (FEW, JIEFANGLU, KAIFENGDAO)
    ]
    assert rows[0]["figure"]["households"] == "<10"


def test_a_street_token_sees_its_street(published: World, token_for: Make) -> None:
    secret = token_for(scope=KAIFENGDAO[:9])
    street = ask(f"office/divisions/{KAIFENGDAO[:9]}/months/{MONTH}/ratings", secret)
    assert street.json()["total"] == 3
    district = ask(f"office/divisions/{HEPING}/months/{MONTH}/ratings", secret)
    assert district.status_code == 404


def test_ranking_is_one_group_in_the_printed_order(
    published: World, paths: Paths, token_for: Make
) -> None:
    told = ask(paths[2], token_for()).json()
    assert told["group"] == {
        "id": published.group.pk,
        "name": "商业街区组",
        "division": HEPING,
    }
    assert [row["community"]["code"] for row in told["items"]] == [
        KAIFENGDAO,
        JIEFANGLU,
        FEW,
    ]
    assert [row["place"] for row in told["items"]] == [None] * 3  # no quarter ends here
    past = ask(paths[2], token_for(), page=2).json()
    assert (past["total"], past["items"]) == (3, [])


def test_no_address_ranks_across_groups(
    published: World, paths: Paths, token_for: Make
) -> None:
    """W3: an order by score exists under a group's own number only."""
    ordered = [
        path for path in described()["paths"] if "rank" in path or "order" in path
    ]
    assert ordered == [f"{API}office/groups/{{group_id}}/months/{{month}}/ranking"]
    asked = {
        parameter["name"]
        for address in described()["paths"].values()
        for parameter in address["get"].get("parameters", ())
    }
    assert asked == {
        *("code", "month", "year", "version", "group_id"),
        *("district", "street", "words", "page", "size"),
    }
    for path in paths[:2]:
        assert "place" not in ask(path, token_for()).json()["items"][0]


def test_groups_of_a_month_are_named_without_figures(
    published: World, paths: Paths, token_for: Make
) -> None:
    assert ask(paths[1], token_for()).json()["items"] == [
        {
            "id": published.group.pk,
            "name": "商业街区组",
            "division": HEPING,
            "appointments": 3,
        }
    ]


def test_group_of_nowhere_and_empty_month_are_404(
    published: World, token_for: Callable[..., str]
) -> None:
    secret = token_for()
    group = published.group.pk
    assert ask(f"office/groups/99999/months/{MONTH}/ranking", secret).status_code == 404
    assert (
        ask(f"office/groups/{group}/months/2020-01/ranking", secret).status_code == 404
    )
