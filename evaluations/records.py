"""The record of a rating: keys, inputs, figures, decisions, as canonical bytes.

Pure: what the roll-up read goes in, the record comes out (M102 to M106). Nothing here
decides what may be shown: `publication.py` alone does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from evaluations.areas import AreaCell, AreaStratum, WindowArea
from evaluations.guard import Span, may_be_told, still_told
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.ladder import rung
from evaluations.scoring.method import Method
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import stored
from evaluations.scoring.stars import direct_star
from evaluations.scoring.window import Validity, validity


@dataclass(frozen=True, slots=True)
class PreviousStar:
    """The star before: `since` is the month, or December of the year, that gave it."""

    star: int
    since: str
    source: str

    def as_record(self) -> dict[str, Any]:
        return {"star": self.star, "since": self.since, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is rated, and everything of the past that the rating depends on (M103).

    `rounds`: (code, month), oldest first; `existing` of `months`: how much of the
    window there is (M29); `told`: windows told before (M86); `counts`: month → usable
    answers, for the months of all those windows.
    """

    appointment: str
    community: str
    month: str
    revision: int
    scheme: str
    snapshots: Sequence[Mapping[str, str]]
    rounds: Sequence[tuple[str, str]]
    basis: str
    existing: int
    months: int
    previous_star: PreviousStar | None
    told: Sequence[Span]
    counts: Mapping[str, int]
    previous_sha256: str | None

    @property
    def span(self) -> Span:
        """First and last month of the window; it ends in the month itself (M60)."""
        return self.rounds[0][1], self.month

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The same subject again, from what was stored (M107)."""
        inputs, window = record["inputs"], record["window"]
        star = inputs["previous_star"]
        return cls(
            appointment=record["appointment"],
            community=record["community"],
            month=record["month"],
            revision=record["revision"],
            scheme=record["scheme"]["ref"],
            snapshots=record["snapshots"],
            rounds=[(row["code"], row["month"]) for row in window["rounds"]],
            basis=window["basis"],
            existing=window["existing"],
            months=window["months"],
            previous_star=PreviousStar(**star) if star else None,
            told=[(first, last) for first, last in inputs["told"]],
            counts=inputs["counts"],
            previous_sha256=record["previous_sha256"],
        )


def build(subject: Subject, area: WindowArea) -> dict[str, Any]:
    """The whole record of one appointment and month."""
    method = area.method
    result = area.scores.estimate(subject.appointment)
    mark = validity(
        existing=subject.existing,
        months=subject.months,
        usable=area.usable,
        target=area.target,
    )
    told = still_told(subject.told, subject.span)
    refreshed = result.m >= method.publish_floor and may_be_told(
        subject.span, told, subject.counts, floor=method.publish_floor
    )
    return {
        "appointment": subject.appointment,
        "community": subject.community,
        "month": subject.month,
        "revision": subject.revision,
        "scheme": {
            "ref": subject.scheme,
            "method_version": method.method_version,
            "sha256": method.digest(),
        },
        "snapshots": list(subject.snapshots),
        "window": _window(subject),
        "cells_sha256": area.cells_sha256,
        "inputs": {
            "area": area.code,
            "strata": [row.as_record() for row in area.strata],
            "target": area.target,
            "usable_in_area": area.usable,
            "previous_star": (
                subject.previous_star.as_record() if subject.previous_star else None
            ),
            "told": [list(span) for span in told],
            "counts": dict(sorted(subject.counts.items())),
        },
        "figures": _figures(subject, area, result),
        "star": _star(subject, result, method, mark=mark, refreshed=refreshed),
        "decisions": {
            "validity": mark.value,
            "rung": rung(result.m, method=method).step.value,
            "refreshed": refreshed,
            "reason": result.reason.value if result.reason else None,
            "cautions": [caution.value for caution in result.cautions],
        },
        "previous_sha256": subject.previous_sha256,
    }


def rebuild(
    record: Mapping[str, Any], cells: Sequence[AreaCell], method: Method
) -> bytes:
    """The bytes that the stored inputs and the cells give today (M107)."""
    inputs = record["inputs"]
    strata = [AreaStratum.from_record(row) for row in inputs["strata"]]
    area = WindowArea(inputs["area"], cells, strata, method)
    return canonical_json(build(Subject.from_record(record), area))


def digest(record: bytes) -> str:
    """SHA-256 (hex) of a record's bytes (M106)."""
    return sha256(record).hexdigest()


