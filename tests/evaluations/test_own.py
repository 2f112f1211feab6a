"""The rated person's own page: own figures, the group's median, nobody else's (W7)."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from statistics import median

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import actions, own_actions, own_results, publication
from evaluations.models import MonthlyRating, ResultNotice
from evaluations.publication import Audience, Question, Released
from evaluations.rollup import RolledUp
from officials.accounts import link_account
from tests.conftest import HEPING, KAIFENGDAO, signed_in
from tests.evaluations.world import NINE, NOTICE, World, mixed, months

MONTH = "2026-12"  # the end of a quarter: ranks exist (M78)
RollUp = Callable[[str], RolledUp]


@pytest.fixture
def quarter(world: World, roll_up: RollUp) -> World:
    """Three months of nine communities with 40 answers each; the last one waits."""
    scheme = world.quick_scheme()
    for month in months(MONTH, 3):
        answers = {
            code: mixed(40, seed=code + month, level=3.2 + 0.15 * place)
            for place, code in enumerate(NINE)
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(month)
        if month != MONTH:
            world.publish(month)
    return world


@pytest.fixture
def secretary(quarter: World, make_staff: Callable[..., User]) -> User:
    user = make_staff("shuji", roles.RATED_PERSON, KAIFENGDAO)
    official = quarter.appointments[KAIFENGDAO].official
    link_account(official=official, user=user, by=SYSTEM, at=quarter.now)
    return user


@pytest.fixture
def secretary_client(secretary: User) -> Client:
    return signed_in(secretary)


def url(world: World, name: str = "result-detail", code: str = KAIFENGDAO) -> str:
    return reverse(f"own:{name}", args=[world.appointments[code].pk, MONTH])


def preview(world: World) -> None:
    world.review(MONTH)
    actions.preview_month(
        division=world.district, month=MONTH, by=world.clerk, at=world.now - NOTICE
    )


def publish(world: World) -> None:
    actions.start_publicity(
        division=world.district, month=MONTH, by=world.head, at=world.now - NOTICE
    )
    actions.publish_month(
        division=world.district, month=MONTH, by=world.head, at=world.now
    )


def scores(world: World, *, but: str = "") -> list[str]:
    """What the public reads of the group's members."""
    found = [publication.preview(world.rating(c, MONTH)) for c in NINE if c != but]
    return [str(figure.score) for figure in found if isinstance(figure, Released)]


def own_of(client: Client, world: World) -> own_results.OwnResult:
    response = client.get(url(world))
    assert response.status_code == 200
    own = response.context["own"]
    assert isinstance(own, own_results.OwnResult)
    return own


def test_w7_on_release_one_sees_score_median_rank_set_and_points_lost_and_nobody_else(
    quarter: World, secretary: User, secretary_client: Client
) -> None:
    preview(quarter)
    publish(quarter)
    response = secretary_client.get(url(quarter))
    own, text = response.context["own"], response.content.decode()
    rating = quarter.rating(KAIFENGDAO, MONTH)
    assert own.figure == publication.release(rating, Audience.PUBLIC)
    assert own.median == median(Decimal(score) for score in scores(quarter))
    assert own.place == publication.release_place(rating, Audience.PUBLIC)
    assert (own.place.rank, own.place.of) == (None, 9)
    known = publication.beside(rating, Audience.PUBLIC)
    sheet = publication.release_sheet(rating, Audience.PUBLIC, known)
    assert sheet is not None
    told = [one for one in sheet.questions.values() if isinstance(one, Question)]
    assert {(item.number, item.lost) for item in own.items} == {
        (one.number, Decimal(100) - one.score.value) for one in told
    }
    assert [item.lost for item in own.items] == sorted(
        (item.lost for item in own.items), reverse=True
    )
    # Nobody else's name, place, score or address.
    for code in NINE:
        if code != KAIFENGDAO:
            theirs = quarter.rating(code, MONTH)
            assert str(theirs.community) not in text
            assert str(theirs.appointment.official) not in text
            assert f"/{theirs.appointment_id}/{MONTH}/" not in text
    numbers = set(re.findall(r"\d+\.\d", text))
    mine = {str(own.figure.score), str(own.median)}
    mine |= {str(item.question.score) for item in own.items}
    others = set(scores(quarter, but=KAIFENGDAO)) - mine
    assert others & numbers <= _own_numbers(own)
    reply = {"text": "请看看公开透明这一题。"}
    secretary_client.post(url(quarter, "result-reply"), reply)
    notice = ResultNotice.objects.get(rating=rating)
    assert (notice.reply, notice.replied_at is not None) == (reply["text"], True)


