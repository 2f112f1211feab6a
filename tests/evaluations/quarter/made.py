"""Schemes of regular assessment as a department writes them down."""

from copy import deepcopy
from typing import Any

from evaluations.sheets.rules import RegularRules

BASIS = "PSKH-2026"


def indicator(code: str, weight: int | str, **fields: Any) -> dict[str, Any]:
    """A specific indicator of 0..100 points with two kinds of evidence."""
    return {
        "code": code,
        "name": f"指标{code}",
        "kind": "specific",
        "weight": weight,
        "evidence": ["document", "site"],
        **fields,
    }


def residents(weight: int | str) -> dict[str, Any]:
    return indicator(
        "residents", weight, kind="resident", source="survey", evidence=["ballots"]
    )


PLAIN: dict[str, Any] = {
    "posts": ["head"],
    "basis": BASIS,
    "sets": [
        {
            "group": "街道组",
            "indicators": [
                indicator("conduct", 20, kind="common", source="meeting"),
                indicator("economy", 30),
                residents(50),
            ],
        }
    ],
}


def mapping(**fields: Any) -> dict[str, Any]:
    """The plain scheme with some fields changed."""
    return {**deepcopy(PLAIN), **fields}


def rules(**fields: Any) -> RegularRules:
    return RegularRules.from_mapping(mapping(**fields))


def with_set(*indicators: dict[str, Any], group: str = "街道组", **fields: Any) -> Any:
    """The rules with one set of these indicators."""
    return rules(sets=[{"group": group, "indicators": list(indicators)}], **fields)
