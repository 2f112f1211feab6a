"""Writing the ledger of what was told, and deciding what may be (T127).

The office sees a figure as soon as it is rated, the public when it is published, and
never more than the office. So each number is decided on once, in the order of months,
when it is rated: what is safe beside everything told to the office is safe beside the
part of it that others are told.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluations import publication
from evaluations.counting import appointment_code
from evaluations.guard import Span, small_rests
from evaluations.models import (
    MonthlyRating,
    PoolingRecord,
    Publication,
    ResponseCell,
    StratumCount,
    ToldFigure,
)
from evaluations.publication import Audience, Released, parts
from evaluations.publication.parts import Table
from evaluations.publication.told import standing_month
from evaluations.publication.worlds import Cells, Rounds, ToldTable
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.rounding import rounded
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
    fresh = [rating for rating in ratings if is_told(rating)]
    if not fresh:
        return 0
    past = _past_of(fresh)
    rows = [row for rating in fresh for row in rows_of(rating, past, at=at)]
    rows += _group_rows(fresh, at=at)
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


def is_told(rating: MonthlyRating) -> bool:
    """Whether the office is told the window's own figure."""
    found = publication.release(rating, OFFICE)
    return rating.refreshed and isinstance(found, Released)


def opens_group(rating: MonthlyRating) -> bool:
    """Whether another version of this rating must stay untold beside its group's mean.

    The mean may have been told because several members were hidden. A member of them
    that is told afterwards could leave one alone, so it stays hidden (M84, T127).
    """
    mean = ToldFigure.objects.filter(pool=rating.pool_id, kind=Kind.GROUP)
    own = ToldFigure.objects.filter(
        rating__appointment_id=rating.appointment_id,
        rating__month=rating.month,
        kind=Kind.SCORE,
        audience=OFFICE,
    )
    return rating.pool_id is not None and mean.exists() and not own.exists()


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


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was told to the office before, and the answers behind it.

    `rows`: appointment → its rows of the ledger; `cells`: appointment → counts;
    `strata`: community → counts. `since`: no told window that overlaps a window of
    today begins before this month; all windows that reach it are in `rows`, and none
    further back: a new window cannot part the answers of any other (M101).
    """

    rows: Mapping[int, Sequence[ToldFigure]]
    cells: Mapping[int, Sequence[ResponseCell]]
    strata: Mapping[str, Sequence[StratumCount]]
    since: str = ""

    def tables(
        self, rating: MonthlyRating, kind: str, label: str = ""
    ) -> list[ToldTable]:
        return [
            ToldTable(_rounds(row), _shown(row), frozenset(row.told_counts))
            for row in self.rows.get(rating.appointment_id, ())
            if row.kind == kind and row.label == label
        ]

    def movable(self, rating: MonthlyRating) -> Rounds:
        """Rounds of which every window that holds them is known here."""
        own = self.cells.get(rating.appointment_id, ())
        found = {cell.round.code for cell in own if cell.round.period >= self.since}
        for row in self.strata.get(rating.community_id, ()):
            if row.counted.month >= self.since:
                found.add(row.counted.round.code)
        return frozenset(found)

    def parts_answers(self, appointment: int, rounds: Rounds) -> bool:
        """Whether a figure of these rounds, beside those told, would tell of few."""
        rows = self.rows.get(appointment, ())
        told = [_rounds(row) for row in rows if row.kind == Kind.SCORE]
        counts: dict[Any, int] = defaultdict(int)
        for cell in self.cells.get(appointment, ()):
            counts[cell.round.code] += cell.n
        return bool(small_rests([*told, rounds], counts, floor=SMALL_COUNT))


def past_of(
    appointments: Collection[int], communities: Collection[str], *, span: Span
) -> Past:
    """From the tables; `span`: first and last month of the windows of today."""
    rows = _told_since(appointments, span[0])
    since = min([span[0], *_firsts(rows)])
    if since < span[0]:
        rows = _told_since(appointments, since)
    months = (min([since, *_firsts(rows)]), span[1])
    return Past(
        rows=rows,
        cells=_cells(appointments, months),
        strata=_strata(communities, months),
        since=since,
    )


def _told_since(
    appointments: Collection[int], month: str
) -> dict[int, list[ToldFigure]]:
    """Appointment → what the office was told of windows that reach the month."""
    rows: dict[int, list[ToldFigure]] = defaultdict(list)
    known = ToldFigure.objects.filter(
        rating__appointment_id__in=appointments, audience=OFFICE, last__gte=month
    )
    for row in known.select_related("rating").defer("rating__record"):
        if row.rating is not None:
            rows[row.rating.appointment_id].append(row)
    return rows


def _firsts(rows: Mapping[int, Iterable[ToldFigure]]) -> list[str]:
    return [row.first for found in rows.values() for row in found]


def _past_of(ratings: Sequence[MonthlyRating]) -> Past:
    first = min(rating.window_from for rating in ratings)
    last = max(rating.window_to for rating in ratings)
    return past_of(
        sorted({rating.appointment_id for rating in ratings}),
        sorted({rating.community_id for rating in ratings}),
        span=(first, last),
    )


def _cells(
    appointments: Collection[int], months: Span
) -> dict[int, list[ResponseCell]]:
    found: dict[int, list[ResponseCell]] = defaultdict(list)
    cells = ResponseCell.objects.filter(
        appointment_id__in=appointments,
        round__period__gte=months[0],
        round__period__lte=months[1],
    )
    fields = ("appointment_id", "mode", "n", "item_counts")
    for cell in cells.select_related("round").only(
        *fields, "round__code", "round__period"
    ):
        found[cell.appointment_id].append(cell)
    return found


def _strata(
    communities: Collection[str], months: Span
) -> dict[str, list[StratumCount]]:
    found: dict[str, list[StratumCount]] = defaultdict(list)
    counts = StratumCount.objects.filter(
        community_id__in=communities,
        counted__month__gte=months[0],
        counted__month__lte=months[1],
    )
    for row in counts.select_related("counted__round"):
        found[row.community_id].append(row)
    return found


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


def rows_of(
    rating: MonthlyRating, past: Past, *, at: dt.datetime
) -> Iterator[ToldFigure]:
    """Score, questions and tables of one rating that is told, as they are told."""
    yield _row(rating, Kind.SCORE, at=at, households=rating.usable, mean=_mean(rating))
    movable = past.movable(rating)
    tables = {
        Kind.MODES: Table(
            cells=_by_mode(past.cells.get(rating.appointment_id, ())),
            rounds=_rounds_of(rating),
            earlier=past.tables(rating, Kind.MODES),
            movable=movable,
        ),
        Kind.STRATA: Table(
            cells=_by_stratum(past.strata.get(rating.community_id, ())),
            rounds=_rounds_of(rating),
            earlier=past.tables(rating, Kind.STRATA),
            movable=movable,
        ),
        Kind.FINALS: Table(
            cells=_by_code(past.strata.get(rating.community_id, ())),
            rounds=_rounds_of(rating),
            in_tens=parts.IN_TENS,
            earlier=past.tables(rating, Kind.FINALS),
            movable=movable,
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
        covers=_text({_code(rating): codes}),
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
    rating: MonthlyRating, past: Past, *, at: dt.datetime
) -> Iterator[ToldFigure]:
    """Each question that stands in this month, with its count where that is safe."""
    cells = past.cells.get(rating.appointment_id, ())
    months = {cell.round.code: cell.round.period for cell in cells}
    by_number, movable = _by_answer(cells), past.movable(rating)
    for question in rating.contents["figures"]["questions"]:
        number, score = question["number"], question["score"]
        own = by_number.get(number, {})
        earlier = [
            row
            for row in past.rows.get(rating.appointment_id, ())
            if row.kind == Kind.QUESTION and row.label == str(number)
        ]
        if score is None or not _stands(rating, own, months, earlier):
            continue
        table = Table(
            cells=own,
            rounds=_rounds_of(rating),
            never=("blank",),
            earlier=past.tables(rating, Kind.QUESTION, str(number)),
            movable=movable,
        )
        given = table.told().get("answered")
        yield _row(
            rating,
            Kind.QUESTION,
            at=at,
            label=str(number),
            households=given,
            counts={"answered": given},
            mean=str(printed_score(Decimal(score), method=rating.scheme.method)),
        )


def _stands(
    rating: MonthlyRating,
    cells: Cells,
    months: Mapping[str, str],
    earlier: Sequence[ToldFigure],
) -> bool:
    """By the guard of M86 for months, and by the sets behind it for versions."""
    floor = rating.scheme.method.publish_floor
    answers = {code: n for (code, label), n in cells.items() if label == "answered"}
    by_month: dict[str, int] = defaultdict(int)
    for code, n in answers.items():
        by_month[months[code]] += n
    windows = sorted((row.first, row.last) for row in earlier)
    windows.append((rating.window_from, rating.window_to))
    rounds = _rounds_of(rating)
    if sum(answers.get(code, 0) for code in rounds) < floor:
        return False
    if standing_month(windows, by_month, floor=floor) != rating.window_to:
        return False
    sets = [*(_rounds(row) for row in earlier), rounds]
    return not small_rests(sets, answers, floor=floor)


def _by_answer(cells: Iterable[ResponseCell]) -> dict[int, dict[tuple[str, str], int]]:
    """Question → (round, answered or blank) → households."""
    found: dict[int, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for cell in cells:
        for number, counts in cell.items.items():
            given = sum(counts[:5])
            found[number][cell.round.code, "answered"] += given
            found[number][cell.round.code, "blank"] += cell.n - given
    return found


def _group_rows(fresh: Sequence[MonthlyRating], *, at: dt.datetime) -> list[ToldFigure]:
    """The mean of each pooling group whose members have all been rated."""
    pools = {rating.pool_id for rating in fresh if rating.pool_id is not None}
    known = ToldFigure.objects.filter(pool_id__in=pools)
    todo = pools - set(known.values_list("pool_id", flat=True))
    found = []
    for pool in PoolingRecord.objects.filter(pk__in=todo).order_by("pk"):
        members = list(MonthlyRating.objects.current().filter(pool=pool))
        if not members or len(members) != len(pool.contents["members"]):
            continue
        first = min(one.window_from for one in members)
        earlier = ToldFigure.objects.filter(
            pool__kind=pool.kind, audience=OFFICE, last__gte=first
        )
        row = group_row(pool, members, _past_of(members), list(earlier), at=at)
        found += [row] if row else []
    return found


def group_row(
    pool: PoolingRecord,
    members: Sequence[MonthlyRating],
    past: Past,
    earlier: Iterable[ToldFigure],
    *,
    at: dt.datetime,
) -> ToldFigure | None:
    """The group's mean; None where it would leave a small rest of some answers.

    Told beside it: every score of the members, and the earlier means of groups that
    they may have been in (`earlier`).
    """
    covers = {_code(one): sorted(_rounds_of(one)) for one in members}
    scores = [row for rows in past.rows.values() for row in rows]
    told = [_cells_of(covers)]
    told += [_cells_of(row.rounds_of) for row in earlier]
    told += [_cells_of(row.rounds_of) for row in scores if row.kind == Kind.SCORE]
    told += [
        _cells_of({_code(one): _rounds_of(one)}) for one in members if is_told(one)
    ]
    counts: dict[Any, int] = defaultdict(int)
    for pk, cells in past.cells.items():
        for cell in cells:
            counts[appointment_code(pk), cell.round.code] += cell.n
    if small_rests(told, counts, floor=SMALL_COUNT):
        return None
    return ToldFigure(
        pool=pool,
        audience=OFFICE,
        kind=Kind.GROUP,
        first=min(one.window_from for one in members),
        last=pool.month,
        covers=_text(covers),
        households=sum(one.usable for one in members),
        mean=str(rounded(Decimal(pool.contents["figures"]["mean"]), 1)),
        at=at,
    )


def _code(rating: MonthlyRating) -> str:
    return appointment_code(rating.appointment_id)


def _cells_of(covers: Any) -> list[tuple[str, str]]:
    return [(code, name) for code, names in covers.items() for name in names]
