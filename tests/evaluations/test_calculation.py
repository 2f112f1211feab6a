"""怎么算出来的: what the document and the pages tell, and what they never do."""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts import roles
from accounts.models import User
from evaluations.calculation import Calculation, calculation_of, document
from evaluations.models import MonthlyRating
from evaluations.publication import Audience, Released, release, release_sheet
from evaluations.rollup import RolledUp
from officials.models import Appointment, Division
from tests.conftest import signed_in
from tests.evaluations import made
from tests.evaluations.made import beside, rating
from tests.evaluations.world import (
    HEPING,
    KAIFENGDAO,
    NINE,
    SHUDELI,
    TAIANDAO,
    XIAOBAILOU,
    World,
    mixed,
    months,
    same,
    told,
)

PUBLIC, OFFICE = Audience.PUBLIC, Audience.OFFICE
MONTH = "2026-12"
RollUp = Callable[[str], RolledUp]
LAMBDAS = (None, "0.000000", "0.690000", "0.700000", "0.834567")
NUMBER = re.compile(r"-?\d+\.\d+")


def named(one: MonthlyRating) -> MonthlyRating:
    one.community = Division(code=made.COMMUNITY, name="开封道社区")
    one.appointment = Appointment(pk=1)
    return one


def full(usable: int, reliability: str | None) -> MonthlyRating:
    """With everything that could be told: group, rank, adjusted score, small counts."""
    steps = [{"margin": "mode", "level": "phone", "points": "-1.234567"}]
    figures = {
        "adjusted": {"low": "51.213141", "high": "80.919293", "steps": steps},
        "modes": {"online": usable - 3, "phone": 3} if usable > 3 else {},
    }
    changes = {
        "pool": reliability and made.pool(reliability),
        "rank": made.rank(),
        "figures": figures,
    }
    one = rating(
        usable,
        refreshed=usable >= 10,
        adjusted=Decimal("67.812345"),
        changes=changes,
    )
    return named(one)


def calculated(
    one: MonthlyRating, audience: Audience, *, is_open: bool = True
) -> Calculation:
    return Calculation(
        rating=one,
        audience=audience,
        figure=release(one, audience),
        sheet=release_sheet(one, audience, beside(one, is_open=is_open)),
    )


def leaves(value: Any) -> Iterator[str]:
    """Every number of a document, as it would be printed."""
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif value is not None and not isinstance(value, bool):
        yield from NUMBER.findall(str(value))


def secrets(one: MonthlyRating) -> set[str]:
    """The decimals of the record at every precision that something prints."""
    found = set()
    for text in leaves(one.contents["figures"] | {"pool": one.contents["pool"]}):
        for places in (1, 2):
            found.add(f"{Decimal(text):.{places}f}")
            found.add(f"{100 * Decimal(text):.{places}f}")
    star = set(leaves(one.contents["star"]))
    # What is said of every rating: cut points, levels, floors, the rates of M28.
    public = {"0.5", "0.70", "0.7", "0.00", "0.0", "100.0", "100.00"}
    rates = {"54.5", "54.55", "55.6", "55.56"}
    return (found | star) - public - rates


@pytest.mark.parametrize("usable", [0, 9, 10, 29, 30, 49, 50, 99, 100])
@pytest.mark.parametrize("reliability", LAMBDAS)
@pytest.mark.parametrize("audience", Audience)
def test_the_document_keeps_to_the_ladder(
    usable: int, reliability: str | None, audience: Audience
) -> None:
    one = full(usable, reliability)
    found = document(calculated(one, audience))
    floor = 10 if audience is OFFICE else 30
    assert found["released"] == (usable >= floor)
    if not found["released"]:
        assert set(leaves(found)) & secrets(one) == set()
        assert {*found} == {
            "format",
            "audience",
            "assurance",
            "appointment",
            "community",
            "month",
            "released",
            "withheld",
        }
        count = "<10" if usable < 10 else str(usable)
        assert found["withheld"]["households"] == count
        return
    enough = usable >= 100 or (
        usable >= 50 and reliability is not None and Decimal(reliability) >= 0.7
    )
    assert (found["star"]["star"] is not None) == enough
    assert (found["star"]["percents"] is not None) == enough
    assert (found["star"]["steps"] is not None) == enough
    assert (found["place"] is not None) == enough
    if enough:
        assert ("rank" in found["place"]) == (audience is OFFICE)
        assert ("last_place" in found["place"]) == (audience is OFFICE)
    assert found["design"]["modes"] == {"online": None, "phone": None}
    text = json.dumps(found)
    # Fresh means of the quarter, totals of the area and the full precision: nobody.
    for hidden in ("61.9", "72.1", "1141", "66.304", "68.123", "0.834567"):
        assert hidden not in text


