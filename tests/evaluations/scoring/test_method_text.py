"""Every field of the method's text is a field of the scheme, and stands nowhere else.

M4: every quantity written as `field = default [range]` is a field of a versioned
scheme and none a constant in code. The list is the text's own, in its order.
"""

import ast
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from evaluations.scoring.method import Method, MethodError

TEXT = """
method.version = 1 [1]
interval.level = 0.95 [0.80..0.99]
respondent.min_age = 18 [16..18]
sampling.strata = community [community | community x building class]
sampling.rate = 0.10 [0.01..1.00]
sampling.min_completed = 100 [0..400]
sampling.expected_rate = 0.50 [0.05..1.00]
sampling.seed_public = false [true, false]
sampling.reserve_block = 5 [1..50]
sampling.rest_months = 12 [window.months..36]
sampling.cluster = none [none | building]
score.levels = (0,25,50,75,100) [strictly increasing, first 0, last 100]
score.question_weight = 1 [0.1..10]
score.min_share = 0.50 [0.50..1.00]
score.complete_share = 0.80 [0.80..1.00]
score.top_levels = (4,5) [(5) | (4,5)]
weights.area = street [street | district]
weights.class_min = 20 [10..100]
weights.margins = (community) [list of community, age3, sex2, tenure]
weights.level_min = 10 [5..30]
weights.rake_tol = 1e-9 [1e-12..1e-6]
weights.rake_max = 200 [50..1000]
weights.trim = 5 [3..10]
weights.trim_rounds = 5 [0..20]
weights.kish_warn = 2.0 [1.2..5]
component.min_visits = 5 [5..50]
component.min_visitors = 2 [2..10]
component.weights = none [none | shares summing to 1]
mode.random_share = 0.10 [0..1]
mode.adjust = false [true, false]
share.min_n = 30 [30..100]
share.widths = (0.05,0.30,1.30) [increasing]
window.months = 12 [3..24]
eb.area = district [district | city]
eb.min_n = 10 [10..50]
eb.group_min = 15 [15..100]
eb.smooth_below = 30 [10..100]
star.cuts = (60,70,80,90) [strictly increasing, gaps >= 2.0]
star.method = fixed [fixed | yearly]
star.min_units = 50 [50..1000]
star.guardrail = 5.0 [1.0..5.0]
star.hysteresis = 1.0 [0..2]
star.overall = score [score | mean]
rank.group_min = 3 [3..20]
rank.draws = 10000 [10000..100000]
rank.last_quarters = 3 [2..8]
grade.bands = (90,80,60) [decreasing]
grade.quota_good = 0.40 [0..1]
publish.floor = 10 [10..]
publish.public = 30 [30..]
publish.star = 100 [100..]
publish.star_reliable = 50 [50..]
publish.star_lambda = 0.70 [0.70..1]
publish.consequence = 100 [100..]
publish.cell = 5 [5..]
publish.cap = 0.95 [0.80..0.95]
publish.clamp = 99.0 [95.0..99.0]
publish.text = 10 [10..]
publish.text_place = 30 [30..]
warning.colors = none [none | three conditions]
casework.basic_coef = 0.9 [0..1]
casework.weights = none [none | three shares summing to 1]
ballot.quorum = 2/3 [1/2..1]
ballot.quorum_residents = 1/2 [1/2..1]
ballot.tally = plurality [plurality | threshold | points]
ballot.tie = lower [lower | none]
ballot.excellent = 0.90 [0.5..1]
ballot.fail = 0.50 [0.3..1]
ballot.points = (100,80,60,40) [decreasing]
ballot.classes = none [none | shares summing to 1]
ballot.empty_class = void [void | redistribute]
ballot.min_voters = none [none | 1..]
ballot.min_resident_share = none [none | 0..1]
"""

FIELDS = {
    name: (default, allowed)
    for name, default, allowed in re.findall(
        r"^(\S+) = (.+?) \[(.+)\]$", TEXT, flags=re.MULTILINE
    )
}

