"""Which parts of which rounds are annulled, and so in no figure made from now (T122).

Cells and stratum counts themselves are never changed (M65): what is annulled is left
out by whoever reads them, and records name it among their inputs (M107).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from evaluations.models import SetAside
from evaluations.records import LeftOut

M = TypeVar("M", bound=Model)


def in_force(rounds: Collection[int]) -> list[SetAside]:
    """What is annulled in these rounds."""
    done = SetAside.objects.filter(state=SetAside.State.DONE, round_id__in=rounds)
    return list(done.select_related("round").order_by("pk"))


def in_district(code: str) -> list[SetAside]:
    """All that was ever annulled below a division: rare, so that this stays short."""
    done = SetAside.objects.filter(state=SetAside.State.DONE)
    return list(done.filter(community__code__startswith=code))


def left_out(set_asides: Iterable[SetAside], *, area: str) -> LeftOut:
    """What of them lies in a weighting area."""
    return tuple(
        sorted(
            (one.round.code, one.community_id)
            for one in set_asides
            if one.community_id.startswith(area)
        )
    )


def left_out_of(record: Mapping[str, Any]) -> LeftOut:
    """What the record of a rating was made without."""
    named = record["inputs"].get("set_aside", ())
    return tuple((row["round"], row["community"]) for row in named)


def without(
    cells: QuerySet[M], set_asides: Iterable[SetAside], *, place: str = "stratum"
) -> QuerySet[M]:
    """Rows of rounds without what is annulled; `place`: the column with the code."""
    gone = Q(pk__in=[])
    for one in set_asides:
        gone |= Q(round_id=one.round_id, **{f"{place}__startswith": one.community_id})
    return cells.exclude(gone)


def is_left_out(round_code: str, place: str, gone: LeftOut) -> bool:
    """Whether a row of a round, at a place inside a community, is annulled."""
    return any(
        round_code == code and place.startswith(community) for code, community in gone
    )
