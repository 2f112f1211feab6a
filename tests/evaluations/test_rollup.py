"""The roll-up against brute force, twice, late, refused, and over many months."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import models

from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import actions, rollup
from evaluations.models import (
    CellsAreFinal,
    CountedRound,
    FiguresAreFinal,
    MonthlyRating,
    MonthlyRollup,
    ResponseCell,
    SchemeIsFrozen,
    StratumCount,
)
from evaluations.recomputing import recompute
from evaluations.rollup import MonthIsPast, MonthNotDue, MonthsGoInOrder, RolledUp
from evaluations.windows import SchemeUnknown
from officials.actions import end_appointment
from surveys.models import OpenedResponse, Round
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
)

RollUp = Callable[[str], RolledUp]
LEVELS = (1, 2, 3, 4, 5, "missing")
# Targets of the nine communities (M111); 1,138 in all.
TARGETS = dict(zip(NINE, (110, 119, 135, 127, 122, 109, 137, 125, 154), strict=True))


def records(month: str) -> dict[int, str]:
    ratings = MonthlyRating.objects.filter(month=month)
    return dict(ratings.values_list("appointment_id", "record"))


def counted_by_hand(survey_round: Round) -> dict[tuple[Any, ...], Counter[str]]:
    cells: dict[tuple[Any, ...], Counter[str]] = {}
    for answer in OpenedResponse.objects.filter(round=survey_round):
        key = (answer.subject_id, answer.community_id, answer.mode)
        cell = cells.setdefault(key, Counter())
        cell[answer.usability] += 1
        if answer.score is None:
            continue
        cell["sum"] += answer.score
        cell["squares"] += answer.score**2
        for number in range(1, 9):
            level = getattr(answer, f"item_{number}") or "missing"
            cell[f"{number} {level}"] += 1
    return cells


def stored_cell(cell: ResponseCell) -> Counter[str]:
    found = Counter(
        {
            "I": cell.complete,
            "P": cell.partial,
            "B": cell.break_off,
            "sum": cell.sum_score,
            "squares": cell.sum_score_squared,
        }
    )
    for number, counts in cell.items.items():
        for level, count in zip(LEVELS, counts, strict=True):
            found[f"{number} {level}"] = count
    return +found


def test_cells_equal_a_recount_of_every_answer(world: World, roll_up: RollUp) -> None:
    survey_round = world.tally(
        "2026-10",
        {code: [*mixed(40, seed=code), ("paper", [5] + [None] * 7)] for code in NINE},
    )
    roll_up("2026-10")
    found = {
        (cell.appointment_id, cell.stratum, cell.mode): stored_cell(cell)
        for cell in ResponseCell.objects.filter(round=survey_round)
    }
    assert found == counted_by_hand(survey_round)


def test_sums_of_extreme_scores_are_exact(world: World, roll_up: RollUp) -> None:
    world.tally("2026-10", {TAIANDAO: same(5, 2000)})
    roll_up("2026-10")
    cell = ResponseCell.objects.get()
    assert (cell.n, cell.sum_score, cell.sum_score_squared) == (
        2000,
        2000 * 1_000_000,
        2000 * 1_000_000**2,
    )


def test_answers_without_a_community_bear_no_figure(
    world: World, roll_up: RollUp
) -> None:
    survey_round = world.tally("2026-10", {TAIANDAO: same(4, 20)})
    for _ in range(3):
        OpenedResponse.objects.create(
            round=survey_round,
            mode="mixed",
            assisted="none",
            usability="I",
            score=0,
            salt=bytes(16),
        )
    roll_up("2026-10")
    counted = CountedRound.objects.get()
    assert (counted.responses, counted.unattributed) == (23, 3)
    assert world.rating(TAIANDAO, "2026-10").score == Decimal("75.000000")


def test_final_codes_balance_and_breakoffs_are_refusals(
    world: World, roll_up: RollUp
) -> None:
    answers = [*same(4, 12), ("online", [4] + [None] * 7)]
    world.tally(
        "2026-10",
        {TAIANDAO: answers},
        released={TAIANDAO: 30},
        finals={TAIANDAO: {"R": 3, "NE": 2, "UH": 4}},
    )
    roll_up("2026-10")
    row = StratumCount.objects.get()
    assert [getattr(row, name) for name in StratumCount.CODES] == [
        12,
        0,
        4,
        8,
        0,
        4,
        0,
        2,
    ]
    assert (row.released, row.submitted, row.frame) == (30, 13, 1102)


def test_a_month_rolled_up_twice_is_the_same_month(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-10", {code: mixed(30, seed=code) for code in NINE})
    first, before = roll_up("2026-10"), records("2026-10")
    again = roll_up("2026-10")
    assert (first.is_new, again.is_new) == (True, False)
    assert records("2026-10") == before
    assert MonthlyRating.objects.count() == 9
    assert AuditEvent.objects.filter(verb="month.rolled_up").count() == 1


def test_a_month_computed_anew_gives_the_same_bytes(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-10", {code: mixed(30, seed=code) for code in NINE})
    roll_up("2026-10")
    before = records("2026-10")
    MonthlyRollup.objects.update(state=MonthlyRollup.State.DUE)
    assert roll_up("2026-10").is_new
    assert records("2026-10") == before
    assert MonthlyRating.objects.count() == 9


def test_a_sealed_round_keeps_the_month_and_later_months_waiting(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-09", {TAIANDAO: same(4, 20)}, state=Round.State.CLOSED)
    world.tally("2026-10", {TAIANDAO: same(4, 20)})
    assert rollup.due_months() == []
    with pytest.raises(MonthNotDue):
        roll_up("2026-10")
    Round.objects.filter(period="2026-09").update(state=Round.State.TALLIED)
    assert rollup.due_months() == [(HEPING, "2026-09"), (HEPING, "2026-10")]
    assert MonthlyRollup.objects.count() == 0


def test_months_of_a_district_are_rolled_up_in_order(
    world: World, roll_up: RollUp
) -> None:
    for month in ("2026-09", "2026-10"):
        world.tally(month, {TAIANDAO: same(4, 20)})
    with pytest.raises(MonthsGoInOrder, match="2026-09"):
        roll_up("2026-10")
    assert CountedRound.objects.count() == 0
    assert [roll_up(month).is_new for month in ("2026-09", "2026-10")] == [True, True]


def test_a_month_without_a_round_is_not_due(world: World, roll_up: RollUp) -> None:
    with pytest.raises(MonthNotDue):
        roll_up("2026-10")
    assert MonthlyRollup.objects.count() == 0


def test_a_street_tallied_late_makes_the_month_due_once_more(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-10", {TAIANDAO: same(4, 20)}, division=XIAOBAILOU)
    roll_up("2026-10")
    before = records("2026-10")
    world.appoint("120101001001")
    world.tally("2026-10", {"120101001001": same(3, 15)}, division="120101001")
    assert rollup.due_months() == [(HEPING, "2026-10")]
    assert roll_up("2026-10").ratings == 2
    assert before.items() <= records("2026-10").items()


def test_a_round_under_an_unknown_scheme_is_counted_and_waits_with_the_reason(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-10", {TAIANDAO: same(4, 20)})
    Round.objects.update(scheme_digest=bytes(32))
    with pytest.raises(SchemeUnknown):
        roll_up("2026-10")
    assert (CountedRound.objects.count(), MonthlyRating.objects.count()) == (1, 0)
    row = MonthlyRollup.objects.get()
    assert (row.state, row.last_error) == (
        MonthlyRollup.State.DUE,
        "SchemeUnknown: 120101-2026-10: community-secretary/1",
    )


def test_a_month_before_a_rated_one_is_refused(world: World, roll_up: RollUp) -> None:
    world.tally("2026-10", {TAIANDAO: same(4, 20)})
    roll_up("2026-10")
    world.tally("2026-09", {TAIANDAO: same(4, 20)})
    with pytest.raises(MonthIsPast):
        roll_up("2026-09")
    assert MonthlyRating.objects.filter(month="2026-09").count() == 0


def test_the_nine_communities_reach_their_target_in_twelve_months(
    world: World, roll_up: RollUp
) -> None:
    year = months("2026-10", 12)
    for k, month in enumerate(year, start=1):
        world.tally(
            month,
            {
                code: mixed(t * k // 12 - t * (k - 1) // 12, seed=f"{code} {month}")
                for code, t in TARGETS.items()
            },
        )
        roll_up(month)
    ratings = MonthlyRating.objects.filter(month="2026-10")
    assert {r.community_id: r.usable for r in ratings} == TARGETS
    assert {r.validity for r in ratings} == {MonthlyRating.Mark.VALID}
    assert {r.contents["inputs"]["target"] for r in ratings} == {1138}
    assert {(r.window_from, r.months_existing) for r in ratings} == {("2025-11", 12)}
    eleven = MonthlyRating.objects.filter(month="2026-09")
    assert {r.validity for r in eleven} == {MonthlyRating.Mark.INCOMPLETE}
    assert recompute(district=HEPING, month="2026-10").differences == ()


def test_a_street_below_its_target_says_so_and_moves_no_star(
    world: World, roll_up: RollUp
) -> None:
    scheme = world.make_scheme(window_months=3)
    for month in months("2026-10", 3):
        world.tally(month, {KAIFENGDAO: same(5, 35)}, scheme=scheme)
        roll_up(month)
    rating = world.rating(KAIFENGDAO, "2026-10")
    assert (rating.usable, rating.contents["inputs"]["target"]) == (105, 155)
    assert (rating.validity, rating.star, rating.star_basis) == (
        MonthlyRating.Mark.BELOW_TARGET,
        None,
        MonthlyRating.Basis.NONE,
    )


def test_the_star_of_the_closed_year_is_kept_and_then_moved(
    world: World, roll_up: RollUp
) -> None:
    actions.enter_closed_year(
        appointment=world.appointments[KAIFENGDAO],
        year=2025,
        stars=4,
        score=Decimal("86.4"),
        basis="年度评星定级",
        by=world.head,
        at=world.now,
    )
    scheme = world.quick_scheme()
    stars = []
    for month in months("2026-10", 3):
        world.tally(
            month, {KAIFENGDAO: mixed(110, seed=month, level=5.2)}, scheme=scheme
        )
        roll_up(month)
        rating = world.rating(KAIFENGDAO, month)
        stars.append((rating.star, rating.previous_star, rating.star_basis))
    assert stars == [(4, 4, "kept"), (4, 4, "kept"), (5, 4, "direct")]


def test_a_star_within_one_standard_error_of_the_cut_stays(
    world: World, roll_up: RollUp
) -> None:
    actions.enter_closed_year(
        appointment=world.appointments[TAIANDAO],
        year=2025,
        stars=3,
        score=None,
        basis="年度评星定级",
        by=world.head,
        at=world.now,
    )
    scheme = world.quick_scheme()
    answers = [*same(5, 14), *same(4, 14), *same(3, 6)]
    for month in months("2026-10", 3):
        world.tally(month, {TAIANDAO: answers, SHUDELI: answers}, scheme=scheme)
        roll_up(month)
    held, new = world.rating(TAIANDAO, "2026-10"), world.rating(SHUDELI, "2026-10")
    assert {held.score, new.score} == {Decimal("80.882353")}
    assert (held.star, held.star_basis) == (3, "direct")
    assert (new.star, new.previous_star) == (4, None)


def test_a_new_appointment_starts_with_an_empty_window(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-08", {TAIANDAO: same(5, 20)})
    roll_up("2026-08")
    end_appointment(
        appointment=world.appointments[TAIANDAO],
        ends_on=dt.date(2026, 9, 1),
        reason="调任",
        by=SYSTEM,
        at=world.now,
    )
    newcomer = world.appoint(TAIANDAO, name="新任", starts_on=dt.date(2026, 9, 1))
    world.tally("2026-09", {TAIANDAO: same(3, 20)})
    roll_up("2026-09")
    ratings = MonthlyRating.objects.filter(month="2026-09")
    assert [(r.appointment_id, r.usable, r.score, r.window_from) for r in ratings] == [
        (newcomer.pk, 20, Decimal("50.000000"), "2026-09")
    ]


def test_the_window_restarts_when_the_questions_change(
    world: World, roll_up: RollUp
) -> None:
    world.tally("2026-09", {TAIANDAO: same(5, 20)})
    roll_up("2026-09")
    models.QuerySet(CountedRound).filter(month="2026-09").update(basis="0" * 64)
    world.tally("2026-10", {TAIANDAO: same(3, 20)})
    roll_up("2026-10")
    rating = world.rating(TAIANDAO, "2026-10")
    assert (rating.window_from, rating.usable) == ("2026-10", 20)
    assert rating.months_existing == 1


def test_a_skipped_month_is_not_filled(world: World, roll_up: RollUp) -> None:
    scheme = world.quick_scheme()
    for month in ("2026-07", "2026-08", "2026-10"):
        world.tally(month, {TAIANDAO: same(4, 20)}, scheme=scheme)
        roll_up(month)
    rating = world.rating(TAIANDAO, "2026-10")
    assert (rating.window_from, rating.usable) == ("2026-08", 40)
    assert (rating.months_existing, rating.months_wanted) == (3, 3)


def test_nine_answers_a_month_are_told_every_second_month(
    world: World, roll_up: RollUp
) -> None:
    told = []
    for month in months("2026-10", 7):
        world.tally(month, {TAIANDAO: same(4, 9), SHUDELI: same(4, 10)})
        roll_up(month)
        rating = world.rating(TAIANDAO, month)
        told.append((rating.refreshed, rating.shown and rating.shown.month))
    assert told == [
        (False, None),
        (True, None),
        (False, "2026-05"),
        (True, None),
        (False, "2026-07"),
        (True, None),
        (False, "2026-09"),
    ]
    ten = MonthlyRating.objects.filter(community_id=SHUDELI)
    assert {rating.refreshed for rating in ten} == {True}


def test_each_record_names_the_one_before(world: World, roll_up: RollUp) -> None:
    for month in ("2026-09", "2026-10"):
        world.tally(month, {TAIANDAO: same(4, 20)})
        roll_up(month)
    first, second = world.rating(TAIANDAO, "2026-09"), world.rating(TAIANDAO, "2026-10")
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == first.record_sha256
    assert second.contents["previous_sha256"] == first.record_sha256


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        (ResponseCell, {"sum_score": 1}, ["cells", "record"]),
        (OpenedResponse, {"score": 1}, ["answers"]),
        (MonthlyRating, {"star": 5}, ["columns"]),
        (MonthlyRating, {"record_sha256": "0" * 64}, ["digest"]),
    ],
)
def test_recompute_names_what_was_changed(
    world: World,
    roll_up: RollUp,
    table: type[models.Model],
    change: dict[str, Any],
    found: list[str],
) -> None:
    world.tally("2026-10", {TAIANDAO: same(1, 20)})
    roll_up("2026-10")
    assert recompute(district=HEPING, month="2026-10").differences == ()
    first = table._base_manager.order_by("pk").values_list("pk", flat=True)[0]
    models.QuerySet(table).filter(pk=first).update(**change)
    differences = recompute(district=HEPING, month="2026-10").differences
    assert [line.rpartition(" ")[2] for line in differences] == found


def test_rows_of_the_roll_up_refuse_to_change(world: World, roll_up: RollUp) -> None:
    world.tally("2026-10", {TAIANDAO: same(4, 20)})
    roll_up("2026-10")
    rating = world.rating(TAIANDAO, "2026-10")
    with pytest.raises(FiguresAreFinal):
        rating.save()
    with pytest.raises(FiguresAreFinal):
        MonthlyRating.objects.update(score=100)
    with pytest.raises(FiguresAreFinal):
        MonthlyRating.objects.all().delete()
    with pytest.raises(CellsAreFinal):
        ResponseCell.objects.update(n=1)
    with pytest.raises(SchemeIsFrozen):
        world.scheme.save()
    assert world.rating(TAIANDAO, "2026-10").score == Decimal("75.000000")
