"""The tables and the pure rules name the same things."""

import pytest
from django.db.models import TextChoices
from django.utils.translation import override

from evaluations.models import ColorWarning, Grade, Measure, ScoreSheet
from evaluations.scoring import grades
from evaluations.sheets import words
from evaluations.sheets.reactions import Color, Figure, MeasureKind, Trigger
from evaluations.sheets.standing import NotRanked

PAIRS = [
    (Measure.Kind, MeasureKind),
    (Measure.Trigger, Trigger),
    (ColorWarning.Color, Color),
    (Grade.Step, grades.Grade),
    (ScoreSheet.NotRanked, NotRanked),
]


@pytest.mark.parametrize(("stored", "pure"), PAIRS)
def test_a_table_knows_every_word_of_the_rules(
    stored: type[TextChoices], pure: type
) -> None:
    assert stored.values == [word.value for word in pure]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_figure_has_its_sentence(language: str) -> None:
    reason = {"found": "3", "threshold": "60", "indicator": "work", "name": "实绩"}
    with override(language):
        said = [words.reason_words({**reason, "figure": one.value}) for one in Figure]
    assert len(set(said)) == len(Figure)
    assert all("%" not in sentence for sentence in said)
