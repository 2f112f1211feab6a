"""The pooling group of a month: who pools with whom, and what came of it (M67-M72).

Pure: no database. A group is written down once, with the exact figures of its members,
so that a rating can be recomputed without those of the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.method import Method
from evaluations.scoring.pooling import GroupKey, Member, pool
from evaluations.scoring.rounding import stored
from evaluations.scoring.shrinkage import GroupFit, Shrunken, Unit, shrink


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An appointment that may pool: `areas` by name of `pooling.LEVELS`."""

    unit: Unit
    scheme: str
    method: Method
    kind: str
    areas: Mapping[str, str]

    @property
    def is_eligible(self) -> bool:
        """Enough answers of its own to help others (M67)."""
        return self.unit.m >= self.method.eb_min_n


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Appointments of one kind, area, month and scheme; `units` in ascending code."""

    month: str
    scheme: str
    method: Method
    level: str
    area: str
    kind: str
    units: tuple[Unit, ...]

    @cached_property
    def fit(self) -> GroupFit:
        return shrink(self.units, method=self.method)

    @cached_property
    def _members(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in self.units}

    def unit(self, code: str) -> Unit | None:
        """A member as it was pooled; None for who came later."""
        return self._members.get(code)

    @cached_property
    def _shrunken(self) -> dict[str, Shrunken]:
        return {unit.code: unit for unit in self.fit.units}

    def shrunken(self, code: str) -> Shrunken | None:
        """None for an appointment that came after the group was written down."""
        return self._shrunken.get(code)

    def with_unit(self, unit: Unit) -> Self | None:
        """The group with other figures of one member; None if it is too small now."""
        if unit.m < self.method.eb_min_n:
            return None
        others = [one for one in self.units if one.code != unit.code]
        units = sorted([*others, unit], key=lambda one: one.code)
        return replace(self, units=tuple(units))

    @cached_property
    def record(self) -> bytes:
        """Canonical bytes: the members exactly, the figures to 6 places (M104)."""
        fit = self.fit
        return canonical_json(
            {
                "month": self.month,
                "scheme": {"ref": self.scheme, "sha256": self.method.digest()},
                "level": self.level,
                "area": self.area,
                "kind": self.kind,
                "members": [_as_record(unit) for unit in self.units],
                "figures": {
                    "count": fit.count,
                    "s2_pool": stored(fit.s2_pool),
                    "tau2": stored(fit.tau2),
                    "mean": stored(fit.mean),
                    "mean_variance": stored(fit.mean_variance),
                },
            }
        )

    @property
    def sha256(self) -> str:
        return sha256(self.record).hexdigest()

    @classmethod
    def from_record(cls, record: Mapping[str, Any], method: Method) -> Self:
        """The group as it was written down; its figures are computed again (M107)."""
        return cls(
            month=record["month"],
            scheme=record["scheme"]["ref"],
            method=method,
            level=record["level"],
            area=record["area"],
            kind=record["kind"],
            units=tuple(_unit(row) for row in record["members"]),
        )


def pools_of(candidates: Iterable[Candidate], *, month: str) -> dict[str, Pool]:
    """Appointment -> its pooling group, for every appointment that has one (M67)."""
    by_scheme: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_scheme[candidate.scheme].append(candidate)
    found: dict[str, Pool] = {}
    for scheme, own in sorted(by_scheme.items()):
        method = own[0].method
        members = [Member(unit=c.unit, kind=c.kind, areas=c.areas) for c in own]
        pooling = pool(members, method=method)
        groups = {
            key: _pool(key, own, scheme=scheme, month=month) for key in pooling.groups
        }
        found |= {code: groups[key] for code, key in pooling.key_of.items()}
    return found


def _pool(
    key: GroupKey, candidates: Iterable[Candidate], *, scheme: str, month: str
) -> Pool:
    members = [
        candidate
        for candidate in candidates
        if candidate.is_eligible
        and candidate.kind == key.kind
        and candidate.areas.get(key.level) == key.area
    ]
    units = sorted((member.unit for member in members), key=lambda unit: unit.code)
    return Pool(
        month=month,
        scheme=scheme,
        method=members[0].method,
        level=key.level,
        area=key.area,
        kind=key.kind,
        units=tuple(units),
    )


def _as_record(unit: Unit) -> dict[str, Any]:
    """Exact: the shortest text that gives the same binary number back."""
    return {
        "code": unit.code,
        "m": unit.m,
        "score": repr(unit.score),
        "variance": None if unit.variance is None else repr(unit.variance),
        "s2": None if unit.s2 is None else repr(unit.s2),
        "kish": repr(unit.kish),
        "frame": unit.frame,
        "census": unit.is_census,
    }


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(
        code=row["code"],
        m=row["m"],
        score=float(row["score"]),
        variance=None if row["variance"] is None else float(row["variance"]),
        s2=None if row["s2"] is None else float(row["s2"]),
        kish=float(row["kish"]),
        frame=row["frame"],
        is_census=row["census"],
    )
