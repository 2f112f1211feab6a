"""Which ratings of one peer group a page shows, and in which order (M78, W3).

The database decides, so that a group of thousands costs as much as one of sixty. It
looks at what the gate would print and at nothing else (T125): a withheld figure has no
place in any order, and digits behind the printed ones do not break a tie.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import (
    Cast,
    Coalesce,
    Greatest,
    Least,
    NullIf,
    Round,
    Substr,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluations.models import AssessmentScheme, MonthlyRating
from evaluations.peers import members_of_month
from evaluations.scoring.ladder import Audience
from evaluations.scoring.unanimity import LOWEST, SMALL_COUNT
from officials.models import PeerGroup

STREET_DIGITS = 9
POINTS = DecimalField(max_digits=9, decimal_places=6)
COUNT = DecimalField(max_digits=18, decimal_places=6)

# What a table can be sorted by. Equal rows stand in the order of communities (M78).
ORDERS: dict[str, str | Promise] = {
    "rank": _("印刷名次"),
    "score": _("得分"),
    "place": _("社区"),
    "households": _("户数"),
    "participation": _("参评率"),
    "star": _("星级"),
    "width": _("区间宽度"),
}
# Annotations of `with_figures`, the first deciding; "-" is downwards.
KEYS: dict[str, tuple[str, ...]] = {
    "rank": ("printed_rank", "-printed"),
    "score": ("-printed",),
    "place": (),
    "households": ("-households",),
    "participation": ("-participation",),
    "star": ("-printed_star", "-printed"),
    "width": ("printed_width",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows somebody wants to see. Empty: all of them.

    `star`: "1" to "5", or "0" for those without; `chosen`: primary keys that a search
    or a tier has left over, None for all.
    """

    state: str = ""
    street: str = ""
    star: str = ""
    chosen: frozenset[int] | None = None

    def q(self) -> Q:
        condition = Q()
        if self.state:
            condition &= Q(state=self.state)
        if self.street:
            condition &= Q(community__code__startswith=self.street)
        if self.star == "0":
            condition &= Q(is_told=1, printed_star=None)
        elif self.star:
            condition &= Q(is_told=1, printed_star=int(self.star))
        if self.chosen is not None:
            condition &= Q(pk__in=self.chosen)
        return condition


@dataclass(frozen=True, slots=True)
class Extent:
    """A whole group: ratings, those that are told, and the lowest bound printed."""

    total: int
    told: int
    least: Any


def ratings_of_group(group: PeerGroup, month: str) -> QuerySet[MonthlyRating]:
    """Current ratings of the members in one month; ranking knows no other set (W3)."""
    members = members_of_month(month).filter(group=group)
    return (
        MonthlyRating.objects.current()
        .under(group.grouping.division_id)
        .of_month(month)
        .filter(
            appointment__post__organization_id__in=members.values("organization_id")
        )
    )


def with_figures(
    ratings: QuerySet[MonthlyRating], audience: Audience
) -> QuerySet[MonthlyRating]:
    """`is_told`, and the figures as they are printed; null where they are not told."""
    schemes = list(AssessmentScheme.objects.filter(pk__in=_schemes_of(ratings)))
    told = _told(schemes, audience)
    usable, released = _of_figure("usable"), _of_figure("released")
    rate = Cast(100 * usable, COUNT) / Cast(NullIf(released, 0), COUNT)
    # A small rest of the households drawn is told by no figure and by no order (T127).
    is_told_rate = Q(figure_rest=0) | Q(figure_rest__gte=SMALL_COUNT)
    low, high = _printed("low", schemes), _printed("high", schemes)
    shown = {
        "printed": _printed("score", schemes),
        "printed_low": low,
        "printed_width": high - low,
        "printed_star": _of_figure("star"),
        "printed_rank": F("rank"),
        "households": _of_figure("usable"),
        "participation": Case(When(is_told_rate, then=Round(rate, precision=1))),
    }
    return (
        ratings.annotate(
            figure_scheme=_of_figure("scheme_id"),
            figure_usable=usable,
            figure_rest=released - usable,
        )
        .annotate(is_told=Case(When(told, then=1), default=0))
        .annotate(
            **{name: Case(When(is_told=1, then=value)) for name, value in shown.items()}
        )
    )


def extent(ratings: QuerySet[MonthlyRating]) -> Extent:
    """Of ratings that `with_figures` has annotated."""
    found = ratings.aggregate(
        total=Count("pk"),
        told=Count("pk", filter=Q(is_told=1)),
        least=Min(Coalesce("printed_low", "printed"), filter=Q(is_told=1)),
    )
    return Extent(**found)


def in_order(
    ratings: Any, order: str, *, by_street: bool = False
) -> QuerySet[MonthlyRating]:
    """Those that are told first, the others by place; inside streets if wanted.

    Of ratings that `with_figures` has annotated.
    """
    streets = (Substr("community_id", 1, STREET_DIGITS),) if by_street else ()
    keys = [
        F(key[1:]).desc(nulls_last=True) if key[0] == "-" else F(key).asc()
        for key in KEYS[order]
    ]
    ordered: QuerySet[MonthlyRating] = ratings.order_by(
        *streets, "-is_told", *keys, "community_id", "appointment_id"
    )
    return ordered


def _schemes_of(ratings: QuerySet[MonthlyRating]) -> set[int]:
    pairs = ratings.order_by().values_list("scheme_id", "shown__scheme_id").distinct()
    return {pk for pair in pairs for pk in pair if pk is not None}


def _of_figure(name: str) -> Case:
    """A column of the rating whose figures stand in a rating's place (M86)."""
    return Case(When(shown=None, then=F(name)), default=F(f"shown__{name}"))


def _told(schemes: Iterable[AssessmentScheme], audience: Audience) -> Q:
    """Whether `publication.release` gives a figure (M82, M86)."""
    is_office = audience is Audience.OFFICE
    above = Q(pk__in=[])
    for scheme in schemes:
        floor, public = scheme.method.publish_floor, scheme.method.publish_public
        least = floor if is_office else max(floor, public)
        above |= Q(figure_scheme=scheme.pk, figure_usable__gte=least)
    stands = Q(refreshed=True, score__isnull=False) | Q(
        refreshed=False, shown__score__isnull=False
    )
    if is_office:
        return above & stands
    published = MonthlyRating.State.PUBLISHED
    is_out = Q(state=published) & (Q(shown=None) | Q(shown__state=published))
    return above & stands & is_out


def _printed(name: str, schemes: Iterable[AssessmentScheme]) -> Case:
    """A score or bound with one place, clamped at both ends (M85)."""
    highest = Case(
        *(
            When(figure_scheme=scheme.pk, then=Value(scheme.method.publish_clamp))
            for scheme in schemes
        ),
        default=Value(LOWEST),
        output_field=POINTS,
    )
    value = Round(_of_figure(name), precision=1)
    clamped = Least(Greatest(value, Value(LOWEST)), highest, output_field=POINTS)
    # Least and Greatest pass over nulls: a rating without an interval has none.
    mine = Q(shown=None, **{f"{name}__isnull": True})
    theirs = Q(**{f"shown__{name}__isnull": True}, shown__isnull=False)
    return Case(When(mine | theirs, then=None), default=clamped, output_field=POINTS)
