"""Prepare a round, and approve it: from then on nothing in it changes (domain 3.9)."""

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import crypto
from audit.actions import Actor, record
from ballots.actions import set_up_box
from ballots.default_texts import ensure_default_texts
from ballots.models import BallotBox
from officials.models import Appointment, Division
from residents.models import RosterSnapshot
from residents.queries import frame_counts, frame_of
from surveys.actions.drawing import draw_round
from surveys.actions.states import (
    DraftChanged,
    DraftTooOld,
    RoundExists,
    RoundNotReady,
    SamePerson,
    hold,
    hold_place,
    move,
)
from surveys.default_questionnaire import digest_of
from surveys.models import Questionnaire, RecusedHousehold, Round, RoundSubject
from surveys.parameters import RoundParameters
from surveys.sampling import cycle_month

PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
# Where a post has two holders on one day, the regular one is rated.
PREFERRED = (
    Appointment.Kind.FULL,
    Appointment.Kind.CONCURRENT,
    Appointment.Kind.ACTING,
)


@transaction.atomic
def prepare_round(
    *,
    division: Division,
    period: str,
    questionnaire: Questionnaire,
    snapshot: RosterSnapshot,
    scheme_ref: str,
    scheme_digest: bytes,
    parameters: Mapping[str, Any],
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    by: User,
    at: dt.datetime,
) -> Round:
    """A draft: who is rated by whom, when, by which questions and which scheme."""
    read = RoundParameters.from_mapping(parameters)
    _refuse_unreadable(period, questionnaire, opens_at, closes_at, read)
    hold_place(division)
    _refuse_second_round(division, period)
    survey_round = Round(
        code=_new_code(division, period),
        kind=Round.Kind.MONTHLY,
        period=period,
        slot=f"{Round.Kind.MONTHLY}|{period}|{division.code}",
        division=division,
        questionnaire=questionnaire,
        snapshot=snapshot,
        scheme_ref=scheme_ref,
        scheme_digest=scheme_digest,
        parameters=dict(parameters),
        month_in_cycle=_month_in_cycle(division, period, scheme_ref, read.months),
        opens_at=opens_at,
        closes_at=closes_at,
        created_by=by,
        created_at=at,
    )
    subjects = subjects_of(survey_round)
    if not subjects:
        raise RoundNotReady(_("这个范围里没有一个社区既有在任书记、又有常住户名册。"))
    survey_round.save()
    for subject in subjects:
        subject.round = survey_round
    RoundSubject.objects.bulk_create(subjects)
    record(
        "round.prepared",
        target=survey_round,
        by=by,
        at=at,
        division=division.code,
        data=_facts(survey_round),
    )
    return survey_round


@transaction.atomic
def recuse_household(
    *,
    survey_round: Round,
    household: uuid.UUID,
    reason: str,
    by: Actor,
    at: dt.datetime,
) -> RecusedHousehold:
    """Take a rated person's or role-holder's household out of the frame (T24)."""
    survey_round = hold(survey_round, Round.State.DRAFT)
    framed = frame_of(survey_round.snapshot).filter(household_id=household)
    if not framed.exists():
        raise RoundNotReady(_("这一户不在名册快照的常住户里。"))
    recused, new = RecusedHousehold.objects.get_or_create(
        round=survey_round, household_id=household, defaults={"reason": reason}
    )
    if new:
        record(
            "round.household_recused",
            target=survey_round,
            by=by,
            at=at,
            division=survey_round.division_id,
            data={"reason": reason},
        )
    return recused


@transaction.atomic
def propose_again(*, survey_round: Round, by: User, at: dt.datetime) -> Round:
    """The draft as it is, put before the second person for another 72 hours."""
    survey_round = hold(survey_round, Round.State.DRAFT)
    move(survey_round, created_by=by, created_at=at)
    record(
        "round.proposed_again",
        target=survey_round,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={**_facts(survey_round), "digest": content_digest(survey_round).hex()},
    )
    return survey_round


@transaction.atomic
def approve_round(
    *, survey_round: Round, by: User, at: dt.datetime, digest: bytes | None = None
) -> Round:
    """Lock everything, draw, and set up the ballot box; by a second person.

    `digest` is what the page showed; who approves without a page has seen nothing else.

    1. hold the draft; another person than who prepared it, within 72 hours, and the
       same content as shown (T92);
    2. questions and subjects are still what was prepared;
    3. draw (M11-M18), then the box (T13);
    4. state approved.
    """
    survey_round = hold(survey_round, Round.State.DRAFT)
    if survey_round.created_by_id == by.pk:
        raise SamePerson(survey_round.code)
    if survey_round.is_lapsed(at=at):
        raise DraftTooOld(survey_round.code)
    if digest is not None and not crypto.equal(digest, content_digest(survey_round)):
        raise DraftChanged(survey_round.code)
    _refuse_changed(survey_round)
    draw = draw_round(survey_round=survey_round, at=at)
    box = _set_up_box(survey_round, by=by, at=at)
    move(survey_round, state=Round.State.APPROVED, approved_by=by, box=box)
    record(
        "round.approved",
        target=survey_round,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={
            **_facts(survey_round),
            "box": str(box.pk),
            "seed_commitment": draw.seed_commitment,
            "drawn": sum(draw.strata.values_list("drawn", flat=True)),
            "recused": sum(draw.strata.values_list("recused", flat=True)),
        },
    )
    return survey_round


