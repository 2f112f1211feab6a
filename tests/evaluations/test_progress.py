"""What the clerk is told of a month, from the sealed box to the stored rating."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from audit.actions import SYSTEM
from evaluations import rollup
from evaluations.progress import RollupProgress, Stage, rollup_progress
from evaluations.rollup import JOB, MonthWaits, RolledUp
from evaluations.windows import SchemeUnknown
from jobs import actions, kinds
from jobs.models import SILENCE, Run
from officials.models import Division
from surveys.models import Round
from tests.evaluations.world import (
    HEPING,
    NINE,
    TAIANDAO,
    XIAOBAILOU,
    World,
    mixed,
    same,
)

MONTH = "2026-10"
PAGE = reverse("evaluations:month-detail", args=[HEPING, MONTH])


@pytest.fixture
def look(world: World) -> Callable[[], RollupProgress | None]:
    return lambda: rollup_progress(world.district, MONTH, at=timezone.now())


@pytest.fixture
def run(world: World) -> Run:
    """Somebody is at the month."""
    kind = kinds.of(JOB)
    unit = kind.unit(HEPING, MONTH)
    return actions.start_run(kind=kind, unit=unit, worker="a 1", at=timezone.now())


Look = Callable[[], RollupProgress | None]


def test_a_month_without_a_round_has_no_progress(look: Look) -> None:
    assert look() is None


def test_a_month_waits_for_its_sealed_boxes_by_name(
    world: World, look: Look, clerk_client: Client
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)}, division=XIAOBAILOU)
    world.tally(MONTH, {}, division="120101001", state=Round.State.OPEN)
    found = look()
    assert found is not None
    assert (found.stage, found.is_moving) == (Stage.WAITING, False)
    assert [one.code for one in found.rounds] == [f"120101001-{MONTH}"]
    answer = clerk_client.get(PAGE)
    assertContains(answer, "等这些测评开箱")
    assert not answer.has_header("Refresh")


def test_an_opened_month_stands_in_line(
    world: World, look: Look, clerk_client: Client
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    found = look()
    assert found is not None
    assert found.stage == Stage.QUEUED
    answer = clerk_client.get(PAGE)
    assertContains(answer, "排队等候汇总")
    assert answer["Refresh"] == "15"


def test_a_counted_month_waits_for_other_districts_of_its_city(
    world: World, look: Look, roll_up: Callable[[str], RolledUp], clerk_client: Client
) -> None:
    Division.objects.create(
        code="120102",
        level=Division.Level.DISTRICT,
        kind="district",
        name="河东区",
        short_name="河东区",
        parent_id="1201",
        valid_from=dt.date(2020, 1, 1),
    )
    world.tally(MONTH, {code: mixed(12, seed=code) for code in NINE})
    world.tally(MONTH, {}, division="120102", state=Round.State.OPEN)
    with pytest.raises(MonthWaits):
        roll_up(MONTH)
    found = look()
    assert found is not None
    assert (found.stage, found.is_moving) == (Stage.CITY, True)
    assert [one.division_id for one in found.rounds] == ["120102"]
    answer = clerk_client.get(PAGE)
    assertContains(answer, "本区已清点，等同市其他区县")
    assertContains(answer, "河东区")


def test_a_month_under_way_tells_its_round(
    world: World, look: Look, run: Run, clerk_client: Client
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    Run.objects.update(step="count", done=3, total=11)
    answer = clerk_client.get(PAGE)
    assertContains(answer, "正在清点第 3 次测评，共 11 次")
    assert answer["Refresh"] == "2"
    Run.objects.update(step="rate", done=12, total=0)
    assertContains(clerk_client.get(PAGE), "正在评分，已评 12 个任职")
    # Once it is silent nobody says that it is under way.
    Run.objects.update(seen_at=timezone.now() - SILENCE - dt.timedelta(seconds=1))
    found = look()
    assert found is not None
    assert found.stage == Stage.QUEUED


def test_a_failed_month_says_why_and_when_it_is_tried_again(
    world: World, look: Look, run: Run, clerk_client: Client
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    failure = actions.failure_of(run.sort, SchemeUnknown("120101-2026-10: secret"))
    actions.fail_run(run=run, failure=failure, at=timezone.now())
    answer = clerk_client.get(PAGE)
    assertContains(answer, "测评用的考核办法在系统里找不到")
    assertContains(answer, "自动再试")
    assert b"secret" not in answer.content


def test_a_month_that_is_done_says_when(
    world: World,
    look: Look,
    roll_up: Callable[[str], RolledUp],
    clerk_client: Client,
) -> None:
    world.tally(MONTH, {TAIANDAO: same(4, 20)})
    roll_up(MONTH)
    found = look()
    assert found is not None
    assert (found.stage, found.done_at) == (Stage.DONE, world.now)
    assertContains(clerk_client.get(PAGE), "汇总完成。")


def test_the_roll_up_tells_every_round_and_every_rating(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[object, ...]] = []

    def tell(*words: object, **numbers: object) -> None:
        told.append((*words, *numbers.values()))

    monkeypatch.setattr(rollup, "tell", tell)
    for street in ("120101001", XIAOBAILOU):
        world.tally(MONTH, {}, division=street)
    world.tally(MONTH, {TAIANDAO: same(4, 20)}, division="120101003")
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    assert told[:3] == [("count", 1, 3), ("count", 2, 3), ("count", 3, 3)]
    assert [words[0] for words in told[3:]] == ["rate", "store"]
