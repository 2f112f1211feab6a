"""District, street, community for everybody: what is told, and what caches keep."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from audit.actions import SYSTEM
from evaluations import actions, star_actions
from evaluations.api.shapes import figure_shape
from evaluations.models import (
    Appeal,
    MonthlyRating,
    Publication,
    PublishedRating,
    SetAside,
    StarRating,
)
from evaluations.rollup import RolledUp
from officials.actions import end_appointment
from officials.models import Division
from surveys.models import Round
from tests.evaluations.world import (
    HEPING,
    KAIFENGDAO,
    NINE,
    TAIANDAO,
    XIAOBAILOU,
    World,
    mixed,
    months,
    told,
)

MONTH = "2026-10"
INDEX = "/results/"
RollUp = Callable[[str], RolledUp]
COMMUNITIES = {KAIFENGDAO: 60, TAIANDAO: 29}


def page_of(code: str, *more: str) -> str:
    return "/".join([f"/results/{code}", *more, ""])


def tell(
    world: World, roll_up: RollUp, counts: dict[str, int], *, number: int = 1
) -> None:
    """Published months of a full window, the last of them October."""
    scheme = world.quick_scheme()
    for month in months(MONTH, number):
        answers = {
            code: mixed(n, seed=code + month, level=4.2) for code, n in counts.items()
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(month)
        world.publish(month)


@pytest.fixture
def published(world: World, roll_up: RollUp) -> World:
    tell(world, roll_up, COMMUNITIES)
    return world


ADDRESSES = (
    INDEX,
    page_of(HEPING),
    page_of(XIAOBAILOU),
    page_of(KAIFENGDAO),
    page_of(TAIANDAO),
    page_of(KAIFENGDAO, MONTH),
    page_of(KAIFENGDAO, MONTH, "calculation"),
)


@pytest.mark.parametrize("url", ADDRESSES)
def test_a_page_may_be_kept_by_anybodys_cache(
    published: World, client: Client, url: str
) -> None:
    page = client.get(url)
    assert page.status_code == 200
    assert (dict(page.cookies), page.headers["Vary"]) == ({}, "Cookie")
    assert page.headers["Cache-Control"] == "public, max-age=300"
    assert page.headers["Content-Language"] == "zh-hans"
    again = client.get(url, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(url, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, page.content)
    assert client.post(url).status_code == 405


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_names_language_and_letters_varies_with_nothing(
    published: World, client: Client, url: str
) -> None:
    page = client.get(url, {"lang": "en", "look": "large"})
    assert "Vary" not in page.headers
    assert page.headers["Content-Language"] == "en"
    assertContains(page, '<html lang="en" class="large">')
    # Every link to another public page carries the choice on.
    links = re.findall(r'href="(/results/[^"]*)"', page.content.decode())
    kept = [link for link in links if not link.endswith(".json")]
    assert kept
    assert {link.partition("?")[2] for link in kept} == {"lang=en&amp;look=large"}


def test_a_page_is_small(published: World, client: Client) -> None:
    sizes = {url: len(client.get(url).content) for url in ADDRESSES[:-1]}
    assert [url for url, size in sizes.items() if size > 40_000] == []


def test_a_cookie_of_the_residents_pages_is_heard(
    published: World, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    page = client.get(INDEX)
    assert (page.headers["Content-Language"], page.headers["Vary"]) == ("en", "Cookie")


def test_pages_go_from_district_to_street_to_community(
    published: World, client: Client
) -> None:
    assertContains(client.get(page_of(HEPING)), page_of(XIAOBAILOU))
    street = client.get(page_of(XIAOBAILOU))
    for url in (page_of(HEPING), page_of(KAIFENGDAO), page_of(TAIANDAO)):
        assertContains(street, f'href="{url}"')
    community = client.get(page_of(KAIFENGDAO))
    assertContains(community, f'href="{page_of(XIAOBAILOU)}"')


def test_one_district_opens_at_once_and_several_are_listed(
    published: World, client: Client
) -> None:
    assert [row.community.code for row in client.get(INDEX).context["rows"]] == [
        TAIANDAO,
        KAIFENGDAO,
    ]
    rating = published.rating(KAIFENGDAO, MONTH)
    other = Division.objects.communities().under("230402").order_by("code").first()
    assert other is not None
    models.QuerySet(MonthlyRating).filter(pk=rating.pk).update(community=other)
    page = client.get(INDEX)
    assert [one.code for one in page.context["districts"]] == ["120101", "230402"]
    assertContains(page, f'href="{page_of("230402")}"')
    assertNotContains(page, page_of(KAIFENGDAO))


@pytest.mark.parametrize("url", [INDEX, page_of(HEPING), page_of(XIAOBAILOU)])
def test_places_stand_in_the_order_of_codes_whatever_their_scores(
    world: World, roll_up: RollUp, client: Client, url: str
) -> None:
    """W3, M80: no public list is ordered by score."""
    tell(world, roll_up, dict.fromkeys(NINE, 30))
    rows = client.get(url).context["rows"]
    assert [row.community.code for row in rows] == list(NINE)
    scores = [row.figure.score.value for row in rows]
    assert scores != sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("开封", [KAIFENGDAO]),
        ("kfd", [KAIFENGDAO]),
        ("KaiFeng", [KAIFENGDAO]),
        ("tad", [TAIANDAO]),
        ("dao", [TAIANDAO, KAIFENGDAO]),
        ("zzz", []),
        ("<b>", []),
    ],
)
def test_a_community_is_found_by_name_or_initials(
    published: World, client: Client, words: str, found: list[str]
) -> None:
    page = client.get(INDEX, {"words": words})
    assert [row.community.code for row in page.context["rows"]] == found
    assertNotContains(page, "<b>")


def test_pages_cost_the_same_for_three_and_for_nine(
    world: World, roll_up: RollUp, client: Client
) -> None:
    scheme = world.quick_scheme()
    costs = []
    for month, codes in zip(months(MONTH, 2), (NINE[:3], NINE), strict=True):
        world.tally(
            month, {code: mixed(30, seed=code) for code in codes}, scheme=scheme
        )
        roll_up(month)
        world.publish(month)
        costs.append([queries_of(client, url) for url in LISTS])
        assert len(client.get(page_of(HEPING)).context["rows"]) == len(codes)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 20


LISTS = (
    INDEX,
    f"{INDEX}?words=dao",
    page_of(HEPING),
    page_of(XIAOBAILOU),
    page_of(NINE[0]),
    f"/results/{NINE[0]}/badge.svg",
)


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_page_says_who_was_rated_and_when(published: World, client: Client) -> None:
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "<strong>书记014</strong>，2024-01-01 起任职。")
    assertNotContains(page, "分数跟着人走")


def test_after_a_change_in_the_post_the_old_result_keeps_its_name(
    published: World, client: Client
) -> None:
    old = published.appointments[KAIFENGDAO]
    end_appointment(
        appointment=old,
        ends_on=dt.date(2026, 11, 1),
        reason="调动",
        by=SYSTEM,
        at=published.now,
    )
    published.appoint(KAIFENGDAO, name="李新", starts_on=dt.date(2026, 11, 1))
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "2026-11-01 离任")
    assertContains(page, "2026-11-01 起由 李新 任职，还没有公布的结果")
    assertContains(page, "<strong>60 户</strong>")


def test_the_residents_part_is_named_as_such(published: World, client: Client) -> None:
    """H7: every published result shows the residents' part separately."""
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "下面全是居民评的这一部分，组织考核的其他部分不在里面。")
    assert page.content.decode().count('<ol class="meaning">') == 1
    meaning = page.content.decode().split('<ol class="meaning">')[1].split("</ol>")[0]
    assert meaning.count("<li>") == 3


