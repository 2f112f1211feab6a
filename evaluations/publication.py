"""The one gate: figures of opened answers leave through here only (T125, M82 to M89).

Pages, charts and texts take released values. "May not be shown" is a `Withheld` with
its reason, printed as 样本不足 or 回答太少 and never as 0, because a zero is an
accusation. Values in the tables are unsuppressed; nothing else may print them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models import MonthlyRating
from evaluations.scoring.ladder import Audience, Rung, rung
from evaluations.scoring.method import Method
from evaluations.scoring.results import Caution
from evaluations.scoring.rounding import percents, rounded

__all__ = ["Audience", "Released", "Withheld", "release", "release_sheet"]

LOWEST = Decimal("1.0")  # M85: below this a figure reads "<1.0"
SMALL_COUNT = 10  # M28: counts below ten read "<10"
CAUTIONS: dict[str, str | Promise] = {
    Caution.STRATA_JOINED: _("有的层没有答卷，并入了相邻的层。"),
    Caution.STRATUM_UNCOVERED: _("有的层一户也没有答，没有代表在内。"),
    Caution.AREA_FACTOR: _("答卷较少，应答补齐用的是整个街道的系数。"),
    Caution.KISH_HIGH: _("各户代表的户数相差较大，误差比户数看上去的大。"),
}
STAR_NAMES: dict[int, str | Promise] = {
    1: _("一星"),
    2: _("二星"),
    3: _("三星"),
    4: _("四星"),
    5: _("五星"),
}


class Reason(StrEnum):
    """Why nothing is shown."""

    TOO_FEW = "too_few"
    WAITS = "waits"
    NOT_PUBLISHED = "not_published"


@dataclass(frozen=True, slots=True)
class Withheld:
    """No figure. `households`: how many answered, "<10" below ten (M28)."""

    reason: Reason
    text: str | Promise
    month: str
    households: str
    needed: int

    is_released = False

    @property
    def is_uncounted(self) -> bool:
        """Even the number of households is withheld (M28)."""
        return not self.households.isdecimal()


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it may be printed: clamped near both ends (M85).

    `value` is where a chart draws it, which is never beyond the clamp.
    """

    value: Decimal
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A figure with everything that must stand beside it (M89).

    `month`: of the window's end; `is_kept`: an older figure that stays because the
    newer one could be told apart from it (M86); `mark`: of M29; `needs_warning`: the
    office sees too few households for the public; `star`: None where the ladder gives
    none; `level`: confidence in per cent; `public_floor`, `star_floor`: of the scheme.
    """

    month: str
    is_kept: bool
    households: int
    score: Shown
    low: Shown | None
    high: Shown | None
    se: Decimal | None
    star: int | None
    previous_star: int | None
    star_is_kept: bool
    window_from: str
    window_to: str
    months_existing: int
    months_wanted: int
    mark: str
    mark_text: str
    released: int
    submitted: int
    rr1: Decimal | None
    rr3: Decimal | None
    scheme: str
    level: Decimal
    public_floor: int
    star_floor: int
    needs_warning: bool

    is_released = True

    @property
    def star_name(self) -> str | Promise:
        return STAR_NAMES[self.star] if self.star else ""

    @property
    def previous_star_name(self) -> str | Promise:
        return STAR_NAMES[self.previous_star] if self.previous_star else ""

    @property
    def star_change(self) -> int:
        """Stars gained (+) or lost (-) against the previous star; 0 without one."""
        if self.star is None or self.previous_star is None:
            return 0
        return self.star - self.previous_star

    @property
    def participation(self) -> Decimal | None:
        """参评率 in per cent, one place: submitted of released households."""
        if not self.released:
            return None
        return rounded(Decimal(100 * self.submitted) / self.released, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question's mean over the households that answered it (M34)."""

    number: int
    households: int
    score: Shown
    low: Shown | None
    high: Shown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """How a released figure was made, step by step, with its numbers (M102-M105).

    Counts of the sample design, no counts of answers by level.
    """

    strata: tuple[Mapping[str, Any], ...]
    target: int
    usable_in_area: int
    df: int | None
    deff: Decimal | None
    kish: Decimal | None
    points: tuple[Decimal, ...]
    formula: str
    modes: tuple[tuple[str, int], ...]
    questions: tuple[Question | Withheld, ...]
    cuts: tuple[Decimal, ...]
    hysteresis: Decimal
    percents: tuple[int, ...] | None
    cautions: tuple[str | Promise, ...]
    previous_since: str
    record_sha256: str
    code_version: str


