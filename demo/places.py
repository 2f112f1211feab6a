"""和平区 with its real codes, its community party committees and their secretaries."""

import datetime as dt
from pathlib import Path

from audit.actions import SYSTEM
from demo.people import DISTRICT, secretary_name
from officials import divisions
from officials.actions import appoint
from officials.models import (
    Division,
    Official,
    Organization,
    PeerGroup,
    PeerGrouping,
    PeerGroupMember,
    Post,
)

FILE = Path(__file__).parent / "divisions.csv"
# Streets whose communities are ranked together; one group of each kind of quarter.
GROUPS = {
    "商业街区组": ("120101001", "120101002"),
    "历史街区组": ("120101003", "120101004"),
    "居住街区组": ("120101005", "120101006"),
}


def make_places(*, starts_on: dt.date, at: dt.datetime) -> Division:
    """Divisions, organizations, posts, appointments and peer groups; the district."""
    divisions.load(divisions.read_rows(FILE), source=FILE.name, by=SYSTEM, at=at)
    district = Division.objects.get(code=DISTRICT)
    Organization.objects.create(
        kind=Organization.Kind.ORGANIZATION_DEPARTMENT,
        division=district,
        name="和平区委组织部",
    )
    groups = _make_groups(district)
    communities = Division.objects.under(DISTRICT).communities().order_by("code")
    for number, community in enumerate(communities):
        organization = _make_committee(community)
        _make_secretary(organization, number=number, starts_on=starts_on, at=at)
        group = groups.get(community.street_code)
        if group is not None:
            PeerGroupMember.objects.create(
                grouping=group.grouping,
                group=group,
                organization=organization,
                starts_on=starts_on,
            )
    return district


def _make_groups(district: Division) -> dict[str, PeerGroup]:
    grouping = PeerGrouping.objects.create(
        name="社区党委书记分组", basis="演示", division=district
    )
    groups = {}
    for name, streets in GROUPS.items():
        group = PeerGroup.objects.create(grouping=grouping, name=name)
        groups.update(dict.fromkeys(streets, group))
    return groups


def _make_committee(community: Division) -> Organization:
    return Organization.objects.create(
        kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
        division=community,
        name=f"{community.short_name}党委",
    )


def _make_secretary(
    organization: Organization, *, number: int, starts_on: dt.date, at: dt.datetime
) -> None:
    name, sort_key = secretary_name(number)
    post = Post.objects.create(
        organization=organization,
        kind=Post.Kind.COMMUNITY_SECRETARY,
        title="书记",
        is_head=True,
        rated_by_residents=True,
    )
    appoint(
        official=Official.objects.create(name=name, sort_key=sort_key),
        post=post,
        starts_on=starts_on,
        by=SYSTEM,
        at=at,
    )
