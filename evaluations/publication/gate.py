"""Released or withheld: the first decision about every figure (M82, M85, M86)."""

from collections.abc import Iterable
from decimal import Decimal

from evaluations.models import MonthlyRating
from evaluations.publication.rates import Response
from evaluations.publication.values import Reason, Released, Shown, Withheld
from evaluations.publication.words import WITHHELD, mark_text
from evaluations.scoring.ladder import Audience, Rung, rung
from evaluations.scoring.method import Method
from evaluations.scoring.rounding import rounded
from evaluations.scoring.unanimity import SMALL_COUNT, printed_count, printed_score

ANNOUNCED = frozenset({MonthlyRating.State.PUBLICITY, MonthlyRating.State.PUBLISHED})
SEEN_BY_THE_RATED = ANNOUNCED | {MonthlyRating.State.PREVIEWED}


def release(rating: MonthlyRating, audience: Audience) -> Released | Withheld:
    """The figure of a rating for an audience, or why there is none.

    1. the public sees published ratings only, the office every one;
    2. below the floor of the ladder for that audience nothing is shown (M82);
    3. a window that could be told apart from older ones shows the last figure that
       could not, if there is one (M86);
    4. stars from the ladder's own floors; ends clamped (M85).
    """
    if audience is not Audience.OFFICE and not is_published(rating):
        return withheld(rating, Reason.NOT_PUBLISHED, audience)
    return _release(rating, audience)


def preview(rating: MonthlyRating) -> Released | Withheld:
    """What the public will see once the rating is published: for who publishes it."""
    return _release(rating, Audience.PUBLIC)


def release_own(rating: MonthlyRating) -> Released | Withheld:
    """To the rated person, once the month is previewed: the public's floors (T126)."""
    if rating.state not in SEEN_BY_THE_RATED:
        return withheld(rating, Reason.NOT_PUBLISHED, Audience.PUBLIC)
    return _release(rating, Audience.PUBLIC)


def announce(rating: MonthlyRating) -> Released | Withheld:
    """For the notice of the publicity period: what everybody may object to (T131)."""
    if rating.state not in ANNOUNCED:
        return withheld(rating, Reason.NOT_PUBLISHED, Audience.PUBLIC)
    return _release(rating, Audience.PUBLIC)


def release_all(
    ratings: Iterable[MonthlyRating], audience: Audience
) -> list[Released | Withheld]:
    """The figures of several months or appointments, in the order given."""
    return [release(rating, audience) for rating in ratings]


def figure_of(rating: MonthlyRating) -> MonthlyRating:
    """The rating whose figures stand in a rating's place (M86)."""
    return rating if rating.refreshed or rating.shown is None else rating.shown


def is_published(rating: MonthlyRating) -> bool:
    return rating.state == MonthlyRating.State.PUBLISHED


def rung_of(rating: MonthlyRating) -> Rung:
    """With the reliability of the pooling group, which opens the star (M82)."""
    reliability = rating.reliability
    return rung(
        rating.usable,
        method=rating.scheme.method,
        reliability=None if reliability is None else float(reliability),
    )


def withheld(rating: MonthlyRating, reason: Reason, audience: Audience) -> Withheld:
    """Words by audience: the desk says 样本不足, the public page 回答太少.

    Below ten answers the rates are not told either: with the number drawn, which the
    design gives, they are the count itself (M28). Nor is the count of a window that
    could be told apart from an older one (M86).
    """
    method = rating.scheme.method
    is_office = audience is Audience.OFFICE
    is_small = rating.usable < SMALL_COUNT
    is_counted = rating.refreshed and reason is not Reason.NOT_PUBLISHED
    response = response_of(rating) if is_counted and not is_small else None
    return Withheld(
        reason=reason,
        text=WITHHELD[audience],
        month=rating.month,
        households=printed_count(rating.usable) if is_counted or is_small else "",
        needed=method.publish_floor if is_office else method.publish_public,
        rr1=response.rr1() if response else None,
        rr3=response.rr3() if response else None,
    )


def response_of(rating: MonthlyRating) -> Response | None:
    """What rates may be told from; None where the rest would be a small count.

    Also for a rating from before its final codes stood in columns.
    """
    if not tells_released(rating.released, rating.usable):
        return None
    codes = (rating.partial, rating.not_eligible, rating.unknown)
    if any(count is None for count in codes):
        return None
    return Response(
        released=rating.released,
        usable=rating.usable,
        partial=rating.partial or 0,
        not_eligible=rating.not_eligible or 0,
        unknown=rating.unknown or 0,
    )


def tells_released(released: int, usable: int) -> bool:
    """Whether those without a usable answer are none, or ten at least (T127)."""
    return not 0 < released - usable < SMALL_COUNT


def bound(value: Decimal | None, method: Method) -> Shown | None:
    return None if value is None else printed_score(value, method=method)


def is_clamped(shown: Shown) -> bool:
    """Whether only a bound is printed (M85)."""
    return shown.text != str(shown.value)


def _release(rating: MonthlyRating, audience: Audience) -> Released | Withheld:
    figure = rating if rating.refreshed else rating.shown
    if figure is None:
        reason = Reason.TOO_FEW if _is_small(rating) else Reason.WAITS
        return withheld(rating, reason, audience)
    is_older = figure is not rating
    if audience is Audience.PUBLIC and is_older and not is_published(figure):
        return withheld(rating, Reason.NOT_PUBLISHED, audience)
    if not rung_of(figure).may_show(audience) or figure.score is None:
        return withheld(figure, Reason.TOO_FEW, audience)
    return _released(figure, figure.score, is_kept=is_older)


def _is_small(rating: MonthlyRating) -> bool:
    return rating.usable < rating.scheme.method.publish_floor


def _released(rating: MonthlyRating, score: Decimal, *, is_kept: bool) -> Released:
    method, step = rating.scheme.method, rung_of(rating)
    shown = printed_score(score, method=method)
    clamped = is_clamped(shown)
    response = response_of(rating)
    has_group = rating.pool_id is not None
    return Released(
        month=rating.month,
        is_kept=is_kept,
        households=rating.usable,
        score=shown,
        low=bound(rating.low, method),
        high=bound(rating.high, method),
        # What the exact score could be worked out from goes with it (M85).
        se=None if rating.se is None or clamped else rounded(rating.se, 2),
        is_clamped=clamped,
        adjusted=None if clamped else bound(rating.adjusted, method),
        star=rating.star if step.star else None,
        previous_star=rating.previous_star,
        star_is_kept=rating.star_basis == MonthlyRating.Basis.KEPT,
        is_unmeasured=has_group and not rating.reliability,
        window_from=rating.window_from,
        window_to=rating.window_to,
        months_existing=rating.months_existing,
        months_wanted=rating.months_wanted,
        mark=rating.validity,
        mark_text=mark_text(rating, method),
        released=(
            rating.released if tells_released(rating.released, rating.usable) else None
        ),
        submitted=rating.submitted if rating.submitted == rating.usable else None,
        rr1=response.rr1() if response else None,
        rr3=response.rr3() if response else None,
        scheme=rating.scheme.ref,
        level=rounded(100 * method.interval_level, 0),
        public_floor=method.publish_public,
        star_floor=method.publish_star,
        star_reliable=method.publish_star_reliable,
        star_lambda=rounded(method.publish_star_lambda, 2),
        needs_warning=step.needs_warning,
    )
