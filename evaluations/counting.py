"""From opened answers to cells: the one place of the roll-up that reads answers (T125).

One grouped pass of the database per round; afterwards nobody needs the answers for a
rating again (M99, M101).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Func,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from audit.vendor_sql import copy_rows, work_through
from evaluations.models import CountedRound, ResponseCell, StratumCount
from evaluations.scoring.canonical import canonical_json
from officials.models import Appointment
from surveys.models import OpenedResponse, Question, Round, SampledHousehold
from surveys.queries import StratumCounts, stratum_counts

LEVELS = (1, 2, 3, 4, 5)
# A usable answer has a score, and no other has one (`response_score_when_usable`), so
# that counting scores counts usable answers.
USABLE = "score"
Final = SampledHousehold.Disposition


class CellCounts(NamedTuple):
    """A cell as it is stored, without its round; the fields are the columns."""

    appointment_id: int
    stratum: str
    mode: str
    complete: int
    partial: int
    break_off: int
    n: int
    sum_score: int
    sum_score_squared: int
    item_counts: str


@dataclass(frozen=True)
class RoundCounts:
    """What one grouped pass over the answers of a round has found (M99).

    `unattributed`: answers whose label was too small to name a community (T59); they
    are among the `responses` and in no cell. `cells` are in canonical order (M108).
    """

    responses: int
    unattributed: int
    cells: Sequence[CellCounts]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.cells)


def count_round(survey_round: Round) -> CountedRound:
    """Write the cells and stratum counts of a tallied round, inside a transaction.

    A second call fails on the one row per round (`CountedRound.round` is unique), so
    two workers cannot both count it.
    """
    work_through()
    counts = counts_of(survey_round)
    counted = CountedRound.objects.create(
        round=survey_round,
        month=survey_round.period,
        responses=counts.responses,
        unattributed=counts.unattributed,
        cells_sha256=counts.digest,
        basis=basis_of(survey_round),
    )
    copy_rows(
        ResponseCell,
        ("round_id", *CellCounts._fields),
        ((survey_round.pk, *cell) for cell in counts.cells),
    )
    StratumCount.objects.bulk_create(strata_of(counted, counts.cells), batch_size=2000)
    return counted


def question_numbers(survey_round: Round) -> list[int]:
    """The questions of the round's form, in their order."""
    questions = Question.objects.filter(questionnaire_id=survey_round.questionnaire_id)
    return list(questions.order_by("order").values_list("order", flat=True))


def counts_of(survey_round: Round) -> RoundCounts:
    """Count the answers of a round: one statement, each answer read once."""
    # Keys of canonical JSON are sorted as text.
    numbers = tuple(sorted(question_numbers(survey_round), key=str))
    template = _template(numbers)
    responses = unattributed = 0
    cells = []
    for row in _grouped(numbers).filter(round=survey_round):
        appointment, stratum, mode, answers, usable, complete, *sums, items = row
        total, squares = sums
        responses += answers
        if appointment is None or stratum is None:
            unattributed += answers
            continue
        cells.append(
            CellCounts(
                appointment,
                stratum,
                mode,
                complete,
                usable - complete,
                answers - usable,
                usable,
                total,
                squares,
                template % tuple(items.split(";")),
            )
        )
    return RoundCounts(responses, unattributed, sorted(cells, key=_key))


def strata_of(counted: CountedRound, cells: Iterable[CellCounts]) -> list[StratumCount]:
    """Released households of every stratum by final code (M24 to M26).

    I, P and break-offs among the submitted come from the opened answers (M25); what
    was submitted but is no answer of this stratum (a voided envelope, a label with
    too few of them) is O: eligible, other.
    """
    opened: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        final = opened[cell.stratum]
        final["I"] += cell.complete
        final["P"] += cell.partial
        final["B"] += cell.break_off
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


def digest_of(cells: Iterable[CellCounts | ResponseCell]) -> str:
    """SHA-256 of a round's cells in canonical order: proof against the answers."""
    lines = sha256()
    for cell in sorted(cells, key=_key):
        figures = (
            *(*_key(cell), cell.complete, cell.partial, cell.break_off),
            *(cell.sum_score, cell.sum_score_squared, cell.item_counts),
        )
        lines.update(("|".join(map(str, figures)) + "\n").encode())
    return lines.hexdigest()


def has_answers(survey_round: Round) -> bool:
    """False once the answers are purged; then the cells are all there is (M107)."""
    return OpenedResponse.objects.filter(round=survey_round).exists()


@lru_cache(maxsize=1 << 16)
def appointment_code(pk: int) -> str:
    """The permanent code of an appointment, without loading it."""
    return Appointment(pk=pk).code


@lru_cache(maxsize=16)
def _grouped(numbers: Sequence[int]) -> "QuerySet[OpenedResponse, tuple[Any, ...]]":
    """Appointment, community, mode; answers, usable, complete, Σs, Σs², items.

    Made once for all rounds with these questions: it is a long statement.
    """
    score = Cast(F("score"), BigIntegerField())
    return (
        OpenedResponse.objects.order_by()
        .values_list("subject_id", "community_id", "mode")
        .annotate(
            answers=Count("*"),
            usable=Count(USABLE),
            complete=Count(USABLE, filter=Q(usability="I")),
            sum_score=Coalesce(Sum("score"), 0),
            sum_score_squared=Coalesce(Sum(score * F("score")), 0),
            # One text for 48 numbers: Django looks at every column of every row.
            items=_joined(";", *map(_levels, numbers)),
        )
    )


def _levels(number: int) -> Func:
    """Usable answers at level 1..5 of a question and without one: `n,n,n,n,n,n`."""
    levels = [Count(USABLE, filter=Q(**{f"item_{number}": level})) for level in LEVELS]
    # The database counts each of these once, however often they are named.
    missing: Combinable = Count(USABLE)
    for level in levels:
        missing -= level
    return _joined(",", *levels, missing)


def _joined(mark: str, *parts: Combinable) -> Func:
    return Func(Value(mark), *parts, function="CONCAT_WS", output_field=TextField())


def _template(numbers: Iterable[int]) -> str:
    """`item_counts` with a gap for each question: canonical JSON."""
    return "{" + ",".join(f'"{number}":[%s]' for number in numbers) + "}"


def _key(cell: CellCounts | ResponseCell) -> tuple[str, str, str]:
    return (appointment_code(cell.appointment_id), cell.stratum, cell.mode)


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
        complete=opened["I"],
        partial=opened["P"],
        refusal=final.get(Final.REFUSAL, 0) + opened["B"],
        no_contact=final.get(Final.NOT_CONTACTED, 0),
        other=final.get(Final.OTHER, 0) + submitted - opened.total(),
        # A household without any final code is UH (M24).
        unknown_household=final.get(Final.UNKNOWN_HOUSEHOLD, 0) + unfinished,
        unknown_other=final.get(Final.UNKNOWN_OTHER, 0),
        not_eligible=final.get(Final.NOT_ELIGIBLE, 0),
    )
