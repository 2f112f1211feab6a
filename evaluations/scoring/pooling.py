"""Who pools with whom: the smallest area that holds enough appointments (M67)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluations.scoring.method import Method
from evaluations.scoring.shrinkage import GroupFit, Shrunken, Unit, shrink

LEVELS = ("district", "city")
"""The areas of `eb.area`, from the smallest: the ladder that M67 climbs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A unit with its place: `kind` of appointment, `areas` by name of LEVELS."""

    unit: Unit
    kind: str
    areas: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class GroupKey:
    """A pooling group: appointments of one kind in one area (`level`: its rank)."""

    level: str
    area: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling:
    """`groups`: every group in use; `key_of`, `units`: appointment -> group, figures.

    An appointment that is not in `key_of` has no pooling group: lambda and EB are
    null and its star is direct (M72).
    """

    groups: Mapping[GroupKey, GroupFit]
    key_of: Mapping[str, GroupKey]
    units: Mapping[str, Shrunken]

    def group_of(self, code: str) -> GroupFit | None:
        """The group of an appointment, None without one."""
        key = self.key_of.get(code)
        return None if key is None else self.groups[key]

    def shrunken(self, code: str) -> Shrunken | None:
        """The shrunken score of an appointment, None without a pooling group."""
        return self.units.get(code)


def pool(members: Iterable[Member], *, method: Method) -> Pooling:
    """Every appointment with at least `eb.min_n` answers in its pooling group.

    1. Of one kind in one `eb.area`, if that holds `eb.group_min` of them;
    2. else all of the kind in the next larger area, those of full districts included;
    3. else none. ValueError for a code twice. Source: M67.
    """
    eligible = sorted(
        (member for member in members if member.unit.m >= method.eb_min_n),
        key=lambda member: member.unit.code,
    )
    by_key: dict[GroupKey, list[Unit]] = {}
    for member in eligible:
        for key in _keys(member, method):
            by_key.setdefault(key, []).append(member.unit)
    key_of = {}
    for member in eligible:
        full = _first_full(_keys(member, method), by_key, method.eb_group_min)
        if member.unit.code in key_of:
            raise ValueError(f"{member.unit.code} is listed twice")
        if full is not None:
            key_of[member.unit.code] = full
    used = sorted(set(key_of.values()))
    groups = {key: shrink(by_key[key], method=method) for key in used}
    units = {
        unit.code: unit
        for key, fit in groups.items()
        for unit in fit.units
        if key_of[unit.code] == key
    }
    return Pooling(groups=groups, key_of=key_of, units=units)


def _keys(member: Member, method: Method) -> list[GroupKey]:
    """The groups a member can belong to, from the smallest area of the scheme on."""
    levels = LEVELS[LEVELS.index(method.eb_area) :]
    return [
        GroupKey(level, member.areas[level], member.kind)
        for level in levels
        if level in member.areas
    ]


def _first_full(
    keys: Sequence[GroupKey], by_key: Mapping[GroupKey, Sequence[Unit]], least: int
) -> GroupKey | None:
    return next((key for key in keys if len(by_key[key]) >= least), None)
