"""Targets and the draw against the worked examples of the method (M11-M17, M23)."""

from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.sampling import (
    commitment,
    cycle_month,
    draw_key,
    draw_order,
    draw_size,
    floored,
    largest_remainder,
    monthly_target,
    new_seed,
    planning_half_width,
    stratum_targets,
    target,
)

SEED = "0f" * 32
ROUND = "R2026-12"
STRATUM = "120101002014-1"
# The street of the demo: resident households of its nine communities.
STREET = {
    "120101002002": 1102,
    "120101002003": 1187,
    "120101002004": 1346,
    "120101002007": 1268,
    "120101002009": 1215,
    "120101002010": 1093,
    "120101002012": 1371,
    "120101002013": 1254,
    "120101002014": 1544,
}
SIZES = st.dictionaries(st.text(max_size=4), st.integers(0, 5000), max_size=12)
CODES = st.text(
    st.characters(exclude_characters="|", exclude_categories=["Cs"]),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(
    ("frame", "rate", "wanted"),
    [
        (11_380, "0.10", 1_138),
        (11_381, "0.10", 1_139),
        (11_390, "0.1", 1_139),
        (0, "0.10", 0),
        (7, "1.00", 7),
        (1, "0.01", 1),
    ],
)
def test_target_is_the_exact_rate_rounded_up(frame, rate, wanted):
    assert target(frame, Decimal(rate)) == wanted


def test_target_refuses_a_rate_above_one_and_a_negative_frame():
    with pytest.raises(ValueError, match=r"rate 1\.01"):
        target(10, Decimal("1.01"))
    with pytest.raises(ValueError, match="-1"):
        target(-1, Decimal("0.1"))


def test_largest_remainder_of_the_worked_example():
    """M111: quotas 10.74, 6.22, 3.04."""
    sizes = {"A": 537, "B": 311, "C": 152}
    assert largest_remainder(20, sizes) == {"A": 11, "B": 6, "C": 3}


def test_street_targets_of_the_worked_example():
    """M111."""
    targets = largest_remainder(1138, STREET)
    assert list(targets.values()) == [110, 119, 135, 127, 122, 109, 137, 125, 154]
    assert list(targets) == sorted(STREET)


def test_equal_remainders_go_to_the_lower_code():
    assert largest_remainder(2, {"b": 1, "c": 1, "a": 1}) == {"a": 1, "b": 1, "c": 0}


def test_nothing_to_split_gives_zeros_and_too_much_is_refused():
    assert largest_remainder(0, {"a": 0, "b": 0}) == {"a": 0, "b": 0}
    assert largest_remainder(0, {}) == {}
    for total, sizes in [(3, {"a": 2}), (-1, {"a": 2}), (1, {"a": 2, "b": -1})]:
        with pytest.raises(ValueError, match="cannot split"):
            largest_remainder(total, sizes)


@settings(deadline=None)
@given(SIZES, st.fractions(0, 1))
def test_parts_sum_to_the_total_and_stay_near_their_quota(sizes, share):
    whole = sum(sizes.values())
    total = int(whole * share)
    parts = largest_remainder(total, sizes)
    assert sum(parts.values()) == total
    assert parts.keys() == sizes.keys()
    for code, part in parts.items():
        assert 0 <= part <= sizes[code]
        if whole:
            assert abs(part - Fraction(total * sizes[code], whole)) < 1


def test_floor_raises_small_communities_up_to_their_size():
    """M13: others are not lowered, so the sum may exceed the area target."""
    targets = {"a": 154, "b": 40, "c": 6}
    sizes = {"a": 1544, "b": 400, "c": 60}
    assert floored(targets, sizes, 100) == {"a": 154, "b": 100, "c": 60}
    assert floored(targets, sizes, 0) == targets
    with pytest.raises(ValueError, match="-1"):
        floored(targets, sizes, -1)


def test_street_needs_no_floor_of_one_hundred():
    frame = {code: {f"{code}-1": size} for code, size in STREET.items()}
    targets = stratum_targets(frame, rate=Decimal("0.10"), minimum=100)
    assert targets == {
        f"{code}-1": wanted
        for code, wanted in zip(
            STREET, [110, 119, 135, 127, 122, 109, 137, 125, 154], strict=True
        )
    }


def test_stratum_targets_split_the_raised_community():
    frame = {"A": {"A-1": 300, "A-2": 100}, "B": {"B-1": 50}}
    targets = stratum_targets(frame, rate=Decimal("0.10"), minimum=100)
    assert targets == {"A-1": 75, "A-2": 25, "B-1": 50}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 99).map(str),
        st.lists(st.integers(0, 800), min_size=1, max_size=4),
        max_size=8,
    ),
    st.integers(1, 100),
    st.integers(0, 400),
)
def test_no_stratum_target_exceeds_its_frame(communities, percent, minimum):
    frame = {
        code: {f"{code}-{place}": size for place, size in enumerate(sizes)}
        for code, sizes in communities.items()
    }
    rate = Decimal(percent) / 100
    targets = stratum_targets(frame, rate=rate, minimum=minimum)
    sizes = {code: n for strata in frame.values() for code, n in strata.items()}
    assert targets.keys() == sizes.keys()
    assert all(targets[code] <= sizes[code] for code in sizes)
    assert sum(targets.values()) >= target(sum(sizes.values()), rate)


