"""Estimates against R 4.2.2, package survey 4.1-1 (M123, M124), and M116."""

from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Stratum
from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import two_sided_t
from evaluations.scoring.records import Record, estimate_records
from evaluations.scoring.shares import Hidden, share_of

SCHOOLS = [
    Stratum("E", "state", frame=4421, drawn=100),
    Stratum("H", "state", frame=755, drawn=50),
    Stratum("M", "state", frame=1018, drawn=50),
]
DISTRICTS = [Stratum("all", "all", frame=6194, drawn=183, buildings=757)]
TOTALS = {
    "stype": {"E": 4421, "H": 755, "M": 1018},
    "sch.wide": {"No": 1072, "Yes": 5122},
    "comp.imp": {"No": 1712, "Yes": 4482},
}
FPC = [
    Stratum("1", "c", frame=15, drawn=5),
    Stratum("2", "c", frame=12, drawn=3),
]
FPC_VALUES = {("1", 3.0): [2.8, 4.1, 6.8, 6.8, 9.2], ("2", 4.0): [3.7, 6.6, 4.2]}


def fpc_records(in_domain=lambda x: True):
    return [
        Record(x, weight, stratum, in_domain(x))
        for (stratum, weight), values in FPC_VALUES.items()
        for x in values
    ]


def schools(rows, column, chosen=lambda row: True):
    return [
        Record(float(row[column]), float(row["pw"]), row["stype"], chosen(row))
        for row in rows
    ]


def clustered(rows, score=lambda row: float(row["api00"])):
    """A school district is what was drawn; all its schools are in."""
    names = ("stype", "sch.wide")
    return [
        Record(
            score(row),
            float(row["pw"]),
            "all",
            building=row["dnum"],
            levels=tuple((name, row[name]) for name in names),
        )
        for row in rows
    ]


def margins(*names):
    return {name: TOTALS[name] for name in names}


def close(value, rel=1e-8):
    return pytest.approx(value, rel=rel)


@pytest.mark.parametrize(
    ("finite", "se"), [(True, 0.6160407234), (False, 0.7412683306)]
)
def test_hand_size_table(finite, se, method):
    """M123."""
    result = estimate_records(fpc_records(), FPC, method=method, finite=finite)
    assert result.score == close(5.448148148)
    assert result.se == close(se)
    assert (result.m, result.df) == (8, 6)


@pytest.mark.parametrize(
    ("finite", "se"), [(True, 0.6301110021), (False, 0.7555128639)]
)
def test_domain_of_the_hand_size_table(finite, se, method):
    """M123: x > 4."""
    records = fpc_records(lambda x: x > 4)
    result = estimate_records(records, FPC, method=method, finite=finite)
    assert result.score == close(6.195)
    assert result.se == close(se)
    assert result.df == 4


def test_mean_of_the_stratified_schools(apistrat, method):
    result = estimate_records(schools(apistrat, "api00"), SCHOOLS, method=method)
    assert result.score == close(662.2873631593)
    assert result.se == close(9.408940802785)
    assert result.deff == close(1.165566171454)
    assert (result.m, result.df) == (200, 197)
    reach = two_sided_t(0.95, 197) * result.se
    assert [result.score - reach, result.score + reach] == [
        close(643.7321882721),
        close(680.8425380465),
    ]


def test_mean_of_the_stratified_schools_without_fpc(apistrat, method):
    records = schools(apistrat, "api00")
    result = estimate_records(records, SCHOOLS, method=method, finite=False)
    assert result.score == close(662.2873631593)
    assert result.se == close(9.536132296925)


@pytest.mark.parametrize(
    ("stype", "mean", "se"),
    [
        ("E", 674.43, 12.38247979391),
        ("H", 625.82, 14.93712918539),
        ("M", 636.60, 16.21470730818),
    ],
)
def test_domain_that_is_a_stratum(stype, mean, se, apistrat, method):
    records = schools(apistrat, "api00", lambda row: row["stype"] == stype)
    result = estimate_records(records, SCHOOLS, method=method)
    assert (result.score, result.se) == (close(mean), close(se))
    assert result.df == result.m - 1


def test_domain_across_strata(apistrat, method):
    records = schools(apistrat, "api00", lambda row: row["sch.wide"] == "Yes")
    result = estimate_records(records, SCHOOLS, method=method)
    assert (result.m, result.df) == (152, 149)
    assert (result.score, result.se) == (close(676.5304436568), close(10.5203892001))


