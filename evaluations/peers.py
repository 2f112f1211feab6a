"""Peer groups of a month: every organization is in exactly one (W3)."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from evaluations.scoring.window import Month
from officials.models import PeerGroup, PeerGroupMember


def group_of(month: str, organizations: Iterable[int]) -> dict[int, PeerGroup]:
    """Organization → its peer group in the month (W3: exactly one).

    Of several groupings the newest counts.
    """
    members = members_of_month(month).filter(organization_id__in=list(organizations))
    newest_last = members.order_by("grouping__version", "grouping_id")
    return {
        member.organization_id: member.group
        for member in newest_last.select_related("group__grouping")
    }


def members_of_month(month: str) -> QuerySet[PeerGroupMember]:
    """Memberships in force in the month; who moved inside it is where it moved to."""
    period = Month.parse(month)
    after = period.plus(1)
    end = dt.date(after.year, after.month, 1)
    later = PeerGroupMember.objects.filter(
        grouping=OuterRef("grouping"),
        organization=OuterRef("organization"),
        starts_on__gt=OuterRef("starts_on"),
        starts_on__lt=end,
    )
    return PeerGroupMember.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=dt.date(period.year, period.month, 1)),
        ~Exists(later),
        starts_on__lt=end,
    )
