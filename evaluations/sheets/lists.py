"""One list of a whole district: made comparable, or declined; never a ranking (B1, W3).

Groups have their own indicators and standards, so their totals are not the same thing.
A standard score says how far somebody stands from the mean of the own group, in that
group's own spread. The list keeps the groups apart and has no place numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import fsum, sqrt

from evaluations.scoring.rounding import rounded

SCORE_PLACES = 2
# Two totals have no spread worth a name.
LEAST_IN_GROUP = 3


class Declined(StrEnum):
    """Why no list is made."""

    GROUP_TOO_SMALL = "group_too_small"
    NO_SPREAD = "no_spread"
    NOBODY_RANKED = "nobody_ranked"
    ACROSS_GROUPS = "across_groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A ranked sheet of a group. `total`: as printed."""

    code: str
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLines:
    """`lines`: code -> standard score, in ascending code, 2 decimals."""

    group: str
    mean: Decimal
    spread: Decimal
    lines: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictList:
    """Either `groups`, made comparable by `method`, or `declined` and for `whom`."""

    groups: tuple[GroupLines, ...]
    declined: Declined | None
    whom: str = ""

    METHOD = "standard_score_in_group"


def district_list(groups: Mapping[str, Sequence[Member]]) -> DistrictList:
    """(total - mean of the group) / standard deviation of the group (n - 1).

    Declined as a whole if one group has fewer than three ranked sheets or equal
    totals: a list with a group left out would look like all of the district.
    """
    if not any(groups.values()):
        return DistrictList(groups=(), declined=Declined.NOBODY_RANKED)
    made = []
    for group, members in sorted(groups.items()):
        if len(members) < LEAST_IN_GROUP:
            problem = Declined.GROUP_TOO_SMALL
            return DistrictList(groups=(), declined=problem, whom=group)
        if len({member.total for member in members}) == 1:
            problem = Declined.NO_SPREAD
            return DistrictList(groups=(), declined=problem, whom=group)
        made.append(_standardised(group, members))
    return DistrictList(groups=tuple(made), declined=None)


def ranking_across(groups: Mapping[str, Sequence[Member]]) -> Declined | None:
    """Whether ranks may be given over these groups: of more than one, never (W3)."""
    if len(groups) > 1:
        return Declined.ACROSS_GROUPS
    return None if any(groups.values()) else Declined.NOBODY_RANKED


def _standardised(group: str, members: Sequence[Member]) -> GroupLines:
    totals = [float(member.total) for member in members]
    mean = fsum(totals) / len(totals)
    spread = sqrt(fsum((t - mean) ** 2 for t in totals) / (len(totals) - 1))
    return GroupLines(
        group=group,
        mean=rounded(mean, SCORE_PLACES),
        spread=rounded(spread, SCORE_PLACES),
        lines=tuple(
            (one.code, rounded((float(one.total) - mean) / spread, SCORE_PLACES))
            for one in sorted(members, key=lambda member: member.code)
        ),
    )
