"""`recompute` proves a month, and names whatever was changed behind its back."""

import json
from collections.abc import Callable
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction

from audit.actions import SYSTEM
from evaluations.models import (
    AssessmentScheme,
    CountedRound,
    MonthlyRating,
    ResponseCell,
    StratumCount,
)
from evaluations.recomputing import recompute
from evaluations.rollup import RolledUp
from residents.actions.snapshots import take_snapshot
from residents.models import RosterSnapshot, SnapshotHousehold
from surveys.models import OpenedResponse, Question, Round
from tests.evaluations.world import HEPING, SHUDELI, TAIANDAO, World, mixed, same

MONTH = "2026-10"
ROUND = f"{HEPING}-{MONTH}"
SCHEME = "community-secretary/1"
ANSWERS = 20
RollUp = Callable[[str], RolledUp]


@pytest.fixture
def closed(world: World, roll_up: RollUp) -> World:
    """A rolled-up month of two communities over a frozen roster that is kept."""
    for code in (TAIANDAO, SHUDELI):
        world._households(code, 2 * ANSWERS)
    world.snapshot = take_snapshot(division=world.district, by=SYSTEM, at=world.now)
    world.tally(
        MONTH,
        {TAIANDAO: mixed(ANSWERS, seed=TAIANDAO), SHUDELI: mixed(ANSWERS, seed=MONTH)},
    )
    roll_up(MONTH)
    return world


def rows(table: type[models.Model], **which: Any) -> models.QuerySet[Any]:
    """Rows as whoever has the database's password sees them: nothing refuses."""
    found = models.QuerySet(table).filter(**which)
    first = found.order_by("pk").values_list("pk", flat=True)[0]
    return models.QuerySet(table).filter(pk=first)


def proof(month: str = MONTH) -> tuple[int, list[str]]:
    """Exit code and differences of `manage.py recompute … --json`."""
    out, code = StringIO(), 0
    try:
        call_command("recompute", month, "--json", stdout=out)
    except CommandError as refused:
        code = refused.returncode
    return code, json.loads(out.getvalue())[HEPING]["differences"]


def test_an_untouched_month_is_proven(closed: World) -> None:
    assert proof() == (0, [])


@pytest.mark.parametrize(
    "change", [{"item_1": None}, {"mode": "visit2"}, {"salt": b"x"}, {"score": 0}]
)
def test_a_changed_answer_names_its_round_and_community(
    closed: World, change: dict[str, Any]
) -> None:
    answer = rows(OpenedResponse, community=TAIANDAO, item_1__gte=1, score__gt=0)
    answer.update(**change)
    # The salt is no part of any figure.
    expected = (1, [f"{ROUND} {TAIANDAO}: answers"])
    assert proof() == ((0, []) if "salt" in change else expected)


def test_an_answer_moved_to_another_community_names_both(closed: World) -> None:
    rows(OpenedResponse, community=TAIANDAO).update(community=SHUDELI)
    assert proof() == (
        1,
        [f"{ROUND} {TAIANDAO}: answers", f"{ROUND} {SHUDELI}: answers"],
    )


def test_an_answer_taken_away_or_added_is_named(closed: World) -> None:
    answer = rows(OpenedResponse, community=SHUDELI)
    kept = answer.get()
    answer.delete()
    assert proof() == (1, [f"{ROUND} {SHUDELI}: answers"])
    OpenedResponse.objects.bulk_create([kept])
    assert proof() == (0, [])


def test_an_answer_added_without_a_community_is_named(closed: World) -> None:
    OpenedResponse.objects.create(
        round=Round.objects.get(code=ROUND),
        mode="mixed",
        assisted="none",
        usability="B",
        salt=bytes(16),
    )
    assert proof() == (1, [f"{ROUND}: answers"])


def test_purged_answers_are_not_asked_for(closed: World) -> None:
    models.QuerySet(OpenedResponse).delete()
    assert proof() == (0, [])
    rows(ResponseCell, stratum=TAIANDAO).update(item_counts="{}")
    code, found = proof()
    assert (code, found[0]) == (1, f"{ROUND}: cells")


def test_a_changed_cell_names_its_round_and_community(closed: World) -> None:
    rows(ResponseCell, stratum=TAIANDAO, sum_score__gt=0).update(sum_score_squared=0)
    code, found = proof()
    assert (code, found[0]) == (1, f"{ROUND} {TAIANDAO}: cells")
    assert f"{TAIANDAO} {MONTH}: record" in found


def test_answer_and_cell_changed_alike_are_named(closed: World) -> None:
    """Even with a cell that fits the answers again: its round vouches for it."""
    answer = rows(OpenedResponse, community=TAIANDAO, usability="I")
    one = answer.get()
    answer.update(usability="P")
    cell = rows(ResponseCell, stratum=TAIANDAO, mode=one.mode)
    cell.update(complete=models.F("complete") - 1, partial=models.F("partial") + 1)
    assert proof() == (1, [f"{ROUND}: cells", f"{ROUND}: answers"])