def subjects_of(survey_round: Round) -> list[RoundSubject]:
    """Who is rated: heads in office on the opening day, where there is a roster."""
    read = RoundParameters.from_mapping(survey_round.parameters)
    counts = frame_counts(survey_round.snapshot, read.frame_statuses)
    appointments = (
        Appointment.objects.in_office(on=timezone.localdate(survey_round.opens_at))
        .rated()
        .filter(
            post__is_head=True,
            post__organization__division__level=Division.Level.COMMUNITY,
            post__organization__division__code__startswith=survey_round.division_id,
        )
        .select_related("post__organization")
    )
    chosen: dict[str, Appointment] = {}
    for appointment in sorted(appointments, key=_preference):
        community = appointment.post.organization.division_id
        if counts.get(community):
            chosen.setdefault(community, appointment)
    return [
        RoundSubject(community_id=community, appointment=appointment)
        for community, appointment in sorted(chosen.items())
    ]


def content_digest(survey_round: Round) -> bytes:
    """What the second person saw and approves, 32 bytes (T92)."""
    subjects = survey_round.subjects.order_by("community_id")
    recused = survey_round.recused.order_by("household_id")
    return crypto.digest(
        "round.v1",
        json.dumps(_facts(survey_round), sort_keys=True),
        json.dumps(survey_round.parameters, sort_keys=True),
        *(f"{row.community_id} {row.appointment_id}" for row in subjects),
        *(str(row.household_id) for row in recused),
    )


def tally_spec_digest(survey_round: Round) -> bytes:
    """How marks become figures, fixed before the box opens (T13), 32 bytes."""
    return crypto.digest(
        "tally.v1",
        bytes(survey_round.questionnaire.digest),
        bytes(survey_round.scheme_digest),
        json.dumps(survey_round.parameters, sort_keys=True),
    )


def _facts(survey_round: Round) -> dict[str, Any]:
    return {
        "code": survey_round.code,
        "period": survey_round.period,
        "snapshot": survey_round.snapshot.digest_hex,
        "scheme": survey_round.scheme_ref,
        "scheme_digest": bytes(survey_round.scheme_digest).hex(),
        "form_digest": bytes(survey_round.questionnaire.digest).hex(),
        "month_in_cycle": survey_round.month_in_cycle,
        "opens_at": survey_round.opens_at.astimezone(dt.UTC).isoformat(),
        "closes_at": survey_round.closes_at.astimezone(dt.UTC).isoformat(),
        "subjects": survey_round.subjects.count(),
    }


def _preference(appointment: Appointment) -> tuple[int, int]:
    return PREFERRED.index(Appointment.Kind(appointment.kind)), appointment.pk


def _refuse_unreadable(
    period: str,
    questionnaire: Questionnaire,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    read: RoundParameters,
) -> None:
    reasons = []
    if not PERIOD.fullmatch(period):
        reasons.append(_("月份要写成 2026-11 这样。"))
    if closes_at <= opens_at:
        reasons.append(_("截止时间要晚于开始时间。"))
    if questionnaire.status != Questionnaire.Status.APPROVED:
        reasons.append(_("问卷还没有批准。"))
    if reasons:
        raise RoundNotReady(*reasons)
    read.score_rule([question.weight for question in questionnaire.questions.all()])


def _refuse_second_round(division: Division, period: str) -> None:
    """No household is asked twice in a month: neither here, nor above, nor below."""
    same_month = Round.objects.counting().filter(period=period).only("code", "division")
    for other in same_month:
        codes = (other.division_id, division.code)
        if codes[0].startswith(codes[1]) or codes[1].startswith(codes[0]):
            raise RoundExists(other.code)


def _new_code(division: Division, period: str) -> str:
    """Permanent: the seed's keys are built with it (M17); an annulled code stays."""
    stem = f"{division.code}-{period}"
    taken = set(
        Round.objects.filter(code__startswith=stem).values_list("code", flat=True)
    )
    number = 1 + len(taken)
    return stem if number == 1 else f"{stem}-{number}"


def _month_in_cycle(
    division: Division, period: str, scheme_ref: str, months: int
) -> int:
    """k of M14: 1 for the first round under the scheme, then 2 … L, then 1 again.

    It follows the round before; a month without a round is skipped, not filled (M61).
    """
    before = (
        Round.objects.counting()
        .filter(division=division, scheme_ref=scheme_ref, period__lt=period)
        .order_by("-period")
        .first()
    )
    return cycle_month(before.month_in_cycle + 1, months) if before else 1


def _refuse_changed(survey_round: Round) -> None:
    questionnaire = survey_round.questionnaire
    reasons = []
    if digest_of(questionnaire) != bytes(questionnaire.digest):
        reasons.append(_("问卷的内容和批准时不一样。"))
    prepared = {
        (subject.community_id, subject.appointment_id)
        for subject in survey_round.subjects.all()
    }
    today = {
        (subject.community_id, subject.appointment_id)
        for subject in subjects_of(survey_round)
    }
    if prepared != today:
        reasons.append(_("准备之后任职有变动，请作废这份草稿，重新准备。"))
    if reasons:
        raise RoundNotReady(*reasons)


def _set_up_box(survey_round: Round, *, by: User, at: dt.datetime) -> BallotBox:
    texts = ensure_default_texts(by=by, at=at)
    return set_up_box(
        purpose=BallotBox.Purpose.SURVEY,
        form_digest=bytes(survey_round.questionnaire.digest),
        promise=texts.promise,
        notice=texts.notice,
        tally_spec_digest=tally_spec_digest(survey_round),
        division=survey_round.division_id,
        closes_at=survey_round.closes_at,
        terms=RoundParameters.from_mapping(survey_round.parameters).terms,
        by=by,
        at=at,
    )