def test_a_small_number_is_told_without_rates_that_could_be_solved(
    published: World, client: Client
) -> None:
    """M28: a rate to one decimal beside 29 households could be solved for a count.

    The gate tells the range that counts in tens leave.
    """
    page = client.get(page_of(TAIANDAO))
    rating = published.rating(TAIANDAO, MONTH)
    assert rating.usable == 29
    assertContains(page, "到现在有 29 户填了")
    for rate in (rating.rr1, rating.rr3):
        assertNotContains(page, f"{100 * rate:.1f}")


def test_older_months_stay_readable(
    world: World, roll_up: RollUp, client: Client
) -> None:
    tell(world, roll_up, {KAIFENGDAO: 40}, number=3)
    older = world.rating(KAIFENGDAO, "2026-08")
    page = client.get(page_of(KAIFENGDAO, "2026-08"))
    assertContains(page, f"<strong>{older.score:.1f}</strong>", html=True)
    assertContains(page, "这是 2026-08 的结果。")
    newest = client.get(page_of(KAIFENGDAO))
    assertContains(newest, f'href="{page_of(KAIFENGDAO, "2026-08")}"')
    assertNotContains(newest, "这是 2026-10 的结果。")
    assert client.get(page_of(KAIFENGDAO, "2026-07")).status_code == 404


