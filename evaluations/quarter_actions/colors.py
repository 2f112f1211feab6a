"""黄橙红: all rated workers in one run, and the word of a person on each card (G9)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record
from evaluations.models import AssessmentPeriod, ColorWarning, Measure, ScoreSheet
from evaluations.quarter_actions.consequences import store
from evaluations.quarter_actions.errors import (
    ColorsAreProposed,
    NotFinal,
    NotHeard,
    SamePerson,
    WrongState,
)
from evaluations.quarter_actions.persons import needed, refuse_own
from evaluations.quarter_facts import facts_of, warned_before
from evaluations.quarter_history import last_places, settled_quarters
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.grades import Grade
from evaluations.sheets.colors import Facts, Verdict, judge
from evaluations.sheets.reactions import NEEDS_TWO_AND_A_HEARING, Color, Trigger

Warnings = ColorWarning.State
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Colored:
    """`judged`: everybody; `lifted`: yellow cards that lapsed."""

    judged: int
    proposed: tuple[ColorWarning, ...]
    lifted: int


@transaction.atomic
def propose_colors(*, period: AssessmentPeriod, by: Actor, at: dt.datetime) -> Colored:
    """Judge every sheet of a final quarter once, in a fixed number of queries.

    A card is a proposal with its reasons; without conditions in the scheme there is
    none. A yellow card that was decided lapses when a later quarter is ranked and
    clean. Where the residents' window missed its target, nothing that rests on the
    total is held against anybody (M29).
    """
    quarter = _claimed(period, at=at)
    sheets = list(
        quarter.sheets.current()
        .filter(state=ScoreSheet.State.FINAL)
        .select_related("period", "grade", "group_rank")
    )
    verdicts = _verdicts(quarter, sheets)
    proposed = ColorWarning.objects.bulk_create(
        (
            _card(sheet, verdict, at=at)
            for sheet in sheets
            if (verdict := verdicts[sheet.appointment_id]) is not None
        ),
        batch_size=BATCH,
    )
    lifted = _lapse(quarter, sheets, verdicts, at=at)
    record(
        "colors.proposed",
        target=quarter,
        by=by,
        at=at,
        division=quarter.division_id,
        data={
            "quarter": quarter.code,
            "sheets": len(sheets),
            "colors": {
                color.value: sum(one.color == color.value for one in proposed)
                for color in Color
            },
            "lifted": lifted,
        },
    )
    return Colored(len(sheets), tuple(proposed), lifted)


@transaction.atomic
def hear_on_color(
    *, warning: ColorWarning, on: dt.date, words: str, by: User, at: dt.datetime
) -> None:
    """The person was heard, before a red card can be approved."""
    held = _held(warning)
    refuse_own({held.appointment_id}, by=by)
    ColorWarning.objects.filter(pk=held.pk).update(
        hearing_on=on, hearing_record=needed(words), hearing_by=by
    )
    record(
        "color.heard",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={"quarter": held.period.code, "color": held.color},
    )


@transaction.atomic
def decide_color(
    *, warning: ColorWarning, decision: str, by: User, at: dt.datetime
) -> bool:
    """Proposed -> decided; whether it is decided now.

    Yellow and orange take one person. Red takes a hearing and two: the first approval
    is written down and False comes back, the second of another person decides. The
    measure that the scheme names for the colour is approved with the card, by the same
    persons; a removal always has both signatures.
    """
    held = _held(warning)
    refuse_own({held.appointment_id}, by=by)
    words = needed(decision)
    if held.needs_two and not _second(held, by=by):
        _approve_first(held, words, by=by, at=at)
        return False
    ColorWarning.objects.filter(pk=held.pk).update(
        state=Warnings.DECIDED, decided_by=by, decided_at=at, decision=words
    )
    held.refresh_from_db()
    measure = _measure_of(held, at=at)
    record(
        "color.decided",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={
            "quarter": held.period.code,
            "color": held.color,
            "decision": words,
            "measure": measure.kind if measure else "",
            "second": held.first_by.audit_name if held.first_by else "",
        },
    )
    return True


@transaction.atomic
def drop_color(
    *, warning: ColorWarning, reason: str, by: User, at: dt.datetime
) -> None:
    """Proposed -> dropped, and the reason stays with it (G11)."""
    held = _held(warning)
    refuse_own({held.appointment_id}, by=by)
    words = needed(reason)
    ColorWarning.objects.filter(pk=held.pk).update(
        state=Warnings.DROPPED, decided_by=by, decided_at=at, decision=words
    )
    record(
        "color.dropped",
        target=held,
        by=by,
        at=at,
        division=held.division_id,
        data={"quarter": held.period.code, "color": held.color, "reason": words},
    )


def _claimed(period: AssessmentPeriod, *, at: dt.datetime) -> AssessmentPeriod:
    held = AssessmentPeriod.objects.quarters().select_for_update(
        of=("self",), no_key=True
    )
    quarter: AssessmentPeriod = held.select_related("scheme").get(pk=period.pk)
    if quarter.state != AssessmentPeriod.State.FINAL:
        raise NotFinal(quarter.code)
    if quarter.colored_at is not None:
        raise ColorsAreProposed(quarter.code)
    AssessmentPeriod.objects.filter(pk=quarter.pk).update(colored_at=at)
    return quarter


def _verdicts(
    quarter: AssessmentPeriod, sheets: Iterable[ScoreSheet]
) -> dict[int, Verdict | None]:
    listed = list(sheets)
    pks = [sheet.appointment_id for sheet in listed]
    rows = _rows(quarter, pks)
    warned = warned_before(quarter.code, pks)
    rules = quarter.rules
    return {
        sheet.appointment_id: judge(
            _facts(
                sheet,
                last_places=rows.get(sheet.appointment_id, 0),
                warned_quarters=warned.get(sheet.appointment_id, 0),
            ),
            rules=rules,
        )
        for sheet in listed
    }


def _facts(sheet: ScoreSheet, *, last_places: int, warned_quarters: int) -> Facts:
    grade = getattr(sheet, "grade", None)
    return facts_of(
        sheet.contents,
        total=sheet.total,
        grade=Grade(grade.grade) if grade else None,
        last_places=last_places,
        warned_quarters=warned_quarters,
    )


def _rows(quarter: AssessmentPeriod, pks: list[int]) -> dict[int, int]:
    """Appointment -> last places in a row that end with this quarter."""
    found = {}
    for pk, sheets in settled_quarters(pks, until=quarter.code).items():
        rank = getattr(sheets[-1], "group_rank", None)
        if sheets[-1].period_id == quarter.pk and rank is not None and rank.is_last:
            found[pk] = last_places(sheets, rules=quarter.rules).length
    return found


def _card(sheet: ScoreSheet, verdict: Verdict, *, at: dt.datetime) -> ColorWarning:
    reasons = [reason.as_record() for reason in verdict.reasons]
    return ColorWarning(
        period_id=sheet.period_id,
        appointment_id=sheet.appointment_id,
        division_id=sheet.division_id,
        sheet=sheet,
        color=verdict.color.value,
        reasons=canonical_json(reasons).decode(),
        proposed_at=at,
    )


def _lapse(
    quarter: AssessmentPeriod,
    sheets: Iterable[ScoreSheet],
    verdicts: Mapping[int, Verdict | None],
    *,
    at: dt.datetime,
) -> int:
    """A gap in the records is not a clean quarter: only who is ranked was looked at."""
    clean = [
        sheet.appointment_id
        for sheet in sheets
        if verdicts[sheet.appointment_id] is None and not sheet.not_ranked
    ]
    return ColorWarning.objects.filter(
        appointment_id__in=clean,
        color=ColorWarning.Color.YELLOW,
        state=Warnings.DECIDED,
        period__code__lt=quarter.code,
    ).update(
        state=Warnings.LIFTED,
        lifted_at=at,
        lifted_because=ColorWarning.Lifted.CLEAN,
        lifted_in=quarter.code,
    )


def _held(warning: ColorWarning) -> ColorWarning:
    """The card, held; WrongState once it is decided."""
    held = ColorWarning.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=warning.pk, state=Warnings.PROPOSED
    )
    related = held.select_related("period__scheme", "first_by")
    found: ColorWarning | None = related.first()
    if found is None:
        raise WrongState(str(warning))
    return found


def _second(warning: ColorWarning, *, by: User) -> bool:
    """Whether this word would be the second; NotHeard, SamePerson."""
    if not warning.was_heard:
        raise NotHeard(str(warning))
    if warning.first_by_id == by.pk:
        raise SamePerson(by.audit_name)
    return warning.first_by_id is not None


def _approve_first(
    warning: ColorWarning, words: str, *, by: User, at: dt.datetime
) -> None:
    ColorWarning.objects.filter(pk=warning.pk).update(
        first_by=by, first_at=at, first_decision=words
    )
    record(
        "color.approved_first",
        target=warning,
        by=by,
        at=at,
        division=warning.division_id,
        data={
            "quarter": warning.period.code,
            "color": warning.color,
            "decision": words,
        },
    )


def _measure_of(warning: ColorWarning, *, at: dt.datetime) -> Measure | None:
    """The measure of the colour, decided with its card."""
    rule = warning.period.rules.consequence_of(Trigger(warning.color))
    if rule is None:
        return None
    measure = Measure(
        period_id=warning.period_id,
        appointment_id=warning.appointment_id,
        division_id=warning.division_id,
        warning=warning,
        kind=rule.measure.value,
        trigger=rule.trigger.value,
        ground=canonical_json(
            {
                "figure": "color",
                "quarter": warning.period.code,
                "color": warning.color,
                "reasons": warning.reason_list,
            }
        ).decode(),
        basis=rule.basis,
        effect_months=int(rule.effect.value) if rule.effect else None,
        proposed_at=at,
    )
    # A scheme that removes on another colour still needs both signatures.
    if rule.measure not in NEEDS_TWO_AND_A_HEARING or warning.needs_two:
        measure.state = Measure.State.APPROVED
        for name in DECIDED_WITH:
            setattr(measure, name, getattr(warning, name))
    store([(measure, [warning.sheet])])
    return measure


DECIDED_WITH = (
    "first_by_id",
    "first_at",
    "first_decision",
    "decided_by_id",
    "decided_at",
    "decision",
    "hearing_on",
    "hearing_record",
    "hearing_by_id",
)