def release(rating: MonthlyRating, audience: Audience) -> Released | Withheld:
    """The figure of a rating for an audience, or why there is none.

    1. the public sees published ratings only, the office every one;
    2. below the floor of the ladder for that audience nothing is shown (M82);
    3. a window that could be told apart from older ones shows the last figure that
       could not, if there is one (M86);
    4. stars from the ladder's own floor; ends clamped (M85).
    """
    if audience is not Audience.OFFICE and not _is_published(rating):
        return _withheld(rating, Reason.NOT_PUBLISHED, audience)
    return _release(rating, audience)


def preview(rating: MonthlyRating) -> Released | Withheld:
    """What the public will see once the rating is published: for who publishes it."""
    return _release(rating, Audience.PUBLIC)


def _release(rating: MonthlyRating, audience: Audience) -> Released | Withheld:
    figure = rating if rating.refreshed else rating.shown
    if figure is None:
        reason = Reason.TOO_FEW if _is_small(rating) else Reason.WAITS
        return _withheld(rating, reason, audience)
    is_older = figure is not rating
    if audience is Audience.PUBLIC and is_older and not _is_published(figure):
        return _withheld(rating, Reason.NOT_PUBLISHED, audience)
    if not _rung(figure).may_show(audience) or figure.score is None:
        return _withheld(figure, Reason.TOO_FEW, audience)
    return _released(figure, figure.score, is_kept=figure is not rating)


def figure_of(rating: MonthlyRating) -> MonthlyRating:
    """The rating whose figures stand in a rating's place (M86)."""
    return rating if rating.refreshed or rating.shown is None else rating.shown


def release_sheet(rating: MonthlyRating, audience: Audience) -> Sheet | None:
    """The workings of a released figure; None where the figure is withheld."""
    if isinstance(release(rating, audience), Withheld):
        return None
    figure = figure_of(rating)
    return _sheet(figure, figure.contents, audience)


def release_all(
    ratings: Iterable[MonthlyRating], audience: Audience
) -> list[Released | Withheld]:
    """The figures of several months or appointments, in the order given."""
    return [release(rating, audience) for rating in ratings]


def _is_published(rating: MonthlyRating) -> bool:
    return rating.state == MonthlyRating.State.PUBLISHED


def _is_small(rating: MonthlyRating) -> bool:
    return rating.usable < rating.scheme.method.publish_floor


def _rung(rating: MonthlyRating) -> Rung:
    return rung(rating.usable, method=rating.scheme.method)


def _withheld(rating: MonthlyRating, reason: Reason, audience: Audience) -> Withheld:
    """Words by audience: the desk says 样本不足, the public page 回答太少."""
    method = rating.scheme.method
    is_office = audience is Audience.OFFICE
    return Withheld(
        reason=reason,
        text=_("样本不足") if is_office else _("回答太少"),
        month=rating.month,
        households=_count(rating.usable),
        needed=method.publish_floor if is_office else method.publish_public,
    )


def _count(number: int) -> str:
    return str(number) if number >= SMALL_COUNT else f"<{SMALL_COUNT}"


def _released(rating: MonthlyRating, score: Decimal, *, is_kept: bool) -> Released:
    method, step = rating.scheme.method, _rung(rating)
    return Released(
        month=rating.month,
        is_kept=is_kept,
        households=rating.usable,
        score=_shown(score, method),
        low=_bound(rating.low, method),
        high=_bound(rating.high, method),
        se=None if rating.se is None else rounded(rating.se, 2),
        star=rating.star if step.star else None,
        previous_star=rating.previous_star,
        star_is_kept=rating.star_basis == MonthlyRating.Basis.KEPT,
        window_from=rating.window_from,
        window_to=rating.window_to,
        months_existing=rating.months_existing,
        months_wanted=rating.months_wanted,
        mark=rating.validity,
        mark_text=_mark_text(rating, method),
        released=rating.released,
        submitted=rating.submitted,
        rr1=_percent(rating.rr1),
        rr3=_percent(rating.rr3),
        scheme=rating.scheme.ref,
        level=rounded(100 * method.interval_level, 0),
        public_floor=method.publish_public,
        star_floor=method.publish_star,
        needs_warning=step.needs_warning,
    )


