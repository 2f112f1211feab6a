"""Codes for the drawn households: printed once, counted, voided, reissued (T19-T23).

A clear code exists in the return value of these verbs and nowhere else.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit.actions import Actor, record
from ballots.actions import IssuedCode, Place, issue_codes, reissue_code, void_code
from ballots.models import BallotCode
from residents.queries import Address, addresses_of, in_batches
from surveys.actions.states import NothingToIssue, WrongState, hold
from surveys.models import Round, SampledHousehold, SlipBatch

BATCH = 5000
# What a voided code says about its household (M24); other reasons leave it open.
SETTLES = {
    BallotCode.VoidReason.UNDELIVERED: (
        SampledHousehold.State.UNREACHABLE,
        SampledHousehold.Disposition.UNKNOWN_HOUSEHOLD,
    ),
    BallotCode.VoidReason.NOT_ELIGIBLE: (
        SampledHousehold.State.INELIGIBLE,
        SampledHousehold.Disposition.NOT_ELIGIBLE,
    ),
    BallotCode.VoidReason.DUPLICATE_HOUSEHOLD: (
        SampledHousehold.State.INELIGIBLE,
        SampledHousehold.Disposition.NOT_ELIGIBLE,
    ),
}


@dataclass(frozen=True, slots=True)
class IssuedSlips:
    """What is printed now and never again: codes in the order of a carrier's walk."""

    batch: SlipBatch
    codes: list[IssuedCode]
    addresses: dict[UUID, Address]
    serials: dict[UUID, str]  # household -> what stands on the slip


@transaction.atomic
def issue_round_codes(
    *,
    survey_round: Round,
    by: Actor,
    at: dt.datetime,
    limit: int | None = None,
    community: str | None = None,
) -> IssuedSlips:
    """Codes for released households that have none, at most `limit`, as one batch."""
    survey_round = hold(survey_round, Round.State.APPROVED, Round.State.OPEN)
    waiting = SampledHousehold.objects.of_round(survey_round).without_code()
    if community:
        waiting = waiting.filter(stratum__code=community)
    walk, addresses = _walk(waiting.select_related("stratum"))
    walk = walk[:limit]
    if not walk:
        raise NothingToIssue(survey_round.code)
    batch = _new_batch(survey_round, len(walk), by=by, at=at)
    places = [Place(sampled.household_id, sampled.stratum.code) for sampled in walk]
    codes = issue_codes(box=survey_round.ballot_box, places=places, by=by, at=at)
    _assign(walk, batch)
    _tell("round.slips_printed", batch, by=by, at=at)
    return _slips(batch, codes, walk, addresses)


