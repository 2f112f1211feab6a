"""From opened answers to cells: the one place of the roll-up that reads answers (T125).

One grouped pass of the database per round; afterwards nobody needs the answers for a
rating again (M99, M101).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from django.db.models import BigIntegerField, Count, F, Q, Sum
from django.db.models.functions import Cast

from evaluations.models import CountedRound, ResponseCell, StratumCount
from evaluations.scoring.canonical import canonical_json
from officials.models import Appointment
from surveys.models import OpenedResponse, Question, Round, SampledHousehold
from surveys.queries import StratumCounts, stratum_counts

LEVELS = (1, 2, 3, 4, 5)
USABLE = Q(usability__in=("I", "P"))
Final = SampledHousehold.Disposition


def count_round(survey_round: Round) -> CountedRound:
    """Write the cells and stratum counts of a tallied round, inside a transaction.

    A second call fails on the one row per round (`CountedRound.round` is unique), so
    two workers cannot both count it.
    """
    numbers = question_numbers(survey_round)
    cells = cells_of(survey_round, numbers)
    answers = OpenedResponse.objects.filter(round=survey_round)
    counted = CountedRound.objects.create(
        round=survey_round,
        month=survey_round.period,
        responses=answers.count(),
        unattributed=answers.filter(_nowhere()).count(),
        cells_sha256=digest_of(cells),
        basis=basis_of(survey_round),
    )
    ResponseCell.objects.bulk_create(cells, batch_size=2000)
    StratumCount.objects.bulk_create(strata_of(counted, cells), batch_size=2000)
    return counted


def question_numbers(survey_round: Round) -> list[int]:
    """The questions of the round's form, in their order."""
    questions = Question.objects.filter(questionnaire_id=survey_round.questionnaire_id)
    return list(questions.order_by("order").values_list("order", flat=True))


def cells_of(survey_round: Round, numbers: Iterable[int]) -> list[ResponseCell]:
    """Unsaved cells in canonical order: appointment, stratum, mode (M99, M108)."""
    score = Cast(F("score"), BigIntegerField())
    levels = {
        f"q{number}_{level}": Count(
            "pk", filter=USABLE & Q(**{f"item_{number}": level})
        )
        for number in numbers
        for level in LEVELS
    }
    groups = (
        OpenedResponse.objects.filter(round=survey_round)
        .exclude(_nowhere())
        .values("subject_id", "community_id", "mode")
        .annotate(
            complete=Count("pk", filter=Q(usability="I")),
            partial=Count("pk", filter=Q(usability="P")),
            break_off=Count("pk", filter=Q(usability="B")),
            sum_score=Sum(score),
            sum_score_squared=Sum(score * score),
            **levels,
        )
    )
    cells = [_cell(survey_round, row, numbers) for row in groups]
    return sorted(cells, key=_key)


def strata_of(
    counted: CountedRound, cells: Iterable[ResponseCell]
) -> list[StratumCount]:
    """Released households of every stratum by final code (M24 to M26).

    I, P and break-offs among the submitted come from the opened answers (M25); what
    was submitted but is no answer of this stratum (a voided envelope, a label with
    too few of them) is O: eligible, other.
    """
    opened: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        opened[cell.stratum].update(
            complete=cell.complete, partial=cell.partial, break_off=cell.break_off
        )
    return [
        _stratum(counted, row, opened[row.community_id])
        for row in stratum_counts([counted.round])
    ]


def basis_of(survey_round: Round) -> str:
    """Digest of scored questions and points: the window restarts with it (M63)."""
    questions = Question.objects.filter(
        questionnaire_id=survey_round.questionnaire_id, weight__gt=0
    )
    scored = [
        [number, text] for number, text in questions.values_list("order", "text_zh")
    ]
    points = survey_round.parameter("score.levels")
    return sha256(canonical_json([sorted(scored), points])).hexdigest()


def digest_of(cells: Iterable[ResponseCell]) -> str:
    """SHA-256 of a round's cells in canonical order: proof against the answers."""
    rows = [
        [
            *_key(cell),
            cell.complete,
            cell.partial,
            cell.break_off,
            cell.sum_score,
            cell.sum_score_squared,
            cell.item_counts,
        ]
        for cell in sorted(cells, key=_key)
    ]
    return sha256(canonical_json(rows)).hexdigest()


def has_answers(survey_round: Round) -> bool:
    """False once the answers are purged; then the cells are all there is (M107)."""
    return OpenedResponse.objects.filter(round=survey_round).exists()


def appointment_code(pk: int) -> str:
    """The permanent code of an appointment, without loading it."""
    return Appointment(pk=pk).code


def _nowhere() -> Q:
    """Answers whose label was too small to name a community (T59)."""
    return Q(subject=None) | Q(community=None)


def _key(cell: ResponseCell) -> tuple[str, str, str]:
    return (appointment_code(cell.appointment_id), cell.stratum, cell.mode)


def _cell(
    survey_round: Round, row: Mapping[str, Any], numbers: Iterable[int]
) -> ResponseCell:
    usable = row["complete"] + row["partial"]
    items = {}
    for number in numbers:
        counts = [row[f"q{number}_{level}"] for level in LEVELS]
        items[str(number)] = [*counts, usable - sum(counts)]
    return ResponseCell(
        round=survey_round,
        appointment_id=row["subject_id"],
        stratum=row["community_id"],
        mode=row["mode"],
        complete=row["complete"],
        partial=row["partial"],
        break_off=row["break_off"],
        n=usable,
        # PostgreSQL gives exact decimals for sums of big integers.
        sum_score=int(row["sum_score"] or 0),
        sum_score_squared=int(row["sum_score_squared"] or 0),
        item_counts=canonical_json(items).decode(),
    )


def _stratum(
    counted: CountedRound, row: StratumCounts, opened: Counter[str]
) -> StratumCount:
    final = row.dispositions
    submitted = final.get(Final.SUBMITTED, 0)
    unfinished = row.released - sum(final.get(code, 0) for code in Final.values)
    return StratumCount(
        counted=counted,
        code=row.community_id,
        community_id=row.community_id,
        frame=row.frame,
        released=row.released,
        submitted=submitted,
        complete=opened["complete"],
        partial=opened["partial"],
        refusal=final.get(Final.REFUSAL, 0) + opened["break_off"],
        no_contact=final.get(Final.NOT_CONTACTED, 0),
        other=final.get(Final.OTHER, 0) + submitted - opened.total(),
        # A household without any final code is UH (M24).
        unknown_household=final.get(Final.UNKNOWN_HOUSEHOLD, 0) + unfinished,
        unknown_other=final.get(Final.UNKNOWN_OTHER, 0),
        not_eligible=final.get(Final.NOT_ELIGIBLE, 0),
    )
