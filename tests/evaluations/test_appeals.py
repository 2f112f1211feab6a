"""Appeals: who may file, until when, who answers, and what an annulled figure does."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, models, transaction

from accounts import roles
from accounts.models import User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import actions
from evaluations.appeal_queries import rounds_of, under_appeal
from evaluations.corrections import withdrawn_quarters
from evaluations.models import (
    Appeal,
    MonthlyRating,
    Publication,
    QuarterRanking,
    SetAside,
)
from evaluations.publication import Audience
from evaluations.queries import trends_of
from evaluations.recomputing import recompute
from evaluations.rollup import RolledUp
from evaluations.version_queries import lines_of, versions_of
from officials.accounts import link_account
from officials.models import Division
from officials.workday_actions import ensure_known_years
from surveys.models import Round
from tests.evaluations.world import (
    HEPING,
    SHUDELI,
    TAIANDAO,
    World,
    mixed,
    same,
)

State = MonthlyRating.State
JULY, AUGUST, SEPTEMBER = "2026-07", "2026-08", "2026-09"
MONTHS = (JULY, AUGUST, SEPTEMBER)
SIXTEEN = 16
MONDAY = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return MONDAY + dt.timedelta(days=number)


@pytest.fixture
def secretary(make_staff: Callable[..., User], world: World) -> User:
    """The rated person of 泰安道社区, with an account of their own."""
    user = make_staff("shuji", roles.RATED_PERSON, TAIANDAO)
    official = world.appointments[TAIANDAO].official
    link_account(official=official, user=user, by=SYSTEM, at=world.now)
    return user


@pytest.fixture
def reviewer(make_staff: Callable[..., User]) -> User:
    return make_staff("fuhe", roles.APPEAL_REVIEWER, HEPING)


@pytest.fixture
def rolled(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    """Three months of two communities; in August 泰安道 was marked down."""
    ensure_known_years(by=SYSTEM, at=MONDAY)
    scheme = world.quick_scheme()
    for month in MONTHS:
        level = 1 if month == AUGUST else 4
        answers = {TAIANDAO: same(level, 40), SHUDELI: mixed(40, seed=month)}
        world.tally(month, answers, scheme=scheme)
        roll_up(month)
    world.now = MONDAY
    return world


def appeal(world: World, by: User, *, month: str = SEPTEMBER, at: int = 1) -> Appeal:
    return actions.file_appeal(
        rating=world.rating(TAIANDAO, month),
        ground=Appeal.Ground.PROCESS,
        evidence="八月有人在楼下盯着填",
        by=by,
        at=day(at),
    )


def propose(world: World, found: Appeal, by: User, at: int = 2) -> SetAside:
    actions.accept_appeal(appeal=found, by=by, at=day(at))
    return actions.propose_set_aside(
        appeal=found,
        survey_round=Round.objects.get(period=AUGUST),
        reason="送达回执对不上",
        by=by,
        at=day(at),
    )


def countersign(world: World, act: SetAside, at: int = 3) -> list[MonthlyRating]:
    return actions.countersign_set_aside(
        set_aside=act, digest=act.digest, by=world.head, at=day(at)
    )


def test_an_appeal_is_due_in_ten_working_days(rolled: World, secretary: User) -> None:
    rolled.announce(SEPTEMBER)
    found = appeal(rolled, secretary)
    assert (found.filed_on, found.due_on, found.due_is_certain, found.state) == (
        dt.date(2026, 11, 3),
        dt.date(2026, 11, 17),
        True,
        Appeal.State.FILED,
    )
    assert not found.is_overdue(on=dt.date(2026, 11, 17))
    assert found.is_overdue(on=dt.date(2026, 11, 18))
    event = AuditEvent.objects.get(verb="appeal.filed")
    assert (event.actor, event.division) == ("shuji", TAIANDAO)


def test_an_appeal_is_taken_from_the_preview_to_the_last_day(
    rolled: World, secretary: User
) -> None:
    rolled.review(SEPTEMBER)
    with pytest.raises(actions.NotAppealable):
        appeal(rolled, secretary)
    what = {"division": rolled.district, "month": SEPTEMBER, "at": MONDAY}
    actions.preview_month(by=rolled.clerk, **what)
    early = appeal(rolled, secretary)
    assert early.notice is None
    actions.start_publicity(by=rolled.head, **what)
    with pytest.raises(actions.AppealFiled):
        appeal(rolled, secretary)


@pytest.mark.parametrize(("at", "taken"), [(7, True), (8, False)])
def test_the_last_day_of_the_notice_is_the_last_day(
    rolled: World, secretary: User, at: int, taken: bool
) -> None:
    notice = rolled.announce(SEPTEMBER)
    assert notice.ends_on == dt.date(2026, 11, 9)
    if taken:
        assert appeal(rolled, secretary, at=at).notice == notice
    else:
        with pytest.raises(actions.NotAppealable):
            appeal(rolled, secretary, at=at)


def test_nobody_appeals_for_somebody_else(
    rolled: World, secretary: User, clerk: User
) -> None:
    rolled.announce(SEPTEMBER)
    with pytest.raises(actions.NotYours):
        appeal(rolled, clerk)
    with pytest.raises(actions.NotYours):
        actions.file_appeal(
            rating=rolled.rating(SHUDELI, SEPTEMBER),
            ground=Appeal.Ground.OTHER,
            evidence="别人的",
            by=secretary,
            at=day(1),
        )
    assert Appeal.objects.count() == 0


def test_who_had_a_hand_in_it_does_not_decide(
    rolled: World, secretary: User, reviewer: User
) -> None:
    rolled.announce(SEPTEMBER)
    found = appeal(rolled, secretary)
    for hand in (rolled.clerk, rolled.head, secretary):
        with pytest.raises(actions.SamePerson):
            actions.accept_appeal(appeal=found, by=hand, at=day(2))
    actions.accept_appeal(appeal=found, by=reviewer, at=day(2))
    with pytest.raises(actions.WrongState):
        actions.accept_appeal(appeal=found, by=reviewer, at=day(2))
    decide = {"appeal": found, "decision": "rejected", "outcome": "无", "at": day(2)}
    with pytest.raises(actions.SamePerson):
        actions.decide_appeal(by=rolled.head, **decide)
    with (
        pytest.raises(IntegrityError, match="appeal_reviewed_by_another"),
        transaction.atomic(),
    ):
        models.QuerySet(Appeal).update(reviewer=secretary)


@pytest.mark.parametrize(
    ("decision", "state", "verb"),
    [
        ("remark", Appeal.State.UPHELD, "appeal.upheld"),
        ("rejected", Appeal.State.REJECTED, "appeal.rejected"),
    ],
)
def test_an_appeal_is_answered_once_in_words(
    rolled: World,
    secretary: User,
    reviewer: User,
    decision: str,
    state: str,
    verb: str,
) -> None:
    rolled.announce(SEPTEMBER)
    found = appeal(rolled, secretary)
    actions.accept_appeal(appeal=found, by=reviewer, at=day(2))
    answer = {"appeal": found, "by": reviewer, "at": day(4), "outcome": "回执齐全"}
    actions.decide_appeal(decision=decision, **answer)
    with pytest.raises(actions.WrongState):
        actions.decide_appeal(decision=decision, **answer)
    found.refresh_from_db()
    assert (found.state, found.outcome, found.reviewer) == (state, "回执齐全", reviewer)
    assert AuditEvent.objects.filter(verb=verb).count() == 1
    assert MonthlyRating.objects.filter(revision=2).count() == 0


def test_an_open_appeal_holds_up_nobody(rolled: World, secretary: User) -> None:
    """The month is published; who appealed stands in it with the mark."""
    rolled.announce(SEPTEMBER)
    appeal(rolled, secretary)
    actions.publish_month(
        division=rolled.district, month=SEPTEMBER, by=rolled.head, at=day(8)
    )
    marked = [rolled.rating(TAIANDAO, SEPTEMBER), rolled.rating(SHUDELI, SEPTEMBER)]
    assert {rating.state for rating in marked} == {State.PUBLISHED}
    assert under_appeal(marked) == {marked[0].pk}
    (version,) = versions_of(rolled.district, SEPTEMBER)
    assert [line.is_appealed for line in lines_of(version)] == [True, False]


def test_an_annulled_round_makes_the_next_revisions(
    rolled: World, secretary: User, reviewer: User
) -> None:
    """August and September rest on August; July does not, nor does the neighbour."""
    rolled.publish(AUGUST)
    rolled.announce(SEPTEMBER)
    neighbour = rolled.rating(SHUDELI, SEPTEMBER)
    before = rolled.rating(TAIANDAO, SEPTEMBER)
    act = propose(rolled, appeal(rolled, secretary), reviewer)
    assert rounds_of(before)[0].period == SEPTEMBER
    made = countersign(rolled, act)
    assert [(one.month, one.revision, one.is_correction) for one in made] == [
        (AUGUST, 2, True),
        (SEPTEMBER, 2, True),
    ]
    after = rolled.rating(TAIANDAO, SEPTEMBER)
    assert (before.usable, before.score) == (120, Decimal("50.000000"))
    assert (after.usable, after.score) == (80, Decimal("75.000000"))
    assert (after.replaces, after.because, after.state) == (
        before,
        act,
        State.COMPUTED,
    )
    assert after.contents["inputs"]["set_aside"] == [
        {"round": f"{HEPING}-{AUGUST}", "community": TAIANDAO}
    ]
    assert rolled.rating(SHUDELI, SEPTEMBER) == neighbour
    assert rolled.rating(TAIANDAO, JULY).revision == 1
    found = Appeal.objects.get()
    assert (found.state, found.outcome) == (Appeal.State.UPHELD, "送达回执对不上")
    assert rounds_of(before)[0].period == SEPTEMBER
    assert [one.period for one in rounds_of(before)] == [SEPTEMBER, JULY]


def test_every_revision_is_proven_to_the_byte(
    rolled: World,
    secretary: User,
    reviewer: User,
    roll_up: Callable[[str], RolledUp],
) -> None:
    """With what each knew; also of the months that are rolled up afterwards (M107)."""
    rolled.announce(SEPTEMBER)
    bytes_before = dict(MonthlyRating.objects.values_list("pk", "record"))
    countersign(rolled, propose(rolled, appeal(rolled, secretary), reviewer))
    scheme = rolled.rating(TAIANDAO, SEPTEMBER).scheme
    rolled.tally(
        "2026-10", {TAIANDAO: same(4, 40), SHUDELI: same(4, 40)}, scheme=scheme
    )
    roll_up("2026-10")
    later = rolled.rating(SHUDELI, "2026-10").contents["inputs"]
    assert later["set_aside"] == [
        {"round": f"{HEPING}-{AUGUST}", "community": TAIANDAO}
    ]
    kept = MonthlyRating.objects.filter(pk__in=bytes_before)
    assert dict(kept.values_list("pk", "record")) == bytes_before
    numbers = {
        month: recompute(district=HEPING, month=month) for month in (*MONTHS, "2026-10")
    }
    assert [
        [line for line in proof.differences if "snapshot" not in line]
        for proof in numbers.values()
    ] == [[], [], [], []]
    assert [proof.ratings for proof in numbers.values()] == [2, 3, 3, 2]


def test_a_street_that_comes_late_finds_the_correction_as_it_is(
    rolled: World,
    secretary: User,
    reviewer: User,
    roll_up: Callable[[str], RolledUp],
) -> None:
    rolled.announce(SEPTEMBER)
    countersign(rolled, propose(rolled, appeal(rolled, secretary), reviewer))
    stored = dict(MonthlyRating.objects.values_list("pk", "record_sha256"))
    rolled.appoint("120101001001")
    late = rolled.tally(
        SEPTEMBER, {"120101001001": same(4, 40)}, division="120101001001"
    )
    assert late.state == Round.State.TALLIED
    assert roll_up(SEPTEMBER).is_new
    again = MonthlyRating.objects.filter(pk__in=stored)
    assert dict(again.values_list("pk", "record_sha256")) == stored
    assert MonthlyRating.objects.count() == len(stored) + 1


def test_a_correction_goes_from_review_to_publication(
    rolled: World, secretary: User, reviewer: User
) -> None:
    """Version 2 with the reason, no second notice; version 1 stays readable."""
    rolled.announce(SEPTEMBER)
    act = propose(rolled, appeal(rolled, secretary, at=7), reviewer, at=7)
    what = {"division": rolled.district, "month": SEPTEMBER, "by": rolled.head}
    first = actions.publish_month(at=day(8), **what)
    countersign(rolled, act, at=9)
    assert set(
        MonthlyRating.objects.in_public()
        .filter(month=SEPTEMBER)
        .values_list("revision", flat=True)
    ) == {1}
    # While it is corrected the public's trend goes on with version 1.
    trend = trends_of([rolled.rating(TAIANDAO, SEPTEMBER)], SEPTEMBER, Audience.PUBLIC)
    assert [str(known[-1].score) for known in trend.values() if known[-1]] == ["50.0"]
    with pytest.raises(actions.NotReviewed):
        actions.publish_month(at=day(9), **what)
    actions.review_month(
        division=rolled.district, month=SEPTEMBER, by=rolled.clerk, at=day(9)
    )
    corrected = rolled.rating(TAIANDAO, SEPTEMBER)
    assert corrected.state == State.PREVIEWED
    assert corrected.result_notice.given_at == day(9)
    with pytest.raises(actions.NotAppealable):
        appeal(rolled, secretary, at=9)
    second = actions.publish_month(at=day(9), **what)
    assert (second.version, second.reason) == (2, "送达回执对不上")
    newest, oldest = versions_of(rolled.district, SEPTEMBER)
    assert (oldest.publication, oldest.replaced_by) == (first, second)
    scores = [str(lines_of(version)[0].figure.score) for version in (newest, oldest)]
    assert scores == ["75.0", "50.0"]
    public = MonthlyRating.objects.in_public().get(
        month=SEPTEMBER, community_id=TAIANDAO
    )
    assert public == corrected


def test_the_appeal_reviewer_does_not_publish_the_correction(
    rolled: World, secretary: User, make_staff: Callable[..., User]
) -> None:
    rolled.announce(SEPTEMBER)
    both = make_staff("both", roles.DEPARTMENT_HEAD, HEPING)
    countersign(rolled, propose(rolled, appeal(rolled, secretary), both))
    rolled.review(SEPTEMBER)
    what = {"division": rolled.district, "month": SEPTEMBER, "at": day(8)}
    with pytest.raises(actions.SamePerson):
        actions.publish_month(by=both, **what)
    assert actions.publish_month(by=rolled.head, **what).version == 1


def test_annulling_takes_two_persons_in_time_on_what_was_shown(
    rolled: World, secretary: User, reviewer: User
) -> None:
    rolled.announce(SEPTEMBER)
    act = propose(rolled, appeal(rolled, secretary), reviewer)
    sign = {"set_aside": act, "digest": act.digest}
    with pytest.raises(actions.SamePerson):
        actions.countersign_set_aside(by=reviewer, at=day(2), **sign)
    with pytest.raises(actions.SamePerson):
        actions.countersign_set_aside(by=secretary, at=day(2), **sign)
    with pytest.raises(actions.TooLate):
        actions.countersign_set_aside(by=rolled.head, at=day(5), **sign)
    with pytest.raises(actions.WrongState):
        actions.countersign_set_aside(
            set_aside=act, digest="0" * 64, by=rolled.head, at=day(2)
        )
    with pytest.raises(actions.WrongState):
        actions.decide_appeal(
            appeal=act.appeal, decision="rejected", outcome="无", by=reviewer, at=day(2)
        )
    actions.decline_set_aside(
        set_aside=act, answer="回执齐全", by=rolled.head, at=day(2)
    )
    assert SetAside.objects.count() == 1
    assert MonthlyRating.objects.filter(revision=2).count() == 0
    again = actions.propose_set_aside(
        appeal=act.appeal,
        survey_round=act.round,
        reason="另有证据",
        by=reviewer,
        at=day(3),
    )
    countersign(rolled, again)
    with pytest.raises(actions.WrongState):
        countersign(rolled, again)
    assert MonthlyRating.objects.filter(revision=2).count() == 2


def test_only_a_round_that_the_figure_rests_on_is_annulled(
    rolled: World, secretary: User, reviewer: User, roll_up: Callable[[str], RolledUp]
) -> None:
    rolled.announce(SEPTEMBER)
    found = appeal(rolled, secretary)
    actions.accept_appeal(appeal=found, by=reviewer, at=day(2))
    elsewhere = rolled.tally("2026-10", {SHUDELI: same(4, 40)})
    with pytest.raises(actions.RoundNotInWindow):
        actions.propose_set_aside(
            appeal=found, survey_round=elsewhere, reason="x", by=reviewer, at=day(2)
        )
    assert SetAside.objects.count() == 0


def test_a_rank_goes_with_the_figure_it_was_made_from(
    world: World,
    secretary: User,
    reviewer: User,
    roll_up: Callable[[str], RolledUp],
) -> None:
    """The others keep theirs, and ranking and group their bytes (M81, ADR 0026)."""
    more = Division.objects.communities().under("120101001").order_by("code")[:7]
    for division in more:
        world.appoint(division.code)
    scheme = world.quick_scheme()
    for month in MONTHS:
        places = enumerate(world.appointments)
        levels = {code: 2.0 + 0.2 * place for place, code in places}
        answers = {
            code: mixed(40, seed=f"{month}{code}", level=level)
            for code, level in levels.items()
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(month)
    world.now = MONDAY
    ranking = QuarterRanking.objects.get()
    ranked = world.rating(TAIANDAO, SEPTEMBER)
    assert ranked.rank == len(world.appointments) == SIXTEEN
    world.announce(SEPTEMBER)
    countersign(world, propose(world, appeal(world, secretary), reviewer))
    corrected = world.rating(TAIANDAO, SEPTEMBER)
    assert (corrected.rank, corrected.ranking, corrected.pool) == (
        None,
        None,
        ranked.pool,
    )
    assert corrected.shrunken is not None
    assert corrected.shrunken != ranked.shrunken
    assert withdrawn_quarters(world.appointments[TAIANDAO]) == {"2026Q3"}
    assert withdrawn_quarters(world.appointments[SHUDELI]) == set()
    assert QuarterRanking.objects.get().record == ranking.record
    assert world.rating(SHUDELI, SEPTEMBER).rank is not None
    proof = recompute(district=HEPING, month=SEPTEMBER)
    assert [line for line in proof.differences if "snapshot" not in line] == []


def test_a_community_whose_only_round_is_annulled_has_no_figure(
    world: World,
    secretary: User,
    reviewer: User,
    roll_up: Callable[[str], RolledUp],
) -> None:
    world.tally(AUGUST, {TAIANDAO: same(1, 40), SHUDELI: same(4, 40)})
    roll_up(AUGUST)
    world.now = MONDAY
    world.announce(AUGUST)
    found = appeal(world, secretary, month=AUGUST)
    countersign(world, propose(world, found, reviewer))
    corrected = world.rating(TAIANDAO, AUGUST)
    assert (corrected.usable, corrected.score, corrected.released) == (0, None, 0)
    world.review(AUGUST)
    actions.publish_month(
        division=world.district, month=AUGUST, by=world.head, at=day(8)
    )
    (version,) = versions_of(world.district, AUGUST)
    assert [line.figure.is_released for line in lines_of(version)] == [False, True]
    assert Publication.objects.get().reason == "送达回执对不上"