def _own_numbers(own: own_results.OwnResult) -> set[str]:
    """Every number with one place that belongs to the person."""
    found = set()
    for item in own.items:
        found |= {str(item.lost), str(item.question.low), str(item.question.high)}
    for month in own.history:
        if isinstance(month.figure, Released):
            figure = month.figure
            found |= {str(figure.score), str(figure.low), str(figure.high)}
    found |= {str(own.against_median), str(own.figure.low), str(own.figure.high)}
    # Places of the chart are numbers too.
    found |= set(re.findall(r"\d+\.\d", repr(own.trend)))
    found |= set(re.findall(r"\d+\.\d", repr([item.bar for item in own.items])))
    return found


def test_before_the_preview_nothing_is_there(
    quarter: World, secretary_client: Client
) -> None:
    quarter.review(MONTH)
    own = own_of(secretary_client, quarter)
    assert (own.figure.is_released, own.sheet, own.items) == (False, None, [])
    rows = secretary_client.get(reverse("own:result-list")).context["rows"]
    assert MONTH not in [rating.month for rating, _figure in rows]


def test_preview_shows_own_figures_and_nothing_of_the_group(
    quarter: World, secretary_client: Client
) -> None:
    preview(quarter)
    own = own_of(secretary_client, quarter)
    rating = quarter.rating(KAIFENGDAO, MONTH)
    assert own.figure == publication.preview(rating)
    assert (own.median, own.comments, own.may_appeal) == (None, [], True)
    assert len(own.items) == 8
    rows = secretary_client.get(reverse("own:result-list")).context["rows"]
    assert [one.month for one, _figure in rows] == list(reversed(months(MONTH, 3)))


@pytest.mark.parametrize(("told", "is_there"), [(3, False), (4, True)])
def test_median_needs_three_others_who_are_told(
    world: World, roll_up: RollUp, told: int, is_there: bool
) -> None:
    codes = [KAIFENGDAO, *[code for code in NINE if code != KAIFENGDAO]]
    answers = {
        code: mixed(40 if place < told else 12, seed=code)
        for place, code in enumerate(codes)
    }
    world.tally(MONTH, answers)
    roll_up(MONTH)
    world.publish(MONTH)
    found = own_results.group_median(world.rating(KAIFENGDAO, MONTH))
    assert (found is not None) == is_there


def test_somebody_elses_result_is_not_found(
    quarter: World, make_staff: Callable[..., User]
) -> None:
    preview(quarter)
    # Whoever covers the whole district, and whoever is linked to another post of it.
    wide = make_staff("wide", roles.RATED_PERSON, HEPING)
    official = quarter.appointments[NINE[0]].official
    link_account(official=official, user=wide, by=SYSTEM, at=quarter.now)
    client = signed_in(wide)
    assert client.get(url(quarter, code=NINE[0])).status_code == 200
    for name in ("result-detail", "result-calculation"):
        assert client.get(url(quarter, name)).status_code == 404
    for name in ("result-seen", "result-reply"):
        assert client.post(url(quarter, name), {"text": "x"}).status_code == 404
    assert ResultNotice.objects.exclude(seen_at=None, reply="").count() == 0


def test_account_without_an_official_is_told_so(
    quarter: World, make_staff: Callable[..., User]
) -> None:
    client = signed_in(make_staff("shuji", roles.RATED_PERSON, KAIFENGDAO))
    response = client.get(reverse("own:result-list"))
    assert (response.context["appointments"], response.context["rows"]) == ([], [])
    assert client.get(url(quarter)).status_code == 404


