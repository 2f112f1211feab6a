"""Areas with demographic margins and with buildings (M22, M37-M40, M50, M53)."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Cell, Stratum, canonical
from evaluations.scoring.estimate import Area, estimate
from evaluations.scoring.method import Method
from evaluations.scoring.records import Record, estimate_records
from evaluations.scoring.results import Caution, Formula, Reason

FIVE_LEVELS = (0, 250_000, 500_000, 750_000, 1_000_000)
BANDS = ("18-39", "40-59", "60+", "")
SEXES = ("F", "M", "")
MARGINS = ("community", "age3", "sex2")
RAKED = Method(weights_margins=MARGINS, weights_level_min=5)
BUILDINGS = Method(sampling_cluster="building")
BOTH = Method(weights_margins=MARGINS, weights_level_min=5, sampling_cluster="building")


def one(domain, code, score, band="", sex="", building="", survey_round="R1"):
    """A cell of a single answer."""
    return Cell(
        domain,
        survey_round,
        code,
        "online",
        1,
        score,
        score * score,
        levels=(("age3", band), ("sex2", sex)),
        building=building,
    )


@st.composite
def areas(draw):
    """Two or three communities of one stratum or two, answers with band and sex."""
    strata, cells = [], []
    for community in range(draw(st.integers(2, 3))):
        for place in range(draw(st.integers(1, 2))):
            code = f"c{community}-{place}"
            count = draw(st.integers(2, 12))
            for _ in range(count):
                cells.append(
                    one(
                        draw(st.sampled_from(["j", "k"])),
                        code,
                        draw(st.sampled_from(FIVE_LEVELS)),
                        draw(st.sampled_from(BANDS)),
                        draw(st.sampled_from(SEXES)),
                        draw(st.sampled_from(["1", "2", "3"])),
                        draw(st.sampled_from(["R1", "R2"])),
                    )
                )
            drawn = count + draw(st.integers(0, 9))
            frame = drawn + draw(st.integers(0, 60))
            buildings = draw(st.integers(6, 30))
            strata.append(
                Stratum(code, f"c{community}", frame, drawn, buildings=buildings)
            )
    households = sum(stratum.frame for stratum in strata)
    margins = {
        "age3": {"18-39": households // 2, "40-59": households // 3, "60+": 9},
        "sex2": {"F": households // 2 + 1, "M": households // 2 + 3},
    }
    return strata, cells, margins


def by_records(area, cells, strata, margins, domain, method):
    """The same figures from single records with w1."""
    weights = {code: s.weight for s in area.weighting.strata for code in s.codes}
    homes = {code: s.codes[0] for s in area.weighting.strata for code in s.codes}
    community = {stratum.code: stratum.community for stratum in strata}
    is_clustered = method.sampling_cluster == "building"
    records = [
        Record(
            cell.sum_s / 10_000,
            weights[cell.stratum],
            homes[cell.stratum],
            in_domain=domain is None or cell.appointment == domain,
            building=f"{cell.round} {cell.building}" if is_clustered else "",
            levels=(("community", community[cell.stratum]), *cell.levels),
        )
        for cell in cells
    ]
    frames = {}
    for stratum in strata:
        place = frames.setdefault(stratum.community, 0)
        frames[stratum.community] = place + stratum.frame
    registers = {"community": frames, **margins}
    used = {name: registers[name] for name in method.weights_margins}
    return estimate_records(records, strata, method=method, margins=used)


def assert_alike(one, other):
    """Binary noise apart: deff is V over s2/m, and s2 may be rounding alone."""
    assert (one.m, one.df, one.reason, one.raked) == (
        other.m,
        other.df,
        other.reason,
        other.raked,
    )
    for name in ("score", "se", "kish", "s2"):
        a, b = getattr(one, name), getattr(other, name)
        assert b == (None if a is None else pytest.approx(a, rel=1e-7, abs=1e-9)), name


@settings(deadline=None)
@given(areas(), st.sampled_from(["j", None]), st.sampled_from([RAKED, BUILDINGS, BOTH]))
def test_cells_and_records_give_the_same_figures(sampled, domain, method):
    strata, cells, margins = sampled
    area = Area(cells, strata, method=method, margins=margins)
    result = area.estimate(domain)
    if result.m:
        assert_alike(result, by_records(area, cells, strata, margins, domain, method))


@settings(deadline=None)
@given(
    areas(), st.randoms(), st.sampled_from(["j", None]), st.sampled_from([RAKED, BOTH])
)
def test_order_and_splitting_change_no_raked_bit(sampled, random, domain, method):
    strata, cells, margins = sampled
    result = estimate(cells, strata, domain=domain, method=method, margins=margins)
    shuffled = list(cells)
    random.shuffle(shuffled)
    turned = dict(reversed(margins.items()))
    again = estimate(
        shuffled, strata[::-1], domain=domain, method=method, margins=turned
    )
    assert again == result
    pooled = {}
    for cell in cells:
        n, total, squares = pooled.get(cell.key, (0, 0, 0))
        pooled[cell.key] = n + 1, total + cell.sum_s, squares + cell.sum_s2
    together = [Cell(*key[:4], *sums, *key[4:]) for key, sums in pooled.items()]
    assert (
        estimate(together, strata, domain=domain, method=method, margins=margins)
        == result
    )


@settings(deadline=None)
@given(areas(), st.sampled_from([RAKED, BOTH]))
def test_raked_weights_sum_to_the_frame(sampled, method):
    strata, cells, margins = sampled
    area = Area(cells, strata, method=method, margins=margins)
    found = area.calibration
    if found.raked:
        parts = zip(area.weight_cells, found.weights, strict=True)
        whole = sum(cell.n * weight for cell, weight in parts)
        assert whole == pytest.approx(sum(s.frame for s in strata), rel=1e-8)
    else:
        assert found.weights == tuple(cell.weight for cell in area.weight_cells)


@settings(deadline=None)
@given(areas(), st.sampled_from(["j", None]), st.sampled_from([RAKED, BOTH]))
def test_raked_intervals_lie_in_range_and_hold_the_score(sampled, domain, method):
    strata, cells, margins = sampled
    result = estimate(cells, strata, domain=domain, method=method, margins=margins)
    interval = result.interval()
    if interval is not None:
        assert 0 <= interval.lower <= result.score <= interval.upper <= 100
    if result.se == 0:
        assert result.is_census


@settings(deadline=None)
@given(areas(), st.sampled_from(["j", None]))
def test_mirrored_answers_mirror_raked_figures(sampled, domain):
    strata, cells, margins = sampled
    mirrored = [
        Cell(*c.key[:4], 1, 1_000_000 - c.sum_s, (1_000_000 - c.sum_s) ** 2, *c.key[4:])
        for c in cells
    ]
    result = estimate(cells, strata, domain=domain, method=RAKED, margins=margins)
    other = estimate(mirrored, strata, domain=domain, method=RAKED, margins=margins)
    if result.m:
        assert other.score == pytest.approx(100 - result.score, abs=1e-9)
        assert (other.se is None) == (result.se is None)
        assert other.se == (
            None if result.se is None else pytest.approx(result.se, abs=1e-7)
        )


# Default margins: the communities


def test_communities_are_raked_to_their_frames(make_cell, method):
    strata = [
        Stratum("A", "a", frame=600, drawn=60),
        Stratum("B", "b", frame=300, drawn=60, not_eligible=20),
    ]
    cells = [
        make_cell([100, 50] * 10, stratum="A", appointment="j"),
        make_cell([75, 0] * 10, stratum="B", appointment="k"),
    ]
    area = Area(cells, strata, method=method)
    assert [s.weight for s in area.weighting.strata] == pytest.approx([30, 10])
    assert area.calibration.weights == pytest.approx((30, 15))
    assert (area.calibration.raked, area.calibration.rounds) == (True, 1)
    whole = area.estimate(None)
    assert whole.score == pytest.approx((600 * 75 + 300 * 37.5) / 900)
    assert (whole.raked, whole.cautions) == (True, ())
    assert area.estimate("j").score == pytest.approx(75)


def test_an_area_of_one_community_has_nothing_to_rake_to(
    example_cells, example_strata, method
):
    area = Area(example_cells, example_strata, method=method)
    assert area.calibration.margins.single == ("community",)
    assert area.estimate("j").raked is None


@settings(deadline=None)
@given(areas(), st.integers(1, 500), st.integers(1, 9))
def test_a_silent_community_changes_no_score(sampled, frame, place):
    """M109, under default margins; trimming is off, its median is that of all."""
    strata, cells, _ = sampled
    method = Method(weights_trim_rounds=0)
    # Before, between or after the others.
    silent = Stratum(f"c{place / 2}", f"c{place / 2}", frame, min(frame, 7))
    before = Area(cells, strata, method=method)
    after = Area(cells, [*strata, silent], method=method)
    for domain in before.domains:
        own = {c.stratum[:2] for c in cells if c.appointment == domain}
        if len(own) == 1:
            one, other = before.estimate(domain), after.estimate(domain)
            assert other.score == pytest.approx(one.score, rel=1e-12, abs=1e-9)
            assert other.se == (one.se and pytest.approx(one.se, rel=1e-7))


# The whole path of the demographic margins


def band_cells(domain, code, counts):
    return [
        Cell(
            domain, "R1", code, "online", n, n * s, n * s * s, levels=(("age3", band),)
        )
        for band, n, s in counts
    ]


TWO = [
    Stratum("A", "a", frame=400, drawn=80),
    Stratum("B", "b", frame=600, drawn=80),
]
YOUNG_AND_OLD = [
    *band_cells("j", "A", [("old", 30, 1_000_000), ("young", 10, 500_000)]),
    *band_cells("k", "B", [("old", 15, 750_000), ("young", 15, 250_000)]),
]
AGES = Method(weights_margins=("community", "age3"))


def test_a_band_that_answered_less_counts_for_more():
    margins = {"age3": {"old": 500, "young": 500}}
    area = Area(YOUNG_AND_OLD, TWO, method=AGES, margins=margins)
    plain = Area(YOUNG_AND_OLD, TWO, method=Method())
    assert [margin.name for margin in area.calibration.margins.used] == [
        "community",
        "age3",
    ]
    assert plain.estimate("j").score == 87.5
    assert area.estimate("j").score < 87.5
    # Inside each community and band all agree: nothing is left after the margins.
    assert area.estimate("j").se > 0


def test_a_margin_without_a_register_is_left_out():
    area = Area(YOUNG_AND_OLD, TWO, method=AGES)
    assert area.calibration.margins.without_register == ("age3",)
    assert area.estimate("j").score == pytest.approx(87.5)


def test_margins_are_raked_in_the_order_of_the_scheme():
    margins = {"age3": {"old": 500, "young": 500}}
    turned = Method(weights_margins=("age3", "community"))
    areas = [
        Area(YOUNG_AND_OLD, TWO, method=m, margins=margins) for m in (AGES, turned)
    ]
    names = [[m.name for m in area.calibration.margins.used] for area in areas]
    assert names == [["community", "age3"], ["age3", "community"]]
    scores = [area.estimate("j").score for area in areas]
    assert scores[0] == pytest.approx(scores[1], rel=1e-8)


def test_a_failed_raking_is_said_beside_the_figure(caplog):
    """The register knows nobody who is old: target 0 and answers (M39, M89)."""
    with caplog.at_level(logging.ERROR):
        area = Area(YOUNG_AND_OLD, TWO, method=AGES, margins={"age3": {"young": 1000}})
    result = area.estimate("j")
    assert (result.raked, result.cautions) == (False, (Caution.NOT_RAKED,))
    assert result.score == pytest.approx(87.5)
    assert caplog.messages == ["raking to community, age3 failed, round 0"]


def test_demographic_cells_that_no_margin_asks_for_change_nothing(method):
    pooled = [
        Cell("j", "R1", "A", "online", 40, 35_000_000, 32_500_000_000_000),
        Cell("k", "R1", "B", "online", 30, 15_000_000, 9_375_000_000_000),
    ]
    for domain in ("j", "k", None):
        assert estimate(YOUNG_AND_OLD, TWO, domain=domain, method=method) == estimate(
            pooled, TWO, domain=domain, method=method
        )


def test_one_answer_elsewhere_leaves_the_error_of_the_others():
    """It belongs to another community; its z counts by its distance from 0 (M59)."""
    strata = [*TWO, Stratum("C", "c", frame=50, drawn=9)]
    cells = [*YOUNG_AND_OLD, *band_cells("l", "C", [("old", 1, 0)])]
    margins = {"age3": {"old": 500, "young": 550}}
    area = Area(cells, strata, method=AGES, margins=margins)
    assert area.calibration.margins.used[0].joined == (("b", "c"),)
    assert area.estimate("j").se > 0
    assert area.estimate("l").reason is Reason.ONE_ANSWER
    assert area.estimate(None).reason is Reason.LONELY_COMMUNITY


def test_a_census_of_its_community_has_no_error_in_a_raked_area():
    strata = [Stratum("A", "a", frame=40, drawn=40), TWO[1]]
    margins = {"age3": {"old": 320, "young": 320}}
    result = Area(YOUNG_AND_OLD, strata, method=AGES, margins=margins).estimate("j")
    assert (result.raked, result.is_census, result.se) == (True, True, 0)
    assert result.interval().formula is Formula.CENSUS


# Buildings


def building_cells(scores, *, survey_round="R1", code="A"):
    return [
        one("j", code, score * 10_000, building=building, survey_round=survey_round)
        for building, values in scores.items()
        for score in values
    ]


HOUSES = {"1": [100, 75], "2": [50], "3": [75, 25, 50], "4": [0, 25]}


def test_buildings_are_the_units_of_the_variance():
    strata = [Stratum("A", "a", frame=200, drawn=20, buildings=40)]
    result = estimate(building_cells(HOUSES), strata, domain="j", method=BUILDINGS)
    assert (result.m, result.df, result.score) == (8, 3, 50)
    # z per building: the sums of score - 50, over 8.
    sums = [75 / 8, 0, 0, -75 / 8]
    expected = (1 - 4 / 40) * 4 / 3 * sum(z * z for z in sums)
    assert result.variance == pytest.approx(expected)


def test_buildings_of_two_rounds_are_different_buildings():
    """A number is valid for its round only (M22)."""
    strata = [Stratum("A", "a", frame=200, drawn=20, buildings=40)]
    cells = [
        *building_cells({"1": [100, 75]}),
        *building_cells({"1": [50, 0]}, survey_round="R2"),
    ]
    assert estimate(cells, strata, domain="j", method=BUILDINGS).df == 1


def test_an_unknown_number_of_buildings_has_no_end(make_cell):
    known, unknown = (
        estimate(
            building_cells(HOUSES),
            [Stratum("A", "a", frame=200, drawn=20, buildings=buildings)],
            domain="j",
            method=BUILDINGS,
        )
        for buildings in (40, None)
    )
    assert known.variance == pytest.approx(0.9 * unknown.variance)


def test_every_building_reached_is_no_census_while_households_are_missing():
    strata = [Stratum("A", "a", frame=16, drawn=16, buildings=4)]
    result = estimate(building_cells(HOUSES), strata, domain="j", method=BUILDINGS)
    assert not result.is_census
    expected = (1 - 8 / 16) * 4 / 3 * 2 * (75 / 8) ** 2
    assert result.variance == pytest.approx(expected)
    whole = [Stratum("A", "a", frame=8, drawn=8, buildings=4)]
    census = estimate(building_cells(HOUSES), whole, domain="j", method=BUILDINGS)
    assert (census.is_census, census.se) == (True, 0)


def test_joined_strata_add_up_their_buildings():
    strata = [
        Stratum("A", "a", frame=100, drawn=20, buildings=30),
        Stratum("B", "a", frame=100, drawn=20, buildings=10),
    ]
    result = estimate(building_cells(HOUSES), strata, domain="j", method=BUILDINGS)
    assert result.joined == (("A", "B"),)
    alone = [Stratum("A", "a", frame=200, drawn=40, buildings=40)]
    other = estimate(building_cells(HOUSES), alone, domain="j", method=BUILDINGS)
    assert result.variance == pytest.approx(other.variance)


def test_one_building_alone_has_no_error():
    strata = [Stratum("A", "a", frame=200, drawn=20, buildings=40)]
    result = estimate(
        building_cells({"1": [100, 50]}), strata, domain="j", method=BUILDINGS
    )
    assert (result.df, result.reason) == (0, Reason.LONELY_COMMUNITY)
    assert result.interval() is None


def test_a_cell_without_its_building_is_refused():
    with pytest.raises(ValueError, match="stratum A: a cell without its building"):
        estimate([one("j", "A", 0)], TWO, domain="j", method=BUILDINGS)


def test_a_stratum_without_a_building_is_refused():
    with pytest.raises(ValueError, match="stratum A: 0 buildings"):
        Stratum("A", "a", frame=10, drawn=1, buildings=0)


def test_buildings_that_the_scheme_does_not_draw_change_nothing(method):
    strata = [Stratum("A", "a", frame=200, drawn=20)]
    plain = [one("j", "A", cell.sum_s) for cell in building_cells(HOUSES)]
    assert estimate(
        building_cells(HOUSES), strata, domain="j", method=method
    ) == estimate(plain, strata, domain="j", method=method)


def test_canonical_order_goes_on_with_band_and_building():
    cells = [
        one("j", "A", 0, band="b", building="1"),
        one("j", "A", 0, band="a", building="2"),
        one("j", "A", 0, band="a", building="10"),
    ]
    assert canonical(cells) == [cells[2], cells[1], cells[0]]