@pytest.mark.parametrize("change", [{"responses": 1}, {"unattributed": 1}])
def test_a_changed_count_of_answers_is_named(
    closed: World, change: dict[str, Any]
) -> None:
    rows(CountedRound).update(**change)
    assert proof() == (1, [f"{ROUND}: answers"])


def test_a_changed_count_of_a_stratum_is_named(closed: World) -> None:
    rows(StratumCount, code=TAIANDAO).update(frame=7)
    assert proof() == (
        1,
        [f"{TAIANDAO} {MONTH}: strata", f"{SHUDELI} {MONTH}: strata"],
    )


def changed(scheme: AssessmentScheme) -> str:
    """A scheme whose first star is easier to get."""
    return json.dumps(
        {**json.loads(scheme.parameters), "stars.hysteresis": "0.1"},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def test_a_scheme_is_not_changed_without_its_digest(closed: World) -> None:
    with (
        transaction.atomic(),
        pytest.raises(IntegrityError, match="scheme_digest_fits"),
    ):
        rows(AssessmentScheme).update(parameters=changed(closed.scheme))
    assert proof()[0] == 0


def with_its_digest(text: str) -> dict[str, object]:
    return {"parameters": text, "digest": sha256(text.encode()).digest()}


def test_a_changed_scheme_with_its_own_digest_is_named(closed: World) -> None:
    rows(AssessmentScheme).update(**with_its_digest(changed(closed.scheme)))
    code, found = proof()
    assert (code, found[0]) == (1, f"{SCHEME}: scheme")


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_a_scheme_that_cannot_be_read_is_named(closed: World, text: str) -> None:
    rows(AssessmentScheme).update(**with_its_digest(text))
    code, found = proof()
    assert (code, found[0]) == (1, f"{SCHEME}: scheme")


@pytest.mark.parametrize(
    "change",
    [
        {"scheme_digest": bytes(32)},
        {"parameters": {"score.levels": ["1"]}},
        {"parameters": {"score.levels": [1.5]}},
        {"parameters": {}},
    ],
)
def test_a_round_under_another_scheme_is_named(
    closed: World, change: dict[str, Any]
) -> None:
    rows(Round).update(**change)
    code, found = proof()
    assert (code, found[0]) == (1, f"{ROUND}: scheme")


def test_a_changed_question_is_named(closed: World) -> None:
    rows(Question, order=3).update(text_zh="您满意吧？")
    assert proof() == (1, [f"{ROUND}: questions"])


def test_a_changed_digest_of_a_snapshot_is_named(closed: World) -> None:
    rows(RosterSnapshot, pk=closed.snapshot.pk).update(digest=bytes(32))
    assert proof() == (1, [f"{closed.snapshot.pk}: snapshot"])


@pytest.mark.parametrize("change", [{"size": 1}, {"counts": {}}])
def test_a_changed_count_of_a_snapshot_is_named(
    closed: World, change: dict[str, Any]
) -> None:
    rows(RosterSnapshot, pk=closed.snapshot.pk).update(**change)
    assert proof() == (1, [f"{closed.snapshot.pk}: snapshot households"])


def test_a_household_changed_or_taken_from_a_snapshot_is_named(closed: World) -> None:
    household = rows(SnapshotHousehold)
    household.update(residence_status="vacant")
    expected = (1, [f"{closed.snapshot.pk}: snapshot households"])
    assert proof() == expected
    household.delete()
    assert proof() == expected


def test_a_snapshot_without_its_households_still_vouches(closed: World) -> None:
    models.QuerySet(SnapshotHousehold).delete()
    assert proof() == (0, [])


def test_a_round_on_another_snapshot_is_named(closed: World) -> None:
    other = take_snapshot(division=closed.district, by=SYSTEM, at=closed.now)
    rows(Round).update(snapshot=other)
    assert proof() == (1, [f"{ROUND}: snapshot"])


def test_a_record_that_cannot_be_read_is_named(closed: World) -> None:
    rows(MonthlyRating, community=TAIANDAO).update(record="{")
    assert proof() == (1, [f"{TAIANDAO} {MONTH}: record"])


def test_a_month_names_the_changed_round_of_its_window(
    world: World, roll_up: RollUp
) -> None:
    for month in ("2026-09", MONTH):
        world.tally(month, {TAIANDAO: same(4, ANSWERS)})
        roll_up(month)
    rows(OpenedResponse, round__period="2026-09").update(score=0)
    expected = (f"{HEPING}-2026-09 {TAIANDAO}: answers",)
    assert recompute(district=HEPING, month=MONTH).differences == expected
