"""Frame, draw and response as they may be told: counts of households (M28, M84)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evaluations.publication.gate import percent
from evaluations.publication.values import Design, Disposition, Stratum
from evaluations.publication.words import DISPOSITIONS
from evaluations.scoring.method import Method
from evaluations.scoring.rounding import rounded
from evaluations.scoring.suppression import suppress_list
from evaluations.scoring.unanimity import SMALL_COUNT
from evaluations.scoring.window import Validity

Record = Mapping[str, Any]
Counts = Sequence[int | None]
# Codes that only the household itself could have caused; the rest is worked out from
# the rates that M28 publishes, and from the weight.
OWN_CODES = ("refusal", "no_contact", "other")


def design_of(contents: Record, *, usable: int, method: Method) -> Design:
    """`usable`: households behind the figure."""
    inputs, figures = contents["inputs"], contents["figures"]
    calibration, e = figures["calibration"], figures["rates"]["e"]
    own = [row for row in inputs["strata"] if row["community"] == contents["community"]]
    small = replace(method, publish_cell=max(SMALL_COUNT, method.publish_cell))
    is_full = contents["decisions"]["validity"] != Validity.INCOMPLETE
    return Design(
        community=contents["community"],
        area=inputs["area"],
        strata=_strata(own, figures["weights"], usable=usable, method=small),
        # While the window fills, one month's table less the month before is a month
        # alone, which is never told (M60).
        dispositions=_dispositions(own, small) if is_full else (),
        target=inputs["target"],
        meets_target=_meets_target(inputs) if is_full else None,
        e=None if e is None else percent(Decimal(e)),
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
    rows: Sequence[Record], weights: Sequence[Record], *, usable: int, method: Method
) -> tuple[Stratum, ...]:
    """Counts below ten are withheld, with a partner (M28, M84).

    Where a count is withheld so are all weights, for w1 holds the usable answers of
    every stratum of its class (M36).
    """
    answers = _column([row["complete"] + row["partial"] for row in rows], method)
    rest = sum(row["complete"] + row["partial"] for row in rows) - usable
    if 0 < rest < SMALL_COUNT:
        # Another appointment in the same community is the difference.
        answers = [None] * len(rows)
    released = _column([row["released"] for row in rows], method)
    submitted = _column([row["submitted"] for row in rows], method)
    is_whole = None not in (*answers, *released)
    parts = {code: part for part in weights for code in part["codes"] if is_whole}
    return tuple(
        Stratum(
            code=row["code"],
            frame=row["frame"],
            released=drawn,
            submitted=None if answered is None else given,
            usable=answered,
            base=_part(parts.get(row["code"]), "base"),
            weight=_part(parts.get(row["code"]), "weight"),
        )
        for row, drawn, given, answered in zip(
            rows, released, submitted, answers, strict=True
        )
    )


def _dispositions(rows: Sequence[Record], method: Method) -> tuple[Disposition, ...]:
    """Released households without a usable answer, by code (M24, M28).

    RR1, RR3 and e, which are published, give NE and U to whoever does the sums; so the
    codes that households themselves have caused keep their secret among themselves.
    """
    sums = {name: sum(row[name] for row in rows) for name in OWN_CODES}
    told: dict[str, int | None] = dict(
        zip(OWN_CODES, _column([sums[name] for name in OWN_CODES], method), strict=True)
    )
    unknown = sum(row["unknown_household"] + row["unknown_other"] for row in rows)
    outside = sum(row["not_eligible"] for row in rows)
    told |= {"unknown": _large(unknown), "not_eligible": _large(outside)}
    return tuple(
        Disposition(name, text, told[name]) for name, text in DISPOSITIONS.items()
    )


def _column(counts: Sequence[int], method: Method) -> Counts:
    return suppress_list(counts, method=method).counts


def _large(count: int) -> int | None:
    return count if count >= SMALL_COUNT else None


def _meets_target(inputs: Record) -> bool:
    return bool(inputs["usable_in_area"] >= inputs["target"])


def _part(part: Record | None, name: str) -> Decimal | None:
    if part is None or part[name] is None:
        return None
    return rounded(Decimal(part[name]), 2)
