"""Writing the ledger of what was told, and deciding what may be (T127).

The office sees a figure as soon as it is rated, the public when it is published, and
never more than the office. So each number is decided on once, in the order of months,
when it is rated: what is safe beside everything told to the office is safe beside the
part of it that others are told.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from evaluations import publication
from evaluations.counting import appointment_code
from evaluations.guard import small_rests
from evaluations.models import (
    MonthlyRating,
    PoolingRecord,
    Publication,
    ResponseCell,
    StratumCount,
    ToldFigure,
)
from evaluations.publication import Audience, Released, parts
from evaluations.publication.parts import Cells, History, Rounds, Table, ToldTable
from evaluations.publication.told import standing_month
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.unanimity import SMALL_COUNT, printed_score
from evaluations.set_asides import left_out_of

Kind = ToldFigure.Kind
OFFICE, PUBLIC = Audience.OFFICE, Audience.PUBLIC
BATCH = 500


def tell_office(ratings: Iterable[MonthlyRating], *, at: dt.datetime) -> int:
    """Note what the office is told of newly stored ratings; how many numbers.

    Inside the transaction that stores them. A table whose counts are not in the
    ledger is withheld by the gate, from everybody.
    """
    fresh = [rating for rating in ratings if _is_told(rating)]
    if not fresh:
        return 0
    past = _Past(fresh)
    rows = [row for rating in fresh for row in _rows(rating, past, at=at)]
    rows += _group_rows(fresh, past, at=at)
    ToldFigure.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def write(
    publication_: Publication, ratings: Iterable[MonthlyRating], *, at: dt.datetime
) -> int:
    """Note what the public is told with a version; how many numbers.

    Inside the transaction that publishes. A number that went out with an earlier
    version keeps its first row.
    """
    shown = {rating.pk for rating in ratings if _is_public(rating)}
    office = ToldFigure.objects.filter(rating_id__in=shown, audience=OFFICE)
    rows = [_copied(row, publication_, at=at) for row in office.order_by("pk")]
    ToldFigure.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def _is_told(rating: MonthlyRating) -> bool:
    found = publication.release(rating, OFFICE)
    return rating.refreshed and isinstance(found, Released)


def _is_public(rating: MonthlyRating) -> bool:
    """Of a rating that goes out with this version, whatever its state was before."""
    found = publication.preview(rating)
    return isinstance(found, Released) and not found.is_kept


def _copied(row: ToldFigure, version: Publication, *, at: dt.datetime) -> ToldFigure:
    return ToldFigure(
        rating_id=row.rating_id,
        audience=PUBLIC,
        kind=row.kind,
        label=row.label,
        first=row.first,
        last=row.last,
        covers=row.covers,
        households=row.households,
        mean=row.mean,
        counts=row.counts,
        publication=version,
        at=at,
    )


class _Past:
    """What was told before of some appointments, and the answers behind it.

    No further back than windows told reach that overlap a window of today: a new
    window cannot part the answers of any other (M101).
    """

    def __init__(self, ratings: Sequence[MonthlyRating]) -> None:
        self.first = min(rating.window_from for rating in ratings)
        self.month = max(rating.window_to for rating in ratings)
        self.pks = sorted({rating.appointment_id for rating in ratings})
        self.rows: dict[int, list[ToldFigure]] = defaultdict(list)
        known = ToldFigure.objects.filter(
            rating__appointment_id__in=self.pks, audience=OFFICE, last__gte=self.first
        )
        for row in known.select_related("rating").defer("rating__record"):
            if row.rating is not None:
                self.rows[row.rating.appointment_id].append(row)
        firsts = [row.first for rows in self.rows.values() for row in rows]
        self.oldest = min([*firsts, self.first])
        self.cells = self._cells()
        self.strata = self._strata({rating.community_id for rating in ratings})

    def _cells(self) -> dict[int, list[ResponseCell]]:
        found: dict[int, list[ResponseCell]] = defaultdict(list)
        cells = ResponseCell.objects.filter(
            appointment_id__in=self.pks,
            round__period__gte=self.oldest,
            round__period__lte=self.month,
        )
        fields = ("appointment_id", "mode", "stratum", "n", "item_counts")
        for cell in cells.select_related("round").only(*fields, "round__code"):
            found[cell.appointment_id].append(cell)
        return found

    def _strata(self, communities: Collection[str]) -> dict[str, list[StratumCount]]:
        found: dict[str, list[StratumCount]] = defaultdict(list)
        counts = StratumCount.objects.filter(
            community_id__in=communities,
            counted__month__gte=self.oldest,
            counted__month__lte=self.month,
        )
        for row in counts.select_related("counted__round"):
            found[row.community_id].append(row)
        return found

    def history(self, rating: MonthlyRating, kind: str, label: str = "") -> History:
        rows = self.rows[rating.appointment_id]
        return History(
            wholes=[_rounds(row) for row in rows if row.kind == Kind.SCORE],
            tables=[
                ToldTable(_rounds(row), _shown(row))
                for row in rows
                if row.kind == kind and row.label == label
            ],
        )


def _rounds(row: ToldFigure) -> Rounds:
    """Of a row about one appointment."""
    return frozenset(code for codes in row.rounds_of.values() for code in codes)


def _shown(row: ToldFigure) -> frozenset[str]:
    counts = row.told_counts.items()
    return frozenset(label for label, count in counts if count is not None)


def _rounds_of(rating: MonthlyRating) -> Rounds:
    """Without those whose figure of the community is annulled (T122)."""
    gone = {
        code
        for code, community in left_out_of(rating.contents)
        if community == rating.community_id
    }
    rounds = rating.contents["window"]["rounds"]
    return frozenset(one["code"] for one in rounds if one["code"] not in gone)


def _rows(
    rating: MonthlyRating, past: _Past, *, at: dt.datetime
) -> Iterator[ToldFigure]:
    """Score, questions and tables of one rating."""
    yield _row(rating, Kind.SCORE, at=at, households=rating.usable, mean=_mean(rating))
    tables = {
        Kind.MODES: Table(
            cells=_by_mode(past.cells[rating.appointment_id]),
            rounds=_rounds_of(rating),
            history=past.history(rating, Kind.MODES),
        ),
        Kind.STRATA: Table(
            cells=_by_stratum(past.strata[rating.community_id]),
            rounds=_rounds_of(rating),
            history=past.history(rating, Kind.STRATA),
        ),
        Kind.FINALS: Table(
            cells=_by_code(past.strata[rating.community_id]),
            rounds=_rounds_of(rating),
            in_tens=parts.IN_TENS,
            history=past.history(rating, Kind.FINALS),
        ),
    }
    for kind, table in tables.items():
        # Another appointment in the same community would be the difference.
        if kind == Kind.MODES or _is_alone(rating, tables[Kind.STRATA]):
            yield _row(rating, kind, at=at, counts=table.told())
    yield from _questions(rating, past, at=at)


def _is_alone(rating: MonthlyRating, strata: Table) -> bool:
    return sum(strata.counts().values()) == rating.usable


def _row(
    rating: MonthlyRating,
    kind: Kind,
    *,
    at: dt.datetime,
    counts: dict[str, int | None] | None = None,
    **values: Any,
) -> ToldFigure:
    codes = sorted(_rounds_of(rating))
    return ToldFigure(
        rating=rating,
        audience=OFFICE,
        kind=kind,
        first=rating.window_from,
        last=rating.window_to,
        covers=_text({appointment_code(rating.appointment_id): codes}),
        counts="" if counts is None else _text(counts),
        at=at,
        **values,
    )


def _mean(rating: MonthlyRating) -> str:
    if rating.score is None:
        return ""
    return str(printed_score(rating.score, method=rating.scheme.method))


def _text(contents: Any) -> str:
    return canonical_json(contents).decode()


def _by_mode(cells: Iterable[ResponseCell]) -> Cells:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for cell in cells:
        if cell.n:
            found[cell.round.code, cell.mode] += cell.n
    return found


def _by_stratum(rows: Iterable[StratumCount]) -> Cells:
    return {
        (row.counted.round.code, row.code): row.complete + row.partial for row in rows
    }


def _by_code(rows: Iterable[StratumCount]) -> Cells:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        for label, count in parts.finals_of(vars(row)).items():
            found[row.counted.round.code, label] += count
    return found


def _questions(
    rating: MonthlyRating, past: _Past, *, at: dt.datetime
) -> Iterator[ToldFigure]:
    """Each question that stands in this month, with its count where that is safe."""
    own = past.cells[rating.appointment_id]
    for question in rating.contents["figures"]["questions"]:
        number = question["number"]
        label = str(number)
        earlier = [
            (row.first, row.last)
            for row in past.rows[rating.appointment_id]
            if row.kind == Kind.QUESTION and row.label == label
        ]
        if question["score"] is None or not _stands(rating, number, own, earlier):
            continue
        table = Table(
            cells=_by_answer(own, number),
            rounds=_rounds_of(rating),
            never=("blank",),
            history=past.history(rating, Kind.QUESTION, label),
        )
        counts = {"answered": table.told().get("answered")}
        yield _row(
            rating,
            Kind.QUESTION,
            at=at,
            label=label,
            households=counts["answered"],
            counts=counts,
            mean=str(
                printed_score(Decimal(question["score"]), method=rating.scheme.method)
            ),
        )


def _stands(
    rating: MonthlyRating,
    number: int,
    cells: Iterable[ResponseCell],
    earlier: Sequence[tuple[str, str]],
) -> bool:
    by_month: dict[str, int] = defaultdict(int)
    for cell in cells:
        by_month[cell.round.period] += sum(cell.items.get(number, ())[:5])
    windows = [*sorted(earlier), (rating.window_from, rating.window_to)]
    floor = rating.scheme.method.publish_floor
    return standing_month(windows, by_month, floor=floor) == rating.window_to


def _by_answer(cells: Iterable[ResponseCell], number: int) -> Cells:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for cell in cells:
        given = sum(cell.items.get(number, ())[:5])
        found[cell.round.code, "answered"] += given
        found[cell.round.code, "blank"] += cell.n - given
    return found


def _group_rows(
    fresh: Sequence[MonthlyRating], past: _Past, *, at: dt.datetime
) -> list[ToldFigure]:
    """The mean of each pooling group whose members have all been rated."""
    pools = {rating.pool_id for rating in fresh if rating.pool_id is not None}
    told = set(
        ToldFigure.objects.filter(pool_id__in=pools).values_list("pool_id", flat=True)
    )
    rows = PoolingRecord.objects.filter(pk__in=pools - told).order_by("pk")
    return [row for pool in rows for row in _group_row(pool, at=at)]


def _group_row(pool: PoolingRecord, *, at: dt.datetime) -> Iterator[ToldFigure]:
    """The group's mean, unless it would leave a small rest of its members' answers.

    Told beside it: every score of the members, and the group's own earlier means.
    """
    members = list(MonthlyRating.objects.current().filter(pool=pool))
    if len(members) != len(pool.contents["members"]):
        return
    past = _Past(members)
    covers = {
        appointment_code(one.appointment_id): sorted(_rounds_of(one)) for one in members
    }
    earlier = ToldFigure.objects.filter(
        pool__kind=pool.kind, audience=OFFICE, last__gte=past.first
    )
    told = [_cells_of(covers)]
    told += [_cells_of(row.rounds_of) for row in earlier]
    told += [
        _cells_of(row.rounds_of)
        for rows in past.rows.values()
        for row in rows
        if row.kind == Kind.SCORE
    ]
    told += [
        _cells_of({appointment_code(one.appointment_id): _rounds_of(one)})
        for one in members
        if _is_told(one)
    ]
    counts: dict[Any, int] = defaultdict(int)
    for pk, cells in past.cells.items():
        for cell in cells:
            counts[appointment_code(pk), cell.round.code] += cell.n
    if small_rests(told, counts, floor=SMALL_COUNT):
        return
    yield ToldFigure(
        pool=pool,
        audience=OFFICE,
        kind=Kind.GROUP,
        first=min(one.window_from for one in members),
        last=pool.month,
        covers=_text(covers),
        households=sum(one.usable for one in members),
        mean=pool.contents["figures"]["mean"][:10],
        at=at,
    )


def _cells_of(covers: Any) -> list[tuple[str, str]]:
    return [(code, name) for code, names in covers.items() for name in names]
