"""Ratings that share something: pools, quarter ranks, cut points, mode coefficients."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import models

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import rollup, told
from evaluations.models import (
    ModeCoefficients,
    MonthlyRating,
    MonthlyRollup,
    PoolingRecord,
    QuarterRanking,
    ToldFigure,
    YearlyCutPoints,
)
from evaluations.recomputing import recompute
from evaluations.rollup import MonthWaits, RolledUp
from evaluations.scoring.shrinkage import Unit, shrink
from officials.models import Division
from tests.evaluations.world import HEPING, Answer, World, mixed, months, same

RollUp = Callable[[str], RolledUp]
HEDONG = "120102"
SIXTEEN = 16
QUARTER = ("2026-10", "2026-11", "2026-12")


def communities(district: str, number: int) -> list[str]:
    found = Division.objects.filter(
        level=Division.Level.COMMUNITY, code__startswith=district
    )
    return list(found.order_by("code").values_list("code", flat=True)[:number])


def make_neighbour(number: int) -> list[str]:
    """A second district of the same city, with one street."""
    street = f"{HEDONG}001"
    rows = [
        (HEDONG, Division.Level.DISTRICT, HEPING[:4]),
        (street, Division.Level.STREET, HEDONG),
        *(
            (f"{street}{place:03}", Division.Level.COMMUNITY, street)
            for place in range(1, number + 1)
        ),
    ]
    for code, level, parent in rows:
        Division.objects.create(
            code=code,
            level=level,
            kind=level,
            name=code,
            short_name=code,
            parent_id=parent,
            valid_from=dt.date(2020, 1, 1),
        )
    return [code for code, level, _ in rows if level == Division.Level.COMMUNITY]


@pytest.fixture
def wide(heping: Division, clerk: User, head: User) -> World:
    """Sixteen communities of one district: just enough to pool."""
    return World(clerk=clerk, head=head, communities=communities(HEPING, SIXTEEN))


@pytest.fixture
def roll_up(wide: World) -> RollUp:
    def run(month: str) -> RolledUp:
        return rollup.roll_up(
            division=wide.district, month=month, by=SYSTEM, at=wide.now
        )

    return run


def spread(world: World, month: str, *, number: int = 20) -> dict[str, list[Answer]]:
    """Answers around levels from 2.6 to 4.1, one after the other."""
    return {
        code: mixed(number, seed=f"{code} {month}", level=2.6 + 0.1 * place)
        for place, code in enumerate(world.communities)
    }


def tally_quarter(world: World, *, number: int = 20, **fields: object) -> None:
    scheme = world.make_scheme(window_months=3, sampling_rate="0.01", **fields)
    for month in QUARTER:
        world.tally(month, spread(world, month, number=number), scheme=scheme)


def overwrite(model: type[models.Model], **fields: object) -> None:
    """Change stored rows past the door that refuses it."""
    models.QuerySet(model).update(**fields)


def test_sixteen_of_a_district_pool_and_their_stars_rest_on_it(
    wide: World, roll_up: RollUp
) -> None:
    tally_quarter(wide)
    for month in QUARTER:
        roll_up(month)
    pool = PoolingRecord.objects.get(month="2026-12")
    ratings = list(MonthlyRating.objects.filter(month="2026-12"))
    assert (pool.level, pool.area_id, len(ratings)) == ("district", HEPING, SIXTEEN)
    units = [
        Unit(
            code=rating.contents["appointment"],
            m=rating.usable,
            score=float(rating.contents["figures"]["score"]),
            variance=float(rating.contents["figures"]["variance"]),
            s2=float(rating.contents["figures"]["s2"]),
            kish=float(rating.contents["figures"]["kish"]),
            frame=1000,
        )
        for rating in ratings
    ]
    fit = shrink(units, method=ratings[0].scheme.method)
    assert float(pool.contents["figures"]["tau2"]) == pytest.approx(fit.tau2, abs=1e-4)
    by_code = {unit.code: unit for unit in fit.units}
    for rating in ratings:
        unit = by_code[rating.contents["appointment"]]
        assert float(rating.shrunken or 0) == pytest.approx(unit.eb, abs=1e-4)
        assert float(rating.reliability or 0) == pytest.approx(
            unit.reliability, abs=1e-5
        )
        assert rating.pool == pool
    # 60 answers of reliability above 0.70 are enough for a star in a group (M82).
    assert {rating.star_basis for rating in ratings} == {"shrunken"}
    assert {rating.usable for rating in ratings if rating.star} <= set(range(50, 61))


def test_a_quarter_ranks_the_peer_group_and_other_months_do_not(
    wide: World, roll_up: RollUp
) -> None:
    tally_quarter(wide)
    for month in QUARTER:
        roll_up(month)
    ranking = QuarterRanking.objects.get()
    assert (ranking.period, ranking.group) == ("2026Q4", wide.group)
    december = MonthlyRating.objects.filter(month="2026-12").order_by("community_id")
    ranks = {rating.rank: rating.contents["rank"] for rating in december}
    assert min(place for place in ranks if place) == 1
    assert all(
        line["best"] <= line["rank"] <= line["worst"] <= line["of"] == SIXTEEN
        for line in ranks.values()
    )
    lowest = ranks[SIXTEEN]
    assert (lowest["tier"], lowest["last"]["is_last"]) == (
        "below",
        not lowest["last"]["failed"],
    )
    assert set(
        MonthlyRating.objects.exclude(month="2026-12").values_list("rank", flat=True)
    ) == {None}


def test_a_pooled_month_recomputes_to_the_byte_and_names_what_was_touched(
    wide: World, roll_up: RollUp
) -> None:
    tally_quarter(wide)
    for month in QUARTER:
        roll_up(month)
    assert recompute(district=HEPING, month="2026-12").differences == ()
    pool = PoolingRecord.objects.get(month="2026-12")
    first = pool.contents["members"][0]
    changed = pool.record.replace(first["score"], str(float(first["score"]) + 1), 1)
    overwrite(PoolingRecord, record=changed)
    found = recompute(district=HEPING, month="2026-12").differences
    assert f"{pool}: pool" in found
    assert f"{wide.communities[0]} 2026-12: record" in found
    overwrite(PoolingRecord, record=pool.record)
    ranking = QuarterRanking.objects.get()
    worst = f'"rank":{SIXTEEN},'
    overwrite(QuarterRanking, record=ranking.record.replace(worst, '"rank":15,'))
    found = recompute(district=HEPING, month="2026-12").differences
    assert found == (f"{ranking}: ranking",)


def test_who_is_tallied_after_the_group_was_written_stays_without_one(
    wide: World, roll_up: RollUp
) -> None:
    scheme = wide.make_scheme(window_months=3, sampling_rate="0.01")
    answers = spread(wide, "2026-10", number=40)
    wide.tally("2026-10", answers, scheme=scheme)
    roll_up("2026-10")
    before = dict(MonthlyRating.objects.values_list("community_id", "record"))
    late = communities(HEPING, SIXTEEN + 1)[-1]
    wide.appoint(late)
    wide.tally("2026-10", {late: same(4, 30)}, division=late[:9], scheme=scheme)
    assert rollup.due_months() == [(HEPING, "2026-10")]
    assert roll_up("2026-10").ratings == SIXTEEN + 1
    after = dict(MonthlyRating.objects.values_list("community_id", "record"))
    assert before.items() <= after.items()
    assert wide.rating(late, "2026-10").pool is None
    assert recompute(district=HEPING, month="2026-10").differences == ()


def test_small_districts_pool_with_their_city_once_all_are_counted(
    heping: Division, clerk: User, head: User
) -> None:
    mine, theirs = communities(HEPING, 8), make_neighbour(8)
    world = World(clerk=clerk, head=head, communities=[*mine, *theirs])
    scheme = world.make_scheme(window_months=3, sampling_rate="0.01")
    answers = spread(world, "2026-10", number=30)
    hedong = Division.objects.get(pk=HEDONG)
    world.tally("2026-10", {code: answers[code] for code in mine}, scheme=scheme)
    world.tally(
        "2026-10",
        {code: answers[code] for code in theirs},
        division=HEDONG,
        scheme=scheme,
    )
    with pytest.raises(MonthWaits, match=HEDONG):
        rollup.roll_up(division=heping, month="2026-10", by=SYSTEM, at=world.now)
    assert MonthlyRating.objects.count() == 0
    assert rollup.due_months() == [(HEPING, "2026-10"), (HEDONG, "2026-10")]
    rollup.roll_up(division=hedong, month="2026-10", by=SYSTEM, at=world.now)
    rollup.roll_up(division=heping, month="2026-10", by=SYSTEM, at=world.now)
    pool = PoolingRecord.objects.get()
    assert (pool.level, pool.area_id) == ("city", HEPING[:4])
    assert set(MonthlyRating.objects.values_list("pool", flat=True)) == {pool.pk}
    assert {row.state for row in MonthlyRollup.objects.all()} == {"done"}
    for district in (HEPING, HEDONG):
        assert recompute(district=district, month="2026-10").differences == ()


def test_who_is_hidden_beside_a_told_mean_stays_hidden(
    wide: World, roll_up: RollUp
) -> None:
    """Six households more are too few to tell alone, twelve of two members are not."""
    few = sorted(wide.communities)[:2]
    for month, more in (("2026-10", 12), ("2026-11", 6)):
        answers = spread(wide, month)
        answers |= {code: answers[code][:more] for code in few}
        wide.tally(month, answers)
        roll_up(month)
    ratings = MonthlyRating.objects.filter(month="2026-11").order_by("community_id")
    hidden = [one for one in ratings if not one.refreshed]
    assert [one.community_id for one in hidden] == few
    (pool,) = {one.pool_id for one in ratings}
    assert ToldFigure.objects.filter(pool=pool, kind="group").exists()
    assert [one for one in ratings if told.opens_group(one)] == hidden


def test_equal_officials_get_no_stars(wide: World, roll_up: RollUp) -> None:
    """No difference was measured in the group (M71), however many answered."""
    scheme = wide.make_scheme(window_months=3, sampling_rate="0.01")
    alike = [*same(5, 20), *same(4, 20)]
    for month in QUARTER:
        answers = dict.fromkeys(wide.communities, alike)
        wide.tally(month, answers, scheme=scheme)
        roll_up(month)
    ratings = MonthlyRating.objects.filter(month="2026-12")
    assert {(rating.star, rating.usable) for rating in ratings} == {(None, 120)}
    shows = {rating.contents["pool"]["shows_differences"] for rating in ratings}
    assert shows == {False}


def test_december_leaves_cut_points_for_the_next_year(
    wide: World, roll_up: RollUp
) -> None:
    """Sixteen are too few for new ones (M74): those of the scheme stay, and say so."""
    tally_quarter(wide, star_method="yearly")
    for month in QUARTER:
        roll_up(month)
    cuts = YearlyCutPoints.objects.get()
    assert (cuts.year, cuts.area_id) == (2026, HEPING)
    assert (cuts.contents["basis"], cuts.contents["cuts"]) == (
        "too_few_units",
        ["60", "70", "80", "90"],
    )
    scheme = wide.rating(wide.communities[0], "2026-12").scheme
    wide.tally("2027-01", spread(wide, "2027-01"), scheme=scheme)
    roll_up("2027-01")
    star = wide.rating(wide.communities[0], "2027-01").contents["star"]
    assert (star["cuts_year"], star["cuts"]) == (2026, ["60", "70", "80", "90"])
    assert recompute(district=HEPING, month="2027-01").differences == ()


def test_mode_coefficients_of_a_year_adjust_the_next(
    wide: World, roll_up: RollUp
) -> None:
    scheme = wide.make_scheme(window_months=3, sampling_rate="0.01", mode_adjust=True)
    for month in [*QUARTER, *months("2027-01", 1)]:
        answers = {
            code: [
                *mixed(20, seed=f"{code} {month}", level=3.0 + 0.05 * place),
                *same(5, 4 + place % 3, mode="phone"),
            ]
            for place, code in enumerate(wide.communities)
        }
        wide.tally(month, answers, scheme=scheme)
        roll_up(month)
    models_of_year = ModeCoefficients.objects.filter(year=2026)
    streets = {code[:9] for code in wide.communities}
    assert set(models_of_year.values_list("area_id", flat=True)) == streets
    december = wide.rating(wide.communities[0], "2026-12")
    january = wide.rating(wide.communities[0], "2027-01")
    assert december.adjusted is None
    steps = january.contents["figures"]["adjusted"]["steps"]
    moved = sum(Decimal(step["points"]) for step in steps)
    assert "phone" in {step["level"] for step in steps}
    assert float(january.adjusted or 0) == pytest.approx(
        float((january.score or 0) - moved), abs=1e-4
    )
    assert recompute(district=HEPING, month="2027-01").differences == ()
