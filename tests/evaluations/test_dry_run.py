"""A draft on last quarter's data: nothing is written, and only counts come out."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import dry_run_actions, dry_running, rollup, scheme_actions
from evaluations.models import (
    AssessmentScheme,
    DryRun,
    DryRunIsWritten,
    MonthlyRating,
)
from evaluations.scheme_readiness import content_digest
from officials.models import Division
from tests.evaluations.test_groups import communities
from tests.evaluations.world import HEPING, World, mixed
from tests.infra.digest import tables

QUARTER = ("2026-10", "2026-11", "2026-12")
LAST = QUARTER[-1]


@pytest.fixture
def wide(heping: Division, clerk: User, head: User) -> World:
    """Sixteen communities: enough to pool, to star and to rank."""
    world = World(clerk=clerk, head=head, communities=communities(HEPING, 16))
    world.scheme = world.quick_scheme()
    for month in QUARTER:
        world.tally(
            month,
            {
                code: mixed(40, seed=f"{code} {month}", level=2.6 + 0.1 * place)
                for place, code in enumerate(world.communities)
            },
            scheme=world.scheme,
        )
        rollup.roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    return world


@pytest.fixture
def draft(wide: World) -> AssessmentScheme:
    return scheme_actions.draft_copy(
        scheme=wide.scheme, division=wide.district, by=wide.clerk, at=wide.now
    )


def edited(world: World, draft: AssessmentScheme, **fields: object) -> AssessmentScheme:
    """The draft with other values, as `a_b` for `a.b`."""
    return scheme_actions.edit_draft(
        scheme=draft,
        seen=content_digest(draft),
        fields={name.replace("_", ".", 1): value for name, value in fields.items()},
        bases={},
        by=world.clerk,
        at=world.now,
    )


def tried(world: World, draft: AssessmentScheme) -> DryRun:
    asked = dry_run_actions.ask_dry_run(
        scheme=draft, district=world.district, by=world.clerk, at=world.now
    )
    return dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=world.now)


def test_a_copy_without_a_change_changes_nothing(
    wide: World, draft: AssessmentScheme
) -> None:
    report = tried(wide, draft).contents
    same = {"same": 16, "up": 0, "down": 0, "gained": 0, "lost": 0}
    nothing = {"up": [16, 0, 0, 0, 0, 0], "down": [0] * 6}
    assert [line["month"] for line in report["months"]] == list(QUARTER)
    assert [line["stars"] for line in report["months"]] == [same] * 3
    assert [line["shifts"] for line in report["months"]] == [nothing] * 3
    assert report["stars"] == []
    ranks = report["ranks"]
    assert (ranks["both"], ranks["places"], ranks["tiers"]) == (16, 0, 0)
    assert ranks["last_before"] == ranks["last_after"]


def test_a_copy_gives_every_figure_to_the_byte(
    wide: World, draft: AssessmentScheme
) -> None:
    """But for the version's own name: the same path as the roll-up (M107)."""
    before: dict[int, MonthlyRating] = {}
    for month in QUARTER:
        window = dry_running.TrialWindow(
            district=HEPING, month=month, scheme=draft, before=before
        )
        trials = dry_running._trials(window, draft)
        stands = {
            rating.appointment_id: rating
            for rating in MonthlyRating.objects.current().of_month(month)
        }
        assert set(trials) == set(stands)
        for pk, trial in trials.items():
            stored = stands[pk].contents
            for part in ("figures", "window", "star", "decisions"):
                assert trial.contents[part] == stored[part], (month, pk, part)
        before = {pk: trial.rating for pk, trial in trials.items()}


def test_lower_cut_points_lift_stars_and_move_no_score(
    wide: World, draft: AssessmentScheme
) -> None:
    draft = edited(wide, draft, star_cuts=["30", "40", "50", "60"])
    report = tried(wide, draft).contents
    last = report["months"][-1]
    assert last["stars"]["up"] > 0
    assert last["stars"]["down"] == 0
    assert last["shifts"] == {"up": [16, 0, 0, 0, 0, 0], "down": [0] * 6}
    assert len(report["stars"]) == last["stars"]["up"]
    assert all(row["new"] > row["old"] for row in report["stars"])


