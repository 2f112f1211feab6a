"""The draw of a round, its reserve, and what became of each household (M9-M26).

Stored are the released households and, per stratum, as many reserves in the same order.
The whole order is not kept: seed, snapshot and rule give it back (`redo_draw`), and a
month of a big district would otherwise store every household of it.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from audit import crypto
from audit.actions import Actor, record
from audit.vendor_sql import copy_rows
from residents.queries import frame_of, in_batches
from surveys.actions.states import RoundNotReady, WrongState, hold, hold_place
from surveys.models import DrawStratum, Round, SampledHousehold, SampleDraw
from surveys.parameters import RoundParameters
from surveys.sampling import (
    commitment,
    draw_order,
    draw_size,
    monthly_target,
    new_seed,
    stratum_targets,
)

TABLE = "surveys_sampledraw"
METHOD = "SRSWOR, SHA-256 keys (M17)"
SAMPLED_COLUMNS = (
    "id",
    "stratum_id",
    "household_id",
    "position",
    "is_reserve",
    "state",
    "disposition",
)
BATCH = 5000
OVER = (Round.State.CLOSED, Round.State.TALLIED, Round.State.PUBLISHED)
State = SampledHousehold.State
STATE_OF = {
    SampledHousehold.Disposition.SUBMITTED: State.SUBMITTED,
    SampledHousehold.Disposition.REFUSAL: State.REFUSED,
    SampledHousehold.Disposition.NOT_CONTACTED: State.UNREACHABLE,
    SampledHousehold.Disposition.OTHER: State.UNREACHABLE,
    SampledHousehold.Disposition.UNKNOWN_HOUSEHOLD: State.UNREACHABLE,
    SampledHousehold.Disposition.UNKNOWN_OTHER: State.UNREACHABLE,
    SampledHousehold.Disposition.NOT_ELIGIBLE: State.INELIGIBLE,
}


@dataclass(frozen=True, slots=True)
class Pool:
    """The households of one community before the draw, ids as text."""

    frame: int
    recused: int
    resting: int
    available: list[str]

    @property
    def digest(self) -> bytes:
        return crypto.digest("available.v1", *sorted(self.available))


def draw_round(*, survey_round: Round, at: dt.datetime) -> SampleDraw:
    """Targets, seed, order and the first release; inside the round's approval."""
    hold_place(survey_round.division)
    read = RoundParameters.from_mapping(survey_round.parameters)
    pools = _pools(survey_round, read, at=at)
    targets = _targets(pools, read)
    seed = new_seed()
    draw = SampleDraw(
        round=survey_round,
        method=METHOD,
        seed_commitment=commitment(seed),
        drawn_at=at,
    )
    draw.seed = crypto.seal_field(seed, table=TABLE, column="seed", row=draw.pk)
    draw.save()
    strata = DrawStratum.objects.bulk_create(
        _stratum(draw, code, pool, targets[code], read) for code, pool in pools.items()
    )
    for stratum in strata:
        available = pools[stratum.code].available
        order = draw_order(seed, survey_round.code, stratum.code, available)
        rows = _in_order(stratum, order, read.reserve_block)
        copy_rows(SampledHousehold, SAMPLED_COLUMNS, rows)
    return draw


def redo_draw(draw: SampleDraw) -> dict[str, list[uuid.UUID]]:
    """Every stratum's whole order, again from the seed; what an auditor compares.

    RoundNotReady when the households that could be drawn are no longer those of then.
    """
    survey_round = draw.round
    read = RoundParameters.from_mapping(survey_round.parameters)
    pools = _pools(survey_round, read, at=draw.drawn_at)
    seed = _seed_of(draw)
    orders = {}
    for stratum in draw.strata.all():
        pool = pools[stratum.code]
        if pool.digest != bytes(stratum.available_digest):
            raise RoundNotReady(stratum.code)
        order = draw_order(seed, survey_round.code, stratum.code, pool.available)
        orders[stratum.code] = [uuid.UUID(household) for household in order]
    return orders