@pytest.mark.parametrize("usable", [0, 9, 10, 29, 30, 49, 50, 99, 100])
@pytest.mark.parametrize("reliability", ["0.690000", "0.700000"])
@pytest.mark.parametrize("audience", Audience)
def test_the_page_tells_no_more_than_the_document(
    usable: int, reliability: str, audience: Audience, rf: RequestFactory
) -> None:
    one = full(usable, reliability)
    calculation = calculated(one, audience)
    figure, sheet = calculation.figure, calculation.sheet
    context = {
        "calculation": calculation,
        "rating": one,
        "figure": figure,
        "sheet": sheet,
        "community": one.community,
    }
    name = "_calculation" if isinstance(figure, Released) else "_withheld"
    page = render_to_string(f"evaluations/includes/{name}.html", context)
    printed = set(NUMBER.findall(told(page.encode())))
    assert printed & secrets(one) <= set(leaves(document(calculation)))
    assert ("印刷名次" in page) == (
        audience is OFFICE and isinstance(figure, Released) and bool(figure.star)
    )


def test_a_closed_group_and_a_clamped_score_are_null_in_the_document() -> None:
    one = full(120, "0.834567")
    group = document(calculated(one, PUBLIC, is_open=False))["group"]
    hidden = ("mean", "spread", "reliability", "eb", "se_eb", "is_smoothed")
    assert [group[name] for name in hidden] == [None] * 6
    assert (group["count"], group["shows_differences"]) == (64, True)


@pytest.fixture
def rolled(world: World, roll_up: RollUp) -> World:
    """Published in December: 40, 12 and 9 usable households."""
    world.tally(
        MONTH,
        {
            KAIFENGDAO: mixed(40, seed="a", level=4.6),
            TAIANDAO: mixed(12, seed="b"),
            SHUDELI: same(2, 9),
        },
    )
    roll_up(MONTH)
    publish(world)
    return world


def publish(world: World, month: str = MONTH) -> None:
    world.publish(month)


def desk(world: World, code: str, month: str = MONTH) -> tuple[str, str]:
    """Page and document of a community's appointment."""
    args = [world.appointments[code].pk, month]
    return (
        reverse("evaluations:rating-calculation", args=args),
        reverse("evaluations:rating-calculation-file", args=args),
    )


def outside(code: str, month: str = MONTH) -> tuple[str, str]:
    return (
        reverse("results:community-calculation", args=[code, month]),
        reverse("results:community-calculation-file", args=[code, month]),
    )


def test_page_and_document_lead_from_the_score_to_the_frame(
    rolled: World, clerk_client: Client, client: Client
) -> None:
    one = rolled.rating(KAIFENGDAO, MONTH)
    for reader, (page, file) in (
        (clerk_client, desk(rolled, KAIFENGDAO)),
        (client, outside(KAIFENGDAO)),
    ):
        html = reader.get(page)
        for text in (
            f"{one.score:.1f}",
            "1544",
            one.record_sha256,
            "recompute 2026-12",
        ):
            assertContains(html, text)
        assertNotContains(html, "style=")
        answer = reader.get(file)
        found = json.loads(answer.content)
        assert found["figure"]["score"] == f"{one.score:.1f}"
        assert found["proof"]["record_sha256"] == one.record_sha256
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="calculation-{KAIFENGDAO}-{MONTH}.json"'
        )


@pytest.mark.parametrize("code", [TAIANDAO, SHUDELI])
def test_too_few_answers_are_told_in_words_only(
    rolled: World, clerk_client: Client, client: Client, code: str
) -> None:
    one = rolled.rating(code, MONTH)
    readers = [(client, outside(code))]
    if one.usable < 10:
        readers.append((clerk_client, desk(rolled, code)))
    for reader, (page, file) in readers:
        assert set(NUMBER.findall(told(reader.get(page).content))) & real(one) == set()
        found = json.loads(reader.get(file).content)
        assert found["released"] is False
        assert set(leaves(found)) & real(one) == set()
        assertNotContains(reader.get(page), one.record_sha256)


def real(one: MonthlyRating) -> set[str]:
    """Figures of a real record, as they would be printed; its rates stay out."""
    figures = {**one.contents["figures"], "rates": None}
    numbers = [Decimal(text) for text in leaves(figures)]
    return {f"{n:.1f}" for n in numbers if n > 1} | {f"{n:.2f}" for n in numbers}


def test_the_office_reads_its_document_uncached_and_the_public_conditionally(
    rolled: World, clerk_client: Client, client: Client
) -> None:
    private = clerk_client.get(desk(rolled, KAIFENGDAO)[1])
    assert private.headers["Cache-Control"] == "no-store"
    address = outside(KAIFENGDAO)[1]
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"if-none-match": '"x"'}).status_code == 200


