"""Places, organizations, posts and who holds them (domain 3.1)."""

from officials.models.accounts import OfficialAccount
from officials.models.groups import PeerGroup, PeerGrouping, PeerGroupMember
from officials.models.places import Division, DivisionQuerySet, Organization
from officials.models.posts import (
    Appointment,
    AppointmentQuerySet,
    Official,
    Post,
)
from officials.models.workdays import WorkdayException

__all__ = [
    "Appointment",
    "AppointmentQuerySet",
    "Division",
    "DivisionQuerySet",
    "Official",
    "OfficialAccount",
    "Organization",
    "PeerGroup",
    "PeerGroupMember",
    "PeerGrouping",
    "Post",
    "WorkdayException",
]
