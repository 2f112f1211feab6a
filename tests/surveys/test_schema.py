"""What an opened answer is stored with, and nothing else (T10, T55, T61)."""

import pytest
from django.apps import apps
from django.db import models

from surveys import actions
from surveys.models import (
    AnswersAreFinal,
    Comment,
    OpenedResponse,
    Round,
)
from tests.surveys.conftest import tally, vote

Opened = tuple[Round, actions.IssuedSlips]
ANSWERS = (OpenedResponse, Comment)


def test_an_opened_answer_has_these_columns_and_no_other() -> None:
    items = {f"item_{number}" for number in range(1, 17)}
    assert {field.column for field in OpenedResponse._meta.get_fields()} == {
        *("id", "round_id", "community_id", "subject_id", "mode", "assisted"),
        *items,
        *("usability", "score", "salt"),
    }
    assert {field.column for field in Comment._meta.get_fields()} == {
        *("id", "round_id", "community_id", "text", "salt"),
        *("review", "blackouts", "reviewed_by", "is_raw"),
    }


@pytest.mark.parametrize("model", ANSWERS)
def test_an_opened_answer_knows_no_time_and_no_serial(
    model: type[models.Model],
) -> None:
    kinds = {type(field) for field in model._meta.get_fields()}
    clocks = {models.DateTimeField, models.DateField, models.TimeField}
    counters = {models.AutoField, models.BigAutoField, models.SmallAutoField}
    assert kinds & (clocks | counters) == set()
    assert isinstance(model._meta.pk, models.UUIDField)


def test_nothing_points_at_an_opened_answer() -> None:
    pointing = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model in ANSWERS
    }
    assert pointing == set()


def test_an_opened_answer_points_at_no_household() -> None:
    targets = {
        field.related_model.__name__
        for model in ANSWERS
        for field in model._meta.get_fields()
        if field.is_relation
    }
    assert targets == {"Round", "Division", "Appointment"}


def test_answers_get_random_keys_and_salts(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    tallied = tally(survey_round)
    rows = OpenedResponse.objects.filter(round=tallied).values_list("id", "salt")
    keys = [key for key, _ in rows]
    assert {key.version for key in keys} == {4}
    assert {len(bytes(salt)) for _, salt in rows} == {16}
    assert len({bytes(salt) for _, salt in rows}) == 12
    assert not set(keys) & {code.code_id for code in issued.codes}


def test_an_opened_answer_is_final(opened: Opened) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    row = OpenedResponse.objects.filter(round=tally(survey_round)).first()
    row.score = 0
    with pytest.raises(AnswersAreFinal):
        row.save()
    with pytest.raises(AnswersAreFinal):
        OpenedResponse.objects.filter(pk=row.pk).update(score=0)
