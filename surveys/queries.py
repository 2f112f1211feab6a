"""Reads about rounds: participation in numbers, results per household code (M24)."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.scopes import Scopes
from audit.models import AuditEvent
from ballots.models import BallotBox
from ballots.queries import turnout_by_stratum, used_by_stratum
from ballots.trail import void_window_ends
from officials.models import Division
from residents.models import RosterSnapshot
from residents.queries import frame_counts
from surveys.models import (
    CoercionReport,
    DrawStratum,
    Question,
    Round,
    RoundSubject,
    SampledHousehold,
)

# From so many on the number of reports of a month is told (T119).
REPORTS_FLOOR = 3


@dataclass(frozen=True, slots=True)
class StratumParticipation:
    """One community of a round, for BOX_TURNOUT holders. Raw numbers."""

    code: str
    name: str
    official: str
    frame: int
    recused: int
    resting: int
    year_target: int
    month_target: int
    released: int
    shortfall: int
    waiting_for_code: int
    received: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """`why` as OpeningStopped names it; `rows` the envelopes concerned, if named."""

    why: str
    rows: int

    @property
    def is_damage(self) -> bool:
        return self.why in {"counts", "macs"}

    @property
    def is_invalid(self) -> bool:
        return self.why == "invalid"


@dataclass(frozen=True, slots=True)
class StratumCounts:
    """What an estimate needs of a draw: N_h, n_h and final codes; no household."""

    round_id: int
    community_id: str
    frame: int
    released: int
    dispositions: dict[str, int]


def participation(survey_round: Round) -> list[StratumParticipation]:
    """Targets and turnout per community of an approved round, in ascending code."""
    if survey_round.box is None:
        return []
    received = {
        code: sum(days.values())
        for code, days in turnout_by_stratum(survey_round.ballot_box).items()
    }
    officials = {
        subject.community_id: subject.appointment.official.name
        for subject in survey_round.subjects.select_related("appointment__official")
    }
    strata = DrawStratum.objects.filter(draw__round=survey_round)
    strata = strata.select_related("community").annotate(
        released=Count("households", filter=~Q(households__state="drawn")),
        waiting=Count(
            "households",
            filter=~Q(households__state="drawn")
            & Q(households__disposition="", households__slip_batch=None),
        ),
    )
    return [
        StratumParticipation(
            code=stratum.code,
            name=stratum.community.short_name,
            official=officials.get(stratum.code, ""),
            frame=stratum.frame_count,
            recused=stratum.recused,
            resting=stratum.resting,
            year_target=stratum.year_target,
            month_target=stratum.month_target,
            released=_released(stratum),
            shortfall=stratum.shortfall,
            waiting_for_code=stratum.waiting if stratum.final is None else 0,
            received=received.get(stratum.code, 0),
        )
        for stratum in strata.order_by("code")
    ]


def _released(stratum: Any) -> int:
    """From the kept counts, where the households' own results are forgotten."""
    if stratum.final is not None:
        return sum(stratum.final.values())
    return int(stratum.released)


def taken_part(rounds: Iterable[Round]) -> dict[UUID, dict[str, int]]:
    """Box -> community -> households with a ballot in it; raw numbers, two queries."""
    return used_by_stratum(found.box_id for found in rounds if found.box_id)


def shown_total(counts: Iterable[int], *, floor: int) -> str | None:
    """A total beside counts below `floor` that read "<10"; None when it would tell.

    A hidden count could be had from the total minus the rest, so the total stands only
    if every hidden count keeps at least three possible values (T127).
    """
    known = list(counts)
    hidden = [count for count in known if count < floor]
    if hidden:
        most, rest = floor - 1, sum(hidden)
        highest = min(most, rest)
        lowest = max(0, rest - most * (len(hidden) - 1))
        if highest - lowest < 2:
            return None
    return str(sum(known))


