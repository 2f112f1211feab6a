"""Open, close, count, annul: the states of a round after its approval (domain 3.9)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import Actor, record
from ballots import reconcile
from ballots.actions import (
    close_box,
    destroy_box,
    finish_opened,
    move_deadline,
    open_voting,
    void_code,
)
from ballots.errors import TooEarly
from ballots.models import BallotBox, BallotCode
from ballots.opening import open_box
from ballots.queries import used_households
from surveys.actions.drawing import settle_all
from surveys.actions.states import (
    NothingTampered,
    RoundNotReady,
    SamePerson,
    WrongState,
    hold,
    move,
)
from surveys.models import Countersignature, Round, SampledHousehold
from surveys.sink import RoundSink

BEFORE_PUBLISHED = (
    Round.State.DRAFT,
    Round.State.APPROVED,
    Round.State.OPEN,
    Round.State.CLOSED,
    Round.State.TALLIED,
)


@transaction.atomic
def open_round(*, survey_round: Round, by: Actor, at: dt.datetime) -> Round:
    """approved → open: from the opening moment on the codes are valid."""
    survey_round = hold(survey_round, Round.State.APPROVED)
    if at < survey_round.opens_at:
        raise TooEarly(survey_round.opens_at)
    if not survey_round.slip_batches.exists():
        raise RoundNotReady(_("还没有发码：先打印码单。"))
    open_voting(box=survey_round.ballot_box, by=by, at=at)
    move(survey_round, state=Round.State.OPEN)
    _tell("round.opened", survey_round, by=by, at=at)
    return survey_round


@transaction.atomic
def close_round(*, survey_round: Round, by: Actor, at: dt.datetime) -> Round:
    """open → closed, never before the technical close (T14, T35).

    The box decides whether it is late enough. Every drawn household then gets its final
    result (M24): "submitted" or not, nothing of an answer.
    """
    survey_round = hold(survey_round, Round.State.OPEN)
    box = close_box(box=survey_round.ballot_box, by=by, at=at)
    dispositions = settle_all(survey_round, used=used_households(box))
    move(survey_round, state=Round.State.CLOSED, ended_at=at)
    _tell("round.closed", survey_round, by=by, at=at, dispositions=dispositions)
    return survey_round


@transaction.atomic
def move_round_deadline(
    *,
    survey_round: Round,
    closes_at: dt.datetime,
    by: User,
    at: dt.datetime,
    second: User,
) -> Round:
    """A later deadline, once, before the announced one has passed (T14)."""
    survey_round = hold(survey_round, Round.State.OPEN)
    before = survey_round.closes_at
    move_deadline(
        box=survey_round.ballot_box, closes_at=closes_at, by=by, at=at, second=second
    )
    move(survey_round, closes_at=closes_at, first_closes_at=before)
    _tell(
        "round.deadline_moved",
        survey_round,
        by=by,
        at=at,
        closes_at=closes_at.isoformat(),
        first_closes_at=before.isoformat(),
        second=second.audit_name,
    )
    return survey_round


@transaction.atomic
def list_tampered(
    *, survey_round: Round, by: User, at: dt.datetime, second: User
) -> int:
    """Every envelope that was changed, taken or added goes on the void list (T52).

    How many; their households count as eligible, other (M24). What does not add up
    without a named envelope stays: such a box is never opened.
    """
    survey_round = hold(survey_round, Round.State.CLOSED)
    box = survey_round.ballot_box
    damaged = set(reconcile.codes_without_match(box))
    damaged.update(reconcile.broken_envelopes(box))
    if not damaged:
        raise NothingTampered(survey_round.code)
    codes = BallotCode.objects.filter(box=box, pk__in=damaged).order_by("pk")
    for code in codes:
        void_code(
            code=code,
            reason=BallotCode.VoidReason.TAMPERED,
            by=by,
            at=at,
            second=second,
        )
    households = SampledHousehold.objects.of_round(survey_round)
    households.filter(household_id__in=[code.household for code in codes]).filter(
        disposition=SampledHousehold.Disposition.SUBMITTED
    ).update(
        state=SampledHousehold.State.UNREACHABLE,
        disposition=SampledHousehold.Disposition.OTHER,
    )
    _tell("round.tampered_listed", survey_round, by=by, at=at, envelopes=len(codes))
    return len(codes)


def open_round_box(*, survey_round: Round, by: Actor, at: dt.datetime) -> Round:
    """closed → tallied: the box is opened into the sink, in one transaction (T48).

    Killed at any point it is either closed or tallied, and running it again is right.
    A box with too few ballots was destroyed unopened (T58): the round is tallied too,
    with no answer. Not to be called inside a transaction.
    """
    survey_round.refresh_from_db()
    if survey_round.state != Round.State.CLOSED:
        raise WrongState(survey_round.state)
    if survey_round.ballot_box.ending == BallotBox.Ending.TOO_FEW:
        return _tally_nothing(survey_round, by=by, at=at)
    agreed = _word_to_go_on(survey_round, at=at)
    opening = open_box(
        box_id=survey_round.ballot_box.pk,
        sink=RoundSink(survey_round, by=by, at=at),
        by=agreed.proposed_by if agreed else by,
        at=at,
        accept_invalid=agreed is not None,
        second=agreed.agreed_by if agreed else None,
    )
    if opening is None:
        return _tally_nothing(survey_round, by=by, at=at)
    finish_round_box(survey_round=survey_round, by=by, at=at)
    survey_round.refresh_from_db()
    return survey_round


def finish_round_box(*, survey_round: Round, by: Actor, at: dt.datetime) -> None:
    """Destroy the keys of a box that was opened; harmless twice (T53)."""
    finish_opened(box=survey_round.ballot_box, by=by, at=at)


@transaction.atomic
def mark_published(*, survey_round: Round, by: Actor, at: dt.datetime) -> Round:
    """tallied → published, when the room to the right has published its month."""
    survey_round = hold(survey_round, Round.State.TALLIED)
    move(survey_round, state=Round.State.PUBLISHED, published_at=at)
    _tell("round.published", survey_round, by=by, at=at)
    return survey_round


@transaction.atomic
def annul_round(
    *,
    survey_round: Round,
    reason: str,
    by: User,
    at: dt.datetime,
    second: User | None = None,
) -> Round:
    """Any state before published → annulled, with a reason.

    A draft goes by one person's word. Later it takes two, and the box is destroyed
    unopened. Households of a round without a single slip were never bothered, so they
    do not rest (M20).
    """
    survey_round = hold(survey_round, *BEFORE_PUBLISHED)
    if survey_round.state != Round.State.DRAFT:
        if second is None or second.pk == by.pk:
            raise SamePerson(survey_round.code)
        if survey_round.state != Round.State.TALLIED:
            destroy_box(
                box=survey_round.ballot_box, reason=reason, by=by, at=at, second=second
            )
    if not survey_round.slip_batches.exists():
        SampledHousehold.objects.of_round(survey_round).undecided().update(
            state=SampledHousehold.State.DRAWN
        )
    move(
        survey_round,
        state=Round.State.ANNULLED,
        slot=None,
        ended_at=survey_round.ended_at or at,
        annulled_reason=reason,
    )
    names = [by.audit_name, *([second.audit_name] if second else [])]
    _tell("round.annulled", survey_round, by=by, at=at, reason=reason, names=names)
    return survey_round


def _word_to_go_on(survey_round: Round, *, at: dt.datetime) -> Countersignature | None:
    """What two persons agreed to after invalid papers stopped an opening (T52)."""
    agreed = Countersignature.objects.agreed(at=at).filter(
        round=survey_round, act=Countersignature.Act.ACCEPT_INVALID
    )
    return agreed.select_related("proposed_by", "agreed_by").first()


@transaction.atomic
def _tally_nothing(survey_round: Round, *, by: Actor, at: dt.datetime) -> Round:
    survey_round = hold(survey_round, Round.State.CLOSED)
    move(survey_round, state=Round.State.TALLIED)
    _tell("round.too_few", survey_round, by=by, at=at)
    return survey_round


def _tell(
    verb: str, survey_round: Round, *, by: Actor, at: dt.datetime, **data: object
) -> None:
    record(
        verb,
        target=survey_round,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={"code": survey_round.code, **data},
    )
