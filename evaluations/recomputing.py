"""Prove a closed month: the same bytes from answers, cells and stored inputs (M107)."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from evaluations import records
from evaluations.areas import AreaCell
from evaluations.inputs import changed_inputs
from evaluations.models import (
    AssessmentScheme,
    CountedRound,
    MonthlyRating,
    ResponseCell,
)
from evaluations.models.groups import StoredRecord
from evaluations.models.schemes import parsed
from evaluations.pools import Pool
from evaluations.quarters import QuarterRanks
from evaluations.rankings import Standing
from evaluations.rollup import columns_of
from evaluations.scoring.rounding import stored
from evaluations.set_asides import is_left_out, left_out_of
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

    Every revision, each without what was annulled when it was made (T122).

    Inputs come first: schemes, frozen rosters, answers, cells (`inputs.py`); then what
    ratings share; then the ratings themselves.
    """
    ratings = list(
        MonthlyRating.objects.under(district)
        .of_month(month)
        .select_related("scheme", "appointment", "pool__scheme", "ranking__scheme")
        .order_by("appointment_id", "revision")
    )
    unreadable = [rating for rating in ratings if not _is_readable(rating)]
    ratings = [rating for rating in ratings if rating not in unreadable]
    codes = {
        row["code"] for rating in ratings for row in rating.contents["window"]["rounds"]
    }
    counted = CountedRound.objects.filter(round__code__in=codes)
    rounds = list(counted.select_related("round").order_by("month", "round__code"))
    differences = [
        *(f"{rating.name}: record" for rating in unreadable),
        *changed_inputs(ratings, rounds),
        *_shared(ratings),
        *_rebuilt(ratings, rounds),
    ]
    number = len(ratings) + len(unreadable)
    return Recomputed(month, len(rounds), number, tuple(differences))


def _is_readable(rating: MonthlyRating) -> bool:
    try:
        return isinstance(rating.contents, dict)
    except json.JSONDecodeError:
        return False


def _is_same(rating: MonthlyRating, cells: list[AreaCell]) -> bool:
    """Whether the cells and the stored inputs give the record's bytes."""
    if not _is_under(rating.scheme, rating.contents):
        return False
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


def _is_under(scheme: AssessmentScheme, contents: Mapping[str, Any]) -> bool:
    """Whether the scheme still has the text that a record was made by."""
    text = sha256(scheme.parameters.encode()).hexdigest()
    return bool(text == contents["scheme"]["sha256"])


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
    rankings = {one.ranking_id: one.ranking for one in ratings if one.ranking}
    for pool in pools.values():
        if not _gives_itself(pool, _pool):
            yield f"{pool}: pool"
    for ranking in rankings.values():
        if not _gives_itself(ranking, _ranks):
            yield f"{ranking}: ranking"


def _gives_itself(
    row: StoredRecord, again: Callable[[str, str], Pool | QuarterRanks]
) -> bool:
    try:
        if not _is_under(row.scheme, row.contents):
            return False
    except json.JSONDecodeError:
        return False
    made = again(row.record, row.scheme.parameters)
    return (row.record.encode(), row.record_sha256) == (made.record, made.sha256)


def _is_ranked_as_rated(rating: MonthlyRating) -> bool:
    """Whether the quarter compared the score that the rating has (M79)."""
    if rating.ranking is None or not rating.refreshed:
        return True
    ranks = _ranks(rating.ranking.record, rating.ranking.scheme.parameters)
    figures = rating.contents["figures"]
    used = figures["adjusted"] or figures
    return any(
        stored(one.score) == used["score"]
        for one in ranks.contenders
        if one.code == rating.contents["appointment"]
    )


def _rebuilt(
    ratings: Iterable[MonthlyRating], rounds: Iterable[CountedRound]
) -> Iterator[str]:
    codes = {counted.round_id: counted.round.code for counted in rounds}
    cells = [
        area_cell(cell, codes[cell.round_id])
        for cell in ResponseCell.objects.filter(round_id__in=list(codes))
    ]
    for rating in ratings:
        name, gone = rating.name, left_out_of(rating.contents)
        area = rating.contents["inputs"]["area"]
        window = {row["code"] for row in rating.contents["window"]["rounds"]}
        own = [
            cell
            for cell in cells
            if cell.round in window
            and cell.stratum.startswith(area)
            and not is_left_out(cell.round, cell.stratum, gone)
        ]
        if not _is_same(rating, own):
            yield f"{name}: record"
        if not _is_ranked_as_rated(rating):
            yield f"{name}: rank"
        if records.digest(rating.record.encode()) != rating.record_sha256:
            yield f"{name}: digest"
        if any(
            getattr(rating, column) != value
            for column, value in columns_of(rating.contents).items()
        ):
            yield f"{name}: columns"