def test_domain_of_another_variable(apistrat, method):
    records = schools(apistrat, "api.stu", lambda row: row["comp.imp"] == "Yes")
    result = estimate_records(records, SCHOOLS, method=method)
    assert result.m == 116
    assert (result.score, result.se) == (close(439.9304675916), close(19.24367058749))


def test_raked_schools_have_the_error_of_the_residuals(apistrat, method):
    """M50 and not R `rake()`, whose error would be 9.3506595."""
    records = [
        Record(
            float(row["api00"]),
            float(row["pw"]),
            row["stype"],
            levels=(("sch.wide", row["sch.wide"]), ("comp.imp", row["comp.imp"])),
        )
        for row in apistrat
    ]
    result = estimate_records(
        records, SCHOOLS, method=method, margins=margins("sch.wide", "comp.imp")
    )
    assert result.raked is True
    assert result.score == close(662.75219157, 1e-7)
    assert result.se == close(9.3410068, 1e-7)
    assert result.se != close(9.3506595, 1e-4)


def test_mean_of_the_clustered_schools(apiclus1, method):
    result = estimate_records(clustered(apiclus1), DISTRICTS, method=method)
    assert (result.m, result.df, result.raked) == (183, 14, None)
    assert result.score == close(644.1693989071)
    assert result.se == close(23.54224069378)
    assert result.deff == close(9.069748362453)


def test_post_stratified_clustered_schools(apiclus1, method):
    result = estimate_records(
        clustered(apiclus1), DISTRICTS, method=method, margins=margins("stype")
    )
    assert result.score == close(642.3107882116)
    assert result.se == close(23.92048644509)


def test_raked_clustered_schools(apiclus1, method):
    result = estimate_records(
        clustered(apiclus1),
        DISTRICTS,
        method=method,
        margins=margins("stype", "sch.wide"),
    )
    assert result.score == close(641.23032093, 1e-7)
    assert result.se == close(23.703616888, 1e-7)


def test_share_of_the_clustered_schools_and_its_three_intervals(apiclus1, method):
    records = clustered(apiclus1, lambda row: 100.0 * (row["ell"] == "0"))
    result = estimate_records(records, DISTRICTS, method=method)
    share = share_of(result, method=method)
    assert share.share == close(0.021857923497)
    assert share.se == close(0.0226224508611)
    reach = two_sided_t(0.95, 14) * share.se
    assert share.share - reach == close(-0.026662407958)
    assert share.share + reach == close(0.070378254952)
    assert (share.low, share.high) == (close(0.002304691284), close(0.177747766823))
    assert share.size == close(35.35529853)
    assert share.exact_low == close(0.000216146833)
    assert share.exact_high == close(0.137507763915)
    # 0.137 wide, and more than 1.30 of its own size.
    assert (share.is_shown, share.hidden) == (False, Hidden.TOO_WIDE_FOR_ITS_SIZE)


def test_total_of_the_pupils_of_the_stratified_schools(apistrat, method):
    """A total is the mean times the sum of the weights, which R knows exactly."""
    whole = fsum(float(row["pw"]) for row in apistrat)
    result = estimate_records(schools(apistrat, "enroll"), SCHOOLS, method=method)
    assert result.score * whole == close(3687177.532438)
    # The weights are constant in a stratum and the strata fixed: so is their sum.
    assert result.se * whole == close(114641.7161008)


# M116: the worked example raked to stratum 60/40 and band 55/45


def raked_example(method, names=("stratum", "band"), scale=1.0):
    scores = {
        ("A", "F"): [100, 75, 50, 100],
        ("A", "M"): [75, 50],
        ("B", "F"): [25],
        ("B", "M"): [75, 50, 50],
    }
    base = {"A": 5 * 100 / 46, "B": 4 * 100 / 46}
    records = [
        Record(
            score,
            base[stratum] * scale,
            stratum,
            levels=(("stratum", stratum), ("band", band)),
        )
        for (stratum, band), values in scores.items()
        for score in values
    ]
    strata = [Stratum("A", "c", 60, 12), Stratum("B", "c", 40, 10)]
    targets = {"stratum": {"A": 60, "B": 40}, "band": {"F": 55, "M": 45}}
    return estimate_records(
        records,
        strata,
        method=method,
        margins={name: targets[name] for name in names},
        level_min=0,
    )


