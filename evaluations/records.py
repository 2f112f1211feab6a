"""The record of a rating: keys, inputs, figures, decisions, as canonical bytes.

Pure: what the roll-up read goes in, the record comes out (M102 to M106). Nothing here
decides what may be shown: `publication.py` alone does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Self

from evaluations import mode_models
from evaluations.areas import AreaCell, AreaStratum, WindowArea
from evaluations.figures import Direct, figures
from evaluations.guard import Span, may_be_told, still_told
from evaluations.pools import Pool
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.ladder import rung
from evaluations.scoring.method import Method
from evaluations.scoring.modes import ModeModel, adjust, term_shares
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import stored
from evaluations.scoring.shrinkage import Shrunken, Unit
from evaluations.scoring.stars import rate_star
from evaluations.scoring.window import Month, Validity, validity

LeftOut = tuple[tuple[str, str], ...]
"""Code of a round and community, ascending: figures annulled by an appeal (T122)."""


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
    answers, for the months of all those windows; `set_aside`: (code of a round,
    community) in the area, annulled and so in none of the cells and strata (T122);
    `is_parted`: beside versions told before, the figure would tell of few (T127).
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
    set_aside: LeftOut = ()
    is_parted: bool = False

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
            set_aside=tuple(
                (row["round"], row["community"]) for row in inputs.get("set_aside", ())
            ),
            is_parted=inputs.get("parted", False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a rating takes from outside its own area (M47, M67, M74).

    `pool`: None without a pooling group; `cuts`: of the year `cuts_year`, None for
    those of the scheme; `modes`: coefficients of the year before, None without any.
    """

    pool: Pool | None = None
    cuts: tuple[Decimal, ...] | None = None
    cuts_year: int | None = None
    modes: ModeModel | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any], pool: Pool | None) -> Self:
        """The same surroundings again; `pool`: the group that the record names."""
        inputs = record["inputs"]
        cuts = inputs["cuts"]
        return cls(
            pool=pool,
            cuts=tuple(Decimal(cut) for cut in cuts["points"]) if cuts else None,
            cuts_year=cuts["year"] if cuts else None,
            modes=mode_models.from_record(inputs["modes"]) if inputs["modes"] else None,
        )

    def as_record(self) -> dict[str, Any]:
        pool = self.pool
        return {
            "pool": pool and {"sha256": pool.sha256, "level": pool.level},
            "cuts": self.cuts
            and {"year": self.cuts_year, "points": [str(cut) for cut in self.cuts]},
            "modes": self.modes and mode_models.as_record(self.modes),
        }


def direct(subject: Subject, area: WindowArea, modes: ModeModel | None) -> Direct:
    """The estimate of the window, adjusted for modes where the scheme asks (M47)."""
    result = area.scores.estimate(subject.appointment)
    if modes is None or not area.method.mode_adjust:
        return Direct(result=result, adjusted=None)
    terms = [one.term for one in modes.coefficients]
    weighted = area.scores.weighted_cells()
    own = [pair for pair in weighted if pair[0].appointment == subject.appointment]
    adjusted = adjust(
        result,
        modes,
        shares=term_shares(own, terms) if own else {},
        area_shares=term_shares(weighted, terms) if weighted else {},
        year=Month.parse(subject.month).year,
        method=area.method,
    )
    return Direct(result=result, adjusted=adjusted)


