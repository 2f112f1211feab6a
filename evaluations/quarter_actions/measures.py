"""Every measure is decided by a named person, with a record (G11, W8)."""

import datetime as dt
from calendar import monthrange

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import Actor, record
from evaluations.models import Measure, MeasureGround
from evaluations.quarter_actions.consequences import store
from evaluations.quarter_actions.errors import (
    MeasureStands,
    NotByRule,
    NotHeard,
    SamePerson,
    WrongState,
)
from evaluations.quarter_actions.persons import needed, refuse_own
from evaluations.scoring.window import Month
from evaluations.sheets.reactions import NEEDS_TWO_AND_A_HEARING, MeasureKind, Trigger

State = Measure.State


@transaction.atomic
def hear_on_measure(
    *, measure: Measure, on: dt.date, words: str, by: User, at: dt.datetime
) -> None:
    """The person was heard; needed before a removal, possible before any measure."""
    held = _held(measure, State.PROPOSED)
    refuse_own({held.appointment_id}, by=by)
    Measure.objects.filter(pk=held.pk).update(
        hearing_on=on, hearing_record=needed(words), hearing_by=by
    )
    record(
        "measure.heard",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data=_facts(held),
    )


@transaction.atomic
def decide_measure(
    *, measure: Measure, decision: str, by: User, at: dt.datetime
) -> bool:
    """Proposed -> approved, with the record of the decision; whether it is now.

    A removal takes a hearing and two persons: after the first word it still waits and
    False comes back.
    """
    held = _held(measure, State.PROPOSED)
    refuse_own({held.appointment_id}, by=by)
    words = needed(decision)
    if held.needs_two and not _second(held, by=by):
        _approve_first(held, words, by=by, at=at)
        return False
    Measure.objects.filter(pk=held.pk).update(
        state=State.APPROVED, decided_by=by, decided_at=at, decision=words
    )
    record(
        "measure.decided",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={
            **_facts(held),
            "decision": words,
            "second": held.first_by.audit_name if held.first_by else "",
        },
    )
    return True


@transaction.atomic
def drop_measure(*, measure: Measure, reason: str, by: User, at: dt.datetime) -> None:
    """Proposed -> dropped; the reason stays with the proposal (G11)."""
    held = _held(measure, State.PROPOSED)
    refuse_own({held.appointment_id}, by=by)
    words = needed(reason)
    Measure.objects.filter(pk=held.pk).update(
        state=State.DROPPED, decided_by=by, decided_at=at, decision=words
    )
    record(
        "measure.dropped",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={**_facts(held), "reason": words},
    )


@transaction.atomic
def add_measure(
    *, measure: Measure, kind: str, decision: str, by: User, at: dt.datetime
) -> Measure:
    """A further measure that the rule names, if a person finds it necessary (W8).

    As an admonition beside a criticism. One that takes two persons and a hearing stays
    a proposal until it has them.
    """
    held = _held(measure, State.APPROVED, State.CARRIED_OUT)
    refuse_own({held.appointment_id}, by=by)
    words = needed(decision)
    rule = held.period.rules.consequence_of(Trigger(held.trigger))
    if rule is None or kind not in {further.value for further in rule.further}:
        raise NotByRule(kind)
    further = Measure(
        period_id=held.period_id,
        appointment_id=held.appointment_id,
        division_id=held.division_id,
        warning_id=held.warning_id,
        added_to=held,
        kind=kind,
        trigger=held.trigger,
        ground=held.ground,
        basis=rule.basis,
        effect_months=int(rule.effect.value) if rule.effect else None,
        proposed_at=at,
    )
    if MeasureKind(kind) not in NEEDS_TWO_AND_A_HEARING:
        further.state, further.decision = State.APPROVED, words
        further.decided_by, further.decided_at = by, at
    grounds = MeasureGround.objects.filter(measure=held).select_related("sheet")
    try:
        with transaction.atomic():
            store([(further, [ground.sheet for ground in grounds])])
    except IntegrityError as error:
        raise MeasureStands(kind) from error
    record(
        "measure.added",
        target=further,
        by=by,
        at=at,
        division=held.division_id,
        data={**_facts(further), "quarter": held.period.code, "decision": words},
    )
    return further


@transaction.atomic
def carry_out_measure(
    *, measure: Measure, on: dt.date, outcome: str, by: User, at: dt.datetime
) -> dt.date | None:
    """Approved -> carried out on a day, with what came of it; the end of its effect.

    The end is the rule's number of months later; None where the rule sets none.
    """
    held = _held(measure, State.APPROVED)
    refuse_own({held.appointment_id}, by=by)
    until = months_later(on, held.effect_months) if held.effect_months else None
    words = needed(outcome)
    Measure.objects.filter(pk=held.pk).update(
        state=State.CARRIED_OUT,
        carried_out_on=on,
        carried_out_by=by,
        outcome=words,
        effect_until=until,
    )
    record(
        "measure.carried_out",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={
            **_facts(held),
            "on": on.isoformat(),
            "outcome": words,
            "ends_on": until.isoformat() if until else "",
        },
    )
    return until


@transaction.atomic
def expire_measures(*, by: Actor, at: dt.datetime) -> int:
    """Carried out -> expired, where the effect has ended; harmless twice."""
    today = timezone.localdate(at)
    ended = Measure.objects.select_for_update(of=("self",), no_key=True).filter(
        state=State.CARRIED_OUT, effect_until__lte=today
    )
    pks = sorted(ended.values_list("pk", flat=True))
    if not pks:
        return 0
    Measure.objects.filter(pk__in=pks).update(state=State.EXPIRED)
    record("measures.expired", by=by, at=at, data={"ids": pks})
    return len(pks)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or its last where there is none."""
    month = Month(day.year, day.month).plus(months)
    last = monthrange(month.year, month.month)[1]
    return dt.date(month.year, month.month, min(day.day, last))


def _held(measure: Measure, *states: str) -> Measure:
    """The measure, held; WrongState if it has moved on."""
    held = Measure.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=measure.pk, state__in=states
    )
    related = held.select_related("period__scheme", "first_by")
    found: Measure | None = related.first()
    if found is None:
        raise WrongState(str(measure))
    return found


def _second(measure: Measure, *, by: User) -> bool:
    """Whether this word would be the second; NotHeard, SamePerson."""
    if not measure.was_heard:
        raise NotHeard(str(measure))
    if measure.first_by_id == by.pk:
        raise SamePerson(by.audit_name)
    return measure.first_by_id is not None


def _approve_first(measure: Measure, words: str, *, by: User, at: dt.datetime) -> None:
    Measure.objects.filter(pk=measure.pk).update(
        first_by=by, first_at=at, first_decision=words
    )
    record(
        "measure.approved_first",
        target=measure,
        by=by,
        at=at,
        division=measure.division_id,
        data={**_facts(measure), "decision": words},
    )


def _facts(measure: Measure) -> dict[str, str]:
    return {
        "quarter": measure.period.code,
        "measure": measure.kind,
        "trigger": measure.trigger,
    }
