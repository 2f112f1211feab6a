"""Rank a quarter: once, inside each peer group (W3, W5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import transaction

from accounts.models import User
from audit.actions import record
from evaluations.models import (
    AssessmentPeriod,
    Grade,
    GroupRank,
    ScoreSheet,
)
from evaluations.quarter_actions.errors import MonthsNotReviewed, QuarterIsRanked
from evaluations.quarter_calendar import months_of
from evaluations.quarter_sheets import computed, figures_of, scheme_of
from evaluations.quarter_standings import standings
from evaluations.sheets.sheet import Sheet
from evaluations.sheets.standing import Standing

State = AssessmentPeriod.State
BATCH = 1000


@transaction.atomic
def rank_quarter(*, period: AssessmentPeriod, by: User, at: dt.datetime) -> int:
    """Sheets, ranks and grades of a quarter from its reviewed months; how many sheets.

    1. hold the quarter: of two who press at once, one ranks, the other is refused;
    2. all three months are there and reviewed;
    3. a sheet for everybody who was assessed in one of them, in the group of the last;
    4. ranks 1, 2, 2, 4 and grades inside each group, never over two.
    """
    quarter = _held(period)
    months = _reviewed_months(quarter)
    latest = _latest_sheets(months)
    found = computed(
        latest.values(),
        period=quarter,
        quarter=quarter.code,
        months=[month.pk for month in months],
        last_month=months_of(quarter.code)[2],
    )
    ranked = standings(latest, found, quarter=quarter.code, rules=quarter.rules)
    made = _store(quarter, months, latest, found, ranked)
    AssessmentPeriod.objects.filter(pk=quarter.pk).update(
        state=State.RANKED, ranked_at=at
    )
    record(
        "quarter.ranked",
        target=quarter,
        by=by,
        at=at,
        division=quarter.division_id,
        data={
            "quarter": quarter.code,
            "scheme": quarter.scheme.ref,
            "sheets": len(made),
            "ranked": sum(len(one.placed) for one in ranked.values()),
            "groups": len(ranked),
        },
    )
    return len(made)


def _held(period: AssessmentPeriod) -> AssessmentPeriod:
    quarters = AssessmentPeriod.objects.quarters().select_for_update(
        of=("self",), no_key=True
    )
    related = quarters.select_related("scheme", "division")
    held: AssessmentPeriod = related.get(pk=period.pk)
    if held.state != State.OPEN:
        raise QuarterIsRanked(held.code)
    return held


def _reviewed_months(quarter: AssessmentPeriod) -> list[AssessmentPeriod]:
    """The three months, held so that no adjustment comes between."""
    parts = AssessmentPeriod.objects.months().select_for_update(
        of=("self",), no_key=True
    )
    months = list(parts.filter(parent=quarter).order_by("code"))
    ready = {month.code for month in months if month.state == State.REVIEWED}
    waiting = [code for code in months_of(quarter.code) if code not in ready]
    if waiting:
        raise MonthsNotReviewed(waiting)
    return months


def _latest_sheets(months: Iterable[AssessmentPeriod]) -> dict[int, ScoreSheet]:
    """Appointment -> its sheet of the latest month it was assessed in."""
    sheets = ScoreSheet.objects.current().filter(period__in=list(months))
    related = sheets.select_related("period", "group", "appointment")
    return {one.appointment_id: one for one in related.order_by("period__code", "pk")}


def _store(
    quarter: AssessmentPeriod,
    months: Iterable[AssessmentPeriod],
    latest: Mapping[int, ScoreSheet],
    found: Mapping[int, Sheet],
    ranked: Mapping[int, Standing],
) -> list[ScoreSheet]:
    """Sheets, ranks and grades in bulk: a district has 1,352 community workers."""
    parts = _month_digests(months)
    sheets = []
    for pk, one in latest.items():
        why = dict(ranked[one.group_id].not_ranked).get(one.appointment.code)
        figures = figures_of(
            found[pk],
            scheme=scheme_of(quarter),
            months=parts.get(pk, []),
            not_ranked=why.value if why else None,
        )
        sheets.append(
            ScoreSheet(
                period=quarter,
                appointment=one.appointment,
                division_id=one.division_id,
                group=one.group,
                state=ScoreSheet.State.RANKED,
                not_ranked=why.value if why else "",
                **figures,
            )
        )
    made = ScoreSheet.objects.bulk_create(sheets, batch_size=BATCH)
    ranks, grades = [], []
    for sheet in made:
        place = ranked[sheet.group_id].of(sheet.appointment.code)
        if place is None:
            continue
        ranks.append(
            GroupRank(
                sheet=sheet,
                period=quarter,
                group_id=sheet.group_id,
                rank=place.rank,
                of=place.of,
                tie=place.tie,
                is_last=place.is_last,
            )
        )
        grades.append(
            Grade(
                sheet=sheet,
                grade=place.grade.value,
                is_moved=place.is_moved,
                of=place.of,
                places=place.places,
            )
        )
    GroupRank.objects.bulk_create(ranks, batch_size=BATCH)
    Grade.objects.bulk_create(grades, batch_size=BATCH)
    return made


def _month_digests(
    months: Iterable[AssessmentPeriod],
) -> dict[int, list[dict[str, str]]]:
    """Appointment -> the reviewed months behind its quarter, by digest (G8)."""
    sheets = ScoreSheet.objects.current().filter(period__in=list(months))
    parts: dict[int, list[dict[str, str]]] = defaultdict(list)
    for one in sheets.select_related("period").order_by("period__code"):
        parts[one.appointment_id].append(
            {"month": one.period.code, "sha256": one.record_sha256}
        )
    return parts
