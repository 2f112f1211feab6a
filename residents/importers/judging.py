"""One raw row becomes a parsed row: cells cleaned, problems found, an action given."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from residents.importers import checks, normalise
from residents.importers.log import SheetLog
from residents.importers.places import Places
from residents.importers.rows import (
    Address,
    Cell,
    ParsedRow,
    Part,
    Problem,
    RawRow,
    Values,
    worst,
)

DITTO_FIELDS = ("community", "compound")
# Kinds of words that a sheet may teach: for buildings, for units.
KINDS_OF_WORDS = 2
# 7号 is the number in the street of an old house: no word to unify others by.
NO_WORDS = frozenset({"", "号"})


@dataclass(slots=True)
class Judge:
    """Judges the rows of one sheet, each with what the rows above it have taught.

    `words` are how buildings and units are written here, `above` the cells of the row
    above that "as above" stands for.
    """

    places: Places
    on: dt.date
    log: SheetLog
    since_1904: bool = False
    has_community_column: bool = False
    words: dict[str, str] = field(default_factory=dict)
    above: dict[str, Cell] = field(default_factory=dict)

    def judge(self, raw: RawRow) -> ParsedRow:
        self._copy_dittos(raw)
        draft, problems = self._draft(raw)
        problems.extend(checks.found_in(draft))
        self._learn_words(draft.address)
        found = tuple(problems)
        return ParsedRow(
            self.log.number,
            raw.number,
            worst(found),
            found,
            draft.community,
            unified(draft.address, found),
            draft.values,
        )

    def _copy_dittos(self, raw: RawRow) -> None:
        for name in DITTO_FIELDS:
            cell = raw.cells.get(name)
            if normalise.is_ditto(cell):
                raw.cells[name] = cell = self.above.get(name, "")
            self.above[name] = cell

    def _draft(self, raw: RawRow) -> tuple[checks.Draft, list[Problem]]:
        cell = raw.cells.get
        problems: list[Problem] = []
        community = self._community(cell("community"))
        address = Address(
            community,
            normalise.compound(cell("compound")),
            normalise.address_part(cell("building"), "building"),
            normalise.address_part(cell("unit"), "unit"),
            normalise.address_part(cell("room"), "room"),
        )
        for name, part in address.parts:
            if part.codes:
                problems += checks.of_cell(part.codes, name, cell(name), part.key)
        values = self._values(raw, problems)
        draft = checks.Draft(
            raw,
            self.places,
            self.on,
            self.log.community,
            self.has_community_column,
            community,
            address,
            values,
            self.words,
        )
        return draft, problems

    def _community(self, cell: Cell) -> str:
        text = normalise.text_of(cell)
        code = self.places.code_of(text) if text else ""
        if code or normalise.compact(text):
            return code
        return self.log.community

    def _values(self, raw: RawRow, problems: list[Problem]) -> Values:
        cell = raw.cells.get
        head = normalise.name(cell("head"))
        phones = normalise.phones(cell("phone"))
        count = normalise.count(cell("count"))
        status = normalise.status(cell("status"))
        day = normalise.day(cell("moved_in"), since_1904=self.since_1904)
        note = normalise.free_text(cell("note"))
        values = Values(
            head.value,
            phones.phone,
            phones.alt,
            phones.landline,
            count.value,
            status.value,
            day.value,
            normalise.short_text(cell("grid")).value,
            note.value,
        )
        cleaned = (
            (head.codes, "head", head.value),
            (phones.codes, "phone", phones.phone or phones.landline),
            (count.codes, "count", count.value),
            (status.codes, "status", normalise.STATUS_NAMES.get(status.value, "")),
            (day.codes, "moved_in", day.value),
            (note.codes, "note", note.value),
        )
        for codes, name, value in cleaned:
            if codes:
                text = "" if value is None else str(value)
                problems += checks.of_cell(codes, name, cell(name), text)
        return values

    def _learn_words(self, address: Address) -> None:
        """The words of the first rows are the usual ones of this sheet."""
        if len(self.words) == KINDS_OF_WORDS:
            return
        for name, part in (("building", address.building), ("unit", address.unit)):
            word = normalise.word_of(part, name)
            if word not in NO_WORDS:
                self.words.setdefault(name, word)


def unified(address: Address, problems: tuple[Problem, ...]) -> Address:
    """Buildings and units in the words that the other rows of the sheet use."""
    for found in problems:
        if found.code in checks.WORD_VARIANTS:
            part: Part = getattr(address, found.field)
            spelt = Part(found.cleaned, part.key, (*part.codes, found.code))
            if found.field == "building":
                address = replace(address, building=spelt)
            else:
                address = replace(address, unit=spelt)
    return address