def test_a_higher_star_floor_takes_stars_and_ranks_away(
    wide: World, draft: AssessmentScheme
) -> None:
    draft = edited(wide, draft, publish_star=1000, publish_star_reliable=1000)
    report = tried(wide, draft).contents
    assert report["months"][-1]["stars"]["lost"] == 16
    assert (report["ranks"]["before"], report["ranks"]["after"]) == (16, 0)


def test_a_window_that_would_give_few_away_is_not_compared(
    heping: Division, clerk: User, head: User
) -> None:
    """Twelve months less eleven is one month: seven answers, nobody's to know (M86)."""
    world = World(clerk=clerk, head=head, communities=communities(HEPING, 1))
    world.scheme = world.make_scheme(window_months=4, sampling_rate="0.01")
    for month in ("2026-09", *QUARTER):
        world.tally(
            month,
            {world.communities[0]: mixed(40 if month == LAST else 7, seed=month)},
            scheme=world.scheme,
        )
        rollup.roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    draft = scheme_actions.draft_copy(
        scheme=world.scheme, division=world.district, by=clerk, at=world.now
    )
    assert tried(world, draft).contents["months"][-1]["compared"] == 1
    draft = edited(world, draft, window_months=3)
    last = tried(world, draft).contents["months"][-1]
    assert (last["rated"], last["compared"], last["hidden"]) == (1, 0, 1)


def test_a_raised_floor_hides_what_it_hides(
    wide: World, draft: AssessmentScheme
) -> None:
    draft = edited(wide, draft, publish_floor=200)
    last = tried(wide, draft).contents["months"][-1]
    assert (last["compared"], last["hidden"]) == (0, 16)


def test_nothing_but_the_report_is_written(
    wide: World, draft: AssessmentScheme
) -> None:
    draft = edited(wide, draft, window_months=6, star_cuts=["50", "60", "70", "80"])
    asked = dry_run_actions.ask_dry_run(
        scheme=draft, district=wide.district, by=wide.clerk, at=wide.now
    )
    before = tables()
    report = dry_running.try_on(draft, district=HEPING, months=QUARTER)
    assert tables() == before
    done = dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=wide.now)
    assert done.contents == report


def test_a_report_is_written_once_and_never_changed(
    wide: World, draft: AssessmentScheme
) -> None:
    done = tried(wide, draft)
    again = dry_run_actions.carry_out(dry_run=done, by=SYSTEM, at=wide.now)
    assert (again.record, again.done_at) == (done.record, done.done_at)
    with pytest.raises(DryRunIsWritten):
        DryRun.objects.filter(pk=done.pk).update(record="{}")
    with pytest.raises(DryRunIsWritten):
        DryRun.objects.all().delete()
    with pytest.raises(DryRunIsWritten):
        done.save()


def test_a_draft_that_moved_on_is_not_tried(
    wide: World, draft: AssessmentScheme
) -> None:
    asked = dry_run_actions.ask_dry_run(
        scheme=draft, district=wide.district, by=wide.clerk, at=wide.now
    )
    edited(wide, draft, star_hysteresis="0.5")
    with pytest.raises(dry_run_actions.DraftMovedOn):
        dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=wide.now)
    assert DryRun.objects.get().state == DryRun.State.ASKED


def test_nothing_is_tried_where_nothing_is_rolled_up(
    heping: Division, clerk: User, head: User
) -> None:
    world = World(clerk=clerk, head=head, communities=communities(HEPING, 1))
    draft = scheme_actions.draft_copy(
        scheme=world.scheme, division=world.district, by=clerk, at=world.now
    )
    with pytest.raises(dry_run_actions.NothingToTry):
        dry_run_actions.ask_dry_run(
            scheme=draft, district=world.district, by=clerk, at=world.now
        )


def test_the_same_is_not_asked_twice(wide: World, draft: AssessmentScheme) -> None:
    ask: Callable[[], DryRun] = lambda: dry_run_actions.ask_dry_run(  # noqa: E731
        scheme=draft, district=wide.district, by=wide.clerk, at=wide.now
    )
    ask()
    with pytest.raises(dry_run_actions.AlreadyAsked):
        ask()


def test_shifts_are_counted_by_band_and_direction() -> None:
    shifts = ["0", "0.1", "-0.5", "0.6", "-2.0", "2.1", "-7"]
    assert dry_running.banded(map(Decimal, shifts)) == {
        "up": [1, 1, 1, 0, 1, 0],
        "down": [0, 1, 0, 1, 0, 1],
    }