def test_the_document_of_the_public_is_not_that_of_the_office(
    rolled: World, clerk_client: Client, client: Client
) -> None:
    inside = json.loads(clerk_client.get(desk(rolled, TAIANDAO)[1]).content)
    assert (inside["released"], inside["audience"]) == (True, "office")
    found = json.loads(client.get(outside(TAIANDAO)[1]).content)
    assert (found["released"], found["audience"]) == (False, "public")
    assert found["withheld"]["households"] == "12"


@pytest.mark.parametrize("file", [0, 1])
def test_addresses_by_role_and_place(
    rolled: World, make_staff: Callable[..., User], client: Client, file: int
) -> None:
    address = desk(rolled, KAIFENGDAO)[file]
    expected = [
        (roles.DEPARTMENT_CLERK, HEPING, 200),
        (roles.DEPARTMENT_HEAD, HEPING, 200),
        (roles.DEPARTMENT_CLERK, XIAOBAILOU, 200),
        (roles.DEPARTMENT_CLERK, "120102", 404),
        (roles.STREET_ADMINISTRATOR, HEPING, 403),
    ]
    for number, (role, scope, status) in enumerate(expected):
        reader = signed_in(make_staff(f"reader{number}", role, scope))
        assert reader.get(address).status_code == status
    assert client.get(address).status_code == 302
    clerk = signed_in(User.objects.get(username="reader0"))
    assert clerk.post(address).status_code == 405


@pytest.mark.parametrize("file", [0, 1])
def test_public_addresses_exist_for_published_months_only(
    rolled: World, roll_up: RollUp, client: Client, file: int
) -> None:
    rolled.tally("2027-01", {KAIFENGDAO: mixed(40, seed="c")})
    roll_up("2027-01")
    assert client.get(outside(KAIFENGDAO)[file]).status_code == 200
    assert client.post(outside(KAIFENGDAO)[file]).status_code == 405
    assert client.get(outside(KAIFENGDAO, "2027-01")[file]).status_code == 404
    assert client.get(outside("120101002004")[file]).status_code == 404
    assert client.get(f"/results/{KAIFENGDAO}/2026-13/calculation/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_month_and_for_three(
    world: World,
    roll_up: RollUp,
    clerk_client: Client,
    client: Client,
    django_assert_num_queries: Callable[..., object],
    number: int,
) -> None:
    for month in months(MONTH, number + 1):
        world.tally(month, {code: mixed(20, seed=code + month) for code in NINE[:3]})
        roll_up(month)
        publish(world, month)
    with django_assert_num_queries(11):
        assert clerk_client.get(desk(world, NINE[0])[0]).status_code == 200
    with django_assert_num_queries(6):
        assert client.get(outside(NINE[0])[0]).status_code == 200


def test_the_record_before_is_named_once_it_was_released(
    world: World, roll_up: RollUp
) -> None:
    for month, answers in zip(months(MONTH, 4), (9, 25, 12, 12), strict=True):
        world.tally(month, {KAIFENGDAO: mixed(answers, seed=month)})
        roll_up(month)
        publish(world, month)
    named = {
        (month, audience): _previous(world.rating(KAIFENGDAO, month), audience)
        for month in months(MONTH, 3)
        for audience in Audience
    }
    # Nine answers in September: nobody; 34 then: both.
    assert named == {
        ("2026-10", PUBLIC): False,
        ("2026-10", OFFICE): False,
        ("2026-11", PUBLIC): True,
        ("2026-11", OFFICE): True,
        ("2026-12", PUBLIC): True,
        ("2026-12", OFFICE): True,
    }


def _previous(one: MonthlyRating, audience: Audience) -> bool:
    found = document(calculation_of(one, audience))
    return found["proof"]["previous_sha256"] is not None


def test_a_question_with_nine_new_answers_keeps_its_figure(
    world: World, roll_up: RollUp
) -> None:
    """Ten households a month, of whom one leaves the first question blank."""
    for month in months(MONTH, 5):
        answers = [(mode, list(items)) for mode, items in same(4, 10)]
        for k, (_, items) in enumerate(answers):
            items[1] = 1 + k % 5
        answers[0][1][0] = None
        world.tally(month, {KAIFENGDAO: answers})
        roll_up(month)
    standing = [
        _standing(world.rating(KAIFENGDAO, month)) for month in months(MONTH, 4)
    ]
    assert standing == [
        {"1": "2026-09", "2": "2026-09"},
        {"1": "2026-09", "2": "2026-10"},
        {"1": "2026-11", "2": "2026-11"},
        {"1": "2026-11", "2": "2026-12"},
    ]


def _standing(one: MonthlyRating) -> dict[str, str]:
    found = document(calculation_of(one, OFFICE))["questions"]
    return {str(row["number"]): row["month"] for row in found if row["number"] < 3}
