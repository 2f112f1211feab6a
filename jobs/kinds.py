"""What work there is: every room declares its kinds beside its tasks.

The queue holds nothing that may not vanish. Whether work is due is a question to the
room's own rows; the ledger only remembers who took it up and how it went.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

Text = str | Promise
Argument = str | int


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of work: the ids of its message, and its name for an operator.

    `subject` holds places, months and round codes; never a person, never a file name.
    """

    arguments: tuple[Argument, ...] = ()
    subject: str = ""
    division: str = ""

    @property
    def key(self) -> str:
        return key_of(self.arguments)


def key_of(arguments: Iterable[Argument]) -> str:
    return " ".join(str(argument) for argument in arguments)


def plain(*arguments: Argument) -> Unit:
    """A unit that has no better name than its ids."""
    return Unit(arguments, key_of(arguments))


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of work, named like the task that does it.

    `due` asks the room what waits at a moment. `refusals` are exceptions that `told`
    puts into a sentence saying what to do; every other exception is a fault and shown
    by class and reference only. `sweep` names the task that does this work inside
    itself; empty when it has a message of its own.
    """

    name: str
    title: Text
    due: Callable[[dt.datetime], Iterable[Unit]] | None = None
    unit: Callable[..., Unit] = plain
    refusals: tuple[type[Exception], ...] = ()
    told: Callable[[Exception], str] = str
    steps: Mapping[str, Text] = field(default_factory=dict)
    sweep: str = ""

    @property
    def has_message(self) -> bool:
        return not self.sweep

    def waiting(self, *, at: dt.datetime) -> list[Unit]:
        return list(self.due(at)) if self.due else []


_known: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        _known[kind.name] = kind


def of(name: str) -> Kind:
    """The kind of that name; a task that nobody declared goes by its own."""
    return everything().get(name) or Kind(name, name)


def everything() -> dict[str, Kind]:
    _load()
    return _known


@lru_cache(maxsize=1)
def _load() -> None:
    """A web process has not imported every room's tasks."""
    autodiscover_modules("tasks")
