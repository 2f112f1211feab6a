"""What happens by itself: through the function, the task and the command."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.prefixes import Scopes
from audit.actions import SYSTEM
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    ColorWarning,
    Measure,
    ScoreSheet,
)
from evaluations.quarter_calendar import month_of
from evaluations.quarter_upkeep import KeptUp, keep_up
from evaluations.tasks import keep_up_assessment
from tests.evaluations.quarter.world import ONE_INDICATOR, QuarterWorld, moment

FIRST = moment(dt.date(2026, 10, 1))


def test_the_task_opens_the_month_that_has_begun(quarter_world: QuarterWorld) -> None:
    head = quarter_world.appoint_one()
    keep_up_assessment()
    keep_up_assessment()
    sheet = ScoreSheet.objects.get()
    assert (sheet.appointment, sheet.period.code) == (
        head,
        month_of(timezone.localdate()),
    )


def test_newcomers_join_on_the_next_day(quarter_world: QuarterWorld) -> None:
    quarter_world.appoint_one()
    assert keep_up(by=SYSTEM, at=FIRST) == KeptUp(1, 0, 0, ())
    quarter_world.appoint_one(starts_on=dt.date(2026, 10, 1))
    next_day = FIRST + dt.timedelta(days=1)
    assert keep_up(by=SYSTEM, at=next_day) == KeptUp(0, 1, 0, ())
    assert keep_up(by=SYSTEM, at=next_day) == KeptUp(0, 0, 0, ())


def test_two_schemes_for_one_post_are_named_and_stop_nothing(
    quarter_world: QuarterWorld,
) -> None:
    head = quarter_world.appoint_one()
    quarter_world.make_scheme(ONE_INDICATOR, code="second")
    done = keep_up(by=SYSTEM, at=FIRST)
    assert (done.opened, done.refused) == (1, (f"second/1 2026-10: {head}",))
    with pytest.raises(CommandError, match="second/1"):
        call_command("keep_up_assessment")


def test_a_place_sees_what_is_under_it_and_nothing_else(
    quarter_world: QuarterWorld,
) -> None:
    people = quarter_world.appoint(3)
    quarter_world.replace_scheme(
        colors=[
            {
                "color": "yellow",
                "conditions": [{"figure": "total_below", "threshold": 70}],
            }
        ]
    )
    quarter_world.final("2026Q4", dict(zip(people, (90, 80, 65), strict=True)))
    verbs.propose_colors(
        period=quarter_world.period("2026Q4"),
        by=SYSTEM,
        at=moment(dt.date(2027, 3, 1)),
    )
    here, elsewhere = Scopes(("120101",)), Scopes(("230402",))
    counts = {}
    for model in (AssessmentPeriod, ScoreSheet, Measure, ColorWarning):
        rows = model.objects
        found = (rows.all().within(here).count(), rows.all().under("120101").count())
        assert found[0] == found[1] == rows.count()
        assert rows.all().within(elsewhere).count() == 0
        assert rows.all().under("230402").count() == 0
        counts[model.__name__] = found[0]
    assert counts == {
        "AssessmentPeriod": 4,
        "ScoreSheet": 12,
        "Measure": 1,
        "ColorWarning": 1,
    }