def test_monthly_targets_of_the_worked_example():
    """M14, M111."""
    assert [monthly_target(109, k, 12) for k in range(1, 13)] == [9] * 11 + [10]
    months = [monthly_target(154, k, 12) for k in range(1, 13)]
    assert months == [12, 13, 13, 13, 13, 13, 12, 13, 13, 13, 13, 13]


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(1, 24))
def test_monthly_targets_sum_to_the_window_target(wanted, months):
    parts = [monthly_target(wanted, k, months) for k in range(1, months + 1)]
    assert sum(parts) == wanted
    assert max(parts) - min(parts) <= 1


def test_monthly_target_refuses_a_month_outside_the_cycle():
    for k in (0, 13):
        with pytest.raises(ValueError, match=f"month {k} of 12"):
            monthly_target(109, k, 12)


def test_cycle_starts_again_after_its_last_month():
    assert [cycle_month(number, 12) for number in (1, 12, 13, 25)] == [1, 12, 1, 1]
    with pytest.raises(ValueError, match="month 0"):
        cycle_month(0, 12)


def test_draw_size_expects_that_some_stay_silent():
    """M15."""
    assert draw_size(1000, 13, Decimal("0.50")) == 26
    assert draw_size(1000, 13, Decimal("0.45")) == 29
    assert draw_size(20, 13, Decimal("0.50")) == 20
    assert draw_size(20, 0, Decimal("0.50")) == 0
    with pytest.raises(ValueError, match="above 0"):
        draw_size(20, 13, Decimal(0))
    with pytest.raises(ValueError, match="target -1 of 20"):
        draw_size(20, -1, Decimal("0.50"))


def test_keys_and_order_of_the_worked_example():
    """M112."""
    homes = ["H1", "H2", "H3", "H4", "H5", "H6"]
    keys = [draw_key(SEED, ROUND, STRATUM, home)[:8] for home in homes]
    assert keys == [
        "5530ce4f",
        "83cc9e4a",
        "331e47a1",
        "70497b38",
        "8268c862",
        "cad346a4",
    ]
    order = draw_order(SEED, ROUND, STRATUM, homes)
    assert order == ["H3", "H1", "H4", "H5", "H2", "H6"]
    assert commitment(SEED)[:12] == "7152f9958a98"


def test_commitment_is_over_the_characters_of_the_seed():
    assert commitment(SEED) == sha256(SEED.encode("ascii")).hexdigest()


def test_new_seeds_are_256_bits_and_differ():
    seeds = {new_seed() for _ in range(50)}
    assert len(seeds) == 50
    assert {len(bytes.fromhex(seed)) for seed in seeds} == {32}
    assert all(seed == seed.lower() for seed in seeds)


@settings(deadline=None)
@given(st.lists(CODES, unique=True, max_size=30), st.randoms())
def test_order_is_a_permutation_and_ignores_the_input_order(homes, random):
    shuffled = list(homes)
    random.shuffle(shuffled)
    order = draw_order(SEED, ROUND, STRATUM, homes)
    assert order == draw_order(SEED, ROUND, STRATUM, iter(shuffled))
    assert sorted(order) == sorted(homes)
    assert order == sorted(homes, key=lambda home: draw_key(SEED, ROUND, STRATUM, home))


def test_order_changes_with_seed_round_and_stratum():
    homes = [f"H{number}" for number in range(50)]
    orders = [
        draw_order(SEED, ROUND, STRATUM, homes),
        draw_order("1e" * 32, ROUND, STRATUM, homes),
        draw_order(SEED, "R2027-01", STRATUM, homes),
        draw_order(SEED, ROUND, "120101002014-2", homes),
    ]
    assert len({tuple(order) for order in orders}) == 4


def test_first_places_are_spread_evenly():
    homes = [f"H{number}" for number in range(10)]
    firsts = [
        draw_order(SEED, f"R{number}", STRATUM, homes)[0] for number in range(2000)
    ]
    # 200 expected of each; five standard deviations are 67.
    assert all(abs(firsts.count(home) - 200) < 67 for home in homes)


@pytest.mark.parametrize(
    "seed", ["", "0f" * 31, "0F" * 32, "0g" * 32, "0f" * 32 + "\n"]
)
def test_a_seed_that_is_not_64_hex_characters_is_refused_and_not_shown(seed):
    with pytest.raises(ValueError, match=r"^a seed is 64 lower-case hex characters$"):
        commitment(seed)


@pytest.mark.parametrize(
    "codes", [("", "s", "h"), ("r", "", "h"), ("r", "s", ""), ("r|s", "s", "h")]
)
def test_a_code_that_could_make_two_keys_alike_is_refused(codes):
    round_code, stratum, household = codes
    with pytest.raises(ValueError, match="a code cannot be empty or hold"):
        draw_key(SEED, *codes)
    with pytest.raises(ValueError, match="a code cannot be empty or hold"):
        draw_order(SEED, round_code, stratum, [household])


def test_a_household_listed_twice_is_refused():
    with pytest.raises(ValueError, match="listed twice"):
        draw_order(SEED, ROUND, STRATUM, ["H1", "H2", "H1"])


@pytest.mark.parametrize(
    ("completed", "frame", "p", "points"),
    [
        (1138, 11_380, 0.5, 2.756),
        (109, 1093, 0.5, 8.910),
        (30, 1093, 0.5, 17.653),
        (109, 1093, 0.9, 5.346),
    ],
)
def test_planning_half_widths_of_the_worked_example(completed, frame, p, points):
    """M23."""
    assert round(planning_half_width(completed, frame, p=p), 3) == points


def test_a_census_leaves_no_half_width_and_nonsense_is_refused():
    assert planning_half_width(40, 40) == 0
    assert planning_half_width(1, 1) == 0
    for completed, frame in [(0, 10), (11, 10)]:
        with pytest.raises(ValueError, match=f"n {completed}, N {frame}"):
            planning_half_width(completed, frame)
