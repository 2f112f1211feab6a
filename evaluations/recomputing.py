"""Prove a closed month: the same bytes from answers, cells and stored inputs (M107)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evaluations import records
from evaluations.areas import AreaCell
from evaluations.counting import counts_of, digest_of, has_answers
from evaluations.models import CountedRound, MonthlyRating, ResponseCell
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
        .select_related("scheme", "appointment")
        .order_by("appointment_id")
    )
    codes = {
        row["code"] for rating in ratings for row in rating.contents["window"]["rounds"]
    }
    counted = CountedRound.objects.filter(round__code__in=codes)
    rounds = list(counted.select_related("round").order_by("month", "round__code"))
    differences = [*_recounted(rounds), *_rebuilt(ratings, rounds)]
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
        text = records.rebuild(rating.contents, cells, rating.scheme.method)
    except ValueError:
        # Cells that no answers can have, or that contradict their strata.
        return False
    return text == rating.record.encode()


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
