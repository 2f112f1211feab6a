"""Take a published version back, with its reason, by two persons (T92, T130)."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from audit import crypto
from audit.actions import record
from evaluations.actions.errors import SamePerson, TooLate, WrongState
from evaluations.actions.months import hold
from evaluations.models import MonthlyRating, Publication, Withdrawal
from evaluations.webhook_actions import Event, write_messages

State = MonthlyRating.State


@transaction.atomic
def propose_withdrawal(
    *, publication: Publication, reason: str, by: User, at: dt.datetime
) -> Withdrawal:
    """Only the version that stands; it waits 72 hours for a second person."""
    hold(publication.division, publication.month)
    _need_standing(publication)
    if any(other.waits(at=at) for other in publication.withdrawals.all()):
        raise WrongState(str(publication))
    withdrawal = Withdrawal.objects.create(
        publication=publication, reason=reason, proposed_by=by, proposed_at=at
    )
    _tell("withdrawal.proposed", withdrawal, by=by, at=at)
    return withdrawal


@transaction.atomic
def withdraw_publication(
    *, withdrawal: Withdrawal, digest: str, by: User, at: dt.datetime
) -> None:
    """Published → withdrawn for all of the month; its pages say so, with the reason.

    The ratings wait for a review again, and go the whole way once more: a corrected
    revision too, for what was published is no longer known to stand.
    """
    publication = withdrawal.publication
    hold(publication.division, publication.month)
    held = _hold(withdrawal, digest, by=by, at=at)
    _need_standing(publication)
    Withdrawal.objects.filter(pk=held.pk).update(
        state=Withdrawal.State.DONE,
        slot=str(publication.pk),
        answered_by=by,
        answered_at=at,
    )
    Publication.objects.filter(pk=publication.pk).update(withdrawn=True)
    _take_back(publication)
    write_messages(
        publication=publication, event=Event.WITHDRAWN, at=at, reason=held.reason
    )
    _tell("month.withdrawn", held, by=by, at=at)


@transaction.atomic
def decline_withdrawal(
    *, withdrawal: Withdrawal, answer: str, by: User, at: dt.datetime
) -> None:
    """The version stands."""
    held = _hold(withdrawal, withdrawal.digest, by=by, at=at)
    Withdrawal.objects.filter(pk=held.pk).update(
        state=Withdrawal.State.DECLINED, answered_by=by, answered_at=at, answer=answer
    )
    _tell("withdrawal.declined", held, by=by, at=at)


def _take_back(publication: Publication) -> None:
    """Also what waits to correct it goes the whole way: there is nothing to correct."""
    entries = publication.entries.values_list("rating_id", flat=True)
    published = MonthlyRating.objects.published().filter(pk__in=list(entries))
    published.update(state=State.WITHDRAWN)
    month = MonthlyRating.objects.current().under(publication.division_id)
    corrections = month.of_month(publication.month).filter(is_correction=True)
    corrections.update(is_correction=False)


def _need_standing(publication: Publication) -> None:
    if not Publication.objects.standing().filter(pk=publication.pk).exists():
        raise WrongState(str(publication))


def _hold(
    withdrawal: Withdrawal, digest: str, *, by: User, at: dt.datetime
) -> Withdrawal:
    held = Withdrawal.objects.select_for_update().get(pk=withdrawal.pk)
    if held.state != Withdrawal.State.PROPOSED:
        raise WrongState(str(held))
    if not held.waits(at=at):
        raise TooLate(str(held))
    if not crypto.equal(digest.encode(), held.digest.encode()):
        raise WrongState(str(held))
    if by.pk == held.proposed_by_id:
        raise SamePerson(by.audit_name)
    return held


def _tell(verb: str, withdrawal: Withdrawal, *, by: User, at: dt.datetime) -> None:
    publication = withdrawal.publication
    record(
        verb,
        target=publication,
        by=by,
        at=at,
        division=publication.division_id,
        data={
            "month": publication.month,
            "version": publication.version,
            "reason": withdrawal.reason,
            "digest": withdrawal.digest,
        },
    )