@transaction.atomic
def void_household_code(
    *,
    sampled: SampledHousehold,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> None:
    """Void a household's code; a used one needs two persons (T23).

    After close a used code is put on the void list; its household then counts as
    eligible, other (envelope voided, M24).
    """
    survey_round = hold(
        sampled.stratum.draw.round,
        Round.State.APPROVED,
        Round.State.OPEN,
        Round.State.CLOSED,
    )
    code = _live_code(survey_round, sampled)
    void_code(code=code, reason=reason, by=by, at=at, second=second)
    households = SampledHousehold.objects.filter(pk=sampled.pk)
    if survey_round.state == Round.State.CLOSED:
        households.filter(disposition=SampledHousehold.Disposition.SUBMITTED).update(
            state=SampledHousehold.State.UNREACHABLE,
            disposition=SampledHousehold.Disposition.OTHER,
        )
    elif BallotCode.VoidReason(reason) in SETTLES:
        state, disposition = SETTLES[BallotCode.VoidReason(reason)]
        households.undecided().update(state=state, disposition=disposition)


@transaction.atomic
def reissue_household_code(
    *,
    sampled: SampledHousehold,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None = None,
) -> IssuedSlips:
    """A new slip for one household; the old code is dead from now on (T23)."""
    survey_round = hold(
        sampled.stratum.draw.round, Round.State.APPROVED, Round.State.OPEN
    )
    code = _last_code(survey_round, sampled)
    issued = reissue_code(code=code, reason=reason, by=by, at=at, second=second)
    batch = _new_batch(survey_round, 1, by=by, at=at)
    _assign([sampled], batch)
    _tell("round.slips_printed", batch, by=by, at=at)
    return _slips(batch, [issued], [sampled], addresses_of([sampled.household_id]))


@transaction.atomic
def reissue_batch(
    *,
    batch: SlipBatch,
    reason: str,
    by: Actor,
    at: dt.datetime,
    second: Actor | None,
) -> IssuedSlips:
    """Print a lost or failed batch anew: every unused code of it is replaced (T22).

    A household that has voted with its slip keeps its ballot and gets no second slip.
    """
    survey_round = hold(batch.round, Round.State.APPROVED, Round.State.OPEN)
    if SlipBatch.objects.filter(pk=batch.pk, voided=False).update(voided=True) == 0:
        raise WrongState(str(batch))
    members = batch.households.undecided().select_related("stratum")
    walk, addresses = _walk(members)
    codes = _unused_codes(survey_round, walk)
    walk = [sampled for sampled in walk if sampled.household_id in codes]
    if not walk:
        raise NothingToIssue(survey_round.code)
    issued = [
        reissue_code(
            code=codes[sampled.household_id],
            reason=reason,
            by=by,
            at=at,
            second=second,
        )
        for sampled in walk
    ]
    again = _new_batch(survey_round, len(issued), by=by, at=at, replaces=batch)
    _assign(walk, again)
    _tell("round.slips_printed", again, by=by, at=at)
    return _slips(again, issued, walk, addresses)


def _walk(
    households: Iterable[SampledHousehold],
) -> tuple[list[SampledHousehold], dict[UUID, Address]]:
    """The households by building and floor, with their addresses (T22)."""
    sampled = list(households)
    addresses = addresses_of(row.household_id for row in sampled)
    return (
        sorted(sampled, key=lambda row: addresses[row.household_id].sort_key),
        addresses,
    )


def _new_batch(
    survey_round: Round,
    count: int,
    *,
    by: Actor,
    at: dt.datetime,
    replaces: SlipBatch | None = None,
) -> SlipBatch:
    return SlipBatch.objects.create(
        round=survey_round,
        number=1 + survey_round.slip_batches.count(),
        count=count,
        printed_by=by.audit_name,
        printed_at=at,
        replaces=replaces,
    )


def _assign(sampled: list[SampledHousehold], batch: SlipBatch) -> None:
    for rows in in_batches(sampled, BATCH):
        SampledHousehold.objects.filter(pk__in=[row.pk for row in rows]).update(
            slip_batch=batch
        )


def _tell(verb: str, batch: SlipBatch, *, by: Actor, at: dt.datetime) -> None:
    replaced = str(batch.replaces.number) if batch.replaces else ""
    record(
        verb,
        target=batch,
        by=by,
        at=at,
        division=batch.round.division_id,
        data={"batch": batch.number, "count": batch.count, "replaces": replaced},
    )


def _slips(
    batch: SlipBatch,
    codes: list[IssuedCode],
    walk: list[SampledHousehold],
    addresses: dict[UUID, Address],
) -> IssuedSlips:
    serials = {sampled.household_id: sampled.serial for sampled in walk}
    by_household = {code.household: code for code in codes}
    return IssuedSlips(
        batch=batch,
        codes=[by_household[sampled.household_id] for sampled in walk],
        addresses={household: addresses[household] for household in serials},
        serials=serials,
    )


def _live_code(survey_round: Round, sampled: SampledHousehold) -> BallotCode:
    codes = BallotCode.objects.filter(
        box=survey_round.ballot_box, household=sampled.household_id
    )
    code = codes.exclude(state=BallotCode.State.VOID).first()
    if code is None:
        raise NothingToIssue(sampled.serial)
    return code


def _last_code(survey_round: Round, sampled: SampledHousehold) -> BallotCode:
    """The code that a new one may replace: live, or void and not yet replaced."""
    codes = BallotCode.objects.filter(
        box=survey_round.ballot_box, household=sampled.household_id, replaced_by=None
    )
    code = codes.first()
    if code is None:
        raise NothingToIssue(sampled.serial)
    return code


def _unused_codes(
    survey_round: Round, walk: list[SampledHousehold]
) -> dict[UUID, BallotCode]:
    codes = BallotCode.objects.filter(
        box=survey_round.ballot_box,
        state=BallotCode.State.ISSUED,
        household__in=[sampled.household_id for sampled in walk],
    )
    return {code.household: code for code in codes if code.household}