def test_a_month_that_is_not_published_is_not_found(
    world: World, roll_up: RollUp, client: Client
) -> None:
    world.tally(MONTH, {KAIFENGDAO: mixed(40, seed="a")})
    roll_up(MONTH)
    for url in (
        page_of(HEPING),
        page_of(XIAOBAILOU),
        page_of(KAIFENGDAO),
        page_of(KAIFENGDAO, MONTH),
        page_of(KAIFENGDAO, MONTH, "1"),
        f"/results/{KAIFENGDAO}/badge.svg",
        page_of(KAIFENGDAO, "years", "2026"),
    ):
        assert client.get(url).status_code == 404


def test_a_result_under_appeal_says_so(published: World, client: Client) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    assertNotContains(client.get(page_of(KAIFENGDAO)), "申诉复核中")
    Appeal.objects.create(
        rating=rating,
        filed_by=published.clerk,
        filed_on=dt.date(2026, 11, 3),
        filed_at=published.now,
        ground=Appeal.Ground.PROCESS,
        evidence="有人代填",
        due_on=dt.date(2026, 11, 17),
        due_is_certain=True,
    )
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "申诉复核中")
    assertNotContains(page, "有人代填")


def withdraw(world: World, month: str, reason: str) -> None:
    publication = Publication.objects.get(month=month, superseded=False)
    withdrawal = actions.propose_withdrawal(
        publication=publication, reason=reason, by=world.clerk, at=world.now
    )
    actions.withdraw_publication(
        withdrawal=withdrawal, digest=withdrawal.digest, by=world.head, at=world.now
    )


def test_a_withdrawn_result_says_why_and_no_number(
    published: World, client: Client
) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    withdraw(published, MONTH, "纸质票的送达回执对不上")
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "2026-10 的结果已撤回")
    assertContains(page, "原因：纸质票的送达回执对不上")
    for value in (rating.score, rating.low, rating.high):
        assert f"{value:.1f}" not in told(page.content)
    for url in (
        page_of(KAIFENGDAO, MONTH),
        page_of(KAIFENGDAO, MONTH, "1"),
        page_of(KAIFENGDAO, MONTH, "calculation"),
        f"/results/{KAIFENGDAO}/badge.svg",
        page_of(XIAOBAILOU),
    ):
        assert client.get(url).status_code == 404


def test_an_older_month_comes_back_when_the_newest_is_withdrawn(
    world: World, roll_up: RollUp, client: Client
) -> None:
    tell(world, roll_up, {KAIFENGDAO: 40}, number=2)
    older = world.rating(KAIFENGDAO, "2026-09")
    withdraw(world, MONTH, "名册错了")
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "2026-10 的结果已撤回")
    assertContains(page, "原因：名册错了")
    assertContains(page, f"<strong>{older.score:.1f}</strong>", html=True)
    found = client.get(f"/results/{KAIFENGDAO}/badge.svg")
    assertContains(found, "2026-09")


def test_a_result_that_is_published_anew_is_not_called_withdrawn(
    published: World, client: Client
) -> None:
    withdraw(published, MONTH, "名册错了")
    published.publish(MONTH)
    page = client.get(page_of(KAIFENGDAO))
    assertNotContains(page, "已撤回")
    assertContains(page, "<strong>60 户</strong>")


@pytest.fixture
def corrected(published: World) -> World:
    """A second revision of October, published with its reason."""
    first = MonthlyRating.objects.get(community_id=KAIFENGDAO, month=MONTH)
    fields = {
        field.attname: getattr(first, field.attname)
        for field in MonthlyRating._meta.concrete_fields
        if field.attname not in {"id", "revision", "replaces_id", "because_id"}
    }
    second = MonthlyRating.objects.create(
        **fields | {"score": Decimal("55.5"), "low": Decimal("50"), "high": 60},
        revision=2,
        replaces=first,
        because=set_aside_of(first, published),
    )
    Publication.objects.update(superseded=True)
    old = Publication.objects.get()
    new = Publication.objects.create(
        division=old.division,
        month=MONTH,
        version=2,
        digest=old.digest,
        reviewed_by=old.reviewed_by,
        reviewed_at=old.reviewed_at,
        published_by=old.published_by,
        published_at=old.published_at,
        reason="十月有人代填，那次的数字作废",
    )
    PublishedRating.objects.create(publication=new, rating=second)
    return published


