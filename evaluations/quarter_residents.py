"""The residents' part of a sheet: what the gate releases, or why nothing (H7, M29).

A sheet never holds more of a score than a page may print: one place, ends clamped,
the older figure where the newer one could be told apart from it (M85, M86).
"""

from collections.abc import Iterable
from decimal import Decimal

from evaluations.models import MonthlyRating
from evaluations.publication import Audience, Released, release
from evaluations.publication.gate import figure_of
from evaluations.scoring.unanimity import printed_score
from evaluations.scoring.window import Validity
from evaluations.sheets.rules import ResidentFigure
from evaluations.sheets.sheet import Residents, Why

State = MonthlyRating.State
# A result that nobody has reviewed, or that went back, enters no sheet.
READY = frozenset({State.REVIEWED, State.PREVIEWED, State.PUBLICITY, State.PUBLISHED})


def residents_of(
    appointments: Iterable[int], *, month: str, figure: ResidentFigure
) -> dict[int, Residents]:
    """Appointment -> its residents' part of the month; one query for any number."""
    wanted = set(appointments)
    if not wanted:
        return {}
    ratings = (
        MonthlyRating.objects.current()
        .with_names()
        .of_month(month)
        .filter(appointment_id__in=wanted)
    )
    found = {one.appointment_id: residents_part(one, figure) for one in ratings}
    nothing = Residents(month=month, why=Why.NO_RATING)
    return {pk: found.get(pk, nothing) for pk in wanted}


def residents_part(rating: MonthlyRating, figure: ResidentFigure) -> Residents:
    """Reviewed and released, else the reason; a withheld rating is not 0."""
    if rating.state not in READY:
        return Residents(month=rating.month, why=Why.NOT_REVIEWED)
    released = release(rating, Audience.OFFICE)
    if not isinstance(released, Released):
        return Residents(month=rating.month, why=Why.WITHHELD)
    score = _score(rating, released, figure)
    if score is None:
        return Residents(month=rating.month, why=Why.WITHHELD)
    return Residents(
        month=released.month,
        score=score,
        low=released.low.value if released.low else None,
        high=released.high.value if released.high else None,
        m=released.households,
        is_valid=released.mark == Validity.VALID,
        ref=figure_of(rating).record_sha256,
        may_be_last=_is_last_by_method(rating),
    )


def _score(
    rating: MonthlyRating, released: Released, figure: ResidentFigure
) -> Decimal | None:
    if figure is ResidentFigure.DIRECT:
        return released.score.value
    shown = figure_of(rating)
    if shown.shrunken is None:
        return None
    return printed_score(shown.shrunken, method=shown.scheme.method).value


def _is_last_by_method(rating: MonthlyRating) -> bool:
    """Every condition of M81, where the rank rests on residents alone (4.4)."""
    rank = rating.contents.get("rank")
    return bool(rank and rank["last"]["is_last"])
