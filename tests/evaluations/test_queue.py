"""One appointment after another: by buttons, and nobody over somebody else (T92)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from evaluations import actions, queue, queue_actions
from evaluations.models import MonthlyRating
from evaluations.rollup import RolledUp
from tests.conftest import ELSEWHERE, HEPING, signed_in
from tests.evaluations.world import NINE, World, mixed

MONTH = "2026-10"


@pytest.fixture
def nine(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    """Nine communities, counted and waiting."""
    world.tally(MONTH, {code: mixed(40, seed=code) for code in NINE})
    roll_up(MONTH)
    return world


def url(name: str, *args: object) -> str:
    return reverse(f"evaluations:{name}", args=(HEPING, MONTH, *args))


def keys(world: World) -> list[int]:
    return [world.appointments[code].pk for code in NINE]


def seen(rating: MonthlyRating) -> dict[str, str]:
    return {"seen": queue_actions.standing_of(rating)}


def states(world: World) -> set[tuple[str, str]]:
    found = MonthlyRating.objects.current().of_month(MONTH)
    return set(found.values_list("community_id", "state"))


def test_a_month_is_reviewed_from_the_first_to_the_last(
    nine: World, clerk_client: Client
) -> None:
    response = clerk_client.get(url("queue"))
    walked = []
    for number in range(9):
        page = clerk_client.get(response.url)
        place, rating = page.context["place"], page.context["rating"]
        walked.append(rating.appointment_id)
        assert (place.done, place.total, place.number) == (number, 9, number + 1)
        given = {"seen": page.context["review_form"]["seen"].value(), "note": ""}
        response = clerk_client.post(url("queue-review", rating.appointment_id), given)
    assert walked == keys(nine)
    assert response.url == url("month-detail")
    assert {state for _code, state in states(nine)} == {"reviewed"}
    assert clerk_client.get(url("queue")).url == url("month-detail")


def test_a_page_says_what_stands_beside_it(nine: World, clerk_client: Client) -> None:
    first, second, third, *_ = keys(nine)
    queue_actions.review_seen(
        rating=nine.rating(NINE[1], MONTH),
        **seen(nine.rating(NINE[1], MONTH)),
        note="",
        by=nine.clerk,
        at=nine.now,
    )
    place = clerk_client.get(url("queue-detail", third)).context["place"]
    assert place == queue.Place(
        number=3, total=9, done=1, before=first, after=keys(nine)[3]
    )
    place = clerk_client.get(url("queue-detail", second)).context["place"]
    assert (place.before, place.after) == (first, third)


def test_a_note_is_kept_and_a_return_needs_its_reason(
    nine: World, clerk_client: Client
) -> None:
    first, second, third, *_ = keys(nine)
    rating = nine.rating(NINE[0], MONTH)
    given = {**seen(rating), "note": "看过纸质票"}
    assert clerk_client.post(url("queue-review", first), given).url == url(
        "queue-detail", second
    )
    assert nine.rating(NINE[0], MONTH).review_note == "看过纸质票"
    given = {**seen(nine.rating(NINE[1], MONTH)), "reason": ""}
    refused = clerk_client.post(url("queue-return", second), given)
    assert (refused.status_code, refused.context["return_form"].errors.keys()) == (
        422,
        {"reason"},
    )
    given["reason"] = "送达回执对不上"
    assert clerk_client.post(url("queue-return", second), given).url == url(
        "queue-detail", third
    )
    returned = nine.rating(NINE[1], MONTH)
    assert (returned.state, returned.return_reason) == ("returned", "送达回执对不上")


@pytest.mark.parametrize("first_act", ["review", "return"])
@pytest.mark.parametrize("second_act", ["review", "return"])
def test_the_second_of_two_reviewers_is_refused(
    nine: World,
    clerk_client: Client,
    make_staff: Callable[..., User],
    first_act: str,
    second_act: str,
) -> None:
    other = make_staff("keyuan2", roles.DEPARTMENT_CLERK, HEPING)
    old = nine.rating(NINE[0], MONTH)
    if first_act == "review":
        actions.review_ratings(ratings=[old], by=other, at=nine.now)
    else:
        actions.return_rating(rating=old, reason="查", by=other, at=nine.now)
    before = nine.rating(NINE[0], MONTH)
    given = {**seen(old), "note": "", "reason": "我来退"}
    response = clerk_client.post(
        url(f"queue-{second_act}", old.appointment_id), given, follow=True
    )
    assert [str(told) for told in response.context["messages"]] == [
        "这一项的状态已经变了，请看最新的页面。"
    ]
    after = nine.rating(NINE[0], MONTH)
    assert (after.state, after.reviewed_by_id, after.returned_by_id) == (
        before.state,
        before.reviewed_by_id,
        before.returned_by_id,
    )


def test_a_district_elsewhere_and_a_reader_have_no_queue(
    nine: World, make_staff: Callable[..., User]
) -> None:
    stranger = signed_in(make_staff("stranger", roles.DEPARTMENT_CLERK, ELSEWHERE))
    reader = signed_in(make_staff("reader", roles.APPEAL_REVIEWER, HEPING))
    here = keys(nine)[0]
    for name, args in (("queue", ()), ("queue-detail", (here,))):
        assert stranger.get(url(name, *args)).status_code == 404
        assert reader.get(url(name, *args)).status_code == 403
