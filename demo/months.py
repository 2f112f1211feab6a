"""Months of the demo, by the verbs that pages and jobs use (domain 8).

Every ballot is sealed, opened and counted for real; only people and answers are
invented.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from ballots.actions import IssuedCode
from ballots.codes import printed
from ballots.models import Opening
from demo import rounds
from demo.calendar import Term
from evaluations import actions as rating_actions
from evaluations import rollup
from evaluations.actions import LEAST_DAYS
from officials.models import Division
from officials.working_days import add_working_days

TURNOUT_SO_FAR = 0.45
LIVE_CODES = 3


@dataclass(frozen=True, slots=True)
class LiveCode:
    community: str
    code: str


def tell_month(
    setting: rounds.Setting, term: Term, *, today: dt.date = dt.date.max
) -> None:
    """One closed month, from the draw to the published star, as far as today."""
    at = tell_figures(setting, term)
    tell_publication(setting, str(term.month), at=at, today=today)


def tell_figures(
    setting: rounds.Setting, term: Term, *, shares: Mapping[str, float] | None = None
) -> dt.datetime:
    """From the draw to the rolled-up month; when the box was opened.

    `shares`: street -> part of its target that takes part, where it is not all.
    """
    survey_round, codes = rounds.start_round(setting, term)
    rounds.cast_targets(survey_round, codes, shares=shares)
    if survey_round.month_in_cycle == 1:
        rounds.settle_two(survey_round, by=setting.clerk, at=term.closes_at)
    survey_round = rounds.finish_round(survey_round)
    at = Opening.objects.get(box=survey_round.box_id).opened_at
    rollup.roll_up(division=setting.district, month=str(term.month), by=SYSTEM, at=at)
    return at


def tell_publication(
    setting: rounds.Setting, month: str, *, at: dt.datetime, today: dt.date
) -> None:
    """Review, preview, notice, publication; as far as today."""
    preview, notice, out = publication_days(at)
    clerk, head = setting.clerk, setting.head
    steps: list[tuple[dt.datetime, User, Callable[..., object]]] = [
        (at, clerk, rating_actions.review_month),
        (preview, clerk, rating_actions.preview_month),
        (notice, head, rating_actions.start_publicity),
        (out, head, rating_actions.publish_month),
    ]
    for moment, by, step in steps:
        if timezone.localdate(moment) <= today:
            step(division=setting.district, month=month, by=by, at=moment)


def publication_days(at: dt.datetime) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """Of preview, notice and publication, when the box was opened `at`.

    Reviewed when the box was opened, previewed and put up on the next working days,
    published on the first day after the notice.
    """
    preview = working_days_after(at, 1)
    notice = working_days_after(preview, 1)
    return preview, notice, working_days_after(notice, LEAST_DAYS + 1)


def working_days_after(moment: dt.datetime, days: int) -> dt.datetime:
    """At the same hour, `days` working days later."""
    day = timezone.localdate(moment)
    return moment + (add_working_days(day, days).on - day)


def tell_open_month(
    setting: rounds.Setting, term: Term, *, today: dt.date
) -> Iterator[LiveCode]:
    survey_round, codes = rounds.start_round(setting, term)
    kept = spread(codes)
    rest = [issued for issued in codes if issued not in kept]
    rounds.cast_share(survey_round, rest, share=TURNOUT_SO_FAR, until=today)
    names = dict(Division.objects.values_list("code", "short_name"))
    for issued in kept:
        yield LiveCode(names[issued.stratum[:12]], printed(issued.code))


def spread(codes: list[IssuedCode]) -> list[IssuedCode]:
    """Three codes of three communities, to be tried by whoever starts the demo."""
    first_of = {issued.stratum: issued for issued in reversed(codes)}
    return [first_of[stratum] for stratum in sorted(first_of)][-LIVE_CODES:]
