"""What the gate must know beside a rating, so that nothing can be subtracted from it.

Everything that is not known here is withheld: `Beside()` tells least.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count

from evaluations.models import (
    AssessmentScheme,
    MonthlyRating,
    ResponseCell,
    ToldFigure,
)
from evaluations.publication.gate import figure_of, release
from evaluations.publication.told import standing_month
from evaluations.scoring.ladder import Audience, rung
from evaluations.scoring.method import Method

Told = Mapping[str, int | None]
Kind = ToldFigure.Kind


@dataclass(frozen=True, slots=True)
class Beside:
    """Of one figure and one audience.

    `group_is_open`: no single withheld member of the pooling group could be worked out
    from what is told of the group; `questions`: number -> the rating whose figure of
    the question stands (M86), missing where none does; `answered`: number -> how many
    households answered it, where that is told; `modes`, `strata`, `finals`: label ->
    households as they are in the ledger of what was told (T127), None: withheld;
    `previous`: whether the record before may be named by its digest.
    """

    group_is_open: bool = False
    questions: Mapping[int, MonthlyRating] = field(default_factory=dict)
    answered: Mapping[int, int | None] = field(default_factory=dict)
    modes: Told = field(default_factory=dict)
    strata: Told = field(default_factory=dict)
    finals: Told = field(default_factory=dict)
    names_previous: bool = False


def beside(rating: MonthlyRating, audience: Audience) -> Beside:
    """For the page of one rating: group, questions, and the record before."""
    figure = figure_of(rating)
    pool = figure.pool_id
    questions = _standing_questions(figure)
    tables = _tables([figure.pk])[figure.pk]
    return Beside(
        group_is_open=pool is None or pool in _open_groups([figure], audience),
        questions=questions,
        answered=_answered(questions),
        modes=tables.get(Kind.MODES, {}),
        strata=tables.get(Kind.STRATA, {}),
        finals=tables.get(Kind.FINALS, {}),
        names_previous=_names_previous(figure, audience),
    )


def beside_all(
    ratings: Sequence[MonthlyRating], audience: Audience
) -> dict[int, Beside]:
    """For a list: groups and tables alone, in three queries; rating pk -> Beside."""
    figures = {rating.pk: figure_of(rating) for rating in ratings}
    groups = _open_groups(figures.values(), audience)
    tables = _tables([figure.pk for figure in figures.values()])
    return {
        pk: Beside(
            group_is_open=figure.pool_id is None or figure.pool_id in groups,
            modes=tables[figure.pk].get(Kind.MODES, {}),
            strata=tables[figure.pk].get(Kind.STRATA, {}),
            finals=tables[figure.pk].get(Kind.FINALS, {}),
        )
        for pk, figure in figures.items()
    }


def _tables(figures: Collection[int]) -> dict[int, dict[str, Told]]:
    """Rating -> kind -> the counts that the ledger lets out.

    What the office is told: where the public may see a figure at all, it may see the
    tables beside it, which hold nothing below ten.
    """
    found: dict[int, dict[str, Told]] = defaultdict(dict)
    rows = ToldFigure.objects.filter(
        rating_id__in=figures,
        audience=Audience.OFFICE,
        kind__in=(Kind.MODES, Kind.STRATA, Kind.FINALS),
    )
    for row in rows:
        if row.rating_id is not None:
            found[row.rating_id][row.kind] = row.told_counts
    return found


def _answered(standing: Mapping[int, MonthlyRating]) -> dict[int, int | None]:
    """Number -> households, of the month in which the question's figure stands."""
    rows = ToldFigure.objects.filter(
        rating_id__in={rating.pk for rating in standing.values()},
        audience=Audience.OFFICE,
        kind=Kind.QUESTION,
    )
    told = {(row.rating_id, row.label): row.households for row in rows}
    return {
        number: told.get((rating.pk, str(number)))
        for number, rating in standing.items()
    }


