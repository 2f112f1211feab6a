"""One pass over the answers of a round, and the text that a cell stores."""

import json

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from evaluations.counting import count_round, counts_of
from evaluations.models import CountedRound, ResponseCell
from evaluations.scoring.canonical import canonical_json
from surveys.models import OpenedResponse, Question, Questionnaire
from tests.evaluations.world import NINE, TAIANDAO, World, mixed, same

QUESTIONS = 11


def test_the_answers_of_a_round_are_read_by_one_statement(world: World) -> None:
    survey_round = world.tally("2026-10", {code: mixed(20, seed=code) for code in NINE})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        count_round(survey_round)
    table = OpenedResponse._meta.db_table
    reading = [query["sql"] for query in queries if table in query["sql"]]
    assert [sql.partition(" ")[0] for sql in reading] == ["SELECT"]


def test_the_number_of_statements_does_not_grow_with_the_round(world: World) -> None:
    small = world.tally("2026-09", {TAIANDAO: same(4, 3)})
    large = world.tally("2026-10", {code: mixed(60, seed=code) for code in NINE})
    numbers = []
    for survey_round in (small, large):
        with CaptureQueriesContext(connection) as queries:
            count_round(survey_round)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_what_is_counted_is_what_is_stored(world: World) -> None:
    survey_round = world.tally("2026-10", {code: mixed(20, seed=code) for code in NINE})
    counts = counts_of(survey_round)
    count_round(survey_round)
    stored = ResponseCell.objects.filter(round=survey_round).order_by("pk")
    assert list(stored.values_list(*counts.cells[0]._fields)) == list(counts.cells)
    assert CountedRound.objects.get().cells_sha256 == counts.digest


def test_a_break_off_counts_in_no_question(world: World) -> None:
    broken = ("online", [5, 5] + [None] * 6)
    survey_round = world.tally("2026-10", {TAIANDAO: [*same(4, 2), broken]})
    (cell,) = counts_of(survey_round).cells
    assert (cell.complete, cell.partial, cell.break_off, cell.n) == (2, 0, 1, 2)
    assert set(map(tuple, json.loads(cell.item_counts).values())) == {
        (0, 0, 0, 2, 0, 0)
    }


@pytest.mark.parametrize("level", [0, 1, 5, None])
def test_counts_of_eleven_questions_are_canonical_text(
    world: World, level: int | None
) -> None:
    """Keys are sorted as text, so 10 and 11 come before 2."""
    longer = Questionnaire.objects.create(
        name="十一题", kind=Questionnaire.Kind.RESIDENT, version=1
    )
    Question.objects.bulk_create(
        Question(
            questionnaire=longer,
            order=number,
            kind=Question.Kind.FIVE_LEVEL,
            text_zh=f"第{number}题",
            text_en=f"Question {number}",
        )
        for number in range(1, QUESTIONS + 1)
    )
    survey_round = world.tally("2026-10", {TAIANDAO: same(3, 4)}, questionnaire=longer)
    models.QuerySet(OpenedResponse).update(item_11=level)
    (cell,) = counts_of(survey_round).cells
    expected = {str(number): [0, 0, 4, 0, 0, 0] for number in range(1, 9)}
    expected |= {"9": [0] * 5 + [4], "10": [0] * 5 + [4], "11": [0] * 6}
    expected["11"][level - 1 if level else 5] = 4
    assert cell.item_counts == canonical_json(expected).decode()
