"""Who a regular scheme assesses in a month, and in which peer group (W1, W3)."""

from dataclasses import dataclass

from evaluations.models import AssessmentScheme
from evaluations.peers import members_of_month
from evaluations.quarter_calendar import span
from evaluations.sheets.rules import RegularRules, parsed_rules
from officials.models import Appointment, Division, PeerGroup


@dataclass(frozen=True, slots=True)
class Member:
    """An appointment with the group that it is compared in."""

    appointment: Appointment
    group: PeerGroup


@dataclass(frozen=True, slots=True)
class Members:
    """`without_group`: appointments that no group, or none with indicators, takes."""

    found: tuple[Member, ...]
    without_group: tuple[Appointment, ...]


def members_of(scheme: AssessmentScheme, *, division: Division, month: str) -> Members:
    """Everybody in a post of the scheme on at least one day of the month."""
    rules = parsed_rules(scheme.parameters)
    appointments = _in_post(rules, division, month)
    groups = _groups(scheme, appointments, month)
    found, without = [], []
    for one in appointments:
        group = groups.get(one.post.organization_id)
        if group is None or rules.set_of(group.name) is None:
            without.append(one)
        else:
            found.append(Member(one, group))
    return Members(tuple(found), tuple(without))


def _in_post(rules: RegularRules, division: Division, month: str) -> list[Appointment]:
    first, after = span(month)
    held = Appointment.objects.filter(
        post__kind__in=rules.posts,
        post__organization__division__code__startswith=division.pk,
        starts_on__lt=after,
    ).exclude(ends_on__lte=first)
    related = held.select_related("official", "post__organization__division")
    return list(related.order_by("pk"))


def _groups(
    scheme: AssessmentScheme, appointments: list[Appointment], month: str
) -> dict[int, PeerGroup]:
    """Organization -> group of the scheme's own grouping, the latest of the month."""
    members = members_of_month(month).filter(
        organization_id__in={one.post.organization_id for one in appointments}
    )
    if scheme.grouping_id is not None:
        members = members.filter(grouping=scheme.grouping_id)
    ordered = members.select_related("group__grouping").order_by("starts_on", "pk")
    return {member.organization_id: member.group for member in ordered}