def test_seen_is_said_by_a_button_and_a_reply_is_written_once(
    quarter: World, secretary: User, secretary_client: Client
) -> None:
    preview(quarter)
    notice = ResultNotice.objects.get(rating=quarter.rating(KAIFENGDAO, MONTH))
    secretary_client.get(url(quarter))
    notice.refresh_from_db()
    assert notice.seen_at is None
    for _time in range(2):
        secretary_client.post(url(quarter, "result-seen"))
    notice.refresh_from_db()
    assert notice.seen_at is not None
    refused = secretary_client.post(url(quarter, "result-reply"), {"text": "长" * 501})
    assert (refused.status_code, list(refused.context["form"].errors)) == (
        422,
        ["text"],
    )
    secretary_client.post(url(quarter, "result-reply"), {"text": "第一次"})
    again = secretary_client.post(url(quarter, "result-reply"), {"text": "第二次"})
    notice.refresh_from_db()
    assert (again.status_code, notice.reply) == (422, "第一次")
    events = AuditEvent.objects.filter(verb__startswith="result.").order_by("seq")
    assert list(events.values_list("verb", "actor")) == [
        ("result.seen", secretary.audit_name),
        ("result.replied", secretary.audit_name),
    ]
    assert all("第一次" not in event.data for event in events)


def test_verbs_of_a_result_refuse_a_stranger_and_a_month_not_shown(
    quarter: World, secretary: User, make_staff: Callable[..., User]
) -> None:
    rating, at = quarter.rating(KAIFENGDAO, MONTH), quarter.now
    with pytest.raises(actions.WrongState):
        own_actions.mark_seen(rating=rating, by=secretary, at=at)
    preview(quarter)
    stranger = make_staff("stranger", roles.RATED_PERSON, KAIFENGDAO)
    with pytest.raises(actions.NotYours):
        own_actions.reply_to_result(rating=rating, text="我", by=stranger, at=at)


def test_last_day_of_appeal_stands_on_the_page(
    quarter: World, secretary_client: Client
) -> None:
    preview(quarter)
    notice = actions.start_publicity(
        division=quarter.district, month=MONTH, by=quarter.head, at=quarter.now
    )
    own = own_of(secretary_client, quarter)
    assert isinstance(notice.ends_on, dt.date)
    assert (own.appeal_until, own.may_appeal) == (notice.ends_on, True)
    link = reverse(
        "appeals:appeal-file", args=[quarter.appointments[KAIFENGDAO].pk, MONTH]
    )
    assert link in secretary_client.get(url(quarter)).content.decode()


def test_calculation_is_the_publics(quarter: World, secretary_client: Client) -> None:
    preview(quarter)
    page = secretary_client.get(url(quarter, "result-calculation"))
    before = page.context["sheet"]
    assert (page.status_code, page.context["is_office"]) == (200, False)
    assert page.context["figure"] == publication.preview(
        quarter.rating(KAIFENGDAO, MONTH)
    )
    publish(quarter)
    rating = quarter.rating(KAIFENGDAO, MONTH)
    assert rating.state == MonthlyRating.State.PUBLISHED
    known = publication.beside(rating, Audience.PUBLIC)
    after = publication.release_sheet(rating, Audience.PUBLIC, known)
    assert after is not None
    assert before.questions == after.questions
    assert before.place == after.place


def test_office_reads_the_answer_on_the_page_of_the_appointment(
    quarter: World, secretary_client: Client, clerk_client: Client
) -> None:
    page = reverse(
        "evaluations:rating-detail", args=[quarter.appointments[KAIFENGDAO].pk, MONTH]
    )
    assert "本人的回应" not in clerk_client.get(page).content.decode()
    preview(quarter)
    assert "本人还没有说看过。" in clerk_client.get(page).content.decode()
    secretary_client.post(url(quarter, "result-reply"), {"text": "请看看这一题。"})
    text = clerk_client.get(page).content.decode()
    assert ("请看看这一题。" in text, "本人还没有说看过。" in text) == (True, False)
