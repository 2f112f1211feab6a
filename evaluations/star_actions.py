"""评星定级: propose, decide, decline and publish the stars of a year (H4, M77).

The star is that of the year's last published reading, by the scheme; one person
proposes it and another decides. Nobody types a star.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from hashlib import sha256

from django.db import transaction

from accounts.models import User
from audit import verifying
from audit.actions import record
from evaluations.actions import (
    NotWhatWasShown,
    RatingError,
    SamePerson,
    TrailIsBroken,
    WrongState,
)
from evaluations.models import MonthlyRating, MonthlyRollup, StarRating
from evaluations.year_stars import YearLine, lines_of_year
from officials.models import Division

State = StarRating.State


class NothingToPropose(RatingError):
    """No published reading of the year has a star without a proposal."""


class NothingToDecide(RatingError):
    """Nothing was chosen that waits for a decision."""


class ReadingHasChanged(RatingError):
    """The reading behind a proposal was corrected or withdrawn meanwhile."""


class NoStarsToPublish(RatingError):
    """No decided star of the year waits for publication."""


@transaction.atomic
def propose_year_stars(
    *, division: Division, year: int, by: User, at: dt.datetime
) -> int:
    """Propose a star for every appointment that has one and no row yet; how many.

    1. hold the months of the year, so that two clerks do not propose the same;
    2. a new row, or the old one again where it was declined or its reading has gone;
    3. one event with places and stars.
    """
    held = MonthlyRollup.objects.filter(division=division, month__startswith=f"{year}-")
    list(held.order_by("month").select_for_update(of=("self",)))
    lines = [
        line for line in lines_of_year(division.code, year) if line.may_be_proposed
    ]
    if not lines:
        raise NothingToPropose(str(year))
    for line in lines:
        _propose(line, year, by=by, at=at)
    record(
        "year_stars.proposed",
        by=by,
        at=at,
        division=division.code,
        data={
            "year": year,
            "communities": [line.reading.community_id for line in lines],
            "stars": [line.given for line in lines],
        },
    )
    return len(lines)


@transaction.atomic
def decide_year_stars(
    *,
    division: Division,
    year: int,
    stars: Iterable[StarRating],
    digest: str,
    by: User,
    at: dt.datetime,
) -> int:
    """Proposed → decided, by another person than who proposed (T92); how many.

    `digest`: of all proposals of the year on the page that was seen; `stars`: those
    that the person agrees to, each change by its own mark.
    """
    waiting = _locked(division, year, State.PROPOSED)
    if digest != digest_of(waiting):
        raise NotWhatWasShown(str(year))
    wanted = {star.pk for star in stars}
    chosen = [star for star in waiting if star.pk in wanted]
    if not chosen:
        raise NothingToDecide(str(year))
    if any(star.proposed_by_id == by.pk for star in chosen):
        raise SamePerson(by.audit_name)
    _refuse_fallen(chosen)
    StarRating.objects.filter(pk__in=[star.pk for star in chosen]).update(
        state=State.DECIDED, decided_by=by, decided_at=at
    )
    record(
        "year_stars.decided",
        by=by,
        at=at,
        division=division.code,
        data={
            "year": year,
            "communities": [star.appointment.division.code for star in chosen],
            "stars": [star.stars for star in chosen],
            "digest": digest,
        },
    )
    return len(chosen)


@transaction.atomic
def decline_year_star(
    *, star: StarRating, reason: str, by: User, at: dt.datetime
) -> None:
    """Proposed → declined, with the reason; it may be proposed again."""
    moved = StarRating.objects.filter(pk=star.pk, state=State.PROPOSED).update(
        state=State.DECLINED, declined_by=by, declined_at=at, decline_reason=reason
    )
    if not moved:
        raise WrongState(str(star))
    record(
        "year_star.declined",
        target=star,
        by=by,
        at=at,
        division=star.appointment.division.code,
        data={"year": star.year, "stars": star.stars, "reason": reason},
    )


@transaction.atomic
def publish_year_stars(
    *, division: Division, year: int, by: User, at: dt.datetime
) -> int:
    """Decided → published; how many. Two persons have agreed on each by then."""
    if verifying.find_fault(at=at):
        raise TrailIsBroken(str(year))
    # A year that was entered by hand has no reading, and stays the star before.
    decided = [
        star
        for star in _locked(division, year, State.DECIDED)
        if star.reading_id is not None
    ]
    if not decided:
        raise NoStarsToPublish(str(year))
    _refuse_fallen(decided)
    StarRating.objects.filter(pk__in=[star.pk for star in decided]).update(
        state=State.PUBLISHED, published_by=by, published_at=at
    )
    record(
        "year_stars.published",
        by=by,
        at=at,
        division=division.code,
        data={
            "year": year,
            "communities": [star.appointment.division.code for star in decided],
            "stars": [star.stars for star in decided],
        },
    )
    return len(decided)


def digest_of(stars: Iterable[StarRating]) -> str:
    """SHA-256 (hex) over appointment, year, star, star before and the reading's digest.

    In the order of appointments, so that nothing changes between page and decision.
    """
    lines = [
        f"{star.appointment_id}|{star.year}|{star.stars}|{star.previous}"
        f"|{star.reading.record_sha256 if star.reading else ''}"
        for star in sorted(stars, key=lambda star: star.appointment_id)
    ]
    return sha256("\n".join(lines).encode()).hexdigest()


def _propose(line: YearLine, year: int, *, by: User, at: dt.datetime) -> None:
    reading = line.reading
    told = {
        "state": State.PROPOSED,
        "stars": line.given,
        "previous": line.before.stars if line.before else None,
        "reading": reading,
        "basis": f"{reading.scheme.ref} {reading.month}",
        "proposed_by": by,
        "proposed_at": at,
    }
    if line.star is None:
        StarRating.objects.create(appointment=reading.appointment, year=year, **told)
        return
    StarRating.objects.filter(pk=line.star.pk).update(
        **told,
        **dict.fromkeys(
            (
                *("decided_by", "decided_at", "declined_by", "declined_at"),
                *("published_by", "published_at"),
            )
        ),
        decline_reason="",
    )


def _locked(division: Division, year: int, state: str) -> list[StarRating]:
    rows = StarRating.objects.under(division.code).filter(year=year, state=state)
    return list(
        rows.order_by("pk")
        .select_related("reading", "appointment__post__organization__division")
        .select_for_update(of=("self",))
    )


def _refuse_fallen(stars: Collection[StarRating]) -> None:
    """Every reading is still what the public sees of its month."""
    readings = [star.reading_id for star in stars if star.reading_id is not None]
    standing = MonthlyRating.objects.in_public().filter(pk__in=readings)
    if standing.count() != len(stars):
        raise ReadingHasChanged
