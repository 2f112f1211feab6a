"""A year that was closed: the star a person decided (H4)."""

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actions import record
from evaluations.actions.errors import YearIsClosed
from evaluations.models import StarRating
from officials.models import Appointment


@transaction.atomic
def enter_closed_year(
    *,
    appointment: Appointment,
    year: int,
    stars: int,
    score: Decimal | None,
    basis: str,
    by: User,
    at: dt.datetime,
    previous: int | None = None,
) -> StarRating:
    """The star that an appointment closed a year with, decided by a person (H4)."""
    try:
        with transaction.atomic():
            rating = StarRating.objects.create(
                appointment=appointment,
                year=year,
                stars=stars,
                previous=previous,
                score=score,
                basis=basis,
                decided_by=by,
                decided_at=at,
            )
    except IntegrityError as error:
        raise YearIsClosed(f"{appointment} {year}") from error
    record(
        "year.closed",
        target=rating,
        by=by,
        at=at,
        division=appointment.division.code,
        data={"year": year, "stars": stars, "basis": basis},
    )
    return rating