def set_aside_of(rating: MonthlyRating, world: World) -> SetAside:
    appeal = Appeal.objects.create(
        rating=rating,
        filed_by=world.clerk,
        filed_on=dt.date(2026, 11, 3),
        filed_at=world.now,
        ground=Appeal.Ground.PROCESS,
        evidence="有人代填",
        due_on=dt.date(2026, 11, 17),
        due_is_certain=True,
        state=Appeal.State.UPHELD,
        reviewer=world.head,
        accepted_at=world.now,
        decided_at=world.now,
        decision=Appeal.Outcome.SET_ASIDE,
        outcome="成立",
    )
    return SetAside.objects.create(
        round=Round.objects.get(period=MONTH),
        community_id=rating.community_id,
        appeal=appeal,
        state=SetAside.State.DONE,
        slot="october",
        reason="十月有人代填，那次的数字作废",
        proposed_by=world.clerk,
        proposed_at=world.now,
        answered_by=world.head,
        answered_at=world.now,
    )


def test_a_corrected_result_says_why_and_leads_to_the_older_one(
    corrected: World, client: Client
) -> None:
    page = client.get(page_of(KAIFENGDAO))
    assertContains(page, "<strong>55.5</strong>", html=True)
    assertContains(page, "这是更正后的版本")
    assertContains(page, "原因：十月有人代填，那次的数字作废")
    older = page_of(KAIFENGDAO, MONTH, "1")
    assertContains(page, f'href="{older}"')
    old = client.get(older)
    first = MonthlyRating.objects.get(community_id=KAIFENGDAO, month=MONTH, revision=1)
    assertContains(old, "这是旧版")
    assertContains(old, f"<strong>{first.score:.1f}</strong>", html=True)
    assertContains(old, f'href="{page_of(KAIFENGDAO, MONTH)}"')
    assertNotContains(old, "这是更正后的版本")
    newest = client.get(page_of(KAIFENGDAO, MONTH, "2"))
    assertContains(newest, "<strong>55.5</strong>", html=True)
    assert client.get(page_of(KAIFENGDAO, MONTH, "3")).status_code == 404


def test_stars_of_a_year_are_public_once_published(
    world: World, roll_up: RollUp, client: Client
) -> None:
    tell(world, roll_up, {KAIFENGDAO: 40, TAIANDAO: 40}, number=3)
    year = page_of(KAIFENGDAO, "years", "2026")
    district = page_of(HEPING, "years", "2026")
    star_actions.propose_year_stars(
        division=world.district, year=2026, by=world.clerk, at=world.now
    )
    assert client.get(year).status_code == client.get(district).status_code == 404
    waiting = StarRating.objects.filter(state=StarRating.State.PROPOSED)
    star_actions.decide_year_stars(
        division=world.district,
        year=2026,
        stars=waiting,
        digest=star_actions.digest_of(waiting),
        by=world.head,
        at=world.now,
    )
    assert client.get(year).status_code == client.get(district).status_code == 404
    star_actions.publish_year_stars(
        division=world.district, year=2026, by=world.head, at=world.now
    )
    rating = world.rating(KAIFENGDAO, MONTH)
    sheet, page = client.get(year), client.get(district)
    assertContains(sheet, "（首次评星）")
    for told_page in (sheet, page):
        assertContains(told_page, f"{rating.score:.1f}")
        assertContains(told_page, "120")
        assert told_page.headers["Cache-Control"] == "public, max-age=300"
    assert [line.reading.community_id for line in page.context["lines"]] == [
        TAIANDAO,
        KAIFENGDAO,
    ]
    assertContains(client.get(page_of(KAIFENGDAO)), f'href="{year}"')
    told = client.get(f"/api/v1/districts/{HEPING}/years/2026/stars").json()
    assert (told["code"], told["year"]) == (HEPING, 2026)
    for row, line in zip(told["items"], page.context["lines"], strict=True):
        assert row == {
            "code": line.reading.community_id,
            "name": line.reading.community.name,
            "post": line.reading.appointment.post.title,
            "official": line.reading.appointment.official.name,
            "stars": line.star.stars,
            "previous_stars": None,
            "figure": figure_shape(line.figure),
        }
    # A star whose reading was taken back is not told any more.
    withdraw(world, MONTH, "名册错了")
    assert client.get(year).status_code == 404
    assertNotContains(client.get(page_of(KAIFENGDAO)), "years/2026")
    none = client.get(f"/api/v1/districts/{HEPING}/years/2026/stars")
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
