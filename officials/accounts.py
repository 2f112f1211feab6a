"""Which account is which official's: what the rated person's own pages stand on."""

import datetime as dt

from django.db import IntegrityError, transaction

from accounts.incompatible import works_on_survey_of
from accounts.models import User
from audit.actions import Actor, record
from officials.models import (
    Appointment,
    AppointmentQuerySet,
    Official,
    OfficialAccount,
)


class LinkRefused(Exception):
    """Every refusal of a link between an official and an account."""


class AlreadyLinked(LinkRefused):
    """The official has an account, or the account is another official's."""


class NotLinked(LinkRefused):
    """The link is gone: somebody else ended it in the meantime."""


class OwnLink(LinkRefused):
    """Nobody makes or ends the link of the account that they are signed in with."""


class SurveySide(LinkRefused):
    """The account works on the survey of a place where the official is rated (T87)."""


def appointments_of(user: User, *, on: dt.date) -> AppointmentQuerySet:
    """What the person behind the account holds or has held, the latest first.

    Ended ones stay: whoever was transferred last week may still see and appeal against
    what was found out about the post before.
    """
    held = Appointment.objects.filter(official__account__user=user, starts_on__lte=on)
    return held.order_by("-starts_on", "-pk")


@transaction.atomic
def link_account(
    *, official: Official, user: User, by: Actor, at: dt.datetime
) -> OfficialAccount:
    """From now on the account sees the official's own results, and nobody else's."""
    if user == by:
        raise OwnLink(user.username)
    _refuse_survey_side(official, user, on=at.date())
    link = OfficialAccount(
        official=official, user=user, linked_by=by.audit_name, linked_at=at
    )
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError as error:
        raise AlreadyLinked(user.username) from error
    _tell("official.account_linked", official, user, by=by, at=at)
    return link


@transaction.atomic
def unlink_account(*, link: OfficialAccount, by: Actor, at: dt.datetime) -> None:
    """The account is nobody's again; what it did stays in the trail."""
    held = OfficialAccount.objects.select_for_update().filter(pk=link.pk).first()
    if held is None:
        raise NotLinked(str(link.pk))
    if held.user == by:
        raise OwnLink(held.user.username)
    official, user = held.official, held.user
    held.delete()
    _tell("official.account_unlinked", official, user, by=by, at=at)


def _refuse_survey_side(official: Official, user: User, *, on: dt.date) -> None:
    living = list(user.grants.living(on=on))
    held = official.appointments.in_office(on=on).select_related(
        "post__organization__division"
    )
    for appointment in held:
        if works_on_survey_of(appointment.division.code, living):
            raise SurveySide(user.username)


def _tell(
    verb: str, official: Official, user: User, *, by: Actor, at: dt.datetime
) -> None:
    record(
        verb,
        target=official,
        by=by,
        at=at,
        data={"username": user.username, "official": official.name},
    )
