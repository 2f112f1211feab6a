"""What an annulled figure does to ratings: new revisions beside the old ones (M65).

Every rating that rests on the annulled part is made anew, oldest month first, from
the same cells without it. Groups and rankings that are written down stay: a correction
is shrunken in its group with its own new figures, and holds no rank (ADR 0026).
"""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from evaluations import records, told
from evaluations.groups import Grouped, around
from evaluations.models import MonthlyRating, SetAside
from evaluations.pools import Pool
from evaluations.quarters import period_of
from evaluations.rankings import Entry
from evaluations.rollup import rating_of
from evaluations.windows import MonthWindow, Rated
from officials.models import Appointment
from surveys.models import Round

State = MonthlyRating.State


def affected_ratings(survey_round: Round, community: str) -> QuerySet[MonthlyRating]:
    """Current ratings of the community whose window holds the round."""
    return (
        MonthlyRating.objects.current()
        .filter(
            community_id=community,
            window_from__lte=survey_round.period,
            month__gte=survey_round.period,
            appointment__in=survey_round.subjects.filter(community_id=community).values(
                "appointment"
            ),
        )
        .select_related("pool__scheme")
        .order_by("month", "appointment_id")
    )


def revise(set_aside: SetAside, *, at: dt.datetime) -> list[MonthlyRating]:
    """Write the next revision of every rating that rests on what is annulled.

    `set_aside` is in force already; in a transaction of the verb that put it there.
    """
    affected = affected_ratings(set_aside.round, set_aside.community_id)
    return [_revise(rating, set_aside, at=at) for rating in list(affected)]


def withdrawn_quarters(appointment: Appointment) -> set[str]:
    """Quarters ("2026Q3") whose rank the appointment no longer has (M81).

    Its rating was corrected after the ranking was written down, or is withdrawn.
    """
    ranked = MonthlyRating.objects.filter(appointment=appointment, rank__isnull=False)
    gone = ranked.filter(Q(replaced_by__isnull=False) | Q(state=State.WITHDRAWN))
    return {period_of(rating.month) for rating in gone}


def _revise(
    rating: MonthlyRating, set_aside: SetAside, *, at: dt.datetime
) -> MonthlyRating:
    rated = _again(rating)
    pools = dict(_pool_of(rating))
    contents = records.build(rated.subject, rated.area, around(rated, pools))
    row = rating_of(Entry(rated, contents, None, None), pools, {}, at=at)
    row.replaces, row.because = rating, set_aside
    row.is_correction = rating.is_correction or rating.state in (
        State.PUBLICITY,
        State.PUBLISHED,
    )
    row.save()
    told.tell_office([row], at=at)
    return row


def _again(rating: MonthlyRating) -> Rated:
    """The appointment as it is rated today; it was in office then and so is again."""
    window = MonthWindow(
        district=rating.district_code,
        month=rating.month,
        revising=[rating.appointment_id],
    )
    return next(window.revised())


def _pool_of(rating: MonthlyRating) -> Iterator[tuple[str, Grouped]]:
    """The group that the rating was pooled in, as it was written down."""
    row = rating.pool
    if row is not None:
        pool = Pool.from_record(row.contents, row.scheme.method)
        yield rating.contents["appointment"], Grouped(pool, row)