@transaction.atomic
def reveal_seed(*, survey_round: Round, by: Actor, at: dt.datetime) -> str:
    """The 64 hex characters, for the audit role and only after close (M16).

    With the register an open seed names the drawn households, so each reading leaves
    its event.
    """
    survey_round = hold(survey_round, *OVER)
    draw = survey_round.draw
    record(
        "draw.seed_revealed",
        target=draw,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={"code": survey_round.code, "commitment": draw.seed_commitment},
    )
    return _seed_of(draw)


@transaction.atomic
def release_reserve(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """Open the reserve in blocks where the target is out of reach (M18).

    It looks at dispositions only: answers are sealed, and who has voted is not asked.
    """
    survey_round = hold(survey_round, Round.State.OPEN)
    read = RoundParameters.from_mapping(survey_round.parameters)
    released = {
        stratum.code: _release_in(stratum, read.reserve_block)
        for stratum in survey_round.draw.strata.all()
    }
    released = {code: number for code, number in released.items() if number}
    if released:
        record(
            "round.reserve_released",
            target=survey_round,
            by=by,
            at=at,
            division=survey_round.division_id,
            data={"households": released},
        )
    return sum(released.values())


@transaction.atomic
def settle_household(
    *, sampled: SampledHousehold, disposition: str, by: Actor, at: dt.datetime
) -> None:
    """Note a final result other than a ballot: refused, never reached … (M24)."""
    survey_round = hold(
        sampled.stratum.draw.round, Round.State.APPROVED, Round.State.OPEN
    )
    found = SampledHousehold.Disposition(disposition)
    if found == SampledHousehold.Disposition.SUBMITTED:
        raise WrongState(found)
    undecided = SampledHousehold.objects.undecided().filter(pk=sampled.pk)
    if not undecided.update(state=STATE_OF[found], disposition=found):
        raise WrongState(sampled.state)
    record(
        "round.household_settled",
        target=survey_round,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={"community": sampled.stratum.code, "disposition": found.value},
    )


def settle_all(survey_round: Round, *, used: set[uuid.UUID]) -> dict[str, int]:
    """One final code per released household at close (M24, M26); counts by code.

    Who is in the box has submitted, whatever was noted before; of the others, who has
    no result yet was never resolved. An envelope on the void list is settled by its
    voiding, not here.
    """
    households = SampledHousehold.objects.of_round(survey_round)
    for ids in in_batches(used, BATCH):
        households.released().filter(household_id__in=ids).update(
            state=State.SUBMITTED,
            disposition=SampledHousehold.Disposition.SUBMITTED,
        )
    households.undecided().update(
        state=State.UNREACHABLE,
        disposition=SampledHousehold.Disposition.UNKNOWN_HOUSEHOLD,
    )
    groups = households.released().order_by().values_list("disposition")
    counts = dict(groups.annotate(number=Count("pk")))
    if counts.get(""):
        raise RoundNotReady(str(counts[""]))
    return dict(sorted(counts.items()))


def months_apart(period: str, months: int) -> str:
    """The period so many months later (or earlier, below 0)."""
    year, month = map(int, period.split("-"))
    years, rest = divmod(month - 1 + months, 12)
    return f"{year + years:04d}-{rest + 1:02d}"


def _seed_of(draw: SampleDraw) -> str:
    return crypto.open_field(draw.seed, table=TABLE, column="seed", row=draw.pk)


def _pools(
    survey_round: Round, read: RoundParameters, *, at: dt.datetime
) -> dict[str, Pool]:
    """Community -> its households, without the recused (T24) and the resting (M20)."""
    communities = survey_round.subjects.values_list("community_id", flat=True)
    recused = set(survey_round.recused.values_list("household_id", flat=True))
    resting = _resting(survey_round, read.rest_months, at=at)
    framed: dict[str, list[uuid.UUID]] = {code: [] for code in sorted(communities)}
    rows = frame_of(survey_round.snapshot, read.frame_statuses)
    rows = rows.filter(community_id__in=framed)
    pairs = rows.values_list("community_id", "household_id")
    for code, household in pairs.iterator(chunk_size=BATCH):
        framed[code].append(household)
    return {
        code: _pool(households, recused, resting) for code, households in framed.items()
    }


def _pool(
    households: list[uuid.UUID], recused: set[uuid.UUID], resting: set[uuid.UUID]
) -> Pool:
    framed = [household for household in households if household not in recused]
    available = [str(household) for household in framed if household not in resting]
    return Pool(
        frame=len(framed),
        recused=len(households) - len(framed),
        resting=len(framed) - len(available),
        available=available,
    )


def _resting(survey_round: Round, months: int, *, at: dt.datetime) -> set[uuid.UUID]:
    """Households released in a round less than `months` months away (M20, M62).

    The reserve of a round that was still running at the moment of the draw counts too:
    it may be released any day. The rule gives the same answer later, so that a draw
    can be redone.
    """
    near = SampledHousehold.objects.filter(
        stratum__community__code__startswith=survey_round.division_id,
        stratum__draw__drawn_at__lte=at,
        stratum__draw__round__period__gt=months_apart(survey_round.period, -months),
        stratum__draw__round__period__lt=months_apart(survey_round.period, months),
    ).exclude(stratum__draw__round=survey_round)
    running = Q(stratum__draw__round__ended_at=None) | Q(
        stratum__draw__round__ended_at__gt=at
    )
    bound = near.filter(running | ~Q(state=State.DRAWN))
    return set(bound.values_list("household_id", flat=True))


def _targets(pools: dict[str, Pool], read: RoundParameters) -> dict[str, int]:
    """Window target per stratum, each area of the scheme on its own (M11-M13)."""
    digits = {"street": 9, "district": 6}[read.area]
    areas: dict[str, dict[str, dict[str, int]]] = {}
    for code, pool in pools.items():
        areas.setdefault(code[:digits], {})[code] = {code: pool.frame}
    targets: dict[str, int] = {}
    for frame in areas.values():
        targets |= stratum_targets(frame, rate=read.rate, minimum=read.min_completed)
    return targets


def _stratum(
    draw: SampleDraw, code: str, pool: Pool, target: int, read: RoundParameters
) -> DrawStratum:
    month = monthly_target(target, draw.round.month_in_cycle, read.months)
    wanted = draw_size(pool.frame, month, read.expected_rate)
    drawn = draw_size(len(pool.available), month, read.expected_rate)
    return DrawStratum(
        draw=draw,
        code=code,
        community_id=code,
        frame_count=pool.frame,
        recused=pool.recused,
        resting=pool.resting,
        year_target=target,
        month_target=month,
        drawn=drawn,
        shortfall=wanted - drawn,
        available_digest=pool.digest,
    )


def _in_order(
    stratum: DrawStratum, order: list[str], block: int
) -> Iterator[tuple[Any, ...]]:
    """Rows of the released and, after them, of whole blocks of reserves (M18)."""
    blocks = -(-stratum.drawn // block)
    stored = order[: stratum.drawn + blocks * block]
    for position, household in enumerate(stored, start=1):
        is_reserve = position > stratum.drawn
        state = State.DRAWN if is_reserve else State.RELEASED
        row = (uuid.uuid4(), stratum.pk, household, position, is_reserve)
        yield (*row, state.value, "")


def _release_in(stratum: DrawStratum, block: int) -> int:
    households = stratum.households.all()
    submitted = SampledHousehold.Disposition.SUBMITTED
    hopeful = households.released().filter(disposition__in=("", submitted)).count()
    missing = stratum.month_target - hopeful
    if missing <= 0:
        return 0
    blocks = -(-missing // block)
    waiting = households.reserve().order_by("position").values_list("pk", flat=True)
    opened = SampledHousehold.objects.filter(pk__in=list(waiting[: blocks * block]))
    return opened.update(state=State.RELEASED)