def stratum_counts(rounds: Iterable[Round]) -> list[StratumCounts]:
    """Frame, released and final codes per round and community (M24, M35)."""
    strata = list(
        DrawStratum.objects.filter(draw__round__in=list(rounds))
        .select_related("draw")
        .order_by("draw__round_id", "code")
    )
    found: dict[UUID | int, dict[str, int]] = {stratum.pk: {} for stratum in strata}
    groups = (
        SampledHousehold.objects.released()
        .filter(stratum__in=strata)
        .order_by()
        .values_list("stratum_id", "disposition")
        .annotate(number=Count("pk"))
    )
    for stratum_id, disposition, number in groups:
        found[stratum_id][disposition] = number
    found.update({row.pk: row.final for row in strata if row.final is not None})
    return [
        StratumCounts(
            round_id=stratum.draw.round_id,
            community_id=stratum.community_id,
            frame=stratum.frame_count,
            released=sum(found[stratum.pk].values()),
            dispositions=dict(sorted(found[stratum.pk].items())),
        )
        for stratum in strata
    ]


def questions_of(survey_round: Round) -> list[Question]:
    return list(survey_round.questionnaire.questions.order_by("order"))


def subject_of(survey_round: Round, community_code: str) -> RoundSubject | None:
    """Who is rated by a community's households in this round."""
    return (
        survey_round.subjects.filter(community_id=community_code)
        .select_related("appointment__official", "appointment__post", "community")
        .first()
    )


def round_of_box(box_id: UUID) -> Round | None:
    rounds = Round.objects.select_related("questionnaire", "box", "division")
    return rounds.filter(box_id=box_id).first()


def communities_without_roster(survey_round: Round) -> list[Division]:
    """Communities of the round's area that the snapshot knows no household of."""
    counts = frame_counts(survey_round.snapshot)
    known = [code for code, number in counts.items() if number]
    return list(
        Division.objects.communities()
        .under(survey_round.division_id)
        .exclude(code__in=known)
    )


def communities_without_official(survey_round: Round) -> list[Division]:
    """Communities with households where nobody in office is rated."""
    counts = frame_counts(survey_round.snapshot)
    known = [code for code, number in counts.items() if number]
    rated = survey_round.subjects.values("community_id")
    return list(
        Division.objects.communities()
        .under(survey_round.division_id)
        .filter(code__in=known)
        .exclude(code__in=rated)
    )


def opening_due_at(survey_round: Round) -> dt.datetime | None:
    """When the box may be opened; None while the round is not closed."""
    if survey_round.state != Round.State.CLOSED:
        return None
    if survey_round.ballot_box.ending == BallotBox.Ending.TOO_FEW:
        return survey_round.ended_at
    return void_window_ends(survey_round.ballot_box)


def boxes_due(*, at: dt.datetime) -> list[Round]:
    """Closed rounds whose void window is over (T12)."""
    closed = Round.objects.closed().select_related("box").order_by("pk")
    due = []
    for survey_round in closed:
        moment = opening_due_at(survey_round)
        if moment is not None and moment <= at:
            due.append(survey_round)
    return due


def opening_stopped(survey_round: Round) -> Stopped | None:
    """Why the box of a closed round was not opened when it was last tried (T52)."""
    if survey_round.state != Round.State.CLOSED:
        return None
    told = AuditEvent.objects.filter(
        verb="box.opening_stopped", target_id=str(survey_round.box_id)
    )
    last = told.order_by("seq").last()
    return Stopped(**json.loads(last.data)) if last else None


def snapshots_within(scopes: Scopes) -> QuerySet[RosterSnapshot]:
    """Frozen rosters that a round may be prepared from, newest first."""
    snapshots: QuerySet[RosterSnapshot] = RosterSnapshot.objects.within(scopes)
    return snapshots.select_related("division")


def reports_told(
    communities: Iterable[str], month: str, *, on: dt.date
) -> dict[str, str]:
    """Reports of pressure as everybody may know them: community code → words (T119).

    `month` is "2026-10", `on` the day of asking. From 3 up the number itself, below
    "<3": that is none, one or two, so that neither a single report nor a silence can be
    read off and nobody is suspected of it. All kinds are counted together, of whole
    months only: before the month is over the answer is empty. Months do not overlap and
    no report comes later or goes, so no difference between two looks tells of a day.
    """
    if f"{on:%Y-%m}" <= month:
        return {}
    year, number = map(int, month.split("-"))
    reports = CoercionReport.objects.filter(day__year=year, day__month=number)
    counted = reports.filter(community__in=(wanted := list(communities)))
    found = dict(counted.order_by().values_list("community").annotate(Count("pk")))
    return {code: _reports_in_words(found.get(code, 0)) for code in wanted}


def _reports_in_words(number: int) -> str:
    return str(number) if number >= REPORTS_FLOOR else f"<{REPORTS_FLOOR}"