# What a range in words lets in and keeps out.
WORDS = {
    "strictly increasing, first 0, last 100": (
        [[0, 1, 2, 3, 100]],
        [[0, 25, 50, 50, 100], [1, 25, 50, 75, 100], [0, 25, 50, 75, 99]],
    ),
    "list of community, age3, sex2, tenure": (
        [["tenure", "sex2", "age3", "community"], ["age3"]],
        [["income"], ["age3", "age3"], []],
    ),
    "increasing": ([["0.1", "0.2", "0.3"]], [["0.1", "0.3", "0.2"]]),
    "strictly increasing, gaps >= 2.0": (
        [[60, 62, 64, 66]],
        [[60, "61.99", 64, 66], [60, 58, 56, 54]],
    ),
    "decreasing": ([[9, 8, 7, 6], [9, 8, 7]], [[1, 2, 3, 4], [1, 2, 3], [3, 3, 2, 1]]),
    "three conditions": ([["a", "b", "c"]], [["a", "b"]]),
    "shares summing to 1": (
        [{"a": "0.4", "b": "0.6"}],
        [{"a": "0.4", "b": "0.5"}, {"a": "1.2", "b": "-0.2"}],
    ),
    "three shares summing to 1": (
        [["0.2", "0.3", "0.5"]],
        [["0.2", "0.3", "0.4"], ["0.5", "0.5"], ["1.5", "-0.5", 0]],
    ),
}
LARGE = "1000000"


def scheme(name, value):
    """A scheme with one field set; a rest as long as any window."""
    rest = {} if name == "sampling.rest_months" else {"sampling.rest_months": 36}
    return Method.from_mapping({**rest, name: value})


def refuses(name, value):
    with pytest.raises(MethodError) as refused:
        scheme(name, value)
    return refused.value.field == name


