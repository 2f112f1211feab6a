"""Preview, notice, publication, withdrawal: the way of a month (T92, T130, T131)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, models, transaction

from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import actions
from evaluations.models import (
    FiguresAreFinal,
    MonthlyRating,
    Publication,
    PublicityNotice,
    ResultNotice,
    Withdrawal,
)
from evaluations.rollup import RolledUp
from evaluations.version_queries import lines_of, versions_of
from officials.workday_actions import ensure_known_years
from tests.evaluations.world import SHUDELI, TAIANDAO, World, same

State = MonthlyRating.State
MONTH = "2026-10"
# A Monday: five working days later it is the Monday after.
MONDAY = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)
LAST_DAY = dt.date(2026, 11, 9)


def day(number: int) -> dt.datetime:
    """Ten in the morning, `number` days after that Monday, in Tianjin."""
    return MONDAY + dt.timedelta(days=number)


@pytest.fixture
def rolled(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    ensure_known_years(by=SYSTEM, at=MONDAY)
    world.tally(MONTH, {TAIANDAO: same(4, 40), SHUDELI: same(3, 40)})
    roll_up(MONTH)
    world.now = MONDAY
    return world


def preview(world: World, at: dt.datetime = MONDAY) -> int:
    return actions.preview_month(
        division=world.district, month=MONTH, by=world.clerk, at=at
    )


def announce(world: World, **more: object) -> PublicityNotice:
    what = {"by": world.head, "at": MONDAY, **more}
    return actions.start_publicity(division=world.district, month=MONTH, **what)


def publish(world: World, at: dt.datetime) -> Publication:
    return actions.publish_month(
        division=world.district, month=MONTH, by=world.head, at=at
    )


def states() -> set[str]:
    return set(MonthlyRating.objects.values_list("state", flat=True))


def test_a_month_goes_from_review_to_publication(rolled: World) -> None:
    rolled.review(MONTH)
    assert (preview(rolled), states()) == (2, {State.PREVIEWED})
    shown = ResultNotice.objects.values_list("rating__community_id", "appointment_id")
    assert set(shown) == {
        (code, rolled.appointments[code].pk) for code in (TAIANDAO, SHUDELI)
    }
    notice = announce(rolled)
    assert (notice.starts_on, notice.ends_on, notice.days, notice.is_certain) == (
        dt.date(2026, 11, 2),
        LAST_DAY,
        5,
        True,
    )
    assert (states(), notice.entries.count()) == ({State.PUBLICITY}, 2)
    publication = publish(rolled, day(8))
    assert (publication.version, publication.reason, states()) == (
        1,
        "",
        {State.PUBLISHED},
    )
    verbs = AuditEvent.objects.filter(verb__startswith="month.").order_by("seq")
    assert list(verbs.values_list("verb", flat=True)) == [
        "month.rolled_up",
        "month.previewed",
        "month.announced",
        "month.published",
    ]


def test_nothing_is_published_while_the_notice_hangs(rolled: World) -> None:
    rolled.announce(MONTH)
    for number in (0, 6, 7):
        with pytest.raises(actions.NoticeRuns) as refused:
            publish(rolled, day(number))
        assert refused.value.ends_on == LAST_DAY
    # The last day is over at midnight in Tianjin, not in Greenwich.
    midnight = dt.datetime(2026, 11, 9, 16, tzinfo=dt.UTC)
    with pytest.raises(actions.NoticeRuns):
        publish(rolled, midnight - dt.timedelta(seconds=1))
    assert publish(rolled, midnight).version == 1


def test_no_step_is_left_out(rolled: World) -> None:
    with pytest.raises(actions.NotReviewed):
        preview(rolled)
    with pytest.raises(actions.NotReviewed):
        announce(rolled)
    rolled.review(MONTH)
    with pytest.raises(actions.NotPreviewed) as unseen:
        announce(rolled)
    assert unseen.value.communities == [TAIANDAO, SHUDELI]
    with pytest.raises(actions.NotAnnounced):
        publish(rolled, day(8))
    preview(rolled)
    with pytest.raises(actions.NotAnnounced) as unhung:
        publish(rolled, day(8))
    assert unhung.value.communities == [TAIANDAO, SHUDELI]
    with pytest.raises(actions.NothingToPreview):
        preview(rolled)
    announce(rolled)
    with pytest.raises(actions.NothingToAnnounce):
        announce(rolled)
    assert states() == {State.PUBLICITY}


def test_who_reviewed_does_not_put_it_up(rolled: World) -> None:
    rolled.review(MONTH, by=rolled.head)
    preview(rolled)
    with pytest.raises(actions.SamePerson):
        announce(rolled)
    assert (states(), PublicityNotice.objects.count()) == ({State.PREVIEWED}, 0)


def test_only_what_the_page_showed_is_put_up(rolled: World) -> None:
    rolled.review(MONTH)
    preview(rolled)
    with pytest.raises(actions.NotWhatWasShown):
        announce(rolled, digest="0" * 64)
    shown = actions.digest_of(MonthlyRating.objects.all())
    assert announce(rolled, digest=shown).digest == shown


def test_a_notice_hangs_five_days_at_least(rolled: World) -> None:
    rolled.review(MONTH)
    preview(rolled)
    with (
        pytest.raises(IntegrityError, match="notice_five_days_at_least"),
        transaction.atomic(),
    ):
        announce(rolled, days=4)
    assert announce(rolled, days=7).ends_on == dt.date(2026, 11, 11)


def test_what_was_shown_to_the_person_may_still_be_returned(rolled: World) -> None:
    rolled.review(MONTH)
    preview(rolled)
    rating = rolled.rating(TAIANDAO, MONTH)
    actions.return_rating(rating=rating, reason="核对", by=rolled.head, at=MONDAY)
    with pytest.raises(actions.NotReviewed):
        announce(rolled)
    actions.review_ratings(ratings=[rating], by=rolled.clerk, at=MONDAY)
    assert preview(rolled) == 1
    assert ResultNotice.objects.count() == 2
    announce(rolled)
    with pytest.raises(actions.WrongState):
        actions.return_rating(rating=rating, reason="晚了", by=rolled.head, at=MONDAY)


def test_notices_and_what_they_list_are_not_rewritten(rolled: World) -> None:
    notice = rolled.announce(MONTH)
    with pytest.raises(FiguresAreFinal):
        PublicityNotice.objects.update(ends_on=LAST_DAY)
    with pytest.raises(FiguresAreFinal):
        notice.delete()
    with pytest.raises(FiguresAreFinal):
        notice.save()


def withdraw(world: World, *, reason: str = "算错了抽样框") -> Withdrawal:
    """Proposed by the clerk, agreed to by the head."""
    withdrawal = actions.propose_withdrawal(
        publication=Publication.objects.get(superseded=False),
        reason=reason,
        by=world.clerk,
        at=day(9),
    )
    actions.withdraw_publication(
        withdrawal=withdrawal, digest=withdrawal.digest, by=world.head, at=day(9)
    )
    return withdrawal


def test_a_withdrawn_month_shows_why_and_no_figures(rolled: World) -> None:
    rolled.announce(MONTH)
    publish(rolled, day(8))
    withdraw(rolled)
    assert states() == {State.WITHDRAWN}
    assert MonthlyRating.objects.in_public().count() == 0
    (version,) = versions_of(rolled.district, MONTH)
    assert (version.publication.withdrawn, lines_of(version)) == (True, [])
    assert version.taken_back.reason == "算错了抽样框"
    event = AuditEvent.objects.get(verb="month.withdrawn")
    assert (event.actor, event.division) == ("head", "120101")


def test_a_withdrawn_month_goes_the_whole_way_again(rolled: World) -> None:
    rolled.announce(MONTH)
    publish(rolled, day(8))
    withdraw(rolled)
    assert rolled.review(MONTH) == 2
    with pytest.raises(actions.NotAnnounced):
        publish(rolled, day(10))
    preview(rolled, day(10))
    assert announce(rolled, at=day(10)).number == 2
    second = publish(rolled, day(20))
    assert (second.version, second.reason, states()) == (
        2,
        "算错了抽样框",
        {State.PUBLISHED},
    )
    newest, oldest = versions_of(rolled.district, MONTH)
    assert (len(lines_of(newest)), lines_of(oldest)) == (2, [])
    assert MonthlyRating.objects.in_public().count() == 2


def test_a_withdrawal_takes_two_persons_in_time(rolled: World) -> None:
    rolled.announce(MONTH)
    publication = publish(rolled, day(8))
    what = {"publication": publication, "reason": "错", "at": day(9)}
    withdrawal = actions.propose_withdrawal(by=rolled.head, **what)
    agree = {"withdrawal": withdrawal, "digest": withdrawal.digest}
    with pytest.raises(actions.WrongState):
        actions.propose_withdrawal(by=rolled.clerk, **what)
    with pytest.raises(actions.SamePerson):
        actions.withdraw_publication(by=rolled.head, at=day(9), **agree)
    with pytest.raises(actions.TooLate):
        actions.withdraw_publication(by=rolled.clerk, at=day(12), **agree)
    with pytest.raises(actions.WrongState):
        actions.withdraw_publication(
            withdrawal=withdrawal, digest="0" * 64, by=rolled.clerk, at=day(9)
        )
    actions.decline_withdrawal(
        withdrawal=withdrawal, answer="没有错", by=rolled.clerk, at=day(9)
    )
    assert (states(), Withdrawal.objects.get().state) == (
        {State.PUBLISHED},
        Withdrawal.State.DECLINED,
    )
    again = actions.propose_withdrawal(by=rolled.head, **what)
    with (
        pytest.raises(IntegrityError, match="withdrawal_by_another"),
        transaction.atomic(),
    ):
        models.QuerySet(Withdrawal).filter(pk=again.pk).update(
            state="done", slot="1", answered_by=rolled.head, answered_at=day(9)
        )


def test_an_old_version_cannot_be_withdrawn(
    rolled: World, roll_up: Callable[[str], RolledUp]
) -> None:
    rolled.announce(MONTH)
    first = publish(rolled, day(8))
    rolled.appoint("120101001001")
    rolled.tally(MONTH, {"120101001001": same(4, 40)}, division="120101001001")
    roll_up(MONTH)
    rolled.announce(MONTH, at=day(9))
    publish(rolled, day(30))
    with pytest.raises(actions.WrongState):
        actions.propose_withdrawal(
            publication=first, reason="旧版", by=rolled.clerk, at=day(30)
        )
    newest, oldest = versions_of(rolled.district, MONTH)
    assert (len(lines_of(newest)), len(lines_of(oldest))) == (3, 2)
    assert oldest.replaced_by == newest.publication
