"""The rules of a regular scheme as its page prints them."""

from typing import Any

from django.utils.translation import gettext as _

from evaluations.scoring.fields import plain
from evaluations.sheets.indicators import ANY_GROUP, WHOLE, Indicator, IndicatorSet
from evaluations.sheets.reactions import Condition
from evaluations.sheets.rules import LIMITS, RegularRules
from evaluations.sheets.words import (
    COLORS,
    EVIDENCE,
    FIGURES,
    KINDS,
    MEASURES,
    SOURCES,
    THRESHOLDS,
    TRIGGERS,
    UNITS,
)
from officials.models import Post


def rules_page(rules: RegularRules) -> dict[str, Any]:
    """Words and plain values, in the order of the page."""
    posts = dict(Post.Kind.choices)
    return {
        "posts": [str(posts.get(post, post)) for post in rules.posts],
        "because": rules.no_residents_because,
        "limits": [_limit(name, rules) for name in LIMITS],
        "sets": [_set(one) for one in rules.sets],
        "colors": [
            (COLORS[rule.color], _("，并且").join(map(_condition, rule.conditions)))
            for rule in rules.colors
        ],
        "consequences": [
            (
                TRIGGERS[rule.trigger],
                _("、").join(
                    str(MEASURES[kind]) for kind in (rule.measure, *rule.further)
                ),
            )
            for rule in rules.consequences
        ],
    }


def _limit(name: str, rules: RegularRules) -> dict[str, Any]:
    limit, threshold = LIMITS[name], rules.thresholds[name]
    return {
        "label": THRESHOLDS[name],
        "value": f"{threshold.value.normalize():f}",
        "default": f"{RegularRules.from_mapping({}).value(name).normalize():f}",
        "low": limit.low,
        "high": limit.high,
        "unit": UNITS[limit.unit],
        "basis": threshold.basis,
    }


def _set(one: IndicatorSet) -> dict[str, Any]:
    return {
        "group": _("所有组别") if one.group == ANY_GROUP else one.group,
        "total": plain(one.largest_sum) if one.indicators else "0",
        "is_whole": bool(one.indicators) and one.largest_sum == WHOLE,
        "rows": [_indicator(indicator) for indicator in one.indicators],
    }


def _indicator(one: Indicator) -> dict[str, Any]:
    return {
        "name": one.name,
        "code": one.code,
        "kind": KINDS[one.kind],
        "quarters": " ".join(one.quarters),
        "weight": plain(one.weight.value),
        "source": SOURCES[one.source],
        "evidence": _("、").join(str(EVIDENCE[kind]) for kind in one.evidence),
        "basis": one.basis,
        "applies": one.applies,
        "because": one.absent_because,
    }


def _condition(condition: Condition) -> str:
    threshold = condition.threshold
    words = f"{FIGURES[condition.figure]} {plain(threshold.value)}"
    return f"{condition.indicator} {words}".strip()
