"""The communities that one import may hold, from the table of divisions."""

import zoneinfo

from django.conf import settings

from officials.models import Division
from residents.importers.places import Places, stem

ZONE = zoneinfo.ZoneInfo(settings.TIME_ZONE)
STREET_OFFICES = ("办事处", "人民政府")


def places_of(area: Division) -> Places:
    """A street, or any other division with communities below it."""
    names = dict(
        Division.objects.communities()
        .under(area.code)
        .values_list("code", "short_name")
    )
    return Places(names, tuple(_parents(area)), _is_community)


def _parents(area: Division) -> list[str]:
    """Names that may stand before a community's, the largest first."""
    prefixes = [
        area.code[:length] for length in (2, 4, 6, 9) if length <= len(area.code)
    ]
    names = []
    for name in (
        Division.objects.filter(code__in=prefixes)
        .order_by("code")
        .values_list("name", flat=True)
    ):
        names += [name + office for office in STREET_OFFICES] + [name]
    return names


def _is_community(name: str) -> bool:
    """Whether a community of this name exists anywhere."""
    endings = (f"{name}社区", f"{name}村", name)
    candidates = Division.objects.communities().filter(short_name__in=endings)
    return any(
        stem(short) == name for short in candidates.values_list("short_name", flat=True)
    )
