"""Pages of the way: notice and versions for everybody, appeals, the calendar."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from evaluations import actions
from evaluations.models import (
    Appeal,
    MonthlyRating,
    PublicityNotice,
    SetAside,
    Withdrawal,
)
from evaluations.rollup import RolledUp
from officials.accounts import link_account
from officials.models import WorkdayException
from surveys.models import Round
from tests.conftest import HEPING, signed_in
from tests.evaluations.world import NOTICE, SHUDELI, TAIANDAO, World, mixed, same

State = MonthlyRating.State
MONTH = "2026-10"


@pytest.fixture
def rolled(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    """One community that everybody sees, one that is too small."""
    world.tally(MONTH, {TAIANDAO: mixed(40, seed="a"), SHUDELI: same(3, 20)})
    roll_up(MONTH)
    return world


@pytest.fixture
def secretary(make_staff: Callable[..., User], world: World) -> User:
    user = make_staff("shuji", roles.RATED_PERSON, TAIANDAO)
    official = world.appointments[TAIANDAO].official
    link_account(official=official, user=user, by=SYSTEM, at=world.now)
    return user


@pytest.fixture
def reviewer(make_staff: Callable[..., User]) -> User:
    return make_staff("fuhe", roles.APPEAL_REVIEWER, HEPING)


def month_page() -> str:
    return reverse("evaluations:month-detail", args=[HEPING, MONTH])


def own(world: World, code: str = TAIANDAO) -> str:
    args = [world.appointments[code].pk, MONTH]
    return reverse("appeals:appeal-file", args=args)


def appeal(world: World, by: User) -> Appeal:
    return actions.file_appeal(
        rating=world.rating(TAIANDAO, MONTH),
        ground=Appeal.Ground.PROCESS,
        evidence="回执对不上",
        by=by,
        at=world.now,
    )


def test_the_month_page_says_whose_turn_it_is(
    rolled: World, clerk: User, head: User
) -> None:
    clerk_client, head_client = signed_in(clerk), signed_in(head)
    assertContains(head_client.get(month_page()), "这一步由组织部科员做")
    clerk_client.post(reverse("evaluations:month-review", args=[HEPING, MONTH]))
    answer = clerk_client.post(
        reverse("evaluations:month-preview", args=[HEPING, MONTH]), follow=True
    )
    assertContains(answer, "已送 2 人本人预览")
    assertContains(answer, "这一步由组织部负责人做")
    prepare = reverse("evaluations:publication-prepare", args=[HEPING, MONTH])
    page = head_client.get(prepare)
    seen = {"digest": page.context["digest"], "confirmed": "on"}
    start = reverse("evaluations:notice-start", args=[HEPING, MONTH])
    assert head_client.post(start, {**seen, "digest": "0" * 64}).status_code == 422
    assertContains(head_client.post(start, seen, follow=True), "第二天起才能发布")
    publish = reverse("evaluations:publication-publish", args=[HEPING, MONTH])
    refused = head_client.post(publish, seen)
    assertContains(refused, "第二天起才能发布", status_code=422)
    states = MonthlyRating.objects.values_list("state", flat=True)
    assert set(states) == {State.PUBLICITY}


def test_a_preview_of_what_is_not_reviewed_is_refused_in_words(
    rolled: World, clerk: User
) -> None:
    url = reverse("evaluations:month-preview", args=[HEPING, MONTH])
    assertContains(signed_in(clerk).post(url, follow=True), "还有 2 项没有复核")


def test_the_reviewer_is_told_why_there_is_no_button(rolled: World, head: User) -> None:
    rolled.review(MONTH, by=head)
    actions.preview_month(
        division=rolled.district, month=MONTH, by=rolled.clerk, at=rolled.now
    )
    assertContains(signed_in(head).get(month_page()), "您复核过其中的结果")


def test_a_notice_shows_what_the_public_floor_allows(
    rolled: World, client: Client
) -> None:
    notice = rolled.announce(MONTH)
    page = client.get(reverse("results:notice-detail", args=[notice.pk]))
    shown, small = page.context["lines"]
    assert (shown.figure.is_released, small.figure.is_released) == (True, False)
    assertContains(page, str(shown.figure.score))
    assertNotContains(page, "50.0")
    assert client.get(reverse("results:notice-detail", args=[999])).status_code == 404
    assert client.get("/results/").status_code == 200
    assert client.cookies == {}


def test_a_finished_notice_stays_readable(rolled: World, client: Client) -> None:
    rolled.publish(MONTH)
    notice = PublicityNotice.objects.get()
    page = client.get(reverse("results:notice-detail", args=[notice.pk]))
    assertContains(page, f"公示已于 {notice.ends_on} 结束")
    assert page.context["lines"][0].figure.is_released


def test_versions_are_read_by_everybody(
    rolled: World, client: Client, roll_up: Callable[[str], RolledUp]
) -> None:
    first = reverse("results:version-detail", args=[HEPING, MONTH, 1])
    assert client.get(first).status_code == 404
    rolled.publish(MONTH)
    assertNotContains(client.get(first), "代替")
    rolled.appoint("120101001001")
    rolled.tally(MONTH, {"120101001001": same(4, 40)}, division="120101001001")
    roll_up(MONTH)
    rolled.publish(MONTH)
    old = client.get(first)
    assertContains(old, "已被第 2 版代替")
    assert len(old.context["lines"]) == 2
    elsewhere = reverse("results:version-detail", args=["120102", MONTH, 1])
    assert client.get(elsewhere).status_code == 404


def test_one_files_an_appeal_on_ones_own_page(rolled: World, secretary: User) -> None:
    client = signed_in(secretary)
    rolled.review(MONTH)
    assertContains(client.get(own(rolled)), "现在不能申诉")
    rolled.announce(MONTH)
    assert client.get(own(rolled, SHUDELI)).status_code == 404
    form = {"ground": "process", "evidence": "回执对不上"}
    assert client.post(own(rolled), {"ground": "process"}).status_code == 422
    done = client.post(own(rolled), form, follow=True)
    assertContains(done, "申诉已收到")
    assertContains(client.post(own(rolled), form), "已经申诉过", status_code=422)
    assert Appeal.objects.get().filed_by == secretary


def test_an_appeal_goes_over_the_pages_of_two(
    rolled: World, secretary: User, reviewer: User, head: User
) -> None:
    rolled.announce(MONTH)
    found = appeal(rolled, secretary)
    page = reverse("appeals:appeal-detail", args=[found.pk])
    first, second = signed_in(reviewer), signed_in(head)
    assertContains(first.get(reverse("appeals:appeal-list")), "测评的过程不合规定")
    assert second.post(f"{page}accept/").status_code == 403
    assertContains(first.post(f"{page}accept/", follow=True), "已受理")
    decide = {"decision": "rejected"}
    assert first.post(f"{page}decide/", decide).status_code == 422
    annul = {"survey_round": Round.objects.get().pk, "reason": "回执对不上"}
    assertContains(first.post(f"{page}annul/", annul, follow=True), "等负责人")
    act = SetAside.objects.get()
    sign = reverse("appeals:set-aside-countersign", args=[act.pk])
    assert (
        first.post(sign, {"digest": act.digest, "confirmed": "on"}).status_code == 403
    )
    assert second.post(sign, {"digest": act.digest}).status_code == 422
    stale = {"digest": "0" * 64, "confirmed": "on"}
    assert second.post(sign, stale).status_code == 422
    done = second.post(sign, {"digest": act.digest, "confirmed": "on"}, follow=True)
    assertContains(done, "1 个结果已重算")
    assert rolled.rating(TAIANDAO, MONTH).revision == 2
    assertContains(first.get(reverse("appeals:appeal-list")), "没有等答复的申诉")


def test_a_head_may_refuse_to_countersign(
    rolled: World, secretary: User, reviewer: User, head: User
) -> None:
    rolled.announce(MONTH)
    found = appeal(rolled, secretary)
    actions.accept_appeal(appeal=found, by=reviewer, at=rolled.now)
    act = actions.propose_set_aside(
        appeal=found,
        survey_round=Round.objects.get(),
        reason="回执对不上",
        by=reviewer,
        at=rolled.now,
    )
    client, url = signed_in(head), reverse("appeals:set-aside-decline", args=[act.pk])
    assert client.post(url, {"reason": " "}).status_code == 422
    assertContains(client.post(url, {"reason": "回执齐全"}, follow=True), "回执齐全")
    assert rolled.rating(TAIANDAO, MONTH).revision == 1


def test_an_overdue_appeal_is_marked(
    rolled: World, secretary: User, reviewer: User
) -> None:
    rolled.announce(MONTH, at=rolled.now - NOTICE)
    actions.file_appeal(
        rating=rolled.rating(TAIANDAO, MONTH),
        ground=Appeal.Ground.OTHER,
        evidence="算错",
        by=secretary,
        at=rolled.now - NOTICE,
    )
    page = signed_in(reviewer).get(reverse("appeals:appeal-list"))
    assertContains(page, "已逾期")


def test_a_version_is_taken_back_over_two_pages(
    rolled: World, clerk: User, head: User, client: Client
) -> None:
    published = rolled.publish(MONTH)
    url = reverse("evaluations:publication-withdraw", args=[published.pk])
    first, second = signed_in(clerk), signed_in(head)
    assertContains(first.get(month_page()), url)
    assertContains(first.post(url, {"reason": "框错了"}, follow=True), "等另一个人")
    withdrawal = Withdrawal.objects.get()
    page = reverse("evaluations:withdrawal-detail", args=[withdrawal.pk])
    assert first.get(page).status_code == 403
    agree = {"digest": withdrawal.digest, "confirmed": "on"}
    assert second.post(f"{page}agree/", {"confirmed": "on"}).status_code == 422
    assertContains(second.post(f"{page}agree/", agree, follow=True), "已撤回")
    version = client.get(reverse("results:version-detail", args=[HEPING, MONTH, 1]))
    assertContains(version, "框错了")
    assert version.context["lines"] == []
    assertContains(first.get(month_page()), "全部重新复核")


def test_the_calendar_is_kept_on_one_page(clerk: User) -> None:
    client, page = signed_in(clerk), reverse("officials:workday-list")
    assertContains(client.get(f"{page}?year=2026"), "录入 2026 年")
    year = reverse("officials:workday-year", args=[2026])
    assertContains(client.post(year, follow=True), "已录入 2026 年")
    assert (
        client.post(reverse("officials:workday-year", args=[2031])).status_code == 404
    )
    day = {"on": "2026-12-25", "is_workday": "0", "name": "停电"}
    assertContains(
        client.post(reverse("officials:workday-set"), day, follow=True), "停电"
    )
    entered = WorkdayException.objects.get(on=dt.date(2026, 12, 25))
    clear = reverse("officials:workday-clear", args=[entered.pk])
    assertNotContains(client.post(clear, follow=True), "停电")
    assert (
        client.get(f"{page}?year=x").context["year"] == client.get(page).context["year"]
    )
