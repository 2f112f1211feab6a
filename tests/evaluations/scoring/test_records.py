"""Estimates against R 4.2.2, package survey 4.1-1 (M123, M124)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Stratum
from evaluations.scoring.intervals import logit_t
from evaluations.scoring.method import Method
from evaluations.scoring.quantiles import two_sided_t
from evaluations.scoring.records import Record, estimate_records

SCHOOLS = [
    Stratum("E", "state", frame=4421, drawn=100),
    Stratum("H", "state", frame=755, drawn=50),
    Stratum("M", "state", frame=1018, drawn=50),
]
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


def close(value):
    return pytest.approx(value, rel=1e-8)


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


def test_share_of_the_clustered_schools_and_its_logit_interval(apiclus1, method):
    """M124: the share from the data, its interval from the published error."""
    records = [
        Record(100.0 * (row["ell"] == "0"), float(row["pw"]), "all") for row in apiclus1
    ]
    strata = [Stratum("all", "all", frame=6194, drawn=183)]
    share = estimate_records(records, strata, method=method).score / 100
    assert share == close(0.021857923497)
    found = logit_t(share, 0.0226224508611, 14, level=0.95)
    assert found == (close(0.002304691284), close(0.177747766823))


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
