"""Geometry of rank sets: a band on the places of a group (M79)."""

from dataclasses import dataclass

from evaluations.charts import Axis, px
from evaluations.publication import Place

WIDTH, HEIGHT, EDGE = 120, 16, 4


@dataclass(frozen=True, slots=True)
class RankBand:
    """From the best to the worst place that cannot be ruled out; first on the left.

    `mark`: the printed rank, "" for those who are not told it (M80).
    """

    width: str
    height: str
    edge: str
    end: str
    start: str
    span: str
    mark: str


def rank_band(place: Place | None, *, width: int = WIDTH) -> RankBand | None:
    """None outside quarter readings and for who holds no star (M78)."""
    if place is None:
        return None
    # Each place is a cell of its own: from the left edge of the best to the right of
    # the worst.
    axis = Axis(0, place.of, EDGE, width - EDGE)
    start, end = axis.at(place.best - 1), axis.at(place.worst)
    mark = "" if place.rank is None else px(axis.at(place.rank - 0.5))
    return RankBand(
        width=px(width),
        height=px(HEIGHT),
        edge=px(EDGE),
        end=px(width - EDGE),
        start=px(start),
        span=px(max(end - start, 1)),
        mark=mark,
    )
