"""Preparing and approving a round (domain 3.9, M4, T13, T92)."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots.models import BallotBox
from officials.actions import end_appointment
from officials.models import Appointment, Division
from surveys import actions, queries
from surveys.models import Round, SampledHousehold
from surveys.parameters import ParameterError, RoundParameters
from tests.surveys.conftest import (
    HOUSEHOLDS,
    PARAMETERS,
    make_secretary,
    moment,
)

Opened = tuple[Round, actions.IssuedSlips]


def test_a_prepared_round_names_who_is_rated_on_the_opening_day(draft: Round) -> None:
    subjects = draft.subjects.order_by("community_id")
    assert [subject.appointment.official.name for subject in subjects] == [
        "书记02",
        "书记03",
        "书记04",
    ]
    assert (draft.state, draft.code, draft.month_in_cycle) == (
        "draft",
        "120101002-2025-11",
        1,
    )


def test_a_successor_in_office_on_the_opening_day_is_rated(
    small_district: Division, prepare: Callable[..., Round]
) -> None:
    code = next(iter(HOUSEHOLDS))
    old = Appointment.objects.get(post__organization__division_id=code)
    end_appointment(
        appointment=old,
        ends_on=dt.date(2025, 11, 1),
        reason="调动",
        by=SYSTEM,
        at=moment(2025, 10, 1),
    )
    new = make_secretary(code, "新书记", starts_on=dt.date(2025, 11, 1))
    subjects = prepare().subjects
    assert subjects.get(community_id=code).appointment == new


def test_an_acting_secretary_is_rated_only_without_a_regular_one(
    small_district: Division, prepare: Callable[..., Round]
) -> None:
    first, second = list(HOUSEHOLDS)[:2]
    regular = Appointment.objects.get(post__organization__division_id=first)
    make_secretary(first, "代理一", kind=Appointment.Kind.ACTING)
    held = Appointment.objects.get(post__organization__division_id=second)
    end_appointment(
        appointment=held,
        ends_on=dt.date(2025, 10, 1),
        reason="退休",
        by=SYSTEM,
        at=moment(2025, 10, 1),
    )
    acting = make_secretary(second, "代理二", kind=Appointment.Kind.ACTING)
    subjects = prepare().subjects
    assert subjects.get(community_id=first).appointment == regular
    assert subjects.get(community_id=second).appointment == acting


def test_communities_without_roster_or_official_are_listed(
    small_district: Division, prepare: Callable[..., Round]
) -> None:
    code = list(HOUSEHOLDS)[2]
    held = Appointment.objects.get(post__organization__division_id=code)
    end_appointment(
        appointment=held,
        ends_on=dt.date(2025, 10, 1),
        reason="退休",
        by=SYSTEM,
        at=moment(2025, 10, 1),
    )
    survey_round = prepare()
    without = queries.communities_without_official(survey_round)
    assert [place.code for place in without] == [code]
    street = Division.objects.communities().under("120101002")
    known = list(HOUSEHOLDS)[:3]
    expected = [place.code for place in street if place.code not in known]
    listed = queries.communities_without_roster(survey_round)
    assert [place.code for place in listed] == expected
    assert expected


def test_one_round_per_place_and_month(
    prepare: Callable[..., Round], draft: Round, heping: Division
) -> None:
    with pytest.raises(actions.RoundExists, match=draft.code):
        prepare()
    # A round of the whole district would ask the same households again.
    with pytest.raises(actions.RoundExists, match=draft.code):
        prepare(division=heping)


def test_the_slot_keeps_a_second_round_out(draft: Round) -> None:
    twin = Round.objects.get(pk=draft.pk)
    twin.pk, twin.code, twin._state.adding = None, "another", True
    with pytest.raises(IntegrityError, match="slot"), transaction.atomic():
        twin.save()


def test_month_in_cycle_counts_to_twelve_and_starts_again(
    prepare: Callable[..., Round],
) -> None:
    periods = [f"{2025 + month // 12}-{month % 12 + 1:02d}" for month in range(10, 24)]
    assert [prepare(period).month_in_cycle for period in periods] == [
        *range(1, 13),
        1,
        2,
    ]


def test_an_annulled_month_gives_its_place_in_the_cycle_back(
    prepare: Callable[..., Round], clerk: User
) -> None:
    prepare("2025-11")
    wrong = prepare("2025-12")
    actions.annul_round(
        survey_round=wrong, reason="日期写错", by=clerk, at=wrong.created_at
    )
    again = prepare("2025-12")
    assert (again.month_in_cycle, again.code) == (2, "120101002-2025-12-2")


def test_another_scheme_starts_a_cycle_of_its_own(
    prepare: Callable[..., Round],
) -> None:
    prepare("2025-11")
    assert prepare("2025-12", scheme_ref="monthly-2").month_in_cycle == 1


def test_a_missing_field_of_the_method_is_named(prepare: Callable[..., Round]) -> None:
    for field in PARAMETERS:
        values = {key: value for key, value in PARAMETERS.items() if key != field}
        with pytest.raises(ParameterError) as refused:
            RoundParameters.from_mapping(values)
        assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sampling.rate", 0.1),
        ("sampling.rate", "1"),
        ("sampling.rate", "zehn"),
        ("sampling.min_completed", "1.5"),
        ("sampling.strata", "building"),
        ("method.version", 2),
        ("weights.area", "city"),
        ("score.levels", ["0", "100"]),
        ("score.question_weight", ["1", "x"]),
    ],
)
def test_a_wrong_field_of_the_method_is_named(field: str, value: object) -> None:
    with pytest.raises(ParameterError) as refused:
        RoundParameters.from_mapping({**PARAMETERS, field: value})
    assert refused.value.field == field


def test_weights_multiply_the_scheme_by_the_questionnaire() -> None:
    per_question = {**PARAMETERS, "score.question_weight": ["1", "0", "2.5"]}
    read = RoundParameters.from_mapping(per_question)
    own = [Decimal(1), Decimal(1), Decimal("0.5")]
    assert read.weights_of(own) == (Decimal(1), Decimal(0), Decimal("1.25"))
    with pytest.raises(ParameterError, match="3 weights for 2 questions"):
        read.weights_of(own[:2])


def test_terms_of_the_box_are_read_by_their_names() -> None:
    terms = RoundParameters.from_mapping(
        {**PARAMETERS, "box.grace": 10, "box.void_window": 0, "codes.reissue": "0.02"}
    ).terms
    assert (terms.grace_minutes, terms.void_window_hours, terms.reissue_permille) == (
        10,
        0,
        20,
    )
    assert terms.min_open == 10


def test_who_prepared_a_round_cannot_approve_it(draft: Round, clerk: User) -> None:
    events = AuditEvent.objects.count()
    with pytest.raises(actions.SamePerson):
        actions.approve_round(survey_round=draft, by=clerk, at=draft.created_at)
    draft.refresh_from_db()
    assert (draft.state, draft.box) == ("draft", None)
    assert AuditEvent.objects.count() == events
    assert SampledHousehold.objects.count() == 0


def test_the_database_wants_a_second_person(draft: Round, clerk: User) -> None:
    with (
        pytest.raises(IntegrityError, match="round_approved_by_another"),
        transaction.atomic(),
    ):
        Round.objects.filter(pk=draft.pk).update(approved_by=clerk)


def test_approving_locks_the_box_to_questions_and_deadline(approved: Round) -> None:
    box = approved.ballot_box
    assert bytes(box.form_digest) == bytes(approved.questionnaire.digest)
    assert (box.closes_at, box.state, box.purpose) == (
        approved.closes_at,
        "sealed_setup",
        "survey",
    )


def test_a_change_of_office_before_approval_is_noticed(
    draft: Round, head: User
) -> None:
    held = draft.subjects.first().appointment
    end_appointment(
        appointment=held,
        ends_on=dt.date(2025, 10, 31),
        reason="调动",
        by=SYSTEM,
        at=draft.created_at,
    )
    with pytest.raises(actions.RoundNotReady):
        actions.approve_round(survey_round=draft, by=head, at=draft.created_at)


def test_an_approval_that_cannot_be_recorded_changes_nothing(
    draft: Round, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("surveys.actions.preparing.record", fail)
    with pytest.raises(RuntimeError):
        actions.approve_round(survey_round=draft, by=head, at=draft.created_at)
    draft.refresh_from_db()
    assert (draft.state, BallotBox.objects.count()) == ("draft", 0)
    assert SampledHousehold.objects.count() == 0