def test_raked_worked_example(method):
    result = raked_example(method)
    assert (result.raked, result.m, result.df) == (True, 10, 8)
    assert result.score == pytest.approx(64.938421, abs=5e-7)
    assert result.se == pytest.approx(6.804824, abs=5e-7)
    assert result.kish == pytest.approx(1.012029, abs=5e-7)
    interval = result.interval()
    assert interval.lower == pytest.approx(48.179204, abs=6e-7)
    assert interval.upper == pytest.approx(78.676440, abs=6e-7)
    # Both wrong: without the residual step, and R `rake()`.
    assert result.se != pytest.approx(7.022576, abs=1e-3)
    assert result.se != pytest.approx(6.735182, abs=1e-3)


def test_weights_times_ten_change_no_raked_figure(method):
    result, tenfold = raked_example(method), raked_example(method, scale=10.0)
    assert tenfold.score == pytest.approx(result.score, rel=1e-12)
    assert tenfold.se == pytest.approx(result.se, rel=1e-9)


def test_a_margin_that_repeats_another_takes_nothing_more(method):
    """X'DX is singular then: least norm (M50)."""
    scores = [(score, band) for score in (20, 50, 90) for band in ("F", "M")]
    records = [
        Record(score + (10 if band == "F" else 0), 2.0, "A", levels=levels)
        for score, band in scores
        for levels in [(("band", band), ("copy", band))]
    ]
    strata = [Stratum("A", "c", 100, 12)]
    targets = {"band": {"F": 60, "M": 40}}
    one = estimate_records(records, strata, method=method, margins=targets, level_min=0)
    two = estimate_records(
        records,
        strata,
        method=method,
        margins={**targets, "copy": targets["band"]},
        level_min=0,
    )
    assert two.score == pytest.approx(one.score, rel=1e-12)
    assert two.se == pytest.approx(one.se, rel=1e-9)


def test_records_with_and_without_a_building_are_refused():
    records = [
        Record(50, 1.0, "1", building="b"),
        Record(60, 1.0, "1"),
    ]
    with pytest.raises(ValueError, match="a record without its building"):
        estimate_records(records, FPC, method=Method())


def test_a_lonely_community_outside_the_domain_changes_nothing(method):
    strata = [*FPC, Stratum("9", "elsewhere", frame=40, drawn=4)]
    records = [*fpc_records(), Record(1.0, 10.0, "9", in_domain=False)]
    result = estimate_records(records, strata, method=method)
    assert result.se == close(0.6160407234)


def test_a_score_beyond_the_scale_has_no_interval(apistrat, method):
    result = estimate_records(schools(apistrat, "api00"), SCHOOLS, method=method)
    with pytest.raises(ValueError, match=r"outside 0\.\.100: 662"):
        result.interval()


def test_records_that_do_not_fit_are_refused(method):
    for record in (Record(50, 1, "9"), Record(50, 0, "1"), Record(50, -1, "1")):
        with pytest.raises(ValueError, match="unknown stratum or weight not above 0"):
            estimate_records([record], FPC, method=method)


def test_no_record_in_the_domain_leaves_no_figure(method):
    result = estimate_records(fpc_records(lambda x: False), FPC, method=method)
    assert (result.m, result.score) == (0, None)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0.1, 100), st.sampled_from(["1", "2"])),
        min_size=2,
        max_size=12,
    ),
    st.randoms(),
)
def test_scaled_weights_and_row_order_change_nothing(rows, random):
    """M109: all weights x 10."""
    method = Method()
    strata = [Stratum("1", "c", 15, 15), Stratum("2", "c", 12, 12)]
    records = [Record(*row) for row in rows]
    result = estimate_records(records, strata, method=method)
    shuffled = list(records)
    random.shuffle(shuffled)
    assert estimate_records(shuffled, strata, method=method) == result
    tenfold = [Record(score, 10 * weight, code) for score, weight, code in rows]
    other = estimate_records(tenfold, strata, method=method)
    assert other.score == pytest.approx(result.score, rel=1e-12, abs=1e-12)
    if result.se is None or other.se is None:
        assert result.reason is not None
    else:
        assert other.se == pytest.approx(result.se, rel=1e-7, abs=1e-6)
