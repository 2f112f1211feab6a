"""The desk: who sees what, what never appears, and what a click does."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts import roles
from accounts.models import User
from evaluations import actions
from evaluations.models import MonthlyRating, Publication
from evaluations.rollup import RolledUp
from evaluations.scoring.window import Month
from surveys.models import Round
from tests.conftest import signed_in
from tests.evaluations.world import (
    HEPING,
    KAIFENGDAO,
    NINE,
    NOTICE,
    SHUDELI,
    TAIANDAO,
    XIAOBAILOU,
    World,
    mixed,
    same,
    told,
)

MONTH = "2026-10"
State = MonthlyRating.State
RollUp = Callable[[str], RolledUp]


@pytest.fixture
def rolled(world: World, roll_up: RollUp) -> World:
    """Three communities: 40, 12 and 9 usable households."""
    world.tally(
        MONTH,
        {
            KAIFENGDAO: mixed(40, seed="a", level=4.6),
            TAIANDAO: mixed(12, seed="b"),
            SHUDELI: same(2, 9),
        },
    )
    roll_up(MONTH)
    return world


def client_of(user: User) -> Client:
    return signed_in(user)


def pages(world: World) -> dict[str, str]:
    """Every address of the room that is read, by name."""
    appointment = world.appointments[KAIFENGDAO].pk
    return {
        "month-list": reverse("evaluations:month-list"),
        "month-detail": reverse("evaluations:month-detail", args=[HEPING, MONTH]),
        "ranking-list": reverse(
            "evaluations:ranking-list", args=[world.group.pk, MONTH]
        ),
        "rating-detail": reverse(
            "evaluations:rating-detail", args=[appointment, MONTH]
        ),
        "publication-prepare": reverse(
            "evaluations:publication-prepare", args=[HEPING, MONTH]
        ),
        "round-prepare": reverse("evaluations:round-prepare"),
    }


def posts(world: World) -> dict[str, str]:
    """Every address of the room that is posted to, by name."""
    rating = world.rating(KAIFENGDAO, MONTH)
    return {
        "month-review": reverse("evaluations:month-review", args=[HEPING, MONTH]),
        "rating-review": reverse("evaluations:rating-review", args=[HEPING, MONTH]),
        "rating-return": reverse("evaluations:rating-return", args=[rating.pk]),
        "publication-publish": reverse(
            "evaluations:publication-publish", args=[HEPING, MONTH]
        ),
    }


def answers_of(client: Client, world: World) -> dict[str, int]:
    found = {name: client.get(url).status_code for name, url in pages(world).items()}
    return found | {
        name: client.post(url).status_code for name, url in posts(world).items()
    }


ALL_SEEN = {"month-list", "month-detail", "ranking-list", "rating-detail"}


@pytest.mark.parametrize(
    ("role", "scope", "allowed", "forbidden"),
    [
        # The own district: what the role may do, and 403 for what it may not.
        (
            roles.DEPARTMENT_CLERK,
            HEPING,
            ALL_SEEN | {"round-prepare", "month-review", "rating-review"},
            {"publication-prepare", "publication-publish"},
        ),
        (
            roles.DEPARTMENT_HEAD,
            HEPING,
            ALL_SEEN | {"publication-prepare", "publication-publish"},
            {"round-prepare", "month-review", "rating-review"},
        ),
        # The city above covers the district.
        (
            roles.DEPARTMENT_CLERK,
            "1201",
            ALL_SEEN | {"round-prepare", "month-review", "rating-review"},
            {"publication-prepare", "publication-publish"},
        ),
        # A street sees its own appointments, and neither the district nor the group.
        (
            roles.DEPARTMENT_CLERK,
            XIAOBAILOU,
            {"month-list", "rating-detail", "round-prepare"},
            set(),
        ),
        # A neighbouring district sees its own, empty list.
        (
            roles.DEPARTMENT_CLERK,
            "120102",
            {"month-list", "round-prepare"},
            set(),
        ),
        # A role without results, in the right place.
        (
            roles.STREET_ADMINISTRATOR,
            HEPING,
            set(),
            ALL_SEEN
            | {
                "publication-prepare",
                "round-prepare",
                "month-review",
                "rating-review",
                "rating-return",
                "publication-publish",
            },
        ),
    ],
)
def test_each_address_by_role_and_place(
    rolled: World,
    make_staff: Callable[..., User],
    role: roles.Role,
    scope: str,
    allowed: set[str],
    forbidden: set[str],
) -> None:
    found = answers_of(client_of(make_staff("somebody", role, scope)), rolled)
    may_return = role != roles.STREET_ADMINISTRATOR and KAIFENGDAO.startswith(scope)
    # Without a reason or a digest the form answers 422; a review redirects.
    done = {"month-review": 302, "rating-review": 302, "publication-publish": 422}
    expected = {
        name: done.get(name, 200)
        if name in allowed
        else 403
        if name in forbidden
        else 404
        for name in found
    }
    if may_return:
        expected["rating-return"] = 422
    assert found == expected


def test_nobody_reaches_the_desk_without_signing_in(rolled: World) -> None:
    found = answers_of(Client(), rolled)
    assert set(found.values()) == {302}


def test_reading_addresses_refuse_posts_and_posting_ones_refuse_reads(
    rolled: World, clerk_client: Client, head_client: Client
) -> None:
    names = set(pages(rolled)) - {"round-prepare", "publication-prepare"}
    assert {clerk_client.post(pages(rolled)[name]).status_code for name in names} == {
        405
    }
    assert head_client.post(pages(rolled)["publication-prepare"]).status_code == 405
    assert {clerk_client.get(url).status_code for url in posts(rolled).values()} == {
        405
    }


@pytest.mark.parametrize("month", ["2026-13", "2026", "2026-1"])
def test_an_address_with_no_month_is_404(
    rolled: World, clerk_client: Client, month: str
) -> None:
    assert clerk_client.get(f"/desk/ratings/{HEPING}/{month}/").status_code == 404


def test_a_figure_below_ten_is_on_no_page_of_the_desk(
    rolled: World, clerk_client: Client, head_client: Client
) -> None:
    rating = rolled.rating(SHUDELI, MONTH)
    assert (rating.usable, str(rating.score)) == (9, "25.000000")
    own = reverse("evaluations:rating-detail", args=[rating.appointment_id, MONTH])
    hidden = {"25.0", f"{rating.low:.1f}", f"{rating.high:.1f}"}
    for client, url in (
        *((clerk_client, url) for url in (*pages(rolled).values(), own)),
        (head_client, pages(rolled)["publication-prepare"]),
    ):
        page = told(client.get(url).content)
        assert {text for text in hidden if text in page} == set()
    assertContains(clerk_client.get(pages(rolled)["ranking-list"]), "样本不足")
    assertContains(clerk_client.get(own), "有效答卷不到 10 户")


def test_a_street_total_waits_while_one_community_is_withheld(
    rolled: World, clerk_client: Client, roll_up: RollUp
) -> None:
    """61 in the street less 40 and 12 would be the nine (M84)."""
    page = clerk_client.get(pages(rolled)["month-detail"])
    assert [area.usable for area in page.context["areas"]] == [None]
    assertContains(page, "有社区的户数不显示")
    later = "2026-11"
    codes = (KAIFENGDAO, TAIANDAO, SHUDELI)
    rolled.tally(later, {code: mixed(12, seed=f"{code} later") for code in codes})
    roll_up(later)
    url = reverse("evaluations:month-detail", args=[HEPING, later])
    areas = clerk_client.get(url).context["areas"]
    assert [area.usable for area in areas] == [61 + 36]


def test_ten_to_twenty_nine_are_shown_inside_with_a_warning(
    rolled: World, clerk_client: Client, head_client: Client
) -> None:
    rating = rolled.rating(TAIANDAO, MONTH)
    score = f"{rating.score:.1f}"
    ranking = clerk_client.get(pages(rolled)["ranking-list"])
    assertContains(ranking, f'<strong class="score">{score}</strong>', html=True)
    assertContains(ranking, "不足 30 户")
    publication = head_client.get(pages(rolled)["publication-prepare"])
    assertNotContains(publication, score)
    assertContains(publication, "回答太少")


def test_the_ranking_of_a_group_holds_its_members_only(
    rolled: World, clerk_client: Client, roll_up: RollUp
) -> None:
    ranking = clerk_client.get(pages(rolled)["ranking-list"])
    rows = [row.line.rating.community_id for row in ranking.context["ranking"].rows]
    assert rows == [KAIFENGDAO, TAIANDAO]
    withheld = [
        line.rating.community_id for line in ranking.context["ranking"].withheld
    ]
    assert withheld == [SHUDELI]
    other = rolled.group.grouping.groups.create(name="居住街区组")
    empty = clerk_client.get(
        reverse("evaluations:ranking-list", args=[other.pk, MONTH])
    )
    assert empty.context["lines"] == []


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("score", KAIFENGDAO),
        ("place", TAIANDAO),
        ("households", KAIFENGDAO),
        ("nonsense", KAIFENGDAO),
    ],
)
def test_the_ranking_is_sorted_by_plain_links(
    rolled: World, clerk_client: Client, order: str, first: str
) -> None:
    url = f"{pages(rolled)['ranking-list']}?order={order}"
    rows = clerk_client.get(url).context["ranking"].rows
    assert rows[0].line.rating.community_id == first


@pytest.mark.parametrize("communities", [NINE[:3], NINE])
def test_a_ranking_costs_the_same_for_three_and_for_nine(
    world: World,
    roll_up: RollUp,
    clerk_client: Client,
    django_assert_num_queries: Callable[..., object],
    communities: tuple[str, ...],
) -> None:
    for month in ("2026-09", MONTH):
        world.tally(month, {code: mixed(20, seed=code) for code in communities})
        roll_up(month)
    for name, number in (
        ("ranking-list", 18),
        ("month-detail", 28),
        ("month-list", 10),
    ):
        with django_assert_num_queries(number):
            assert clerk_client.get(pages(world)[name]).status_code == 200


def test_reviewing_all_shown_is_one_click(rolled: World, clerk_client: Client) -> None:
    ranking = clerk_client.get(pages(rolled)["ranking-list"])
    shown = [rating.pk for rating in ranking.context["waiting"]]
    response = clerk_client.post(
        posts(rolled)["rating-review"],
        {"ratings": shown, "back": pages(rolled)["ranking-list"]},
    )
    assert response.url == pages(rolled)["ranking-list"]
    states = MonthlyRating.objects.values_list("state", flat=True)
    assert set(states) == {State.REVIEWED}


def test_a_review_returns_to_no_foreign_page(
    rolled: World, clerk_client: Client
) -> None:
    rating = rolled.rating(KAIFENGDAO, MONTH)
    response = clerk_client.post(
        posts(rolled)["rating-review"],
        {"ratings": [rating.pk], "note": "看过", "back": "https://example.org/"},
    )
    assert response.url == pages(rolled)["month-detail"]
    assert rolled.rating(KAIFENGDAO, MONTH).review_note == "看过"


def test_a_review_of_a_rating_elsewhere_changes_nothing(
    rolled: World, make_staff: Callable[..., User]
) -> None:
    rating = rolled.rating(KAIFENGDAO, MONTH)
    other = client_of(make_staff("other", roles.DEPARTMENT_CLERK, "120102"))
    url = reverse("evaluations:rating-review", args=["120102", MONTH])
    other.post(url, {"ratings": [rating.pk]})
    assert rolled.rating(KAIFENGDAO, MONTH).state == State.COMPUTED


def test_a_return_needs_a_reason(rolled: World, clerk_client: Client) -> None:
    url = posts(rolled)["rating-return"]
    assert clerk_client.post(url, {"reason": " "}).status_code == 422
    response = clerk_client.post(url, {"reason": "送达回执对不上"})
    assert response.url == pages(rolled)["rating-detail"]
    assert rolled.rating(KAIFENGDAO, MONTH).state == State.RETURNED
    assertContains(clerk_client.get(response.url), "送达回执对不上")


def test_the_head_announces_and_publishes_what_the_clerk_reviewed(
    rolled: World, clerk_client: Client, head_client: Client
) -> None:
    page = pages(rolled)["publication-prepare"]
    blocked = head_client.get(page)
    assertContains(blocked, "还有 3 项没有复核")
    assertNotContains(blocked, '<button class="button button--primary"')
    rolled.announce(MONTH, at=rolled.now - NOTICE)
    ready = head_client.get(page)
    form = {"digest": ready.context["digest"]}
    url = posts(rolled)["publication-publish"]
    assert head_client.post(url, form).status_code == 422
    stale = {"digest": "0" * 64, "confirmed": "on"}
    assert head_client.post(url, stale).status_code == 422
    assert Publication.objects.count() == 0
    done = head_client.post(url, {**form, "confirmed": "on"})
    assert done.url == pages(rolled)["month-detail"]
    assert Publication.objects.get().published_by == rolled.head
    assertContains(head_client.get(done.url), "第 1 版")


def test_publishing_with_something_unreviewed_is_refused(
    rolled: World, head_client: Client
) -> None:
    digest = head_client.get(pages(rolled)["publication-prepare"]).context["digest"]
    response = head_client.post(
        posts(rolled)["publication-publish"], {"digest": digest, "confirmed": "on"}
    )
    assertContains(response, "还有 3 项没有复核", status_code=422)
    assert Publication.objects.count() == 0


def test_an_appointment_page_leads_from_the_star_to_its_numbers(
    rolled: World, clerk_client: Client
) -> None:
    page = clerk_client.get(pages(rolled)["rating-detail"])
    rating = rolled.rating(KAIFENGDAO, MONTH)
    assertContains(page, rating.record_sha256)
    way = reverse("evaluations:rating-calculation", args=[rating.appointment_id, MONTH])
    assertContains(page, f'href="{way}"')
    assertContains(page, 'role="img"')
    numbers = [item.row.number for item in page.context["portrait"].items]
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8]
    assertNotContains(page, "style=")


def test_the_clerk_prepares_a_round_under_the_scheme_in_force(
    world: World, clerk_client: Client
) -> None:
    url = reverse("evaluations:round-prepare")
    offered = clerk_client.get(url).context["form"]
    assert offered.initial["snapshot"] == world.snapshot
    form = {
        "division": HEPING,
        "period": "2026-12",
        "snapshot": world.snapshot.pk,
        "questionnaire": world.questionnaire.pk,
        "opens_at": "2026-12-01T00:10",
        "closes_at": "2026-12-25T20:00",
    }
    response = clerk_client.post(url, form)
    survey_round = Round.objects.get()
    assert response.url == reverse("surveys:round-detail", args=[survey_round.code])
    assert (survey_round.scheme_ref, survey_round.parameters) == (
        world.scheme.ref,
        world.scheme.round_parameters(),
    )
    assertContains(clerk_client.post(url, form), "这个月已经有一次测评")
    assert Round.objects.count() == 1


def test_the_month_after_the_last_round_is_suggested(
    world: World, clerk_client: Client
) -> None:
    url = reverse("evaluations:round-prepare")
    free = clerk_client.get(url).context["form"].initial["period"]
    world.tally(free, {TAIANDAO: same(4, 10)})
    following = clerk_client.get(url).context["form"].initial
    assert following["period"] == str(Month.parse(free).plus(1))
    assert following["opens_at"] < following["closes_at"]


def test_a_reviewer_is_led_to_the_next_one(rolled: World, clerk_client: Client) -> None:
    page = clerk_client.get(pages(rolled)["rating-detail"])
    assert page.context["next"].community_id == TAIANDAO
    actions.review_month(
        division=rolled.district, month=MONTH, by=rolled.clerk, at=rolled.now
    )
    assert clerk_client.get(pages(rolled)["rating-detail"]).context["next"] is None