def _open_groups(figures: Iterable[MonthlyRating], audience: Audience) -> set[int]:
    """Pooling groups of which more than a single small rest is withheld, or nothing.

    A group's mean is a published total and its members are the children: a withheld
    one is never the only one (M84). Members that are not rated yet count as withheld,
    and a mean that is not in the ledger would tell too much beside older ones (T127).
    """
    sizes = {
        figure.pool_id: figure.contents["pool"]["count"]
        for figure in figures
        if figure.pool_id is not None and figure.contents["pool"]
    }
    hidden: dict[int, list[int]] = defaultdict(list)
    seen: Counter[int] = Counter()
    floors: dict[int, int] = {}
    kinds = list(_kinds_of_members(sizes))
    schemes = AssessmentScheme.objects.in_bulk({kind.scheme_id for kind, _ in kinds})
    for kind, number in kinds:
        method = schemes[kind.scheme_id].method
        seen[kind.pool_id] += number
        floors[kind.pool_id] = method.publish_floor
        if not _is_shown(kind, method, audience):
            hidden[kind.pool_id] += [kind.usable] * number
    told = ToldFigure.objects.filter(pool_id__in=list(sizes), kind=Kind.GROUP)
    return {
        pool
        for pool in told.values_list("pool_id", flat=True)
        if (size := sizes.get(pool))
        and _is_open(hidden[pool], size - seen[pool], floor=floors.get(pool, size))
    }


def _is_open(hidden: Sequence[int], missing: int, *, floor: int) -> bool:
    number = len(hidden) + missing
    return number == 0 or (number > 1 and (missing > 0 or sum(hidden) >= floor))


class _Kind(NamedTuple):
    """What decides whether members of a pooling group are told."""

    pool_id: int
    scheme_id: int
    state: str
    refreshed: bool
    usable: int


def _kinds_of_members(pools: Collection[int]) -> Iterator[tuple[_Kind, int]]:
    """Members of the pools and how many are alike: a district has thousands."""
    members = MonthlyRating.objects.current().filter(pool_id__in=list(pools))
    alike = members.order_by().values_list(*_Kind._fields).annotate(Count("pk"))
    for *kind, number in alike:
        yield _Kind(*kind), number


def _is_shown(kind: _Kind, method: Method, audience: Audience) -> bool:
    """Whether a member's own figure, of this very month, is told."""
    if not kind.refreshed or not rung(kind.usable, method=method).may_show(audience):
        return False
    return audience is Audience.OFFICE or kind.state == MonthlyRating.State.PUBLISHED


def _standing_questions(figure: MonthlyRating) -> dict[int, MonthlyRating]:
    """Question -> the rating whose figure of it stands when `figure` is shown (M86).

    From the whole series of the appointment: months and windows from columns, answers
    from the cells. Only the records that are needed are read.
    """
    if figure.appointment_id is None:
        return {}
    windows = (
        MonthlyRating.objects.current()
        .filter(
            appointment_id=figure.appointment_id,
            month__lte=figure.month,
            refreshed=True,
        )
        .order_by("month")
        .values_list("window_from", "window_to")
    )
    spans = list(windows)
    floor = figure.scheme.method.publish_floor
    months = {
        number: standing_month(spans, counts, floor=floor)
        for number, counts in _answers(figure).items()
    }
    return _ratings_of(figure, months)


def _answers(figure: MonthlyRating) -> dict[int, dict[str, int]]:
    """Question -> month -> households that answered it, from the cells."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    cells = ResponseCell.objects.filter(
        appointment_id=figure.appointment_id, round__period__lte=figure.month
    )
    for cell in cells.select_related("round").only("item_counts", "round__period"):
        for number, counts in cell.items.items():
            # After the five levels stand those without an answer.
            found[number][cell.round.period] += sum(counts[:-1])
    return {number: dict(counts) for number, counts in found.items()}


def _ratings_of(
    figure: MonthlyRating, months: Mapping[int, str | None]
) -> dict[int, MonthlyRating]:
    """The ratings of those months; a question of another form is another question."""
    older = {month for month in months.values() if month} - {figure.month}
    ratings = {figure.month: figure}
    if older:
        rows = MonthlyRating.objects.current().filter(
            appointment_id=figure.appointment_id, month__in=older
        )
        ratings |= {row.month: row for row in rows.select_related("scheme")}
    basis = figure.contents["window"]["basis"]
    return {
        number: ratings[month]
        for number, month in months.items()
        if month in ratings and ratings[month].contents["window"]["basis"] == basis
    }


def _names_previous(figure: MonthlyRating, audience: Audience) -> bool:
    """Whether the record before was itself released to the audience.

    The digest of a record of one answer could be guessed by trying them all.
    """
    if not figure.previous_sha256:
        return False
    before = (
        MonthlyRating.objects.filter(
            appointment_id=figure.appointment_id,
            month__lt=figure.month,
            record_sha256=figure.previous_sha256,
        )
        .select_related("scheme", "shown__scheme")
        .defer("record", "shown__record")
        .first()
    )
    if before is None:
        return False
    figure_before = release(before, audience)
    return figure_before.is_released and not getattr(figure_before, "is_kept", True)
