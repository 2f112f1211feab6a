"""What flows through the pipeline: raw row, problem, parsed row.

A million rows go through here. What is made once a row is a plain dataclass with slots,
because freezing one costs as much as filling it four times; nobody changes it later.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
EMPTY: tuple[Cell, ...] = ("", None)
NO_FIELDS: frozenset[str] = frozenset()


def sentence(text: str) -> str:
    """Marks a sentence (as `_`) for the catalogue; translated where it is read."""
    return text


class Refused(Exception):
    """A file that cannot be read, with the reason for the person who sent it.

    The sentence is kept in its source language with its parameters, so that a process
    without languages can say it and another one translate it.
    """

    def __init__(
        self, code: str, text: str, params: Mapping[str, str | int] | None = None
    ) -> None:
        super().__init__(code, text, params)
        self.code = code
        self.sentence = text
        self.params = params

    @property
    def reason(self) -> str:
        text = gettext(self.sentence)
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return self.reason


class Action(enum.StrEnum):
    ACCEPT = "accept"
    FIX = "fix"
    WARN = "warn"
    REJECT = "reject"
    SKIP = "skip"

    # By value, as it is compared: an enum hashes its name, in Python, row after row.
    __hash__ = str.__hash__


STORED = frozenset({Action.ACCEPT, Action.FIX, Action.WARN})
# From harmless to fatal; a row's action is its worst problem.
SEVERITY = {Action.ACCEPT: 0, Action.FIX: 1, Action.WARN: 2, Action.REJECT: 3}


@dataclass(slots=True)
class RawRow:
    """One line of a sheet: known columns only, everything else was dropped unread.

    `number` counts from 1 as spreadsheet programs show it. `merged` names the fields
    whose value was filled down from a merged cell, `broken` those whose formula failed
    or was never calculated, `formulas` those whose formula has a value.
    """

    number: int
    cells: dict[str, Cell]
    merged: frozenset[str] = NO_FIELDS
    hidden: bool = False
    struck: bool = False
    filtered: bool = False
    broken: frozenset[str] = NO_FIELDS
    formulas: frozenset[str] = NO_FIELDS


class Problem(NamedTuple):
    """One finding; `original` and `cleaned` stay empty where no cell is meant."""

    code: str
    level: Action
    field: str = ""
    original: str = ""
    cleaned: str = ""


class Part(NamedTuple):
    """One part of an address: `text` is printed, `key` decides sameness (5.3)."""

    text: str
    key: str
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Address:
    """`key` is community|compound|building|unit|room after the clean-up of 5.3."""

    community: str
    compound: Part
    building: Part
    unit: Part
    room: Part
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = (
            f"{self.community}|{self.compound.key}|{self.building.key}"
            f"|{self.unit.key}|{self.room.key}"
        )

    @property
    def parts(self) -> tuple[tuple[str, Part], ...]:
        return (
            ("compound", self.compound),
            ("building", self.building),
            ("unit", self.unit),
            ("room", self.room),
        )


@dataclass(slots=True, unsafe_hash=True)
class Values:
    """What is kept of a household. `status` is an identifier of ResidenceStatus."""

    head: str = ""
    phone: str = ""
    phone_alt: str = ""
    landline: str = ""
    count: int | None = None
    status: str = "unverified"
    moved_in: dt.date | None = None
    grid: str = ""
    note: str = ""


@dataclass(slots=True)
class ParsedRow:
    """One judged line. `address` and `values` are there when the row is a household."""

    sheet: int
    number: int
    action: Action
    problems: tuple[Problem, ...] = ()
    community: str = ""
    address: Address | None = None
    values: Values | None = None

    @property
    def stored(self) -> bool:
        return self.action in STORED

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(problem.code for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Amendment:
    """A later row showed something about an earlier one, which was judged already."""

    sheet: int
    number: int
    problem: Problem


def worst(problems: tuple[Problem, ...]) -> Action:
    """The action that a row's problems ask for; a skip beats everything."""
    if not problems:
        return Action.ACCEPT
    if any(problem.level == Action.SKIP for problem in problems):
        return Action.SKIP
    levels = (problem.level for problem in problems)
    return max(levels, key=SEVERITY.__getitem__, default=Action.ACCEPT)
