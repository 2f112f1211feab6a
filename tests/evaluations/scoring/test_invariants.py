"""What must hold for estimates from any cells (M109)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.estimate import estimate, estimate_all
from evaluations.scoring.method import Method

FIVE_LEVELS = (0, 250_000, 500_000, 750_000, 1_000_000)


def bounds(interval):
    return [interval.lower, interval.upper]


@st.composite
def areas(draw):
    """Strata of up to three communities with answers of up to two appointments."""
    strata, answers = [], []
    for community in range(draw(st.integers(1, 3))):
        for place in range(draw(st.integers(1, 3))):
            code = f"c{community}-{place}"
            scores = draw(st.lists(st.sampled_from(FIVE_LEVELS), max_size=8))
            drawn = len(scores) + draw(st.integers(0, 5))
            frame = drawn + draw(st.integers(0, 50))
            strata.append(Stratum(code, f"c{community}", frame, drawn))
            for score in scores:
                domain = draw(st.sampled_from(["j", "k"]))
                answers.append((domain, code, score))
    return strata, answers


def single_cells(answers):
    return [
        Cell(domain, "R1", code, "online", 1, score, score * score)
        for domain, code, score in answers
    ]


def pooled_cells(answers):
    pools = {}
    for domain, code, score in answers:
        pools.setdefault((domain, code), []).append(score)
    return [
        Cell(domain, "R1", code, "online", len(s), sum(s), sum(x * x for x in s))
        for (domain, code), s in pools.items()
    ]


@settings(deadline=None)
@given(areas(), st.randoms(), st.sampled_from(["j", None]))
def test_row_order_and_splitting_change_no_bit(area, random, domain):
    strata, answers = area
    method = Method()
    result = estimate(single_cells(answers), strata, domain=domain, method=method)
    shuffled = list(answers)
    random.shuffle(shuffled)
    turned = list(reversed(strata))
    assert (
        estimate(single_cells(shuffled), turned, domain=domain, method=method) == result
    )
    assert estimate(pooled_cells(answers), strata, domain=domain, method=method) == (
        result
    )


@settings(deadline=None)
@given(areas(), st.sampled_from(["j", None]))
def test_mirrored_answers_mirror_score_and_interval(area, domain):
    strata, answers = area
    mirrored = [(name, code, 1_000_000 - score) for name, code, score in answers]
    method = Method()
    result = estimate(single_cells(answers), strata, domain=domain, method=method)
    other = estimate(single_cells(mirrored), strata, domain=domain, method=method)
    assert other.reason == result.reason
    if result.score is not None:
        assert other.score == pytest.approx(100 - result.score, abs=1e-9)
    if result.se is None:
        assert other.se is None
    else:
        assert other.se == pytest.approx(result.se, abs=1e-9)
    if result.interval() is not None:
        a, b = result.interval(), other.interval()
        assert bounds(b) == pytest.approx([100 - a.upper, 100 - a.lower], abs=1e-6)


@settings(deadline=None)
@given(areas(), st.sampled_from(["j", None]))
def test_interval_lies_in_range_and_holds_the_score(area, domain):
    strata, answers = area
    result = estimate(single_cells(answers), strata, domain=domain, method=Method())
    interval = result.interval()
    if result.score is not None:
        assert 0 <= result.score <= 100
    if interval is not None:
        assert 0 <= interval.lower <= result.score <= interval.upper <= 100
    if result.se == 0:
        assert result.is_census
    if result.m_eff is not None:
        assert 0 < result.m_eff <= result.m
    if result.kish is not None:
        assert result.kish >= 1 - 1e-12


@settings(deadline=None)
@given(areas())
def test_a_full_census_has_a_standard_error_of_zero(area):
    strata, answers = area
    counts = {}
    for _, code, _ in answers:
        counts[code] = counts.get(code, 0) + 1
    census = [
        Stratum(s.code, s.community, frame=counts[s.code], drawn=counts[s.code])
        for s in strata
        if s.code in counts
    ]
    result = estimate(single_cells(answers), census, domain=None, method=Method())
    if result.m > 1:
        mean = sum(score for _, _, score in answers) / len(answers) / 10_000
        assert (result.se, result.is_census) == (0, True)
        assert result.score == pytest.approx(mean)
        assert bounds(result.interval()) == [result.score, result.score]


@settings(deadline=None)
@given(areas())
def test_other_communities_change_no_figure(area):
    """The mean of one appointment reads the strata of its own communities only.

    Trimming is off: its median is that of the whole area (M40).
    """
    strata, answers = area
    answers = [(code.partition("-")[0], code, score) for _, code, score in answers]
    method = Method(weights_trim_rounds=0)
    together = estimate_all(single_cells(answers), strata, method=method)
    for community, result in together.items():
        own = [answer for answer in answers if answer[0] == community]
        near = [stratum for stratum in strata if stratum.community == community]
        alone = estimate(single_cells(own), near, domain=community, method=method)
        assert result.score == pytest.approx(alone.score, rel=1e-12, abs=1e-12)
        assert (result.df, result.reason, result.joined) == (
            alone.df,
            alone.reason,
            alone.joined,
        )
        if alone.se is not None:
            assert result.se == pytest.approx(alone.se, rel=1e-9, abs=1e-12)
