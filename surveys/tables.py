"""Rows for the pages of a round, with every small count already masked (T15)."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Sum

from ballots.models import BallotCode
from ballots.queries import reissued, shown, turnout_by_stratum, void_by_reason
from residents.queries import frame_counts
from surveys.models import DrawStratum, Round
from surveys.parameters import RoundParameters
from surveys.queries import participation, shown_total, taken_part


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round in the list."""

    survey_round: Round
    target: int | None
    received: str | None


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """One community of a round; `bar` is 0 while the count is hidden."""

    code: str
    name: str
    official: str
    frame: int
    year_target: int
    month_target: int
    released: int
    shortfall: int
    waiting: int
    received: str
    bar: int


@dataclass(frozen=True, slots=True)
class CommunityTable:
    rows: list[CommunityRow]
    frame: int
    year_target: int
    month_target: int
    released: int
    waiting: int
    recused: int
    resting: int
    received: str | None
    rate: float | None  # of the released that took part, 0..1


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Before the draw: who is rated, and by how many households."""

    code: str
    name: str
    official: str
    post: str
    frame: int


@dataclass(frozen=True, slots=True)
class TurnoutRow:
    code: str
    name: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class TurnoutTable:
    days: list[dt.date]
    rows: list[TurnoutRow]


@dataclass(frozen=True, slots=True)
class VoidedRow:
    name: str
    reasons: list[tuple[Any, int]]
    reissued: int


def lines_of(rounds: Collection[Round]) -> list[RoundLine]:
    """Three queries for any number of rounds."""
    targets = dict(
        DrawStratum.objects.filter(draw__round__in=rounds)
        .order_by()
        .values_list("draw__round_id")
        .annotate(target=Sum("month_target"))
    )
    places = DrawStratum.objects.filter(draw__round__in=rounds)
    codes: dict[int, list[str]] = {}
    for round_id, code in places.values_list("draw__round_id", "code"):
        codes.setdefault(round_id, []).append(code)
    used = taken_part(rounds)
    return [
        RoundLine(
            survey_round=found,
            target=targets.get(found.pk),
            received=_total(found, codes.get(found.pk, []), used),
        )
        for found in rounds
    ]


def communities_of(survey_round: Round) -> CommunityTable:
    floor = RoundParameters.from_mapping(survey_round.parameters).floor
    strata = participation(survey_round)
    rows = [
        CommunityRow(
            code=stratum.code,
            name=stratum.name,
            official=stratum.official,
            frame=stratum.frame,
            year_target=stratum.year_target,
            month_target=stratum.month_target,
            released=stratum.released,
            shortfall=stratum.shortfall,
            waiting=stratum.waiting_for_code,
            received=shown(stratum.received),
            bar=stratum.received if stratum.received >= floor else 0,
        )
        for stratum in strata
    ]
    received = shown_total([s.received for s in strata], floor=floor)
    released = sum(stratum.released for stratum in strata)
    return CommunityTable(
        rows=rows,
        frame=sum(stratum.frame for stratum in strata),
        year_target=sum(stratum.year_target for stratum in strata),
        month_target=sum(stratum.month_target for stratum in strata),
        released=released,
        waiting=sum(stratum.waiting_for_code for stratum in strata),
        recused=sum(stratum.recused for stratum in strata),
        resting=sum(stratum.resting for stratum in strata),
        received=received if strata else None,
        rate=int(received) / released if received and released else None,
    )


def turnout_of(survey_round: Round) -> TurnoutTable:
    """Ballots by community and the day of their first casting, small ones hidden.

    Nobody can subtract a hidden day from the community's total: where too little would
    stay open (T127), the larger days of that community are only told to be large.
    """
    if survey_round.box is None:
        return TurnoutTable([], [])
    floor = RoundParameters.from_mapping(survey_round.parameters).floor
    found = turnout_by_stratum(survey_round.box)
    names = _names(survey_round)
    days = sorted({day for counts in found.values() for day in counts})
    rows = []
    for code in sorted(found):
        counts = [found[code].get(day, 0) for day in days]
        exact = shown_total(counts, floor=floor) is not None
        cells = [_day_cell(n, floor=floor, exact=exact) for n in counts]
        rows.append(TurnoutRow(code, names.get(code, code), cells))
    return TurnoutTable(days, rows)


def voided_of(survey_round: Round) -> list[VoidedRow]:
    """Void and reissued codes by community and reason: how often, never whose (T23)."""
    if survey_round.box is None:
        return []
    void, again = void_by_reason(survey_round.box), reissued(survey_round.box)
    names = _names(survey_round)
    return [
        VoidedRow(
            name=names.get(code, code),
            reasons=in_words(void.get(code, {})),
            reissued=again.get(code, 0),
        )
        for code in sorted(void.keys() | again.keys())
    ]


def in_words(reasons: Mapping[str, int]) -> list[tuple[Any, int]]:
    """Reasons of voided codes and how many, in the words of a page."""
    labels: dict[str, Any] = dict(BallotCode.VoidReason.choices)
    return [(labels[reason], count) for reason, count in sorted(reasons.items())]


def plan_of(survey_round: Round) -> list[PlanRow]:
    read = RoundParameters.from_mapping(survey_round.parameters)
    counts = frame_counts(survey_round.snapshot, read.frame_statuses)
    subjects = survey_round.subjects.select_related(
        "community", "appointment__official", "appointment__post"
    )
    return [
        PlanRow(
            code=subject.community_id,
            name=subject.community.short_name,
            official=subject.appointment.official.name,
            post=subject.appointment.post.title,
            frame=counts.get(subject.community_id, 0),
        )
        for subject in subjects.order_by("community_id")
    ]


def _names(survey_round: Round) -> dict[str, str]:
    subjects = survey_round.subjects.values_list(
        "community_id", "community__short_name"
    )
    return dict(subjects)


def _day_cell(count: int, *, floor: int, exact: bool) -> str:
    return shown(count) if exact or count < floor else f"≥{floor}"


def _total(
    survey_round: Round, codes: list[str], used: dict[UUID, dict[str, int]]
) -> str | None:
    if survey_round.box_id is None:
        return None
    floor = RoundParameters.from_mapping(survey_round.parameters).floor
    here = used.get(survey_round.box_id, {})
    return shown_total([here.get(code, 0) for code in codes], floor=floor)
