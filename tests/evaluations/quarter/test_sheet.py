"""A sheet from its readings: weights, absences, residents apart (B1-B3, H7)."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.sheets.indicators import Evidence, IndicatorSet
from evaluations.sheets.parts import Problem
from evaluations.sheets.rules import Redistribution
from evaluations.sheets.sheet import (
    Reading,
    Residents,
    Sheet,
    Why,
    compute_sheet,
    indicator_score,
    quarter_raw,
    redistributed,
)
from tests.evaluations.quarter.made import indicator, residents, rules, with_set

OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"
BOTH = (Evidence.DOCUMENT, Evidence.SITE)
RATED = Residents(
    month=DECEMBER,
    score=Decimal("84.2"),
    low=Decimal("80.1"),
    high=Decimal("87.9"),
    m=120,
    is_valid=True,
    ref="ab" * 32,
)
NO_RATING = Residents(month=DECEMBER, why=Why.NO_RATING)


def reading(
    code: str, raw: float | str, month: str = DECEMBER, kinds: Any = BOTH
) -> Reading:
    ref = f"{code}-{month}"
    return Reading(
        indicator=code, month=month, raw=Decimal(str(raw)), kinds=kinds, ref=ref
    )


def a_set(*indicators: dict[str, Any], **fields: Any) -> IndicatorSet:
    found = with_set(*indicators, **fields).set_of("街道组")
    assert found is not None
    return found


def sheet(
    chosen: IndicatorSet, *readings: Reading, rated: Residents = NO_RATING
) -> Sheet:
    return compute_sheet(
        indicators=chosen,
        period="2026Q4",
        quarter="2026Q4",
        appointment="A00000001",
        readings=readings,
        residents=rated,
        redistribution=Redistribution.PROPORTIONAL,
    )


def weights(found: Sheet) -> dict[str, Fraction]:
    return {line.indicator.code: line.weight for line in found.lines}


def test_b1_two_zones_see_different_lists_of_indicators() -> None:
    zones = rules(
        sets=[
            {
                "group": "璧中",
                "indicators": [indicator("business", 60), residents(40)],
            },
            {
                "group": "璧北",
                "indicators": [indicator("ecology", 60), residents(40)],
            },
        ]
    )
    assert zones.obstacles() == []
    seen = {}
    for group in ("璧中", "璧北"):
        chosen = zones.set_of(group)
        assert chosen is not None
        seen[group] = list(weights(sheet(chosen, rated=RATED)))
    assert seen == {
        "璧中": ["business", "residents"],
        "璧北": ["ecology", "residents"],
    }


def test_b2_an_indicator_that_does_not_apply_is_absent_and_its_weight_goes_round() -> (
    None
):
    gdp = indicator("gdp", 40, applies=False, absent_because="生态功能区不考核")
    found = sheet(
        a_set(gdp, indicator("ecology", 20), residents(40)),
        reading("ecology", 60),
        reading("gdp", 0),
        rated=RATED,
    )
    assert weights(found) == {
        "ecology": Fraction(100, 3),
        "residents": Fraction(200, 3),
    }
    # 60 x 1/3 + 84.2 x 2/3; a GDP of 0 would have made it less.
    assert found.total == Decimal("76.13")
    record = found.as_record()
    assert record["absent"] == [
        {
            "code": "gdp",
            "name": "指标gdp",
            "kind": "specific",
            "weight": "40",
            "why": "not_applicable",
            "reason": "生态功能区不考核",
        }
    ]
    assert record["redistribution"] == {
        "rule": "proportional",
        "is_used": True,
        "listed_weight": "100",
    }


def test_b2_an_absence_needs_its_reason_before_force() -> None:
    found = with_set(indicator("gdp", 60, applies=False), residents(40))
    assert [one.problem for one in found.obstacles()] == [Problem.ABSENT_WITHOUT_REASON]


def test_w2_a_special_indicator_joins_and_leaves_a_quarter() -> None:
    phase = indicator("phase", 20, kind="special", quarters=["2026Q4"])
    chosen = a_set(indicator("work", 40), residents(40), phase)
    joined = sheet(chosen, reading("work", 50), reading("phase", 100), rated=RATED)
    left = compute_sheet(
        indicators=chosen,
        period="2027Q1",
        quarter="2027Q1",
        appointment="A00000001",
        readings=[reading("work", 50, "2027-01")],
        residents=RATED,
        redistribution=Redistribution.PROPORTIONAL,
    )
    assert list(weights(joined).values()) == [40, 40, 20]
    assert list(weights(left).values()) == [50, 50]
    assert [(one.indicator.code, one.why) for one in left.absent] == [
        ("phase", Why.NOT_THIS_QUARTER)
    ]


def test_w2_weights_must_sum_to_100_and_name_their_document_before_force() -> None:
    found = with_set(indicator("work", 59), residents(40), basis="")
    problems = {one.problem for one in found.obstacles()}
    assert problems == {Problem.WEIGHTS_NOT_100, Problem.BASIS_MISSING}


def test_b3_a_single_source_is_marked() -> None:
    chosen = a_set(
        indicator("form", 30, evidence=["form", "site"]),
        indicator("two", 20),
        indicator("hall", 10, kind="common", source="meeting", evidence=["ballots"]),
        residents(40),
    )
    found = sheet(
        chosen,
        reading("form", 90, OCTOBER, (Evidence.FORM,)),
        reading("form", 95, DECEMBER, (Evidence.FORM,)),
        reading("two", 90, OCTOBER, (Evidence.DOCUMENT,)),
        reading("two", 90, DECEMBER, (Evidence.SITE,)),
        reading("hall", 88, DECEMBER, (Evidence.BALLOTS,)),
        rated=RATED,
    )
    marked = [one.indicator.code for one in found.lines if one.is_single_source]
    assert marked == ["form"]


def test_b3_every_indicator_lists_its_kinds_of_evidence_before_force() -> None:
    found = with_set(indicator("work", 60, evidence=[]), residents(40))
    assert [one.problem for one in found.obstacles()] == [Problem.EVIDENCE_MISSING]


def test_h7_no_scheme_without_residents_unless_a_reason_is_recorded() -> None:
    bare = with_set(indicator("work", 100))
    reasoned = with_set(
        indicator("work", 100), no_residents_because="岗位不直接服务居民"
    )
    assert [one.problem for one in bare.obstacles()] == [Problem.RESIDENTS_MISSING]
    assert reasoned.obstacles() == []


def test_h7_the_residents_part_stands_apart_from_the_office() -> None:
    found = sheet(
        a_set(indicator("work", 60), residents(40)), reading("work", 75), rated=RATED
    )
    record: Any = found.as_record()
    assert record["office"]["points"] == "45.00"
    assert record["resident"]["points"] == "33.68"
    assert record["total"] == "78.68"
    assert [line["code"] for line in record["office"]["lines"]] == ["work"]
    assert {
        name: record["resident"][name] for name in ("score", "low", "high", "m")
    } == {
        "score": "84.2",
        "low": "80.1",
        "high": "87.9",
        "m": 120,
    }


@pytest.mark.parametrize("why", [Why.WITHHELD, Why.NO_RATING, Why.NOT_REVIEWED])
def test_a_withheld_rating_leaves_the_sheet_incomplete_and_is_not_0(why: Why) -> None:
    nothing = Residents(month=DECEMBER, why=why)
    found = sheet(
        a_set(indicator("work", 60), residents(40)), reading("work", 75), rated=nothing
    )
    assert (found.total, found.completeness) == (None, Decimal("0.600000"))
    assert [(line.indicator.code, line.why) for line in found.missing] == [
        ("residents", why)
    ]
    assert (found.office_points, found.resident_points) == (Decimal("45.00"), None)


def test_a_figure_that_nobody_entered_is_missing() -> None:
    found = sheet(a_set(indicator("work", 60), residents(40)), rated=RATED)
    assert (found.total, [one.why for one in found.missing]) == (None, [Why.NO_ENTRY])


@pytest.mark.parametrize(
    ("over_months", "expected"), [("mean", "50"), ("last", "90"), ("sum", "150")]
)
def test_months_make_a_quarter_as_the_scheme_says(
    over_months: str, expected: str
) -> None:
    chosen = a_set(
        indicator("work", 60, over_months=over_months, full_mark=300), residents(40)
    )
    given_ = [
        reading("work", 90, DECEMBER),
        reading("work", 10, OCTOBER),
        reading("work", 50, NOVEMBER),
    ]
    found = chosen.of("work")
    assert found is not None
    assert quarter_raw(found, given_) == Decimal(expected)


def test_a_lower_figure_can_be_the_better_one() -> None:
    chosen = a_set(
        indicator("overdue", 60, direction="lower", full_mark=20, floor=10, target=0),
        residents(40),
    )
    found = chosen.of("overdue")
    assert found is not None
    scores = [indicator_score(found, Decimal(raw)) for raw in (0, 5, 10, 15)]
    assert scores == [100, 50, 0, 0]


def test_two_entries_of_one_month_are_refused() -> None:
    chosen = a_set(indicator("work", 60), residents(40))
    with pytest.raises(ValueError, match="twice"):
        sheet(chosen, reading("work", 1), reading("work", 2))


def test_points_lost_are_told_per_indicator() -> None:
    found = sheet(
        a_set(indicator("work", 60), residents(40)), reading("work", 75), rated=RATED
    )
    assert [line.lost for line in found.lines] == [Decimal("15.00"), Decimal("6.32")]


parts = st.lists(st.integers(1, 100), min_size=1, max_size=8)


@given(parts)
def test_redistributed_weights_sum_to_100_and_keep_their_proportions(
    shares: list[int],
) -> None:
    listed = [indicator(f"i{number}", share) for number, share in enumerate(shares)]
    chosen = a_set(*listed)
    found = redistributed(chosen.indicators)
    assert sum(found.values()) == 100
    for number, share in enumerate(shares):
        assert found[f"i{number}"] * sum(shares) == 100 * share


@given(
    parts,
    st.lists(st.decimals(0, 100, places=2), min_size=8, max_size=8),
    st.permutations(range(8)),
)
def test_the_total_lies_among_the_scores_and_order_does_not_matter(
    shares: list[int], raws: list[Decimal], order: list[int]
) -> None:
    chosen = a_set(
        *(indicator(f"i{number}", share) for number, share in enumerate(shares))
    )
    given_ = [reading(f"i{number}", str(raw)) for number, raw in enumerate(raws)]
    found = sheet(chosen, *given_)
    again = sheet(chosen, *(given_[place] for place in order))
    used = raws[: len(shares)]
    assert found.total is not None
    assert min(used) - Decimal("0.01") <= found.total <= max(used) + Decimal("0.01")
    assert again.as_record() == found.as_record()
