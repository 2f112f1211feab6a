"""Margins of the register: levels, their targets, small ones joined (M37, M38).

Sources: Kalton and Flores-Cervantes (2003), J. Official Statistics 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from evaluations.scoring.joining import join_short

NO_VALUE = ""
"""The level of the respondents whose value is not known."""


@dataclass(frozen=True, slots=True)
class WeightCell:
    """Answers of an area that share a weight.

    `layer`: place of their stratum in `Weighting.strata`; `levels`: one per margin of
    the scheme, `NO_VALUE` where there is none; `n`: answers; `weight`: w1.
    """

    layer: int
    levels: tuple[str, ...]
    n: int
    weight: float


@dataclass(frozen=True, slots=True)
class Level:
    """Levels of a margin that count as one: more than one name only where joined.

    `target`: households of the register after scaling; `usable`: answers.
    """

    names: tuple[str, ...]
    target: float
    usable: int


@dataclass(frozen=True, slots=True)
class Margin:
    """A margin that is raked to: its place in the scheme's list and its levels."""

    name: str
    position: int
    levels: tuple[Level, ...]

    @property
    def joined(self) -> tuple[tuple[str, ...], ...]:
        """The levels that were joined because one of them was small (M38)."""
        return tuple(level.names for level in self.levels if len(level.names) > 1)

    def places(self, cells: Sequence[WeightCell]) -> list[int]:
        """The place of every cell's level among `levels`."""
        at = {name: k for k, level in enumerate(self.levels) for name in level.names}
        return [at[cell.levels[self.position]] for cell in cells]


@dataclass(frozen=True, slots=True)
class Margins:
    """The margins of a scheme as far as they can be used.

    `without_register`: no household counts were given; `single`: one level was left.
    """

    used: tuple[Margin, ...]
    without_register: tuple[str, ...] = ()
    single: tuple[str, ...] = ()


def prepare_margins(
    names: Sequence[str],
    registers: Mapping[str, Mapping[str, int]],
    cells: Sequence[WeightCell],
    *,
    level_min: int,
) -> Margins:
    """Levels and targets of the margins `names`, in the order of the scheme.

    `registers`: margin -> level -> households. A level that the register does not
    know has target 0. Levels are ordered by their codes, those without a value last;
    one with fewer than `level_min` usable joins the next, the last the previous.
    ValueError for a negative count. Sources: M37, M38.
    """
    used, absent, single = [], [], []
    total = 0
    for position, name in enumerate(names):
        register = registers.get(name, {})
        if any(count < 0 for count in register.values()):
            raise ValueError(f"margin {name}: a register holds no negative count")
        households = sum(register.values())
        if not households:
            absent.append(name)
            continue
        # M37: every margin is scaled to the total of the first.
        total = total or households
        levels = _levels(register, cells, position, total)
        runs = join_short(levels, lambda run: _usable(run) < level_min)
        if len(runs) < 2:
            single.append(name)
            continue
        used.append(Margin(name, position, tuple(_joined(run) for run in runs)))
    return Margins(tuple(used), tuple(absent), tuple(single))


def _levels(
    register: Mapping[str, int],
    cells: Sequence[WeightCell],
    position: int,
    total: int,
) -> list[Level]:
    """Levels in order with targets that sum to `total` (M37)."""
    usable: dict[str, int] = {}
    for cell in cells:
        name = cell.levels[position]
        usable[name] = usable.get(name, 0) + cell.n
    unknown = usable.pop(NO_VALUE, 0)
    speaks_for = fsum(c.n * c.weight for c in cells if c.levels[position] == NO_VALUE)
    scale = (total - speaks_for) / sum(register.values())
    levels = [
        Level((name,), register.get(name, 0) * scale, usable.get(name, 0))
        for name in sorted({*register, *usable} - {NO_VALUE})
    ]
    if unknown:
        levels.append(Level((NO_VALUE,), speaks_for, unknown))
    return levels


def _usable(run: Sequence[Level]) -> int:
    return sum(level.usable for level in run)


def _joined(run: Sequence[Level]) -> Level:
    return Level(
        names=tuple(name for level in run for name in level.names),
        target=fsum(level.target for level in run),
        usable=_usable(run),
    )