def told_after(record: Mapping[str, Any]) -> list[Span]:
    """The windows told once this record is in force (M86)."""
    told = [(first, last) for first, last in record["inputs"]["told"]]
    if record["decisions"]["refreshed"]:
        told.append((record["window"]["first"], record["window"]["last"]))
    return told


def _window(subject: Subject) -> dict[str, Any]:
    first, last = subject.span
    return {
        "first": first,
        "last": last,
        "rounds": [{"code": code, "month": month} for code, month in subject.rounds],
        "basis": subject.basis,
        "existing": subject.existing,
        "months": subject.months,
    }


def _figures(subject: Subject, area: WindowArea, result: Estimate) -> dict[str, Any]:
    own = area.of_community(subject.community)
    final = Dispositions.total(row.final for row in own) if own else Dispositions()
    rates = final.rates()
    return {
        **_estimate(result),
        "variance": stored(result.variance),
        "df": result.df,
        "deff": stored(result.deff),
        "m_eff": stored(result.m_eff),
        "kish": stored(result.kish),
        "released": final.released,
        "submitted": sum(row.submitted for row in own),
        "rates": {
            name: stored(getattr(rates, name))
            for name in ("rr1", "rr2", "rr3", "rr4", "rr5", "rr6", "e")
        },
        "modes": area.modes_of(subject.appointment),
        "weights": [
            {
                "codes": list(stratum.codes),
                "frame": stratum.frame,
                "released": stratum.drawn,
                "not_eligible": stratum.not_eligible,
                "usable": stratum.usable,
                "base": stored(stratum.base),
                "weight": stored(stratum.weight),
            }
            for stratum in area.scores.weighting.strata
            if stratum.community == subject.community
        ],
        "questions": [
            _question(number, subject.appointment, area)
            for number in sorted(area.questions)
        ],
    }


def _estimate(result: Estimate) -> dict[str, Any]:
    interval = result.interval()
    return {
        "m": result.m,
        "score": stored(result.score),
        "se": stored(result.se),
        "low": stored(interval.lower) if interval else None,
        "high": stored(interval.upper) if interval else None,
        "interval": interval.formula.value if interval else None,
        "level": stored(result.level),
    }


def _question(number: int, appointment: str, area: WindowArea) -> dict[str, Any]:
    """Mean of a question over the households that answered it (M34)."""
    share = area.satisfied[number].estimate(appointment).score
    return {
        "number": number,
        **_estimate(area.questions[number].estimate(appointment)),
        "satisfied": stored(None if share is None else share / 100),
    }


def _star(
    subject: Subject,
    result: Estimate,
    method: Method,
    *,
    mark: Validity,
    refreshed: bool,
) -> dict[str, Any]:
    """A new star, the old one kept, or none.

    A window that is not valid moves no star (M29), nor does one that may not be told
    (M86): the old star stays. Otherwise the star rests on the direct score (M72),
    with hysteresis against the old one (M75).
    """
    before = subject.previous_star
    enough = rung(result.m, method=method).star
    moves = mark is Validity.VALID and refreshed
    fresh = (
        direct_star(result, method=method, previous=before.star if before else None)
        if enough and moves
        else None
    )
    kept = before.star if enough and not moves and before else None
    return {
        "star": fresh.star if fresh else kept,
        "previous": before.star if before else None,
        "basis": fresh.basis.value if fresh else "kept" if kept else "none",
        "score": str(fresh.score) if fresh else None,
        "se": str(fresh.se) if fresh else None,
        "cuts": [str(cut) for cut in method.star_cuts],
        "hysteresis": str(method.star_hysteresis),
        "probabilities": [stored(p) for p in fresh.probabilities] if fresh else None,
    }
