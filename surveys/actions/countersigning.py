"""Two-person acts on a round: propose, agree, carry out (T92)."""

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import crypto
from audit.actions import record
from surveys.actions.closing import annul_round, list_tampered, move_round_deadline
from surveys.actions.codes import (
    IssuedSlips,
    reissue_batch,
    reissue_household_code,
    void_household_code,
)
from surveys.actions.states import NotProposed, SamePerson
from surveys.models import Countersignature, Round, SampledHousehold, SlipBatch

Act = Countersignature.Act
# Carried out at the moment of agreement. Of the others, reissues end in a printed page
# that the proposer asks for, and an opening reads the word when it runs again.
AT_ONCE = (Act.ANNUL, Act.VOID_CODE, Act.MOVE_DEADLINE, Act.LIST_TAMPERED)


@transaction.atomic
def propose_act(
    *,
    survey_round: Round,
    act: str,
    reason: str,
    by: User,
    at: dt.datetime,
    subject: SampledHousehold | SlipBatch | dt.datetime | None = None,
) -> Countersignature:
    proposal = Countersignature.objects.create(
        round=survey_round,
        act=act,
        subject=_subject(subject),
        label=_label(subject),
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    _tell("round.act_proposed", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def agree_to(
    *, proposal: Countersignature, digest: bytes, by: User, at: dt.datetime
) -> None:
    """The second person's word on exactly what was shown: `digest` is of that.

    NotProposed when it comes too late or twice, or when something else was shown.
    """
    proposal = _hold(proposal, at=at)
    if not crypto.equal(digest, proposal.digest):
        raise NotProposed(str(proposal.pk))
    if proposal.agreed_by_id is not None:
        raise NotProposed(str(proposal.pk))
    if proposal.proposed_by_id == by.pk:
        raise SamePerson(str(proposal.pk))
    proposal.agreed_by, proposal.agreed_at = by, at
    proposal.save(update_fields=["agreed_by", "agreed_at"])
    _tell("round.act_agreed", proposal, by=by, at=at)
    if proposal.act in AT_ONCE:
        _carry_out(proposal, by=by, at=at)
        _done(proposal, at=at)


@transaction.atomic
def print_agreed(
    *, proposal: Countersignature, by: User, at: dt.datetime
) -> IssuedSlips:
    """Reissue what was agreed to; the codes are in the answer and nowhere else."""
    proposal = _hold(proposal, at=at)
    if proposal.agreed_by is None or not proposal.ends_in_slips:
        raise NotProposed(str(proposal.pk))
    _done(proposal, at=at)
    if proposal.act == Act.REISSUE_BATCH:
        return reissue_batch(
            batch=SlipBatch.objects.get(pk=proposal.subject),
            reason=proposal.reason,
            by=by,
            at=at,
            second=_other(proposal, by),
        )
    return reissue_household_code(
        sampled=_sampled(proposal),
        reason=proposal.reason,
        by=by,
        at=at,
        second=_other(proposal, by),
    )


@transaction.atomic
def withdraw_act(*, proposal: Countersignature, by: User, at: dt.datetime) -> None:
    """Take a proposal back before it was carried out."""
    proposal = _hold(proposal, at=at)
    _tell("round.act_withdrawn", proposal, by=by, at=at)
    proposal.delete()


def _hold(proposal: Countersignature, *, at: dt.datetime) -> Countersignature:
    pending = Countersignature.objects.pending(at=at).select_for_update()
    held = pending.filter(pk=proposal.pk).first()
    if held is None:
        raise NotProposed(str(proposal.pk))
    return held


def _carry_out(proposal: Countersignature, *, by: User, at: dt.datetime) -> None:
    if proposal.act == Act.ANNUL:
        annul_round(
            survey_round=proposal.round,
            reason=proposal.reason,
            by=proposal.proposed_by,
            at=at,
            second=by,
        )
    elif proposal.act == Act.MOVE_DEADLINE:
        move_round_deadline(
            survey_round=proposal.round,
            closes_at=dt.datetime.fromisoformat(proposal.subject),
            by=proposal.proposed_by,
            at=at,
            second=by,
        )
    elif proposal.act == Act.LIST_TAMPERED:
        list_tampered(
            survey_round=proposal.round, by=proposal.proposed_by, at=at, second=by
        )
    else:
        void_household_code(
            sampled=_sampled(proposal),
            reason=proposal.reason,
            by=proposal.proposed_by,
            at=at,
            second=by,
        )


def _done(proposal: Countersignature, *, at: dt.datetime) -> None:
    proposal.done_at = at
    proposal.save(update_fields=["done_at"])


def _other(proposal: Countersignature, by: User) -> User | None:
    """The second name beside who prints: whichever of the two it is not."""
    if by.pk == proposal.agreed_by_id:
        return proposal.proposed_by
    return proposal.agreed_by


def _sampled(proposal: Countersignature) -> SampledHousehold:
    return SampledHousehold.objects.select_related("stratum__draw__round").get(
        pk=uuid.UUID(proposal.subject)
    )


def _subject(subject: SampledHousehold | SlipBatch | dt.datetime | None) -> str:
    if isinstance(subject, dt.datetime):
        return subject.astimezone(dt.UTC).isoformat(timespec="minutes")
    return str(subject.pk) if subject else ""


def _label(subject: SampledHousehold | SlipBatch | dt.datetime | None) -> str:
    if isinstance(subject, SampledHousehold):
        return subject.serial
    if isinstance(subject, dt.datetime):
        return f"{timezone.localtime(subject):%Y-%m-%d %H:%M}"
    return str(subject) if subject else ""


def _tell(verb: str, proposal: Countersignature, *, by: User, at: dt.datetime) -> None:
    record(
        verb,
        target=proposal.round,
        by=by,
        at=at,
        division=proposal.round.division_id,
        data={"act": proposal.act, "reason": proposal.reason},
    )
