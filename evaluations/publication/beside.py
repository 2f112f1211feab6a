"""What the gate must know beside a rating, so that nothing can be subtracted from it.

Everything that is not known here is withheld: `Beside()` tells least.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Case, Count, Exists, OuterRef, Q, When

from evaluations.models import (
    AssessmentScheme,
    MonthlyRating,
    ToldFigure,
)
from evaluations.publication.gate import figure_of, release
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
    one is never the only one (M84), neither now nor once those are told that still
    wait for it. Members that are not rated yet count as withheld, and a mean that is
    not in the ledger would tell too much beside older ones (T127).
    """
    sizes = {
        figure.pool_id: figure.contents["pool"]["count"]
        for figure in figures
        if figure.pool_id is not None and figure.contents["pool"]
    }
    hidden: dict[int, list[int]] = defaultdict(list)
    waiting: dict[int, list[int]] = defaultdict(list)
    seen: Counter[int] = Counter()
    floors: dict[int, int] = {}
    kinds = list(_kinds_of_members(sizes, audience))
    schemes = AssessmentScheme.objects.in_bulk({kind.scheme_id for kind, _ in kinds})
    for kind, number in kinds:
        method = schemes[kind.scheme_id].method
        seen[kind.pool_id] += number
        floors[kind.pool_id] = method.publish_floor
        if not kind.is_told:
            pile = waiting if _may_be_told(kind, method, audience) else hidden
            pile[kind.pool_id] += [kind.usable] * number
    told = ToldFigure.objects.filter(pool_id__in=list(sizes), kind=Kind.GROUP)
    return {
        pool
        for pool in told.values_list("pool_id", flat=True)
        if (size := sizes.get(pool))
        and is_open_group(
            hidden[pool],
            waiting[pool],
            size - seen[pool],
            floor=floors.get(pool, size),
        )
    }


def is_open_group(
    hidden: Sequence[int], waiting: Sequence[int], missing: int, *, floor: int
) -> bool:
    """Whether the mean of a group leaves no member alone.

    `hidden`, `waiting`: households of members that are never told, and of those that
    are not told yet; `missing`: members that are not rated yet.
    """
    return _is_none_or_several(hidden, missing, floor=floor) and _is_none_or_several(
        [*hidden, *waiting], missing, floor=floor
    )


def _is_none_or_several(hidden: Sequence[int], missing: int, *, floor: int) -> bool:
    number = len(hidden) + missing
    return number == 0 or (number > 1 and (missing > 0 or sum(hidden) >= floor))


class _Kind(NamedTuple):
    """What decides whether members of a pooling group are told."""

    pool_id: int
    scheme_id: int
    refreshed: bool
    usable: int
    is_told: bool


def _kinds_of_members(
    pools: Collection[int], audience: Audience
) -> Iterator[tuple[_Kind, int]]:
    """Members of the pools and how many are alike: a district has thousands.

    Told is who was told in any version: nothing is taken back.
    """
    scores = ToldFigure.objects.filter(kind=Kind.SCORE, audience=audience)
    # Most are told in the version that stands: one list for all of them. Only of a
    # correction is it asked whether an older version was told.
    standing = scores.filter(rating__pool_id__in=list(pools)).values("rating_id")
    older = scores.filter(
        rating__appointment=OuterRef("appointment"), rating__month=OuterRef("month")
    )
    is_told = Q(pk__in=standing) | (Q(revision__gt=1) & Exists(older))
    members = MonthlyRating.objects.current().filter(pool_id__in=list(pools))
    alike = members.order_by().annotate(
        is_told=Case(When(is_told, then=True), default=False)
    )
    for *kind, number in alike.values_list(*_Kind._fields).annotate(Count("pk")):
        yield _Kind(*kind), number


def _may_be_told(kind: _Kind, method: Method, audience: Audience) -> bool:
    """Whether a member's own figure, of this very month, is told one day."""
    return kind.refreshed and rung(kind.usable, method=method).may_show(audience)


def _standing_questions(figure: MonthlyRating) -> dict[int, MonthlyRating]:
    """Question -> the rating whose figure of it stands when `figure` is shown (M86).

    The newest in the ledger; a question of another form is another question.
    """
    if figure.appointment_id is None:
        return {}
    rows = ToldFigure.objects.filter(
        Q(rating__replaced_by=None) | Q(rating=figure.pk),
        kind=Kind.QUESTION,
        audience=Audience.OFFICE,
        rating__appointment_id=figure.appointment_id,
        last__lte=figure.month,
    )
    newest = {
        int(label): rating
        for label, rating in rows.order_by("last", "pk").values_list("label", "rating")
    }
    ratings = {figure.pk: figure} | _ratings(set(newest.values()) - {figure.pk})
    basis = figure.contents["window"]["basis"]
    return {
        number: ratings[pk]
        for number, pk in newest.items()
        if ratings[pk].contents["window"]["basis"] == basis
    }


def _ratings(pks: Collection[int]) -> dict[int, MonthlyRating]:
    if not pks:
        return {}
    return MonthlyRating.objects.select_related("scheme").in_bulk(list(pks))


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
