"""The titles of one sheet: what they are by name, and which of them need a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from residents.importers import headers
from residents.importers.headers import Header
from residents.importers.normalise import text_of
from residents.importers.rows import Cell, Refused
from residents.importers.rows import sentence as _
from residents.samples import SAMPLES, masked, title_line

# Worth a question when a column with an unknown title might be one of them. The
# other fields of 5.2 may be missing from a roster without a word.
USEFUL = ("community", "unit", "head", "phone", "status")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it is taken for, masked samples, whether asked."""

    title: str
    known: str
    samples: tuple[str, ...]
    in_doubt: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A sheet that a person has to explain. `twice` and `lacking` are fields."""

    number: int
    name: str
    columns: tuple[Column, ...]
    twice: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def titles(self) -> list[str]:
        return [column.title for column in self.columns]

    @property
    def doubted(self) -> list[str]:
        return [column.title for column in self.columns if column.in_doubt]


class ColumnsUnknown(Refused):
    """The file can be read only after somebody has explained its columns."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        sheets = "；".join(
            f"{question.name}：{'、'.join(question.doubted or question.titles)}"
            for question in questions
        )
        text = _("先说明这些列名是什么——%(sheets)s。")
        super().__init__("COLUMNS_UNKNOWN", text, {"sheets": sheets})


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a sheet with a line of titles; `row` counts from 0."""

    rows: Sequence[Sequence[Cell]]
    row: int
    texts: tuple[str, ...]
    names: Mapping[str, str]
    header: Header | None

    @classmethod
    def found(
        cls, rows: Sequence[Sequence[Cell]], names: Mapping[str, str]
    ) -> "Table | None":
        header = headers.find(rows, names=names)
        row = header.row - 1 if header else title_line(rows)
        if row is None:
            return None
        texts = [text_of(cell) for cell in rows[row]]
        if header and header.first_row < header.row:
            texts = headers.join(
                [text_of(cell) for cell in rows[row - 1]], texts, names
            )
        return cls(rows, row, tuple(texts), names, header)

    def explained(self, names: Mapping[str, str]) -> "Table":
        """The same lines under other names; without a header when they do not help."""
        found = Table.found(self.rows, names)
        return found or replace(self, names=names, header=None)

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(title for title in headers.titles_of(self.texts) if title)

    @property
    def above(self) -> Sequence[Sequence[Cell]]:
        return self.rows[: self.header.first_row - 1 if self.header else self.row]

    @property
    def below(self) -> Sequence[Sequence[Cell]]:
        return self.rows[self.row + 1 :]

    @property
    def is_side_by_side(self) -> bool:
        header = self.header
        return header is not None and (
            header.side_by_side or headers.beside(self.rows, header)
        )

    @property
    def stale(self) -> set[str]:
        """Titles that were not read because of another column, which is gone."""
        if self.header is None:
            return set()
        return {
            title
            for title, text in zip(
                headers.titles_of(self.texts), self.texts, strict=True
            )
            if self.names.get(title) == ""
            and (known := headers.field_of(text))
            and known not in self.header.columns
        }

    def lacking(self, *, has_community: bool) -> tuple[str, ...]:
        """Fields of an address, a person or a status that no column is known to be."""
        present = set(self.header.columns) if self.header else set()
        if has_community:
            present.add("community")
        return tuple(
            name for name in (*headers.REQUIRED, *USEFUL) if name not in present
        )

    def leaves_doubt(self, *, has_community: bool) -> bool:
        """Whether a person has to say what a column is before anything is read."""
        if self.header is None or not self.header.complete:
            return True
        is_open = any(
            not self._known(title, text) and title not in self.names
            for title, text in zip(
                headers.titles_of(self.texts), self.texts, strict=True
            )
            if title
        )
        return is_open and bool(self.lacking(has_community=has_community))

    def _known(self, title: str, text: str) -> str:
        return self.names[title] if title in self.names else headers.field_of(text)

    def question(self, number: int, name: str, *, has_community: bool) -> Question:
        twice = self.header.twice if self.header else ()
        columns = []
        for index, title in enumerate(headers.titles_of(self.texts)):
            if not title:
                continue
            known = self._known(title, self.texts[index])
            in_doubt = known in twice or not (known or title in self.names)
            cells = [row[index] for row in self.below if index < len(row)]
            samples = tuple(islice(filter(None, map(masked, cells)), SAMPLES))
            known = "" if in_doubt else known
            columns.append(Column(title, known, samples, in_doubt=in_doubt))
        return Question(
            number,
            name,
            tuple(columns),
            tuple(dict.fromkeys(twice)),
            self.lacking(has_community=has_community),
        )
