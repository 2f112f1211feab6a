"""Appeals of the rated person, answered by somebody else (T122, T131)."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audit import crypto
from audit.actions import record
from evaluations.actions.errors import (
    AppealFiled,
    NotAppealable,
    NotYours,
    RoundNotInWindow,
    SamePerson,
    TooLate,
    WrongState,
)
from evaluations.corrections import affected_ratings, revise
from evaluations.models import Appeal, MonthlyRating, PublicityNotice, SetAside
from evaluations.models.appeals import ANSWERED_WITHIN
from officials.accounts import appointments_of
from officials.working_days import add_working_days
from surveys.models import Round

State = Appeal.State
APPEALABLE = (MonthlyRating.State.PREVIEWED, MonthlyRating.State.PUBLICITY)


@transaction.atomic
def file_appeal(
    *,
    rating: MonthlyRating,
    ground: str,
    evidence: str,
    by: User,
    at: dt.datetime,
) -> Appeal:
    """Against one's own result, from its preview to the last day of its notice.

    It holds up nobody else's publication; it is due ten working days later.
    """
    on = timezone.localdate(at)
    if not appointments_of(by, on=on).filter(pk=rating.appointment_id).exists():
        raise NotYours(str(rating))
    held = MonthlyRating.objects.select_for_update(of=("self",)).get(pk=rating.pk)
    notice = notice_of(held)
    if not may_appeal(held, notice, on=on):
        raise NotAppealable(str(rating))
    due = add_working_days(on, ANSWERED_WITHIN)
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(
                rating=held,
                notice=notice,
                filed_by=by,
                filed_on=on,
                filed_at=at,
                ground=ground,
                evidence=evidence,
                due_on=due.on,
                due_days=due.days,
                due_is_certain=due.is_certain,
            )
    except IntegrityError as error:
        raise AppealFiled(str(rating)) from error
    _tell("appeal.filed", appeal, by=by, at=at, ground=ground, due_on=str(due.on))
    return appeal


@transaction.atomic
def accept_appeal(*, appeal: Appeal, by: User, at: dt.datetime) -> None:
    """Filed → accepted by a reviewer who had no hand in the result."""
    _need_stranger(appeal, by=by)
    taken = Appeal.objects.filter(pk=appeal.pk, state=State.FILED).update(
        state=State.ACCEPTED, reviewer=by, accepted_at=at
    )
    if not taken:
        raise WrongState(str(appeal))
    _tell("appeal.accepted", appeal, by=by, at=at)


@transaction.atomic
def decide_appeal(
    *, appeal: Appeal, decision: str, outcome: str, by: User, at: dt.datetime
) -> None:
    """Accepted → upheld with a remark, or rejected; `outcome` is told to the person.

    A figure is annulled by `propose_set_aside`, which takes two persons.
    """
    held = _hold(appeal, by=by)
    if decision not in (Appeal.Outcome.REMARK, Appeal.Outcome.REJECTED):
        raise WrongState(decision)
    _need_no_proposal(held, at=at)
    is_upheld = decision == Appeal.Outcome.REMARK
    _close(
        held,
        state=State.UPHELD if is_upheld else State.REJECTED,
        decision=decision,
        outcome=outcome,
        at=at,
    )
    verb = "appeal.upheld" if is_upheld else "appeal.rejected"
    _tell(verb, held, by=by, at=at, outcome=outcome)


@transaction.atomic
def propose_set_aside(
    *,
    appeal: Appeal,
    survey_round: Round,
    reason: str,
    by: User,
    at: dt.datetime,
) -> SetAside:
    """The appeal's reviewer would annul the community's figure of one round (T122).

    Of a process, never of a household's answer; `reason` is published. It waits 72
    hours for a second person.
    """
    held = _hold(appeal, by=by)
    _need_no_proposal(held, at=at)
    _need_in_window(held.rating, survey_round)
    set_aside = SetAside.objects.create(
        round=survey_round,
        community_id=held.rating.community_id,
        appeal=held,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    _tell_act("set_aside.proposed", set_aside, by=by, at=at)
    return set_aside


@transaction.atomic
def countersign_set_aside(
    *, set_aside: SetAside, digest: str, by: User, at: dt.datetime
) -> list[MonthlyRating]:
    """The second person's word: the figure is annulled, the appeal upheld.

    Every rating that rests on it gets a new revision, which is reviewed and published
    as a correction; they are returned. The old records stay (M65, T130).
    """
    held = _hold_act(set_aside, digest, by=by, at=at)
    slot = f"{held.round_id}|{held.community_id}"
    if SetAside.objects.filter(slot=slot).exists():
        raise RoundNotInWindow(str(held))
    _answer(held, state=SetAside.State.DONE, slot=slot, by=by, at=at)
    _close(
        held.appeal,
        state=State.UPHELD,
        decision=Appeal.Outcome.SET_ASIDE,
        outcome=held.reason,
        at=at,
    )
    revisions = revise(held, at=at)
    _tell_act(
        "set_aside.countersigned",
        held,
        by=by,
        at=at,
        revisions=[f"{one.community_id} {one.month}" for one in revisions],
    )
    return revisions


@transaction.atomic
def decline_set_aside(
    *, set_aside: SetAside, answer: str, by: User, at: dt.datetime
) -> None:
    """Nothing is annulled; the appeal goes back to its reviewer with the reason."""
    held = _hold_act(set_aside, set_aside.digest, by=by, at=at)
    _answer(held, state=SetAside.State.DECLINED, answer=answer, by=by, at=at)
    _tell_act("set_aside.declined", held, by=by, at=at, answer=answer)


def notice_of(rating: MonthlyRating) -> PublicityNotice | None:
    """The notice that the rating hangs on now, or hung on last."""
    notices = PublicityNotice.objects.filter(entries__rating=rating)
    return notices.order_by("-number").first()


def may_appeal(
    rating: MonthlyRating, notice: PublicityNotice | None, *, on: dt.date
) -> bool:
    """From the preview until the last day of the notice (domain 3.7)."""
    if rating.state == MonthlyRating.State.PREVIEWED:
        return not rating.is_correction
    return rating.state in APPEALABLE and notice is not None and notice.runs(on=on)


def _need_stranger(appeal: Appeal, *, by: User) -> None:
    rating = MonthlyRating.objects.get(pk=appeal.rating_id)
    hands = {rating.reviewed_by_id, rating.published_by_id, appeal.filed_by_id}
    if appeal.notice is not None:
        hands.add(appeal.notice.started_by_id)
    if by.pk in hands:
        raise SamePerson(by.audit_name)


def _hold(appeal: Appeal, *, by: User) -> Appeal:
    """The appeal, locked, in the hands of the one who took it on."""
    accepted = Appeal.objects.filter(pk=appeal.pk, state=State.ACCEPTED)
    held: Appeal | None = accepted.select_for_update().first()
    if held is None:
        raise WrongState(str(appeal))
    if held.reviewer_id != by.pk:
        raise SamePerson(by.audit_name)
    _need_stranger(held, by=by)
    return held


def _need_no_proposal(appeal: Appeal, *, at: dt.datetime) -> None:
    """Nothing else is done while a second person is asked to countersign."""
    if any(proposal.waits(at=at) for proposal in appeal.set_asides.all()):
        raise WrongState(str(appeal))


def _need_in_window(rating: MonthlyRating, survey_round: Round) -> None:
    is_done = SetAside.objects.filter(
        slot=f"{survey_round.pk}|{rating.community_id}"
    ).exists()
    if is_done or not affected_ratings(survey_round, rating.community_id).exists():
        raise RoundNotInWindow(survey_round.code)


def _hold_act(
    set_aside: SetAside, digest: str, *, by: User, at: dt.datetime
) -> SetAside:
    held = SetAside.objects.select_for_update().get(pk=set_aside.pk)
    if held.state != SetAside.State.PROPOSED or not held.appeal.is_open:
        raise WrongState(str(held))
    if not held.waits(at=at):
        raise TooLate(str(held))
    if not crypto.equal(digest.encode(), held.digest.encode()):
        raise WrongState(str(held))
    if by.pk in (held.proposed_by_id, held.appeal.filed_by_id):
        raise SamePerson(by.audit_name)
    return held


def _answer(
    held: SetAside,
    *,
    state: str,
    by: User,
    at: dt.datetime,
    slot: str | None = None,
    answer: str = "",
) -> None:
    SetAside.objects.filter(pk=held.pk).update(
        state=state, slot=slot, answered_by=by, answered_at=at, answer=answer
    )


def _close(
    appeal: Appeal, *, state: str, decision: str, outcome: str, at: dt.datetime
) -> None:
    Appeal.objects.filter(pk=appeal.pk).update(
        state=state, decision=decision, outcome=outcome, decided_at=at
    )


def _tell(verb: str, appeal: Appeal, *, by: User, at: dt.datetime, **data: str) -> None:
    rating = appeal.rating
    record(
        verb,
        target=appeal,
        by=by,
        at=at,
        division=rating.community_id,
        data={"month": rating.month, "revision": rating.revision, **data},
    )


def _tell_act(
    verb: str, act: SetAside, *, by: User, at: dt.datetime, **data: object
) -> None:
    record(
        verb,
        target=act,
        by=by,
        at=at,
        division=act.community_id,
        data={
            "round": act.round.code,
            "month": act.appeal.rating.month,
            "reason": act.reason,
            "digest": act.digest,
            **data,
        },
    )
