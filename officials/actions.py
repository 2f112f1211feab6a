"""Appoint, end, group: who holds what, and is ranked where, from when (domain 3.1)."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit.actions import Actor, record
from officials.models import (
    Appointment,
    Official,
    Organization,
    PeerGroup,
    PeerGroupMember,
    Post,
)


class PostAlreadyHeld(Exception):
    """A head post has one non-acting holder at a time."""


class AlreadyInGroup(Exception):
    """The organization is in that group on that day."""


class GroupElsewhere(Exception):
    """The group is one of another area than the organization's."""


class GroupChangedLater(Exception):
    """On that day or later the organization has entered a group: history stays."""


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


@transaction.atomic
def move_to_group(
    *,
    organization: Organization,
    group: PeerGroup,
    on: dt.date,
    by: Actor,
    at: dt.datetime,
) -> PeerGroupMember:
    """From the day `on` in this group of its grouping; the time before stays (W3).

    One group per grouping and day: whoever moves the same organization waits for the
    lock and then finds it moved. AlreadyInGroup, GroupElsewhere, GroupChangedLater.
    """
    moving = Organization.objects.select_for_update().get(pk=organization.pk)
    if not moving.division_id.startswith(group.grouping.division_id):
        raise GroupElsewhere(str(group))
    memberships = PeerGroupMember.objects.filter(
        grouping=group.grouping, organization=moving
    )
    if memberships.filter(starts_on__gte=on).exists():
        raise GroupChangedLater(str(on))
    left = memberships.filter(Q(ends_on=None) | Q(ends_on__gt=on)).first()
    if left is not None and left.group_id == group.pk:
        raise AlreadyInGroup(str(group))
    if left is not None:
        left.ends_on = on
        left.save(update_fields=["ends_on"])
    entered = PeerGroupMember.objects.create(
        grouping=group.grouping, group=group, organization=moving, starts_on=on
    )
    record(
        "group.changed",
        target=entered,
        by=by,
        at=at,
        division=moving.division_id,
        data={
            "organization": moving.name,
            "from": left.group.name if left else "",
            "to": group.name,
            "on": on.isoformat(),
        },
    )
    return entered
