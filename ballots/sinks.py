"""What the opening hands on, and to whom (T48, T57). No household exists here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from ballots.models import Opening


# No repr: a payload appears in no log, exception or trace (T51).
@dataclass(frozen=True, slots=True, repr=False)
class OpenedPaper:
    """Somebody's marks. `label` a place that enough others share, `mode` likewise."""

    id: UUID
    slot: int
    label: str
    mode: str
    items: tuple[int | None, ...]
    assisted: str
    bands: tuple[tuple[str, str], ...]
    salt: bytes


@dataclass(frozen=True, slots=True, repr=False)
class OpenedWords:
    """Somebody's words, without any tie to marks; `label` a community or the area."""

    id: UUID
    slot: int
    question: int
    label: str
    text: str
    salt: bytes


class Sink(Protocol):
    """What the owner of a box does with opened answers, inside the transaction.

    It writes them as they come, batches of at most 1,000, and nothing else about them.
    """

    def papers(self, batch: Sequence[OpenedPaper]) -> int:
        """Store a batch; the number that does not validate and was not stored."""

    def words(self, batch: Sequence[OpenedWords]) -> None:
        """Store a batch of words."""

    def finish(self, opening: Opening) -> None:
        """Called once, when all is stored and the Opening row stands."""