def written(text):
    """A default of the text as JSON would give it."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith("("):
        return [part.strip() for part in text.strip("()").split(",")]
    return text


def ends(allowed):
    """Low and high of a range a..b, high None if it is open; None for other ranges."""
    found = re.fullmatch(r"([\d./e-]+?)\.\.([\d./e-]*)", allowed)
    return found and (Fraction(found[1]), Fraction(found[2]) if found[2] else None)


def as_text(value):
    """Exact: a decimal where there is one, else a fraction."""
    text = Decimal(value.numerator) / Decimal(value.denominator)
    return str(text) if Fraction(text) == value else str(value)


def test_the_scheme_has_the_fields_of_the_text_and_no_other():
    assert len(FIELDS) == len(TEXT.split("\n")) - 2
    assert sorted(FIELDS) == sorted(Method().as_mapping())


@pytest.mark.parametrize("name", FIELDS)
def test_a_default_is_that_of_the_text(name):
    default, _ = FIELDS[name]
    said = Method.from_mapping({name: written(default)})
    assert said == Method()
    assert said.as_mapping()[name] == Method().as_mapping()[name]
    if default == "none":
        assert Method().as_mapping()[name] in (None, "none")
    elif ends(f"{default}..") is not None:
        assert Fraction(str(Method().as_mapping()[name])) == Fraction(default)


def ranges():
    """(name, one alternative of its range), `none` left out."""
    for name, (_, allowed) in FIELDS.items():
        parts = ["true, false"] if allowed == "true, false" else allowed.split(" | ")
        for part in parts:
            if part != "none" or name in ("sampling.cluster", "ballot.tie"):
                yield name, part


@pytest.mark.parametrize(("name", "allowed"), list(ranges()))
def test_a_range_is_that_of_the_text(name, allowed):
    if name == "sampling.rest_months":
        allowed = "12..36"  # window.months, and its default
    if allowed in WORDS:
        inside, outside = WORDS[allowed]
        fitting = [value for value in inside if len(value) == _length(name, value)]
        assert fitting
        assert all(scheme(name, value) for value in fitting)
        assert all(refuses(name, value) for value in outside)
    elif ends(allowed):
        low, high = ends(allowed)
        step = Fraction(1, 10**13)
        assert scheme(name, as_text(low))
        assert refuses(name, as_text(low - step))
        assert scheme(name, LARGE if high is None else as_text(high))
        if high is not None:
            assert refuses(name, as_text(high + step))
    elif allowed == "true, false":
        assert scheme(name, True) != scheme(name, False)
        assert refuses(name, "true")
    elif allowed == "1":
        assert refuses(name, 0)
        assert refuses(name, 2)
    else:
        value = written(allowed)
        dumped = scheme(name, value).as_mapping()[name]
        said = [int(part) for part in value] if isinstance(value, list) else allowed
        assert dumped == said
        assert refuses(name, f"{allowed} or other")


def _length(name, value):
    """The length that a list of this field has by default, any for the others."""
    default = Method().as_mapping()[name]
    fixed = isinstance(default, list) and name != "weights.margins"
    return len(default) if fixed else len(value)


def test_a_rest_is_at_least_the_window():
    for months in (3, 24):
        for rest, fits in ((months, True), (months - 1, False)):
            fields = {"window.months": months, "sampling.rest_months": rest}
            if fits:
                assert Method.from_mapping(fields).sampling_rest_months == rest
            else:
                with pytest.raises(MethodError, match=r"^sampling\.rest_months: "):
                    Method.from_mapping(fields)


# No constant of the method elsewhere

PACKAGE = Path(__file__).parents[3] / "evaluations"
# The scheme itself, and the kinds of its ranges.
SCHEME = {"scoring/method.py", "scoring/fields.py"}
ORDINARY = {Fraction(0), Fraction(1), Fraction(2), Fraction(1, 2), Fraction(100)}
FRACTIONS = {
    ("scoring/mean.py", "1e-09"): "M51 itself: a variance below it is 0, not a field",
    ("scoring/mean.py", "1e-12"): "rounding error of a variance",
    ("scoring/quantiles.py", "1e-300"): "Lentz's method: off zero",
    ("scoring/quantiles.py", "1e-15"): "binary precision of a continued fraction",
    ("scoring/quantiles.py", "10.0"): "from where Stirling's series is exact",
    ("scoring/residuals.py", "1e-10"): "rounding error of a singular value",
    ("scoring/rounding.py", "1e-06"): "rounding error of a sum of shares",
    ("scoring/ols.py", "1e-08"): "rounding error: is a coefficient determined",
    ("scoring/cuts.py", "0.25"): "M74: the first quartile",
    ("scoring/cuts.py", "0.75"): "M74: the third quartile",
    ("scoring/shrinkage.py", "1e-09"): "M51 itself, for the variance of a group",
    ("dry_running.py", "5"): "bands in which shifts of scores are counted",
    ("overview_charts.py", "1.5"): "where a gauge ends",
    ("sheets/indicators.py", "10"): "the largest raw figure, 10 to the 11th",
    ("webhook_sending.py", "5.0"): "seconds to connect",
    ("webhook_sending.py", "15.0"): "seconds for an answer",
}
# Millimetres and points of type.
DRAWN = ("pdf/",)
COMPARED = {
    ("charts.py", "30"): "pixels that a label needs",
    ("scoring/rounding.py", "9"): "M6: nine decimals before rounding",
    ("scoring/window.py", "12"): "months of a year",
    ("scoring/window.py", "4"): "quarters of a year, digits of a year",
    ("scoring/window.py", "3"): "months of a quarter",
    ("scoring/last_place.py", "4"): "quarters of a year",
    ("api/door.py", "200"): "a status of HTTP",
    ("api/errors.py", "401"): "a status of HTTP",
    ("sheets/rules.py", "50"): "M82: a scheme only raises a floor",
}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        is_drawn = name.startswith(DRAWN)
        if name not in SCHEME and not is_drawn and "migrations" not in path.parts:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def fractions_in(tree):
    """Binary fractions, and what Decimal and Fraction are called with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield str(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if node.func.id in ("Decimal", "Fraction") and given:
                yield "/".join(str(value) for value in given)


def compared_in(tree):
    """Whole numbers that something is compared with, or cut to by min and max."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            parts = node.args if node.func.id in ("min", "max") else []
        else:
            continue
        for part in parts:
            value = part.value if isinstance(part, ast.Constant) else None
            if isinstance(value, int) and not isinstance(value, bool):
                yield str(value)


@pytest.mark.parametrize(
    ("found", "reasons"), [(fractions_in, FRACTIONS), (compared_in, COMPARED)]
)
def test_no_module_but_the_scheme_holds_a_threshold(found, reasons):
    """What looks like one has its reason above."""
    unexplained = {
        (name, literal)
        for name, tree in modules()
        for literal in found(tree)
        if Fraction(literal) not in ORDINARY and (name, literal) not in reasons
    }
    assert sorted(unexplained) == []


def test_the_scan_sees_thresholds():
    tree = ast.parse("m >= 30 and x < 0.7 or Decimal('99.0') > min(y, 20) == True")
    assert sorted(fractions_in(tree)) == ["0.7", "99.0"]
    assert sorted(compared_in(tree)) == ["20", "30"]


def test_the_words_of_the_ranges_are_all_tried():
    said = {part for _, part in ranges()}
    assert set(WORDS) <= said
