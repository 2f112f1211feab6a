"""Peer groups of a month: every organization is in exactly one (W3)."""

import datetime as dt
from collections.abc import Iterable, Sequence

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
    start, end = days_of(month)
    later = PeerGroupMember.objects.filter(
        grouping=OuterRef("grouping"),
        organization=OuterRef("organization"),
        starts_on__gt=OuterRef("starts_on"),
        starts_on__lt=end,
    )
    return PeerGroupMember.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=start),
        ~Exists(later),
        starts_on__lt=end,
    )


def groups_by_month(
    organization: int, months: Sequence[str]
) -> dict[str, frozenset[int]]:
    """Month → the organizations of the group that `organization` was in then.

    Two queries for any number of months; a month without a group is missing.
    """
    own = PeerGroupMember.objects.filter(organization_id=organization)
    groupings = own.order_by("grouping__version", "grouping_id").values_list(
        "grouping_id", flat=True
    )
    places = list(dict.fromkeys(groupings))
    rows = list(
        PeerGroupMember.objects.filter(grouping_id__in=places).values_list(
            "grouping_id", "group_id", "organization_id", "starts_on", "ends_on"
        )
    )
    found: dict[str, frozenset[int]] = {}
    for month in months:
        for place in places:
            groups = _groups_in(month, [row[1:] for row in rows if row[0] == place])
            if organization in groups:
                mine = groups[organization]
                found[month] = frozenset(
                    one for one, group in groups.items() if group == mine
                )
    return found


def _groups_in(
    month: str, rows: Iterable[tuple[int, int, dt.date, dt.date | None]]
) -> dict[int, int]:
    """Organization → group in one grouping; the rule of `members_of_month`."""
    start, end = days_of(month)
    newest: dict[int, tuple[dt.date, int, dt.date | None]] = {}
    for group, organization, starts_on, ends_on in rows:
        known = newest.get(organization)
        if starts_on < end and (known is None or known[0] < starts_on):
            newest[organization] = (starts_on, group, ends_on)
    return {
        organization: group
        for organization, (_, group, ends_on) in newest.items()
        if ends_on is None or ends_on > start
    }


def days_of(month: str) -> tuple[dt.date, dt.date]:
    """The first day of the month and the first after it."""
    period = Month.parse(month)
    after = period.plus(1)
    return dt.date(period.year, period.month, 1), dt.date(after.year, after.month, 1)
