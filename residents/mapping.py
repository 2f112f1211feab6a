"""What the columns of a file are: by name, as remembered, as answered, or asked.

A `Matcher` stands between the opened book and the importer. It gives every sheet the
names that people have explained before, and when a sheet leaves a doubt it reads no
more rows and raises `ColumnsUnknown` at the end, with a question for each such sheet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from officials.models import Division
from residents.importers import headers
from residents.importers.book import Book, Sheet
from residents.importers.normalise import INVISIBLE, text_of
from residents.importers.places import Places
from residents.importers.rows import Cell
from residents.models import ColumnMapping, LeftOutSheet
from residents.questions import ColumnsUnknown, Question, Table
from residents.samples import holds_households

NAME_LENGTH = 60
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person has said about one file.

    `fields` has (sheet, title) -> field, with "" for a column that is not read; the
    sheet is its number, its name, or "" for all. `left_out` are numbers or names.
    """

    fields: Mapping[tuple[int | str, str], str] = field(default_factory=dict)
    left_out: frozenset[int | str] = frozenset()

    def of_sheet(self, number: int, name: str) -> dict[str, str]:
        """The narrowest answer about a title counts."""
        found: dict[str, str] = {}
        for wanted in ("", name, number):
            of_this = self.fields.items()
            found |= {title: to for (sheet, title), to in of_this if sheet == wanted}
        return found

    def leave_out(self, number: int, name: str) -> bool:
        return number in self.left_out or name in self.left_out


@dataclass(frozen=True, slots=True)
class Learnt:
    """An answer that has served: what is to be remembered of one sheet."""

    number: int
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = False
    titles: tuple[str, ...] = ()


class Memory:
    """What was answered before for the communities of one street."""

    def __init__(self, street: Division) -> None:
        self.names: dict[str, dict[str, str]] = {}
        inside = ColumnMapping.objects.filter(division__code__startswith=street.code)
        for code, title, to in inside.values_list("division_id", "header", "field"):
            self.names.setdefault(code, {})[title] = to
        left_out = LeftOutSheet.objects.filter(division=street)
        self.left_out: dict[str, list[str]] = dict(
            left_out.values_list("name", "titles")
        )

    def everything(self) -> dict[str, str]:
        return {
            title: to for names in self.names.values() for title, to in names.items()
        }

    def of(self, communities: Iterable[str]) -> dict[str, str]:
        """What all these communities say alike; nothing when there is none."""
        known = [self.names.get(code, {}) for code in communities]
        if not known:
            return {}
        first, *others = known
        return {
            title: to
            for title, to in first.items()
            if all(names.get(title) == to for names in others)
        }


@dataclass
class Matcher:
    """Walks through one book once; then `learnt` and `unused` are complete."""

    memory: Memory
    places: Places
    answers: Answers = field(default_factory=Answers)
    learnt: list[Learnt] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    titles_seen: set[str] = field(default_factory=set)
    sheets_seen: set[int | str] = field(default_factory=set)

    def matched(self, book: Book) -> Book:
        return replace(book, sheets=self._sheets(book.sheets))

    @property
    def unused(self) -> list[str]:
        """Titles and sheets of the answers that the file does not have."""
        titles = {title for _sheet, title in self.answers.fields}
        named = {sheet for sheet, _title in self.answers.fields if sheet != ""}
        sheets = (named | self.answers.left_out) - self.sheets_seen
        return sorted(titles - self.titles_seen) + sorted(map(str, sheets))

    def _sheets(self, sheets: Iterator[Sheet]) -> Iterator[Sheet]:
        guesses: list[Question] = []
        readable = False
        for number, sheet in enumerate(sheets):
            if not sheet.visible:
                yield sheet
                continue
            start = list(islice(sheet.rows, headers.SEARCHED_ROWS))
            look = self._look(number, sheet.name, [cells for _number, cells in start])
            readable = readable or look.names is not None
            if look.question:
                (guesses if look.is_guess else self.questions).append(look.question)
            # With a question open nothing will be stored: save the reading.
            rows = iter(()) if self.questions else chain(start, sheet.rows)
            names = look.names or NOTHING
            yield replace(sheet, rows=rows, names=names, left_out=look.left_out)
        if not (readable or self.questions):
            self.questions += guesses
        if self.questions:
            raise ColumnsUnknown(self.questions)

    def _look(self, number: int, sheet: str, rows: Sequence[Sequence[Cell]]) -> "Look":
        name = INVISIBLE.sub("", sheet)[:NAME_LENGTH]
        given = self.answers.of_sheet(number, name)
        table = Table.found(rows, self.memory.everything() | given)
        titles = table.titles if table else ()
        self.sheets_seen |= {number, name}
        self.titles_seen.update(titles)
        if self.answers.leave_out(number, name):
            self.learnt.append(Learnt(number, name, left_out=True, titles=titles))
            return Look(left_out=True)
        if table is None:
            return Look()
        if self.memory.left_out.get(name) == list(titles):
            return Look(left_out=True)
        named = self._named(sheet, table)
        names = self.memory.of(self._communities(table, named)) | given
        table = table.explained(names)
        if given:
            used = {title: given[title] for title in titles if title in given}
            self.learnt.append(Learnt(number, name, used, titles=titles))
        if table.is_side_by_side:
            # Two rosters beside each other are refused for that, whatever they say.
            return Look()
        for title in table.stale - given.keys():
            names.pop(title)
        table = table.explained(names)
        has_community = bool(named)
        if not table.leaves_doubt(has_community=has_community):
            return Look({title: names[title] for title in titles if title in names})
        is_guess = table.header is None and not holds_households(table.below)
        question = table.question(number, name, has_community=has_community)
        return Look(question=question, is_guess=is_guess)

    def _named(self, sheet: str, table: Table) -> str:
        """The community that the sheet's name or the lines above its titles name."""
        if code := self.places.code_of(sheet):
            return code
        above = (text_of(cell) for cells in table.above for cell in cells)
        return next(filter(None, map(self.places.code_inside, above)), "")

    def _communities(self, table: Table, named: str) -> set[str]:
        """Those whose memory counts: of the first rows, or the one of the sheet."""
        at = table.header.columns.get("community") if table.header else None
        if at is None:
            return {named} - {""}
        texts = {text_of(row[at]) for row in table.below if at < len(row)}
        return {self.places.code_of(text) for text in texts if text} - {""}


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done with a sheet. `names` are None when it is no roster."""

    names: Mapping[str, str] | None = None
    question: Question | None = None
    is_guess: bool = False
    left_out: bool = False