def _shown(value: Decimal, method: Method) -> Shown:
    """R_1, or the clamp of M85 where "all said the same" would show through."""
    point, top = rounded(value, 1), method.publish_clamp
    if point > top:
        return Shown(top, f">{top:.1f}")
    if point < LOWEST:
        return Shown(LOWEST, f"<{LOWEST}")
    return Shown(point, f"{point:.1f}")


def _mark_text(rating: MonthlyRating, method: Method) -> str:
    """What must be said beside every figure of an area that is not valid (M29)."""
    if rating.validity == MonthlyRating.Mark.INCOMPLETE:
        return gettext("窗口未满：%(existing)s/%(wanted)s 个月") % {
            "existing": rating.months_existing,
            "wanted": rating.months_wanted,
        }
    if rating.validity == MonthlyRating.Mark.BELOW_TARGET:
        rate = rounded(100 * method.sampling_rate, 0)
        return gettext("未达到%(rate)s%%") % {"rate": rate}
    return ""


def _bound(value: Decimal | None, method: Method) -> Shown | None:
    return None if value is None else _shown(value, method)


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else rounded(100 * share, 1)


def _sheet(
    rating: MonthlyRating, contents: Mapping[str, Any], audience: Audience
) -> Sheet:
    figures, star = contents["figures"], contents["star"]
    previous = contents["inputs"]["previous_star"]
    own = contents["community"]
    weights = {
        code: part["weight"] for part in figures["weights"] for code in part["codes"]
    }
    return Sheet(
        strata=tuple(
            {
                **row,
                "usable": row["complete"] + row["partial"],
                "weight": _number(weights.get(row["code"]), 2),
            }
            for row in contents["inputs"]["strata"]
            if row["community"] == own
        ),
        target=contents["inputs"]["target"],
        usable_in_area=contents["inputs"]["usable_in_area"],
        df=figures["df"],
        deff=_number(figures["deff"], 2),
        kish=_number(figures["kish"], 2),
        points=tuple(rounded(p, 0) for p in rating.scheme.method.score_levels),
        formula=figures["interval"] or "",
        modes=_modes(figures["modes"], rating.scheme.method),
        questions=tuple(
            _question(row, rating, audience) for row in figures["questions"]
        ),
        cuts=tuple(Decimal(cut) for cut in star["cuts"]),
        hysteresis=Decimal(star["hysteresis"]),
        percents=_percents(star["probabilities"]) if _rung(rating).star else None,
        cautions=tuple(
            CAUTIONS.get(name, name) for name in contents["decisions"]["cautions"]
        ),
        previous_since=previous["since"] if previous else "",
        record_sha256=rating.record_sha256,
        code_version=rating.code_version,
    )


def _question(
    row: Mapping[str, Any], rating: MonthlyRating, audience: Audience
) -> Question | Withheld:
    """A question has its own households and so its own place on the ladder (M82)."""
    method, score = rating.scheme.method, _raw(row["score"])
    allowed = rung(row["m"], method=method).may_show(audience)
    if not allowed or score is None:
        return Withheld(
            reason=Reason.TOO_FEW,
            text=_("样本不足") if audience is Audience.OFFICE else _("回答太少"),
            month=rating.month,
            households=_count(row["m"]),
            needed=method.publish_floor,
        )
    return Question(
        number=row["number"],
        households=row["m"],
        score=_shown(score, method),
        low=_bound(_raw(row["low"]), method),
        high=_bound(_raw(row["high"]), method),
    )


def _modes(modes: Mapping[str, int], method: Method) -> tuple[tuple[str, int], ...]:
    """Mode → households; small ones go together, and no margin tells one (M84)."""
    small = {name: n for name, n in modes.items() if n < method.publish_cell}
    large = {name: n for name, n in modes.items() if n >= method.publish_cell}
    rest = sum(small.values())
    if rest and rest < method.publish_cell and large:
        # One partner goes too, the smallest, so that no margin gives the count back.
        rest += large.pop(min(large, key=lambda name: (large[name], name)))
    told = sorted(large.items(), key=lambda pair: (-pair[1], pair[0]))
    return (*told, *([("other", rest)] if rest else []))


def _percents(probabilities: Iterable[str] | None) -> tuple[int, ...] | None:
    if probabilities is None:
        return None
    return percents([float(share) for share in probabilities])


def _number(text: str | None, places: int) -> Decimal | None:
    return None if text is None else rounded(Decimal(text), places)


def _raw(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
