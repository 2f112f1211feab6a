"""Districts whose rounds lie open and wait to be rolled up."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from officials import divisions
from officials.models import Division
from surveys.models import Round
from tests.evaluations.world import World, mixed

HEGANG = "2304"


def load_divisions(*prefixes: str) -> None:
    """The real divisions below these codes, and what lies above them."""
    rows = divisions.read_rows(Path(settings.ROOT) / "demo" / "divisions.csv")
    wanted = [
        row
        for row in rows
        if row.code.startswith(prefixes)
        or any(prefix.startswith(row.code) for prefix in prefixes)
    ]
    divisions.load(wanted, source="divisions.csv", by=SYSTEM, at=timezone.now())


def codes_under(district: str) -> list[str]:
    communities = Division.objects.communities().under(district).order_by("code")
    return list(communities.values_list("code", flat=True))


def open_district(
    district: str, *, month: str, communities: Iterable[str], answers: int
) -> list[Round]:
    """A secretary in each community, and one tallied round for every street."""
    codes = list(communities)
    world = World(
        clerk=User.objects.get(username="clerk"),
        head=User.objects.get(username="head"),
        communities=codes,
        district=district,
    )
    streets = sorted({code[:9] for code in codes})
    return [
        world.tally(
            month,
            {c: mixed(answers, seed=c) for c in codes if c.startswith(street)},
            division=street,
        )
        for street in streets
    ]
