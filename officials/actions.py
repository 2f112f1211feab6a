"""Appoint, end: who holds a post from when to when (domain 3.1)."""

import datetime as dt

from django.db import IntegrityError, transaction

from audit.actions import Actor, record
from officials.models import Appointment, Official, Post


class PostAlreadyHeld(Exception):
    """A head post has one non-acting holder at a time."""


@transaction.atomic
def appoint(
    *,
    official: Official,
    post: Post,
    starts_on: dt.date,
    by: Actor,
    at: dt.datetime,
    kind: str = Appointment.Kind.FULL,
) -> Appointment:
    acting = kind == Appointment.Kind.ACTING
    appointment = Appointment(
        official=official,
        post=post,
        kind=kind,
        starts_on=starts_on,
        current_slot=None if acting or not post.is_head else str(post.pk),
    )
    try:
        with transaction.atomic():
            appointment.save()
    except IntegrityError as error:
        raise PostAlreadyHeld(str(post)) from error
    record(
        "appointment.made",
        target=appointment,
        by=by,
        at=at,
        division=appointment.division.code,
        data={"starts_on": starts_on.isoformat(), "kind": kind},
    )
    return appointment


@transaction.atomic
def end_appointment(
    *,
    appointment: Appointment,
    ends_on: dt.date,
    reason: str,
    by: Actor,
    at: dt.datetime,
) -> None:
    appointment.ends_on = ends_on
    appointment.end_reason = reason
    appointment.current_slot = None
    appointment.save(update_fields=["ends_on", "end_reason", "current_slot"])
    record(
        "appointment.ended",
        target=appointment,
        by=by,
        at=at,
        division=appointment.division.code,
        data={"ends_on": ends_on.isoformat(), "reason": reason},
    )
