"""Frame, draw and response as they may be told: counts of households (M28, M84)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from evaluations.models import MonthlyRating
from evaluations.publication.gate import response_of
from evaluations.publication.values import Design, Disposition, Stratum
from evaluations.publication.words import DISPOSITIONS
from evaluations.scoring.rounding import rounded
from evaluations.scoring.unanimity import SMALL_COUNT
from evaluations.scoring.window import Validity

Record = Mapping[str, Any]
Told = Mapping[str, int | None]


def design_of(figure: MonthlyRating, *, strata: Told, finals: Told) -> Design:
    """`strata`, `finals`: the households of each as told, None or missing: withheld."""
    contents = figure.contents
    inputs, figures = contents["inputs"], contents["figures"]
    calibration, response = figures["calibration"], response_of(figure)
    own = [row for row in inputs["strata"] if row["community"] == contents["community"]]
    is_full = contents["decisions"]["validity"] != Validity.INCOMPLETE
    return Design(
        community=contents["community"],
        area=inputs["area"],
        strata=_strata(own, figures["weights"], strata),
        # While the window fills, one month's table less the month before is a month
        # alone, which is never told (M60).
        dispositions=_dispositions(finals) if is_full else (),
        target=inputs["target"],
        meets_target=_meets_target(inputs) if is_full else None,
        e=response.e() if response else None,
        margins=tuple(one["name"] for one in calibration["margins"]),
        raked=calibration["raked"],
        rake_rounds=calibration["rounds"],
        is_trimmed=calibration["trimmed"] > 0,
        kish=None if figures["kish"] is None else rounded(Decimal(figures["kish"]), 2),
        rounds=tuple(
            (one["code"], one["month"]) for one in contents["window"]["rounds"]
        ),
        snapshots=tuple((one["id"], one["sha256"]) for one in contents["snapshots"]),
    )


def _strata(
    rows: Sequence[Record], weights: Sequence[Record], told: Told
) -> tuple[Stratum, ...]:
    """What was drawn, and the usable answers as told (M28, M84, T127).

    Where a count is withheld so are all weights, for w1 holds the usable answers of
    every stratum of its class (M36).
    """
    released = [_released(row) for row in rows]
    is_whole = all(told.get(row["code"]) is not None for row in rows)
    is_whole = is_whole and None not in released
    parts = {code: part for part in weights for code in part["codes"] if is_whole}
    return tuple(
        Stratum(
            code=row["code"],
            frame=row["frame"],
            released=drawn,
            submitted=_submitted(row, told.get(row["code"])),
            usable=told.get(row["code"]),
            base=_part(parts.get(row["code"]), "base"),
            weight=_part(parts.get(row["code"]), "weight"),
        )
        for row, drawn in zip(rows, released, strict=True)
    )


def _released(row: Record) -> int | None:
    """Withheld where it leaves few without a usable answer, or is small itself."""
    released = int(row["released"])
    rest = released - row["complete"] - row["partial"]
    return None if released < SMALL_COUNT or 0 < rest < SMALL_COUNT else released


def _submitted(row: Record, usable: int | None) -> int | None:
    """Told only where every ballot was usable: else the rest is how many were not."""
    return usable if usable == row["submitted"] else None


def _dispositions(told: Told) -> tuple[Disposition, ...]:
    """Released households without a usable answer, by code (M24, M28)."""
    if not told:
        return ()
    return tuple(
        Disposition(name, text, told.get(name)) for name, text in DISPOSITIONS.items()
    )


def _meets_target(inputs: Record) -> bool:
    return bool(inputs["usable_in_area"] >= inputs["target"])


def _part(part: Record | None, name: str) -> Decimal | None:
    if part is None or part[name] is None:
        return None
    return rounded(Decimal(part[name]), 2)
