"""Subjects beside each other: pooling groups, stars, ranks of a file (M47, M67-M80)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from evaluations.scoring.config import Config, Person, Shift
from evaluations.scoring.ladder import rung
from evaluations.scoring.modes import (
    MODE,
    Adjusted,
    ModeCoefficient,
    ModeModel,
    Naming,
    Term,
    adjust,
    term_shares,
)
from evaluations.scoring.pooling import GroupKey, Member, Pooling, pool
from evaluations.scoring.ranks import Entrant, Rank, Ranking, rank_group
from evaluations.scoring.results import Estimate
from evaluations.scoring.rounding import rounded
from evaluations.scoring.shrinkage import GroupFit, Shrunken, Unit
from evaluations.scoring.stars import StarRating, rate_star
from evaluations.scoring.weighed import WeighedArea
from evaluations.scoring.window import Validity
from evaluations.scoring.words import NoRanks, NoStar, told

# A file has no years of its own: its coefficients are those of the year before.
_BEFORE, _NOW = 0, 1


@dataclass(frozen=True)
class Rated:
    """One subject: its estimate, before and after the modes (M47)."""

    code: str
    area: WeighedArea
    person: Person
    result: Estimate
    adjusted: Adjusted | None

    @property
    def used(self) -> Estimate:
        """What pooling, stars and ranks rest on."""
        return self.adjusted.result if self.adjusted else self.result


@dataclass(frozen=True)
class Star:
    """A new star, the old one kept, or none and why."""

    star: int | None
    fresh: StarRating | None
    previous: int | None
    missing: NoStar | None

    def as_data(self) -> dict[str, Any]:
        fresh = self.fresh
        return {
            "star": self.star,
            "previous": self.previous,
            "basis": fresh.basis.value if fresh else "kept" if self.star else "none",
            "score": float(fresh.score) if fresh else None,
            "se": float(fresh.se) if fresh else None,
            "cuts": [float(cut) for cut in fresh.cuts] if fresh else None,
            "hysteresis": float(fresh.hysteresis) if fresh else None,
            "probabilities": list(fresh.probabilities) if fresh else None,
            "percents": list(fresh.percents) if fresh else None,
            "changed": fresh.has_changed if fresh else False,
            "why_none": told(self.missing) if self.missing else None,
        }


def rate_subjects(areas: Sequence[WeighedArea], config: Config) -> list[Rated]:
    """Every subject with an answer, in the order of the codes."""
    found = []
    for area in areas:
        weighted = area.scores.weighted_cells() if config.shifts else []
        for code in area.scores.domains:
            result = area.scores.estimate(code)
            adjusted = None
            if config.shifts:
                own = [pair for pair in weighted if pair[0].appointment == code]
                adjusted = adjust(
                    result,
                    _model(config.shifts),
                    shares=term_shares(own, map(_term, config.shifts)),
                    area_shares={},
                    year=_NOW,
                    method=config.method,
                )
            person = config.subjects.get(code, Person())
            found.append(Rated(code, area, person, result, adjusted))
    return sorted(found, key=lambda rated: rated.code)


class Standings:
    """Pooling groups, stars and ranks of all subjects of a file."""

    def __init__(self, rated: Sequence[Rated], config: Config) -> None:
        self._rated = rated
        self._config = config

    @cached_property
    def pooling(self) -> Pooling:
        """Who pools with whom; who has no kind or area has no group (M67, M72)."""
        members = [
            Member(unit=_unit(one), kind=one.person.kind, areas=one.person.areas)
            for one in self._rated
            if one.person.areas and one.used.score is not None
        ]
        return pool(members, method=self._config.method)

    @cached_property
    def stars(self) -> Mapping[str, Star]:
        return {one.code: self._star(one) for one in self._rated}

    @cached_property
    def rankings(self) -> Mapping[str, Ranking | None]:
        """Peer group → its ranks, None where too few hold a star (M78)."""
        groups: dict[str, list[Entrant]] = {}
        for one in self._rated:
            if one.person.group:
                entrants = groups.setdefault(one.person.group, [])
                entrants += self._entrant(one)
        return {
            group: rank_group(
                entrants,
                period=self._config.period,
                group=group,
                method=self._config.method,
            )
            for group, entrants in sorted(groups.items())
        }

    def pool_data(self, code: str) -> dict[str, Any] | None:
        """EB and reliability of a subject; None without a pooling group (M72)."""
        key, unit = self.pooling.key_of.get(code), self.pooling.shrunken(code)
        if key is None or unit is None:
            return None
        return {
            **asdict(key),
            "variance": unit.variance,
            "smoothed": unit.is_smoothed,
            "reliability": unit.reliability,
            "eb": unit.eb,
            "se_eb": unit.se_eb,
        }

    def pools_data(self) -> list[dict[str, Any]]:
        return [_pool(key, fit) for key, fit in sorted(self.pooling.groups.items())]

    def rank_data(self, one: Rated) -> dict[str, Any] | None:
        ranking = self.rankings.get(one.person.group)
        rank = ranking.of(one.code) if ranking else None
        return _rank(rank) if rank else None

    def rankings_data(self) -> list[dict[str, Any]]:
        return [_ranking(group, found) for group, found in self.rankings.items()]

    def _star(self, one: Rated) -> Star:
        """As a month rates: a window that is not valid moves no star (M29)."""
        method = self._config.method
        pooled = self.pooling.shrunken(one.code)
        lambda_ = pooled.reliability if pooled else None
        before = one.person.previous_star
        enough = rung(one.used.m, method=method, reliability=lambda_).star
        if one.area.mark is not Validity.VALID:
            kept = before if enough else None
            return Star(kept, None, before, None if kept else NoStar.NOT_VALID)
        fresh = rate_star(
            one.used, pooled, method=method, previous=before, cuts=self._config.cuts
        )
        if fresh:
            return Star(fresh.star, fresh, before, None)
        return Star(None, None, before, _missing(pooled, enough=enough))

    def _entrant(self, one: Rated) -> list[Entrant]:
        """One, or none: who holds no star or has no standard error is not ranked."""
        pooled = self.pooling.shrunken(one.code)
        used = one.used
        se = used.se if used.se is not None else pooled.se if pooled else None
        if self.stars[one.code].star is None or used.score is None or se is None:
            return []
        eb = pooled.eb if pooled else None
        printed = rounded(used.score if eb is None else eb, 1)
        return [Entrant(code=one.code, printed=printed, score=used.score, se=se)]


def adjusted_data(adjusted: Adjusted) -> dict[str, Any]:
    """The score without what the modes did, step by step (M47)."""
    interval = adjusted.result.interval()
    return {
        "score": adjusted.adjusted,
        "low": interval.lower if interval else None,
        "high": interval.upper if interval else None,
        "steps": [
            {"mode": step.term.level, "b": step.b, "share": step.share}
            for step in adjusted.steps
        ],
    }


def _term(shift: Shift) -> Term:
    return Term(MODE, shift.mode)


def _model(shifts: Sequence[Shift]) -> ModeModel:
    """Coefficients as they were told; nothing else of the model is needed."""
    return ModeModel(
        year=_BEFORE,
        coefficients=tuple(
            ModeCoefficient(
                term=_term(shift), b=shift.b, se=shift.se, naming=Naming.DESCRIPTIVE
            )
            for shift in shifts
        ),
        m=0,
        df=0,
        residual_variance=None,
    )


def _unit(one: Rated) -> Unit:
    """N_j: households of the communities where it has answers (M68)."""
    frame = one.area.frame_of(one.area.communities(one.code))
    return Unit.from_estimate(one.used, code=one.code, frame=frame)


def _missing(pooled: Shrunken | None, *, enough: bool) -> NoStar:
    if pooled is not None and not pooled.reliability:
        return NoStar.NO_DIFFERENCES
    return NoStar.NO_ERROR if enough else NoStar.TOO_FEW


def _pool(key: GroupKey, fit: GroupFit) -> dict[str, Any]:
    return {
        **asdict(key),
        "count": fit.count,
        "s2_pool": fit.s2_pool,
        "tau2": fit.tau2,
        "mean": fit.mean,
        "mean_variance": fit.mean_variance,
        "shows_differences": fit.shows_differences,
    }


def _ranking(group: str, ranking: Ranking | None) -> dict[str, Any]:
    last = ranking.last if ranking else None
    return {
        "group": group,
        "period": ranking.period if ranking else None,
        "seed": ranking.seed if ranking else None,
        "ranks": [_rank(rank) for rank in ranking.ranks] if ranking else [],
        "last": last.code if last else None,
        "why_none": None if ranking else told(NoRanks.TOO_SMALL),
    }


def _rank(rank: Rank) -> dict[str, Any]:
    return {
        "subject": rank.code,
        "of": rank.of,
        "rank": rank.rank,
        "alone": rank.is_alone,
        "set": [rank.best, rank.worst],
        "crit": float(rank.crit),
        "tier": rank.tier.value,
        "difference": rank.difference,
        "difference_se": rank.difference_se,
    }
