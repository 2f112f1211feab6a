"""Labels: nobody stands under a label that only a few share (T58, T59, T149)."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ballots.labels import Label, assign, community_of

DISTRICT = "120101"
A, B, C = "120101002001", "120101002002", "120101002003"
OTHER_STREET = "120101007001"


def places(counts: Mapping[tuple[str, str], int], floor: int = 5) -> dict[str, str]:
    found = assign(counts, floor=floor, division=DISTRICT)
    return {
        stratum: label.place if label else "" for (stratum, _m), label in found.items()
    }


def modes(counts: Mapping[str, int], floor: int = 5) -> dict[str, str]:
    found = assign(
        {(A, mode): count for mode, count in counts.items()},
        floor=floor,
        division=DISTRICT,
    )
    return {mode: label.mode for (_s, mode), label in found.items() if label}


def test_stratum_with_enough_keeps_its_name():
    assert places({(A, "online"): 5, (B, "online"): 9}) == {A: A, B: B}


def test_strata_with_too_few_take_their_community():
    counts = {(f"{A}-1", "online"): 3, (f"{A}-2", "online"): 2, (B, "online"): 5}
    assert places(counts) == {f"{A}-1": A, f"{A}-2": A, B: B}


def test_communities_with_too_few_become_others_of_the_street():
    counts = {(A, "online"): 3, (B, "online"): 2, (C, "online"): 5}
    assert places(counts) == {A: "120101002", B: "120101002", C: C}


def test_street_with_too_few_goes_to_the_district():
    counts = {(A, "online"): 3, (OTHER_STREET, "online"): 2, (C, "online"): 5}
    assert places(counts) == {A: DISTRICT, OTHER_STREET: DISTRICT, C: C}


def test_what_stays_too_few_is_not_opened():
    assert places({(A, "online"): 4, (C, "online"): 9}) == {A: "", C: C}


def test_stratum_without_a_division_code_has_one_rung():
    assert places({("hall", "meeting"): 6, ("balcony", "meeting"): 2}) == {
        "hall": "hall",
        "balcony": "",
    }


def test_mode_with_enough_keeps_its_name():
    assert modes({"online": 20, "phone": 5}) == {"online": "online", "phone": "phone"}


def test_modes_with_too_few_become_mixed_together():
    assert modes({"online": 20, "phone": 3, "visit": 2}) == {
        "online": "online",
        "phone": "mixed",
        "visit": "mixed",
    }


def test_mixed_takes_in_the_next_smallest_mode():
    assert modes({"online": 20, "paper": 6, "phone": 3}) == {
        "online": "online",
        "paper": "mixed",
        "phone": "mixed",
    }


def test_two_modes_below_the_floor_are_all_mixed():
    assert modes({"online": 4, "phone": 4}) == {"online": "mixed", "phone": "mixed"}


def test_modes_are_looked_at_after_places_were_joined():
    counts = {(A, "phone"): 3, (B, "phone"): 2, (C, "online"): 5}
    found = assign(counts, floor=5, division=DISTRICT)
    assert found[A, "phone"] == Label("120101002", "phone", DISTRICT)
    assert found[B, "phone"] == Label("120101002", "phone", DISTRICT)


def words(counts: Mapping[tuple[str, str], int]) -> dict[str, str]:
    found = assign(counts, floor=5, division=DISTRICT)
    return {stratum: label.words for (stratum, _m), label in found.items() if label}


def test_words_name_the_community_from_thirty_envelopes():
    assert words({(A, "online"): 30, (B, "online"): 29}) == {A: A, B: DISTRICT}


def test_words_add_up_the_strata_of_a_community():
    counts = {(f"{A}-1", "online"): 20, (f"{A}-2", "online"): 10, (B, "online"): 9}
    assert words(counts) == {f"{A}-1": A, f"{A}-2": A, B: DISTRICT}


def test_words_without_a_name_are_never_few():
    """Four rows "of the district" would be the takers of one small stratum."""
    counts = {
        (A, "online"): 40,
        (B, "online"): 31,
        (f"{C}-1", "online"): 2,
        (OTHER_STREET, "online"): 2,
        (f"{C}-2", "phone"): 1,
    }
    assert words(counts) == {
        A: A,
        B: B,
        f"{C}-1": DISTRICT,
        f"{C}-2": DISTRICT,
        OTHER_STREET: DISTRICT,
    }
    counts = {(A, "online"): 40, (B, "online"): 31, (C, "online"): 4}
    assert words(counts) == {A: A, B: B}


@pytest.mark.parametrize(
    ("stratum", "community"),
    [(A, A), (f"{A}-1", A), ("hall", "hall"), ("12010100200x", "12010100200x")],
)
def test_community_of_a_stratum(stratum: str, community: str):
    assert community_of(stratum) == community


strata = st.sampled_from([A, f"{A}-1", f"{A}-2", B, C, OTHER_STREET, "hall"])
mode_names = st.sampled_from(["online", "paper", "phone", "visit"])


@given(
    st.dictionaries(st.tuples(strata, mode_names), st.integers(1, 40), max_size=20),
    st.integers(5, 20),
)
@example({(A, "online"): 4, (A, "phone"): 1, (B, "online"): 4}, 5)
def test_no_label_covers_fewer_than_the_floor(
    counts: dict[tuple[str, str], int], floor: int
):
    found = assign(counts, floor=floor, division=DISTRICT)
    assert found.keys() == counts.keys()
    covered: Counter[tuple[str, ...]] = Counter()
    for cell, label in found.items():
        if label:
            covered[label.place, label.mode] += counts[cell]
            covered["words", label.words] += counts[cell]
            covered["place", label.place] += counts[cell]
    assert [name for name, count in covered.items() if count < floor] == []
    withheld = [cell for cell, label in found.items() if label is None]
    # What stays sealed is too little even when all of a district is taken together.
    by_area: Counter[str] = Counter()
    for stratum, mode in withheld:
        numeric = community_of(stratum).isdigit()
        by_area[stratum[:6] if numeric else stratum] += counts[stratum, mode]
    assert all(count < floor for count in by_area.values())


@given(
    st.dictionaries(st.tuples(strata, mode_names), st.integers(1, 40), max_size=12),
    st.randoms(use_true_random=False),
)
def test_order_of_the_counts_does_not_matter(counts, random):
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    assert assign(dict(shuffled), floor=5, division=DISTRICT) == assign(
        counts, floor=5, division=DISTRICT
    )
