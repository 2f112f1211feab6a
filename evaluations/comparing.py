"""Two to four appointments of one peer group beside each other (M58, M79, W3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from evaluations import charts, publication, queries, tables
from evaluations.charts import Bar
from evaluations.group_lines import Line
from evaluations.publication import Audience, Question, Released, Sheet, Withheld
from evaluations.tables import Ranking
from surveys.models import Question as Asked


@dataclass(frozen=True, slots=True)
class Cell:
    """A question of one appointment, or why there is none."""

    question: Question | Withheld | None
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class QuestionLine:
    asked: Asked
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two told scores. `higher`: None where they cannot be told apart."""

    one: Line
    other: Line
    higher: Line | None

    @property
    def lower(self) -> Line:
        return self.other if self.higher is self.one else self.one


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ranking` holds the told ones with their pictures, on one scale."""

    lines: tuple[Line, ...]
    ranking: Ranking
    pairs: tuple[Pair, ...]
    questions: tuple[QuestionLine, ...]


def compared(
    lines: Sequence[Line], ranking: Ranking, audience: Audience, *, level: float
) -> Comparison:
    """`ranking`: the same lines as rows; cells stand in the order of its rows."""
    told = [row.line for row in ranking.rows]
    sheets = [_sheet(line, audience) for line in told]
    asked = queries.questions_of(told[0].rating) if told else {}
    return Comparison(
        lines=tuple(lines),
        ranking=ranking,
        pairs=tuple(_pair(one, other, level) for one, other in combinations(told, 2)),
        questions=tuple(
            QuestionLine(question, tuple(_cell(sheet, number) for sheet in sheets))
            for number, question in sorted(asked.items())
        ),
    )


def _sheet(line: Line, audience: Audience) -> Sheet | None:
    known = publication.beside(line.rating, audience)
    return publication.release_sheet(line.rating, audience, known)


def _pair(one: Line, other: Line, level: float) -> Pair:
    mine, theirs = one.figure, other.figure
    if not isinstance(mine, Released) or not isinstance(theirs, Released):
        return Pair(one, other, None)
    if tables.is_close(mine, theirs, level=level):
        return Pair(one, other, None)
    return Pair(one, other, one if mine.score.value > theirs.score.value else other)


def _cell(sheet: Sheet | None, number: int) -> Cell:
    question = sheet.questions.get(number) if sheet else None
    if not isinstance(question, Question):
        return Cell(question, None)
    low, high = question.low, question.high
    return Cell(
        question,
        charts.bar(
            question.score.value,
            low.value if low else None,
            high.value if high else None,
        ),
    )
