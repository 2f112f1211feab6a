"""Peer groups of a month: every organization is in exactly one (W3)."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from evaluations.scoring.window import Month
from officials.models import PeerGroup, PeerGroupMember


def group_of(month: str, organizations: Iterable[int]) -> dict[int, PeerGroup]:
    """Organization → its peer group in the month (W3: exactly one)."""
    members = members_of_month(month).filter(organization_id__in=list(organizations))
    return {
        member.organization_id: member.group
        for member in members.select_related("group__grouping")
    }


def members_of_month(month: str) -> QuerySet[PeerGroupMember]:
    """Memberships in force on at least one day of the month."""
    period = Month.parse(month)
    after = period.plus(1)
    return PeerGroupMember.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=dt.date(period.year, period.month, 1)),
        starts_on__lt=dt.date(after.year, after.month, 1),
    )
