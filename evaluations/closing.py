"""December: what the closed year leaves is written down with its ratings (M46, M74)."""

from collections.abc import Iterable, Sequence

from evaluations.models import AssessmentScheme, MonthlyRating, MonthlyRollup
from evaluations.scoring.window import Month
from evaluations.windows import MonthWindow, Rated
from evaluations.years import DIGITS, write_cuts, write_modes
from surveys.models import Round

LAST_MONTH = 12


def close_year(window: MonthWindow, rated: Sequence[Rated]) -> None:
    """Cut points per `eb.area` and mode coefficients per weighting area.

    Nothing in other months. Cut points of a city are made by the district that is
    rolled up last.
    """
    if window.month.month != LAST_MONTH:
        return
    schemes = {one.scheme.ref: one.scheme for one in rated}
    for _, scheme in sorted(schemes.items()):
        _close_cuts(scheme, window)
    done: set[tuple[str, str]] = set()
    for one in rated:
        area = one.community[: DIGITS[one.scheme.method.weights_area]]
        if (one.scheme.code, area) not in done:
            done.add((one.scheme.code, area))
            _close_modes(one, window, area)


def _close_cuts(scheme: AssessmentScheme, window: MonthWindow) -> None:
    area = window.district[: DIGITS[scheme.method.eb_area]]
    month = str(window.month)
    if area != window.district and _others_wait(area, window):
        return
    ratings = MonthlyRating.objects.current().under(area).of_month(month)
    own = ratings.filter(scheme__code=scheme.code).order_by("appointment_id")
    write_cuts(scheme=scheme, area=area, year=window.month.year, ratings=own)


def _others_wait(area: str, window: MonthWindow) -> bool:
    """Whether another district of the city still has to be rolled up."""
    month = str(window.month)
    rounds = Round.objects.filter(division__code__startswith=area, period=month)
    wanted = _districts(rounds.values_list("division_id", flat=True))
    done = MonthlyRollup.objects.filter(
        division__code__startswith=area, month=month, state=MonthlyRollup.State.DONE
    )
    known = _districts(done.values_list("division_id", flat=True))
    return bool(wanted - known - {window.district})


def _districts(codes: Iterable[str]) -> set[str]:
    return {code[: DIGITS["district"]] for code in codes}


def _close_modes(rated: Rated, window: MonthWindow, code: str) -> None:
    year = window.month.year
    area = window.area_since(rated, Month(year, 1))
    write_modes(
        scheme=rated.scheme,
        area=code,
        year=year,
        cells=area.scored_cells,
        strata=area.design,
    )
