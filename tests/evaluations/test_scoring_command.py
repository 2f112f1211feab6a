"""A rolled-up month through the auditor's door: the stored figures, to the byte."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from evaluations.models import CountedRound, MonthlyRating, StratumCount
from evaluations.rollup import RolledUp
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.rounding import stored
from surveys.models import ITEM_COLUMNS, OpenedResponse
from tests.evaluations.scoring.auditor import Auditor, table
from tests.evaluations.world import (
    JIEFANGLU,
    KAIFENGDAO,
    SHUDELI,
    TAIANDAO,
    World,
    mixed,
    months,
)

CODES = tuple(Dispositions.__dataclass_fields__)
FIGURES = (
    "m",
    "score",
    "se",
    "variance",
    "s2",
    "low",
    "high",
    "interval",
    "df",
    "deff",
    "m_eff",
    "kish",
    "census",
    "modes",
    "rates",
)
RATES = ("rr1", "rr2", "rr3", "rr4", "rr5", "rr6", "e")


@pytest.fixture
def auditor(tmp_path: Path) -> Auditor:
    return Auditor(tmp_path)


def answers_of(rounds: Iterable[CountedRound]) -> str:
    """The opened answers of a window, as an auditor would export them."""
    opened = OpenedResponse.objects.filter(round__counted__in=list(rounds))
    return table(
        {
            "stratum": answer.community_id,
            "subject": answer.subject.code,
            "mode": answer.mode,
            "round": answer.round.code,
            **{
                name: "" if getattr(answer, name) is None else getattr(answer, name)
                for name in ITEM_COLUMNS[:8]
            },
        }
        for answer in opened.select_related("subject", "round")
    )


def strata_of(rounds: Iterable[CountedRound]) -> dict[str, Any]:
    """Frame of the newest month, final codes of all (M64)."""
    final: dict[str, Counter[str]] = defaultdict(Counter)
    frames: dict[str, int] = {}
    counts = StratumCount.objects.filter(counted__in=list(rounds))
    for row in counts.order_by("counted__month"):
        frames[row.code] = row.frame
        final[row.code].update({name: getattr(row, name) for name in CODES})
    return {
        code: {
            "frame": frames[code],
            "drawn": final[code].total(),
            "dispositions": {name: final[code][name] for name in CODES},
        }
        for code in frames
    }


def settings_of(rating: MonthlyRating, **more: Any) -> dict[str, Any]:
    counted = CountedRound.objects.filter(
        month__gte=rating.window_from, month__lte=rating.window_to
    )
    return {
        "strata": strata_of(counted),
        "method": json.loads(rating.scheme.parameters),
        "report": ["by_subject", "shares", "stars"],
        **more,
    }


def columns(found: dict[str, Any]) -> dict[str, Any]:
    """The figures of the report as a record stores them."""
    interval, rates = found["interval"] or {}, found["rates"]
    star = found["star"]
    return {
        "m": found["n"],
        "score": stored(found["score"]),
        "se": stored(found["se"]),
        "variance": stored(found["variance"]),
        "s2": stored(found["s2"]),
        "low": stored(interval.get("low")),
        "high": stored(interval.get("high")),
        "interval": interval.get("formula"),
        "df": found["df"],
        "deff": stored(found["deff"]),
        "m_eff": stored(found["n_eff"]),
        "kish": stored(found["kish"]),
        "census": found["census"],
        "modes": found["modes"],
        "rates": {name: stored(rates[name]) for name in RATES},
        "cautions": [row["code"] for row in found["cautions"]],
        "star": star["star"],
        "basis": star["basis"],
        "probabilities": star["probabilities"]
        and [stored(share) for share in star["probabilities"]],
        "questions": [
            {
                "number": row["question"],
                "m": row["mean"]["n"],
                "score": stored(row["mean"]["score"]),
                "se": stored(row["mean"]["se"]),
                "share": stored(row["satisfied"]["share"]),
                "low": stored(row["satisfied"]["low"]),
                "high": stored(row["satisfied"]["high"]),
                "exact_low": stored(row["satisfied"]["exact_low"]),
                "exact_high": stored(row["satisfied"]["exact_high"]),
                "hidden": (row["satisfied"]["hidden"] or {}).get("code"),
            }
            for row in found["questions"]
        ],
    }


def record(rating: MonthlyRating) -> dict[str, Any]:
    """The same figures of the stored record."""
    contents = rating.contents
    figures, star = contents["figures"], contents["star"]
    return {
        **{name: figures[name] for name in FIGURES},
        "cautions": contents["decisions"]["cautions"],
        "star": star["star"],
        "basis": star["basis"],
        "probabilities": star["probabilities"],
        "questions": [
            {
                **{name: row[name] for name in ("number", "m", "score", "se")},
                **{
                    name: row["satisfied"][name]
                    for name in (
                        "share",
                        "low",
                        "high",
                        "exact_low",
                        "exact_high",
                        "hidden",
                    )
                },
            }
            for row in figures["questions"]
        ],
    }


def test_a_window_gives_the_stored_figures(
    world: World, roll_up: Callable[[str], RolledUp], auditor: Auditor
) -> None:
    scheme = world.quick_scheme()
    for number, month in enumerate(months("2026-10", 3)):
        world.tally(
            month,
            {
                TAIANDAO: mixed(40, seed=f"a{month}", level=4.4),
                SHUDELI: mixed(45 + number, seed=f"b{month}", level=3.0),
                JIEFANGLU: [*mixed(9, seed=month), ("paper", [5] + [None] * 7)],
                KAIFENGDAO: [("online", [4] * 8)] * 34,
            },
            finals={TAIANDAO: {"R": 7, "NE": 11}, SHUDELI: {"UH": 5}},
            scheme=scheme,
        )
        roll_up(month)
    ratings = {
        rating.appointment.code: rating
        for rating in MonthlyRating.objects.filter(month="2026-10")
    }
    assert len(ratings) == 4
    rating = next(iter(ratings.values()))
    assert (rating.window_from, rating.window_to) == ("2026-08", "2026-10")
    found = auditor.report(answers_of(CountedRound.objects.all()), settings_of(rating))
    assert found["answers"]["unusable"] == 3
    assert found["method"]["sha256"] == rating.contents["scheme"]["sha256"]
    told = {row["subject"]: columns(row) for row in found["subjects"]}
    told = {
        code: {**row, "cautions": _without_ladder(row["cautions"])}
        for code, row in told.items()
    }
    assert told == {code: record(rating) for code, rating in ratings.items()}
    columns_stored = {
        code: [
            None if value is None else str(value)
            for value in (rating.score, rating.se, rating.low, rating.high)
        ]
        for code, rating in ratings.items()
    }
    assert columns_stored == {
        code: [row["score"], row["se"], row["low"], row["high"]]
        for code, row in told.items()
    }
    assert {row["basis"] for row in told.values()} == {"direct", "none"}


def _without_ladder(codes: list[str]) -> list[str]:
    """A record keeps reason and rung beside the cautions."""
    beside = ("below_floor", "office_only", "no_spread", "no_answers", "below_target")
    return [code for code in codes if code not in beside]
