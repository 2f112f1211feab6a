"""Released values as plain JSON: what everybody outside is told of a figure (T125).

Decimals are text with the published places, as in calculation.json (M6). `None` means
"not told" (too few, could be subtracted, or does not exist), never 0.
"""

from decimal import Decimal
from typing import Any

from evaluations.publication import Place, Released, Shown, Withheld

Shape = dict[str, Any]


def figure_shape(figure: Released | Withheld) -> Shape:
    """The figure with all that must stand beside it (M89), or why there is none."""
    if isinstance(figure, Withheld):
        return {
            "released": False,
            "month": figure.month,
            "reason": figure.reason.value,
            "households": figure.households or None,
            "needed": figure.needed,
            "rr1": _text(figure.rr1),
            "rr3": _text(figure.rr3),
        }
    return {
        "released": True,
        "month": figure.month,
        "is_kept": figure.is_kept,
        "households": figure.households,
        "score": figure.score.text,
        "low": _shown(figure.low),
        "high": _shown(figure.high),
        "level": str(figure.level),
        "star": figure.star,
        "previous_star": figure.previous_star,
        "star_is_kept": figure.star_is_kept,
        "window": {
            "first": figure.window_from,
            "last": figure.window_to,
            "existing": figure.months_existing,
            "months": figure.months_wanted,
        },
        "mark": figure.mark,
        "participation": _text(figure.participation),
        "rr1": _text(figure.rr1),
        "rr3": _text(figure.rr3),
        "scheme": figure.scheme,
        "needs_warning": figure.needs_warning,
    }


def place_shape(place: Place | None) -> Shape | None:
    """Rank and set inside the group at a quarter reading (M78-M81)."""
    if place is None:
        return None
    return {
        "period": place.period,
        "of": place.of,
        "rank": place.rank,
        "best": place.best,
        "worst": place.worst,
        "tier": place.tier,
    }


def _shown(shown: Shown | None) -> str | None:
    return None if shown is None else shown.text


def _text(number: Decimal | Shown | None) -> str | None:
    if isinstance(number, Shown):
        return number.text
    return None if number is None else str(number)
