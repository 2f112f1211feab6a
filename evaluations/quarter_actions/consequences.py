"""What a final quarter proposes, exactly as W8 says; people decide."""

import datetime as dt
from collections.abc import Iterable, Mapping

from evaluations.models import Measure, MeasureGround, ScoreSheet
from evaluations.quarter_facts import bears_consequences
from evaluations.quarter_history import last_places, settled_quarters
from evaluations.scoring.canonical import canonical_json
from evaluations.sheets.reactions import ConsequenceRule, Trigger
from evaluations.sheets.rules import RegularRules

GRADES = {"fair": Trigger.GRADE_FAIR, "poor": Trigger.GRADE_POOR}
Proposal = tuple[Measure, list[ScoreSheet]]


def propose_for_grades(
    sheets: Iterable[ScoreSheet], *, rules: RegularRules, at: dt.datetime
) -> list[Measure]:
    """一般: reminder talk; 较差: criticism; none below the window's target (M29)."""
    wanted: list[Proposal] = []
    for sheet in sheets:
        grade = getattr(sheet, "grade", None)
        trigger = GRADES.get(grade.grade) if grade else None
        rule = rules.consequence_of(trigger) if trigger else None
        if grade is None or rule is None or not bears_consequences(sheet.contents):
            continue
        ground = {
            "figure": "grade",
            "quarter": sheet.period.code,
            "total": str(sheet.total),
            "grade": grade.grade,
        }
        wanted.append((_measure(sheet, rule, ground, at=at), [sheet]))
    return store(wanted)


def propose_for_last_places(
    appointments: Iterable[int], *, until: str, rules: RegularRules, at: dt.datetime
) -> list[Measure]:
    """One proposal per row of `rank.last_quarters`, on the day its last is final.

    A row that has its proposal gets no second one, however it was decided; a quarter
    withdrawn on appeal is not in a row.
    """
    rule = rules.consequence_of(Trigger.LAST_PLACES)
    if rule is None:
        return []
    history = settled_quarters(appointments, until=until)
    known = _known_rows(history)
    wanted: list[Proposal] = []
    for pk, sheets in history.items():
        by_period = {sheet.period.code: sheet for sheet in sheets}
        for proposal in last_places(sheets, rules=rules).proposals:
            last = by_period[proposal.periods[-1]]
            if (pk, last.period_id) in known:
                continue
            ground = {"figure": "last_places", "quarters": list(proposal.periods)}
            grounds = [by_period[period] for period in proposal.periods]
            wanted.append((_measure(last, rule, ground, at=at), grounds))
    return store(wanted)


def store(wanted: Iterable[Proposal]) -> list[Measure]:
    """Proposals with what they rest on."""
    pairs = list(wanted)
    measures = Measure.objects.bulk_create(measure for measure, _ in pairs)
    MeasureGround.objects.bulk_create(
        MeasureGround(measure=measure, sheet=sheet)
        for measure, (_, sheets) in zip(measures, pairs, strict=True)
        for sheet in sheets
    )
    return measures


def _measure(
    sheet: ScoreSheet,
    rule: ConsequenceRule,
    ground: Mapping[str, object],
    *,
    at: dt.datetime,
) -> Measure:
    return Measure(
        period_id=sheet.period_id,
        appointment_id=sheet.appointment_id,
        division_id=sheet.division_id,
        kind=rule.measure.value,
        trigger=rule.trigger.value,
        ground=canonical_json(dict(ground)).decode(),
        basis=rule.basis,
        effect_months=int(rule.effect.value) if rule.effect else None,
        proposed_at=at,
    )


def _known_rows(history: Mapping[int, object]) -> set[tuple[int, int]]:
    known = Measure.objects.filter(
        trigger=Trigger.LAST_PLACES.value, appointment_id__in=list(history)
    )
    return set(known.values_list("appointment_id", "period_id"))