def build(
    subject: Subject,
    area: WindowArea,
    around: Around,
    rank: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The whole record of one appointment and month.

    `rank`: its line in the quarter's ranking with the digest of that, None in other
    months and for who is not ranked (M78).
    """
    method = area.method
    estimates = direct(subject, area, around.modes)
    result = estimates.result
    mark = mark_of(subject, area)
    told = still_told(subject.told, subject.span)
    refreshed = (
        result.m >= method.publish_floor
        and not subject.is_parted
        and may_be_told(subject.span, told, subject.counts, floor=method.publish_floor)
    )
    pool = _own_group(around.pool, subject, area, result=estimates.used)
    pooled = pool.shrunken(subject.appointment) if pool else None
    lambda_ = pooled.reliability if pooled else None
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
        "inputs": _inputs(subject, area, around, told),
        "figures": figures(subject.appointment, subject.community, area, estimates),
        "pool": _pooled(pool, pooled),
        "star": _star(
            subject, estimates, pooled, around, method, mark=mark, refreshed=refreshed
        ),
        "rank": None if rank is None else dict(rank),
        "decisions": {
            "validity": mark.value,
            "rung": rung(result.m, method=method, reliability=lambda_).step.value,
            "refreshed": refreshed,
            "reason": result.reason.value if result.reason else None,
            "cautions": [caution.value for caution in result.cautions],
        },
        "previous_sha256": subject.previous_sha256,
    }


def _inputs(
    subject: Subject, area: WindowArea, around: Around, told: Sequence[Span]
) -> dict[str, Any]:
    """Everything that the figures depend on beside the cells (M103)."""
    star = subject.previous_star
    return {
        "area": area.code,
        "strata": [row.as_record() for row in area.strata],
        "target": area.target,
        "usable_in_area": area.usable,
        "previous_star": star.as_record() if star else None,
        "told": [list(span) for span in told],
        "counts": dict(sorted(subject.counts.items())),
        **around.as_record(),
        # Absent where nothing is, as in every record from before there were any.
        **_set_aside(subject),
    }


def _set_aside(subject: Subject) -> dict[str, Any]:
    rows = [
        {"round": code, "community": community} for code, community in subject.set_aside
    ]
    parted = {"parted": True} if subject.is_parted else {}
    return {"set_aside": rows, **parted} if rows else parted


def mark_of(subject: Subject, area: WindowArea) -> Validity:
    """The mark of the area's window for this appointment (M29)."""
    return validity(
        existing=subject.existing,
        months=subject.months,
        usable=area.usable,
        target=area.target,
    )


def rebuild(
    record: Mapping[str, Any],
    cells: Sequence[AreaCell],
    method: Method,
    *,
    pool: Pool | None,
    rank: Mapping[str, Any] | None,
) -> bytes:
    """The bytes that the stored inputs and the cells give today (M107).

    `pool`, `rank`: the group and the quarter's line that the record names.
    """
    inputs = record["inputs"]
    strata = [AreaStratum.from_record(row) for row in inputs["strata"]]
    area = WindowArea(inputs["area"], cells, strata, method)
    around = Around.from_record(record, pool)
    return canonical_json(build(Subject.from_record(record), area, around, rank))


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


def _own_group(
    pool: Pool | None, subject: Subject, area: WindowArea, *, result: Estimate
) -> Pool | None:
    """The group that this appointment is shrunken in; None without one.

    A correction stands in the group as it was written down, with its own new figures
    in place of the annulled ones; the others stay as they were pooled (ADR 0026).
    ValueError if the group lists other figures of a first revision than its cells give.
    """
    if pool is None or result.score is None:
        return None
    listed = pool.unit(subject.appointment)
    if listed is None:
        return None
    own = unit_of(subject, area, result)
    if listed == own:
        return pool
    if subject.revision == 1:
        raise ValueError(f"{subject.appointment}: its pooling group lists others")
    return pool.with_unit(own)


def unit_of(subject: Subject, area: WindowArea, result: Estimate) -> Unit:
    """The appointment as a pooling group sees it; N_j: its community (M68)."""
    frame = sum(row.frame for row in area.of_community(subject.community))
    return Unit.from_estimate(result, code=subject.appointment, frame=frame)


def _pooled(pool: Pool | None, unit: Shrunken | None) -> dict[str, Any] | None:
    """The group and what it makes of this appointment (M70); None without a group."""
    if pool is None or unit is None:
        return None
    fit = pool.fit
    return {
        "level": pool.level,
        "area": pool.area,
        "kind": pool.kind,
        "count": fit.count,
        "s2_pool": stored(fit.s2_pool),
        "tau2": stored(fit.tau2),
        "mean": stored(fit.mean),
        "mean_variance": stored(fit.mean_variance),
        "shows_differences": fit.shows_differences,
        "variance": stored(unit.variance),
        "smoothed": unit.is_smoothed,
        "reliability": stored(unit.reliability),
        "eb": stored(unit.eb),
        "se_eb": stored(unit.se_eb),
    }


def _star(
    subject: Subject,
    estimates: Direct,
    pooled: Shrunken | None,
    around: Around,
    method: Method,
    *,
    mark: Validity,
    refreshed: bool,
) -> dict[str, Any]:
    """A new star, the old one kept, or none.

    A window that is not valid moves no star (M29), nor does one that may not be told
    (M86): the old star stays. Otherwise the star rests on the shrunken score, or on
    the direct one without a pooling group (M72), with hysteresis against the old one
    (M75). In a group without measured differences there is none (M71).
    """
    before = subject.previous_star
    cuts = around.cuts or method.star_cuts
    lambda_ = pooled.reliability if pooled else None
    enough = rung(estimates.used.m, method=method, reliability=lambda_).star
    moves = mark is Validity.VALID and refreshed
    fresh = (
        rate_star(
            estimates.used,
            pooled,
            method=method,
            previous=before.star if before else None,
            cuts=cuts,
        )
        if moves
        else None
    )
    kept = before.star if enough and not moves and before else None
    return {
        "star": fresh.star if fresh else kept,
        "previous": before.star if before else None,
        "basis": fresh.basis.value if fresh else "kept" if kept else "none",
        "score": str(fresh.score) if fresh else None,
        "se": str(fresh.se) if fresh else None,
        "cuts": [str(cut) for cut in cuts],
        "cuts_year": around.cuts_year,
        "hysteresis": str(method.star_hysteresis),
        "probabilities": [stored(p) for p in fresh.probabilities] if fresh else None,
    }
