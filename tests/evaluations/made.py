"""Ratings made by hand, unsaved: a whole record around the worked example (M115)."""

import json
from decimal import Decimal
from typing import Any

from evaluations.models import AssessmentScheme, MonthlyRating
from evaluations.publication import Beside, parts
from evaluations.scoring.method import Method

METHOD = Method()
SCHEME = AssessmentScheme(
    code="test", version=1, parameters=METHOD.canonical().decode()
)
COMMUNITY, AREA = "120101002014", "120101002"


def rating(usable: int, *, changes: dict[str, Any] | None = None, **fields: Any) -> Any:
    """A published rating of 66.3 with its interval, of `usable` households.

    `changes`: parts of the record, see `contents`; `fields`: columns.
    """
    record = contents(usable, **(changes or {}))
    pool = record["pool"] or {}
    values: dict[str, Any] = {
        "month": "2026-12",
        "window_from": "2026-01",
        "window_to": "2026-12",
        "months_existing": 12,
        "months_wanted": 12,
        "validity": MonthlyRating.Mark.VALID,
        "released": 2 * usable,
        "submitted": usable,
        "usable": usable,
        "score": Decimal("66.304348"),
        "low": Decimal("49.953921"),
        "high": Decimal("79.504633"),
        "se": Decimal("6.575862"),
        "rr1": Decimal("0.545455"),
        "rr3": Decimal("0.555556"),
        "partial": 2,
        "not_eligible": 12,
        "unknown": 13,
        "reliability": _decimal(pool.get("reliability")),
        "shrunken": _decimal(pool.get("eb")),
        "shrunken_se": _decimal(pool.get("se_eb")),
        "pool_id": 1 if pool else None,
        "star": 2,
        "previous_star": 3,
        "star_basis": MonthlyRating.Basis.DIRECT,
        "refreshed": True,
        "state": MonthlyRating.State.PUBLISHED,
        "scheme": SCHEME,
        "record": json.dumps(record),
        "record_sha256": "ab" * 32,
        "previous_sha256": "cd" * 32,
        "code_version": "source-1",
        "numpy_version": "2",
    }
    return MonthlyRating(**{**values, **fields})


def beside(one: MonthlyRating, *, is_open: bool = True) -> Beside:
    """Everything known, every question standing, nothing told of earlier windows."""
    figures = one.contents["figures"]
    counts = {row["number"]: row["m"] for row in figures["questions"]}
    own = [row for row in one.contents["inputs"]["strata"] if one.usable]
    usable = {row["code"]: row["complete"] + row["partial"] for row in own}
    finals = [parts.finals_of(row) for row in own]
    is_alone = sum(usable.values()) == one.usable
    return Beside(
        group_is_open=is_open,
        questions=dict.fromkeys(counts, one),
        answered={
            number: parts.alone(parts.answered(m, one.usable), never=("blank",))[
                "answered"
            ]
            for number, m in counts.items()
        },
        modes=parts.alone(figures["modes"]),
        strata=parts.alone(usable) if is_alone else {},
        finals=parts.alone(
            {name: sum(row[name] for row in finals) for name in parts.FINALS},
            in_tens=parts.IN_TENS,
        )
        if is_alone
        else {},
        names_previous=True,
    )


def contents(usable: int, **changes: Any) -> dict[str, Any]:
    """The record; `changes` go to the top, those of `figures` into the figures."""
    figures = changes.pop("figures", {})
    whole: dict[str, Any] = {
        "appointment": "A1",
        "community": COMMUNITY,
        "month": "2026-12",
        "scheme": {"ref": "test/1", "method_version": 1, "sha256": "ef" * 32},
        "snapshots": [{"id": "5e1f", "sha256": "12" * 32}],
        "window": {
            "first": "2026-01",
            "last": "2026-12",
            "rounds": [{"code": "R-12", "month": "2026-12"}],
            "basis": "b",
            "existing": 12,
            "months": 12,
        },
        "inputs": {
            "area": AREA,
            "strata": [stratum(COMMUNITY, usable)],
            "target": 1138,
            "usable_in_area": 1141,
            "previous_star": {"star": 3, "since": "2026-11", "source": "month"},
            "told": [],
            "counts": {},
        },
        "figures": {**figures_of(usable), **figures},
        "pool": None,
        "star": star(),
        "rank": None,
        "decisions": {"cautions": [], "validity": "valid"},
    }
    return {**whole, **changes}


def figures_of(usable: int) -> dict[str, Any]:
    return {
        "m": usable,
        "df": usable - 1,
        "deff": "0.745249",
        "m_eff": "87.654321",
        "kish": "1.011342",
        "interval": "logit_t",
        "modes": {"online": usable},
        "weights": [{"codes": [COMMUNITY], "base": "7.200000", "weight": "13.370000"}],
        "rates": {"rr1": "0.545455", "rr3": "0.555556", "e": "0.933333"},
        "adjusted": None,
        "calibration": {
            "margins": [{"name": "community", "levels": []}],
            "raked": True,
            "rounds": 3,
            "trimmed": 0,
        },
        "questions": [question(1, usable), question(2, 9)],
    }


def stratum(code: str, usable: int, **counts: int) -> dict[str, Any]:
    finals = {
        "refusal": 21,
        "no_contact": 32,
        "other": 14,
        "unknown_household": 11,
        "unknown_other": 2,
        "not_eligible": 12,
    } | counts
    return {
        "code": code,
        "community": COMMUNITY,
        "frame": 1544,
        "submitted": usable,
        "released": usable + sum(finals.values()),
        "complete": usable,
        "partial": 0,
        **finals,
    }


def question(number: int, m: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "m": m,
        "score": "71.234567",
        "se": "3.456789",
        "low": "64.321098",
        "high": "78.901234",
        "satisfied": {
            "share": "0.623456",
            "low": "0.512345",
            "high": "0.723456",
            "hidden": None,
        },
        **changes,
    }


def star(**changes: Any) -> dict[str, Any]:
    return {
        "star": 2,
        "previous": 3,
        "basis": "direct",
        "score": "66.3",
        "se": "6.58",
        "cuts": ["60", "70", "80", "90"],
        "cuts_year": None,
        "hysteresis": "0.5",
        "probabilities": ["0.169200", "0.543700", "0.268800", "0.018100", "0.000200"],
        **changes,
    }


def pool(reliability: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "level": "district",
        "area": "120101",
        "kind": "community_secretary",
        "count": 64,
        "tau2": "16.160400",
        "mean": "77.345678",
        "shows_differences": True,
        "smoothed": False,
        "reliability": reliability,
        "eb": "68.123456",
        "se_eb": "2.741111",
        **changes,
    }


def rank(**changes: Any) -> dict[str, Any]:
    return {
        "group": "G1",
        "period": "2026Q4",
        "sha256": "34" * 32,
        "of": 9,
        "rank": 7,
        "alone": True,
        "best": 4,
        "worst": 8,
        "crit": "2.654321",
        "tier": "below",
        "difference": "-5.432100",
        "difference_se": "1.876500",
        "last": {
            "is_last": False,
            "failed": ["largest_rank", "set_in_lower_half"],
            "fresh_m": 7,
            "fresh_mean": "61.987654",
            "fresh_group_mean": "72.111222",
        },
        **changes,
    }


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
