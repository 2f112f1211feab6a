"""Prove a closed month: the same bytes from answers, cells and stored inputs (M107)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evaluations import records
from evaluations.areas import AreaCell
from evaluations.counting import counts_of, digest_of, has_answers
from evaluations.models import CountedRound, MonthlyRating, ResponseCell
from evaluations.models.schemes import parsed
from evaluations.pools import Pool
from evaluations.quarters import QuarterRanks
from evaluations.rankings import Standing
from evaluations.rollup import columns_of
from evaluations.windows import area_cell


@dataclass(frozen=True, slots=True)
class Recomputed:
    """`differences` name what no longer agrees; none means proven to the byte."""

    month: str
    rounds: int
    ratings: int
    differences: tuple[str, ...]


def recompute(*, district: str, month: str) -> Recomputed:
    """Recount the rounds of the month's windows and rebuild every record.

    Answers that were purged after a recount are not asked for again: then the cells
    are the source.
    """
    ratings = list(
        MonthlyRating.objects.current()
        .under(district)
        .of_month(month)
        .select_related("scheme", "appointment", "pool__scheme", "ranking__scheme")
        .order_by("appointment_id")
    )
    codes = {
        row["code"] for rating in ratings for row in rating.contents["window"]["rounds"]
    }
    counted = CountedRound.objects.filter(round__code__in=codes)
    rounds = list(counted.select_related("round").order_by("month", "round__code"))
    differences = [
        *_recounted(rounds),
        *_shared(ratings),
        *_rebuilt(ratings, rounds),
    ]
    return Recomputed(month, len(rounds), len(ratings), tuple(differences))


def _recounted(rounds: Iterable[CountedRound]) -> Iterator[str]:
    for counted in rounds:
        code = counted.round.code
        stored = ResponseCell.objects.filter(round=counted.round)
        if digest_of(stored) != counted.cells_sha256:
            yield f"{code}: cells"
        if not has_answers(counted.round):
            continue
        if counts_of(counted.round).digest != counted.cells_sha256:
            yield f"{code}: answers"


def _is_same(rating: MonthlyRating, cells: list[AreaCell]) -> bool:
    """Whether the cells and the stored inputs give the record's bytes."""
    try:
        text = records.rebuild(
            rating.contents,
            cells,
            rating.scheme.method,
            pool=pool_of(rating),
            rank=_rank(rating),
        )
    except ValueError:
        # Cells that no answers can have, or that contradict their strata.
        return False
    return text == rating.record.encode()


def pool_of(rating: MonthlyRating) -> Pool | None:
    """The pooling group of a rating, its figures computed again."""
    row = rating.pool
    return None if row is None else _pool(row.record, row.scheme.parameters)


@lru_cache(maxsize=16)
def _pool(record: str, parameters: str) -> Pool:
    return Pool.from_record(json.loads(record), parsed(parameters))


def _rank(rating: MonthlyRating) -> dict[str, Any] | None:
    """The line of a rating in its quarter, the comparison made again."""
    row = rating.ranking
    if row is None:
        return None
    ranks = _ranks(row.record, row.scheme.parameters)
    line = ranks.lines.get(rating.contents["appointment"])
    return None if line is None else Standing(row, line).as_record()


@lru_cache(maxsize=16)
def _ranks(record: str, parameters: str) -> QuarterRanks:
    return QuarterRanks.from_record(json.loads(record), parsed(parameters))


def _shared(ratings: Iterable[MonthlyRating]) -> Iterator[str]:
    """Groups and rankings that are not what their own members give."""
    pools = {rating.pool_id: rating.pool for rating in ratings if rating.pool}
    for row in pools.values():
        again = _pool(row.record, row.scheme.parameters)
        if row.record.encode() != again.record or row.record_sha256 != again.sha256:
            yield f"{row}: pool"
    rankings = {one.ranking_id: one.ranking for one in ratings if one.ranking}
    for place in rankings.values():
        ranks = _ranks(place.record, place.scheme.parameters)
        is_same = place.record.encode() == ranks.record
        if not is_same or place.record_sha256 != ranks.sha256:
            yield f"{place}: ranking"


def _rebuilt(
    ratings: Iterable[MonthlyRating], rounds: Iterable[CountedRound]
) -> Iterator[str]:
    codes = {counted.round_id: counted.round.code for counted in rounds}
    cells = [
        area_cell(cell, codes[cell.round_id])
        for cell in ResponseCell.objects.filter(round_id__in=list(codes))
    ]
    for rating in ratings:
        name = f"{rating.community_id} {rating.month}"
        area = rating.contents["inputs"]["area"]
        window = {row["code"] for row in rating.contents["window"]["rounds"]}
        own = [
            cell
            for cell in cells
            if cell.round in window and cell.stratum.startswith(area)
        ]
        if not _is_same(rating, own):
            yield f"{name}: record"
        if records.digest(rating.record.encode()) != rating.record_sha256:
            yield f"{name}: digest"
        if any(
            getattr(rating, column) != value
            for column, value in columns_of(rating.contents).items()
        ):
            yield f"{name}: columns"
