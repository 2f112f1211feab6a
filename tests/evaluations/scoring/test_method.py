"""The scheme: every field, its range and its one form (M4)."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from evaluations.scoring.method import Method, MethodError

# One value inside and one outside the range of every field, as JSON gives them.
FIELDS = {
    "method.version": (1, 2),
    "respondent.min_age": (16, 15),
    "sampling.strata": ("community x building class", "street"),
    "sampling.rate": (0.25, "0.009"),
    "sampling.min_completed": (0, 401),
    "sampling.expected_rate": ("1.00", "0.04"),
    "sampling.seed_public": (True, "true"),
    "sampling.reserve_block": (50, 0),
    "sampling.rest_months": (36, 11),
    "sampling.cluster": ("building", "street"),
    "score.levels": ([0, 10, 20, 30, 100], [0, 25, 25, 75, 100]),
    "score.question_weight": ([1, 2.5, "0.1"], 0),
    "score.min_share": ("0.75", "0.49"),
    "score.complete_share": ("1", "0.79"),
    "score.top_levels": ([5], [3, 4, 5]),
    "weights.area": ("district", "city"),
    "weights.class_min": (100, 9),
    "weights.margins": (["community", "age3"], ["community", "community"]),
    "weights.level_min": (5, 31),
    "weights.rake_tol": ("1e-12", "1e-5"),
    "weights.rake_max": (1000, 49),
    "weights.trim": ("3", "10.1"),
    "weights.trim_rounds": (0, 21),
    "weights.kish_warn": ("1.2", "5.1"),
    "component.min_visits": (50, 4),
    "component.min_visitors": (10, 1),
    "component.weights": ({"a": "0.7", "b": "0.3"}, {"a": "0.7", "b": "0.4"}),
    "mode.random_share": (0, "1.1"),
    "mode.adjust": (True, 1),
    "interval.level": ("0.80", "0.999"),
    "share.min_n": (100, 29),
    "share.widths": (["0.1", "0.2", "1"], ["0.1", "0.3", "0.2"]),
    "window.months": (3, 2),
    "eb.area": ("city", "street"),
    "eb.min_n": (50, 9),
    "eb.group_min": (100, 14),
    "eb.smooth_below": (10, 101),
    "star.cuts": ([60, "62", 80, 90], [60, "61.9", 80, 90]),
    "star.method": ("yearly", "quota"),
    "star.min_units": (1000, 49),
    "star.guardrail": ("1.0", "0.9"),
    "star.hysteresis": (2, "2.1"),
    "star.overall": ("mean", "median"),
    "rank.group_min": (20, 2),
    "rank.draws": (100_000, 9_999),
    "rank.last_quarters": (8, 1),
    "grade.bands": ([95, 85, 50], [80, 90, 60]),
    "grade.quota_good": (1, "1.01"),
    "publish.floor": (11, 9),
    "publish.public": (31, 29),
    "publish.star": (101, 99),
    "publish.star_reliable": (51, 49),
    "publish.star_lambda": ("0.8", "0.69"),
    "publish.consequence": (101, 99),
    "publish.cell": (6, 4),
    "publish.cap": ("0.80", "0.96"),
    "publish.clamp": ("95", "99.1"),
    "publish.text": (11, 9),
    "publish.text_place": (31, 29),
    "warning.colors": (["a", "b", "c"], ["a", "b"]),
    "casework.basic_coef": (0, "1.1"),
    "casework.weights": (["0.3", "0.35", "0.35"], ["0.3", "0.3", "0.3"]),
    "ballot.quorum": ("3/4", "1/3"),
    "ballot.quorum_residents": (1, "2/0"),
    "ballot.tally": ("points", "lot"),
    "ballot.tie": ("none", "lot"),
    "ballot.excellent": ("0.5", "0.49"),
    "ballot.fail": ("0.3", "0.29"),
    "ballot.points": ([4, 3, 2, 1], [100, 80, 80, 40]),
    "ballot.classes": ({"居民代表": "1"}, {}),
    "ballot.empty_class": ("redistribute", "ignore"),
    "ballot.min_voters": (1, 0),
    "ballot.min_resident_share": ("0.5", "1.5"),
}


def test_every_field_is_tried_here():
    assert sorted(Method().as_mapping()) == sorted(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_in_range_is_kept_and_written_back(name):
    inside, _ = FIELDS[name]
    method = Method.from_mapping({name: inside})
    written = json.loads(json.dumps(method.as_mapping()))
    assert Method.from_mapping(written) == method
    assert Method.from_mapping(written).digest() == method.digest()
    if name != "method.version":
        assert method != Method()
        assert method.digest() != Method().digest()


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_out_of_range_is_refused_by_name(name):
    _, outside = FIELDS[name]
    with pytest.raises(MethodError) as refused:
        Method.from_mapping({name: outside})
    assert refused.value.field == name
    assert str(refused.value).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "raw", [True, "abc", "NaN", "Infinity", "1e999999999", None, []]
)
def test_what_is_no_number_is_refused(raw):
    for name in ("sampling.rate", "weights.class_min", "ballot.quorum"):
        with pytest.raises(MethodError, match=f"^{name}: "):
            Method.from_mapping({name: raw})


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("weights.class_min", "20.5"),
        ("score.levels", "0,25,50,75,100"),
        ("score.levels", [0, 50, 100]),
        ("score.levels", [1, 25, 50, 75, 100]),
        ("score.levels", [0, 25, 50, 75, 99]),
        ("score.question_weight", []),
        ("weights.margins", []),
        ("weights.margins", ["income"]),
        ("warning.colors", ["a", " ", "c"]),
        ("warning.colors", "red"),
        ("component.weights", ["a", "b"]),
        ("component.weights", (1, 2)),
        ("component.weights", "a"),
        ("warning.colors", [1, 2, 3]),
        ("ballot.quorum", "two thirds/3"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, raw):
    with pytest.raises(MethodError, match=f"^{name}: "):
        Method.from_mapping({name: raw})


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(MethodError, match=r"^sampling\.speed: there is no such field$"):
        Method.from_mapping({"sampling.speed": 1})


def test_rest_covers_the_window():
    """M20: rest_months in window.months..36."""
    with pytest.raises(MethodError, match=r"^sampling\.rest_months: 12 is below"):
        Method.from_mapping({"window.months": 24})
    method = Method.from_mapping({"window.months": 24, "sampling.rest_months": 24})
    assert (method.window_months, method.sampling_rest_months) == (24, 24)


def test_numbers_have_exact_types():
    method = Method.from_mapping({"sampling.rate": 0.1, "ballot.quorum": "0.75"})
    assert method.sampling_rate == Decimal("0.1")
    assert method.ballot_quorum == Fraction(3, 4)
    assert method.score_levels == tuple(map(Decimal, (0, 25, 50, 75, 100)))
    assert type(method.window_months) is int


def test_equal_schemes_have_equal_bytes():
    first = Method.from_mapping(
        {"sampling.rate": "0.100", "star.cuts": [60, 70, 80, 90]}
    )
    assert first.canonical() == Method().canonical()
    assert first.digest() == Method().digest()
    assert first == Method()
    assert json.loads(first.canonical())["sampling.rate"] == "0.1"


def test_named_shares_do_not_depend_on_their_order():
    pairs = [("a", "0.3"), ("b", "0.1"), ("c", "0.6")]
    one = Method.from_mapping({"ballot.classes": dict(pairs)})
    other = Method.from_mapping({"ballot.classes": dict(reversed(pairs))})
    assert one == other
    assert one.as_mapping()["ballot.classes"] == dict(pairs)


def test_python_values_are_checked_like_any_other():
    with pytest.raises(MethodError, match=r"^sampling\.rate: 2 is outside"):
        Method(sampling_rate=Decimal(2))
    assert Method(window_months=6).window_months == 6


def test_a_scheme_is_frozen():
    with pytest.raises(AttributeError):
        Method().window_months = 6


def test_question_weights_are_one_for_all_or_one_for_each():
    assert Method().question_weights(3) == (1, 1, 1)
    method = Method.from_mapping({"score.question_weight": [1, "0.5"]})
    assert method.question_weights(2) == (1, Decimal("0.5"))
    with pytest.raises(MethodError, match="2 weights for 3 questions"):
        method.question_weights(3)
