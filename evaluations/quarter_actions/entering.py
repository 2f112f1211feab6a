"""Enter a figure with its evidence; adjust it by two; record leave (domain 3.7)."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.actions import approving
from accounts.models import Approval, User
from accounts.permissions import Permission
from audit.actions import record
from evaluations.models import AssessmentPeriod, IndicatorScore, Leave, ScoreSheet
from evaluations.quarter_actions.errors import (
    AlreadyEntered,
    EvidenceUnfit,
    FigureOutOfRange,
    NoSuchIndicator,
    QuarterIsRanked,
    WrongState,
)
from evaluations.quarter_actions.persons import needed, refuse_own
from evaluations.scoring.rounding import STORED_PLACES, rounded
from evaluations.sheets.indicators import Evidence, Indicator
from evaluations.sheets.sheet import indicator_score
from officials.models import Appointment

State = ScoreSheet.State
ADJUST = "score.adjusted"


@transaction.atomic
def enter_score(
    *,
    sheet: ScoreSheet,
    indicator: str,
    raw: Decimal,
    evidence: str,
    evidence_kinds: Iterable[str],
    by: User,
    at: dt.datetime,
) -> IndicatorScore:
    """The first figure of an indicator in a month's sheet, with what it rests on.

    `raw`: 0 to the full mark; `evidence`: where it can be looked up; kinds: among those
    that the scheme lists for the indicator.
    """
    held = _held_month(sheet)
    rule = indicator_of(held, indicator)
    refuse_own({held.appointment_id}, by=by)
    kinds = _checked(rule, raw, evidence_kinds)
    raw = rounded(raw, STORED_PLACES)
    try:
        with transaction.atomic():
            score = IndicatorScore.objects.create(
                period=held.period,
                appointment_id=held.appointment_id,
                indicator=rule.code,
                raw=raw,
                score=indicator_score(rule, raw),
                evidence=needed(evidence),
                evidence_kinds=kinds,
                source=rule.source.value,
                entered_by=by,
                entered_at=at,
            )
    except IntegrityError as error:
        raise AlreadyEntered(indicator) from error
    record(
        "score.entered",
        target=score,
        by=by,
        at=at,
        division=held.division_id,
        data={
            "month": held.period.code,
            "indicator": rule.code,
            "raw": str(raw),
            "score": str(score.score),
        },
    )
    return score


@transaction.atomic
def propose_adjustment(
    *,
    score: IndicatorScore,
    raw: Decimal,
    evidence: str,
    evidence_kinds: Iterable[str],
    reason: str,
    by: User,
    at: dt.datetime,
) -> Approval:
    """Ask a second person who may approve adjustments, for 72 hours (T92)."""
    sheet = _sheet_of(score)
    rule = indicator_of(sheet, score.indicator)
    refuse_own({score.appointment_id}, by=by)
    _refuse_moved(score)
    kinds = _checked(rule, raw, evidence_kinds)
    return approving.propose(
        verb=ADJUST,
        payload={
            "score": score.pk,
            "indicator": score.indicator,
            "month": sheet.period.code,
            "from": str(score.raw),
            "raw": str(rounded(raw, STORED_PLACES)),
            "evidence": needed(evidence),
            "evidence_kinds": kinds,
            "reason": needed(reason),
        },
        permission=Permission.ADJUST_APPROVE,
        division=sheet.division_id,
        by=by,
        at=at,
    )


@transaction.atomic
def approve_adjustment(
    *, approval: Approval, digest: bytes, by: User, at: dt.datetime
) -> IndicatorScore:
    """A new record in the place of the old one, with the reason and two names.

    A month that was reviewed is to be reviewed again, in a new revision of the sheet;
    a quarter that is ranked changes only by an appeal.
    """
    spent = approving.approve(
        approval=approval, verb=ADJUST, digest=digest, by=by, at=at
    )
    payload = spent.payload
    old = IndicatorScore.objects.select_for_update(no_key=True).get(pk=payload["score"])
    _refuse_moved(old)
    sheet = _sheet_of(old)
    refuse_own({old.appointment_id}, by=by)
    raw = Decimal(payload["raw"])
    new = IndicatorScore.objects.create(
        period_id=old.period_id,
        appointment_id=old.appointment_id,
        indicator=old.indicator,
        revision=old.revision + 1,
        replaces=old,
        raw=raw,
        score=indicator_score(indicator_of(sheet, old.indicator), raw),
        evidence=payload["evidence"],
        evidence_kinds=payload["evidence_kinds"],
        source=old.source,
        entered_by=spent.proposed_by,
        entered_at=spent.proposed_at,
        reason=payload["reason"],
        approved_by=by,
        approved_at=at,
    )
    if sheet.state == State.REVIEWED:
        _reopen(sheet)
    record(
        ADJUST,
        target=new,
        by=by,
        at=at,
        division=sheet.division_id,
        data={
            "month": sheet.period.code,
            "indicator": new.indicator,
            "raw": str(new.raw),
            "replaces": str(old.raw),
            "reason": new.reason,
            "second": spent.proposed_by.audit_name,
        },
    )
    return new


@transaction.atomic
def record_leave(
    *,
    appointment: Appointment,
    starts_on: dt.date,
    ends_on: dt.date,
    basis: str,
    by: User,
    at: dt.datetime,
) -> Leave:
    """Approved leave; `ends_on` is the first day back."""
    refuse_own({appointment.pk}, by=by)
    if ends_on <= starts_on:
        raise FigureOutOfRange(ends_on)
    try:
        with transaction.atomic():
            leave = Leave.objects.create(
                appointment=appointment,
                starts_on=starts_on,
                ends_on=ends_on,
                basis=needed(basis),
                recorded_by=by,
                recorded_at=at,
            )
    except IntegrityError as error:
        raise AlreadyEntered(starts_on) from error
    record(
        "leave.recorded",
        target=leave,
        by=by,
        at=at,
        division=appointment.division.code,
        data={
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "basis": leave.basis,
        },
    )
    return leave


def indicator_of(sheet: ScoreSheet, code: str) -> Indicator:
    """An indicator that takes entries in this sheet; else NoSuchIndicator."""
    chosen = sheet.period.rules.set_of(sheet.group.name)
    quarter = sheet.period.parent.code if sheet.period.parent else sheet.period.code
    found = chosen.of(code) if chosen else None
    takes = found and found.applies and not found.is_resident and found.runs_in(quarter)
    if found is None or not takes:
        raise NoSuchIndicator(code)
    return found


def _checked(rule: Indicator, raw: Decimal, kinds: Iterable[str]) -> str:
    """The kinds as they are stored, in the order of the enumeration."""
    if not raw.is_finite() or not 0 <= raw <= rule.full_mark:
        raise FigureOutOfRange(raw)
    given = set(kinds)
    if not given or given - {kind.value for kind in rule.evidence}:
        raise EvidenceUnfit(", ".join(sorted(given)))
    return " ".join(kind.value for kind in Evidence if kind.value in given)


def _held_month(sheet: ScoreSheet) -> ScoreSheet:
    """The sheet, held until the end; WrongState once it is reviewed."""
    held = ScoreSheet.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=sheet.pk, state=State.COLLECTING, period__kind=AssessmentPeriod.Kind.MONTH
    )
    related = held.select_related("period__scheme", "period__parent", "group")
    found: ScoreSheet | None = related.first()
    if found is None:
        raise WrongState(str(sheet))
    return found


def _sheet_of(score: IndicatorScore) -> ScoreSheet:
    """The current sheet of a score's month, held; QuarterIsRanked when it is late."""
    held = ScoreSheet.objects.current().select_for_update(of=("self",), no_key=True)
    related = held.select_related("period__scheme", "period__parent", "group")
    sheet: ScoreSheet = related.get(
        period=score.period_id, appointment=score.appointment_id
    )
    # Held, so that no rank is worked out beside an adjustment.
    quarters = AssessmentPeriod.objects.quarters().select_for_update(no_key=True)
    quarter = quarters.filter(pk=sheet.period.parent_id).first()
    if quarter is None or quarter.state != AssessmentPeriod.State.OPEN:
        raise QuarterIsRanked(sheet.period.code)
    return sheet


def _refuse_moved(score: IndicatorScore) -> None:
    if IndicatorScore.objects.filter(replaces=score.pk).exists():
        raise WrongState(str(score))


def _reopen(sheet: ScoreSheet) -> None:
    """The next revision of a reviewed month; the old one stays readable."""
    ScoreSheet.objects.create(
        period=sheet.period,
        appointment_id=sheet.appointment_id,
        division_id=sheet.division_id,
        group=sheet.group,
        revision=sheet.revision + 1,
        replaces=sheet,
    )
    AssessmentPeriod.objects.filter(
        pk=sheet.period_id, state=AssessmentPeriod.State.REVIEWED
    ).update(state=AssessmentPeriod.State.CLOSED)
