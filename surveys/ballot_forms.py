"""What a resident posts, read plainly: no widgets, no database (T27, T28)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

from audit import crypto
from ballots.codes import GROUPS, normalised
from ballots.entry import Entry
from ballots.sealing import (
    MOST_BYTES,
    MOST_CHARACTERS,
    Ballot,
    Paper,
    Words,
    tidy,
)

GROUP = 4
# The digest of no envelope.
ANOTHER = bytes(32)
LEVELS = {"": None, "5": 5, "4": 4, "3": 3, "2": 2, "1": 1, "0": 0}
# Understood by Python and by the script of the page alike: one list of what could give
# a household away.
TELLING = (
    r"(?:[0-9][ -]?){7,}"
    r"|[0-9一二三四五六七八九十百]+ ?(?:号楼|号院|号门|号房|栋|幢|单元|门|室)"
    r"|我家|我们家|我们楼|我们这楼"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """Marks in the order of the questions (5 to 1, 0 说不清, None blank), and words."""

    items: tuple[int | None, ...]
    words: str

    @property
    def seen(self) -> str:
        """Tells whether what is sealed is what was reviewed; 16 hex digits."""
        marks = ",".join("" if item is None else str(item) for item in self.items)
        return crypto.digest("seen.v1", marks, self.words).hex()[:16]

    def as_posted(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Names and values as the form sends them, without the blank ones."""
        return [
            (name, str(item))
            for name, item in zip(names, self.items, strict=True)
            if item is not None
        ]

    def sealable(self) -> Ballot:
        """Raises WordsTooLong; ask `too_long` first."""
        return Ballot(papers=(Paper(items=self.items),), words=(Words(self.words),))


def read_answers(post: Mapping[str, str], names: Iterable[str]) -> Answers:
    """The posted marks by field name; `wipe` names the one to be blank again.

    A level that no page offers is refused: nobody's mark is guessed.
    """
    wiped = post.get("wipe", "")
    marks = {name: "" if name == wiped else post.get(name, "") for name in names}
    if not set(marks.values()) <= set(LEVELS):
        message = "a level that is not on the page"
        raise BadRequest(message)
    return Answers(
        items=tuple(LEVELS[mark] for mark in marks.values()),
        words=tidy(post.get("words", "")).strip(),
    )


def too_long(answers: Answers) -> str:
    """What to tell about words that do not fit their slot; empty when they fit."""
    characters, size = len(answers.words), len(answers.words.encode())
    if characters <= MOST_CHARACTERS and size <= MOST_BYTES:
        return ""
    return _("话太长了：最多 %(most)s 字，现在 %(count)s 字。请缩短一些。") % {
        "most": MOST_CHARACTERS,
        "count": characters,
    }


def held_tag(known: Entry) -> str:
    """Which ballot in the box a page knows of, as 16 hex digits; "" for none."""
    return crypto.digest("held.v1", known.digest).hex()[:16] if known.digest else ""


def as_the_form_knew(known: Entry, held: str) -> Entry:
    """The entry as it was when the form was made (T29).

    Two tabs share one cookie: the tab that was left behind must not seal over the
    ballot of the other one unasked.
    """
    if held == held_tag(known):
        return known
    return replace(known, digest=ANOTHER if held else None)


def gives_away(words: str, names: Iterable[str]) -> bool:
    """Could the words name somebody (T27)? A reason to warn, never to refuse."""
    plain = unicodedata.normalize("NFKC", words)
    return bool(re.search(TELLING, plain)) or any(n in plain for n in names if n)


def typed_groups(text: str) -> list[str]:
    """A code as it was typed, in up to three groups, to show where to look again."""
    parts = re.split(r"[\s\-‐-―−﹣－]+", text.strip())
    if len(parts) == GROUPS:
        return [part.upper() for part in parts]
    code = normalised(text)
    cuts = [code[at : at + GROUP] for at in range(0, GROUP * (GROUPS - 1), GROUP)]
    return [*cuts, code[GROUP * (GROUPS - 1) :]]


def in_groups(text: str) -> list[str]:
    """Groups of four, as printed."""
    return [text[at : at + GROUP] for at in range(0, len(text), GROUP)]
