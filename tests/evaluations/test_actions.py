"""Review, return, publish: who may, in which order, and what stays behind."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256

import pytest
from django.db import IntegrityError, models, transaction

from accounts.models import User
from audit.models import AuditEvent
from evaluations import actions
from evaluations.actions import publishing
from evaluations.models import MonthlyRating, Publication, PublishedRating
from evaluations.rollup import RolledUp
from surveys.models import Round
from tests.evaluations.world import NOTICE, SHUDELI, TAIANDAO, World, same

State = MonthlyRating.State
MONTH = "2026-10"


@pytest.fixture
def rolled(world: World, roll_up: Callable[[str], RolledUp]) -> World:
    """Two communities rated in October, waiting for review."""
    world.tally(MONTH, {TAIANDAO: same(4, 40), SHUDELI: same(3, 40)})
    roll_up(MONTH)
    return world


def review(world: World, by: User | None = None) -> int:
    return actions.review_month(
        division=world.district, month=MONTH, by=by or world.clerk, at=world.now
    )


def publish(world: World, by: User | None = None) -> Publication:
    """The last step, with the others before it where they are still to be done."""
    step = {"division": world.district, "month": MONTH}
    before = world.now - NOTICE
    if State.REVIEWED in states():
        actions.preview_month(by=world.clerk, at=before, **step)
    if State.PREVIEWED in states():
        actions.start_publicity(by=world.head, at=before, **step)
    return actions.publish_month(by=by or world.head, at=world.now, **step)


def states() -> set[str]:
    return set(MonthlyRating.objects.values_list("state", flat=True))


def test_a_month_is_reviewed_once(rolled: World) -> None:
    assert (review(rolled), review(rolled)) == (2, 0)
    rating = rolled.rating(TAIANDAO, MONTH)
    assert (rating.state, rating.reviewed_by) == (State.REVIEWED, rolled.clerk)
    events = AuditEvent.objects.filter(verb="ratings.reviewed")
    assert [(event.actor, event.division) for event in events] == [("clerk", "120101")]


def test_a_returned_rating_says_why_and_blocks_the_month(rolled: World) -> None:
    review(rolled)
    rating = rolled.rating(TAIANDAO, MONTH)
    actions.return_rating(
        rating=rating, reason="三月的纸质票对不上", by=rolled.head, at=rolled.now
    )
    with pytest.raises(actions.NotReviewed) as refused:
        publish(rolled)
    assert refused.value.communities == [TAIANDAO]
    returned = rolled.rating(TAIANDAO, MONTH)
    assert (returned.return_reason, returned.reviewed_by) == (
        "三月的纸质票对不上",
        None,
    )
    assert review(rolled) == 0
    assert (
        actions.review_ratings(
            ratings=[returned], by=rolled.clerk, at=rolled.now, note="已核对"
        )
        == 1
    )
    assert publish(rolled).version == 1


def test_what_is_published_cannot_be_returned(rolled: World) -> None:
    review(rolled)
    publish(rolled)
    with pytest.raises(actions.WrongState):
        actions.return_rating(
            rating=rolled.rating(TAIANDAO, MONTH),
            reason="晚了",
            by=rolled.clerk,
            at=rolled.now,
        )
    assert states() == {State.PUBLISHED}


def test_the_reviewer_does_not_publish(rolled: World) -> None:
    review(rolled, by=rolled.head)
    with pytest.raises(actions.SamePerson):
        publish(rolled, by=rolled.head)
    assert states() == {State.PREVIEWED}
    assert Publication.objects.count() == 0


def test_the_database_too_refuses_one_person_for_both(rolled: World) -> None:
    review(rolled)
    with (
        pytest.raises(IntegrityError, match="rating_published_by_another"),
        transaction.atomic(),
    ):
        models.QuerySet(MonthlyRating).update(
            state=State.PUBLISHED, published_by=rolled.clerk, published_at=rolled.now
        )
    with (
        pytest.raises(IntegrityError, match="publication_by_another"),
        transaction.atomic(),
    ):
        Publication.objects.create(
            division=rolled.district,
            month=MONTH,
            version=1,
            digest="0" * 64,
            reviewed_by=rolled.clerk,
            reviewed_at=rolled.now,
            published_by=rolled.clerk,
            published_at=rolled.now,
        )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "reviewed"}, "rating_reviewed_by_somebody"),
        ({"state": "returned"}, "rating_returned_with_reason"),
        ({"state": "published"}, "rating_(reviewed|published)_by_somebody"),
        ({"star": 6}, "rating_star_1_to_5"),
        (
            {"score": Decimal("101"), "low": None, "high": None},
            "rating_score_0_to_100",
        ),
        ({"low": Decimal("99")}, "rating_interval_holds_score"),
        ({"revision": 2}, "rating_revision_(replaces|has_reason)"),
    ],
)
def test_a_rating_that_breaks_a_promise_is_not_stored(
    rolled: World, change: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        models.QuerySet(MonthlyRating).filter(community_id=TAIANDAO).update(**change)


def test_publishing_stamps_the_records_and_their_round(rolled: World) -> None:
    review(rolled)
    publication = publish(rolled)
    ratings = MonthlyRating.objects.order_by("appointment_id")
    lines = "\n".join(rating.record_sha256 for rating in ratings)
    assert publication.digest == sha256(lines.encode()).hexdigest()
    assert states() == {State.PUBLISHED}
    assert {rating.published_by_id for rating in ratings} == {rolled.head.pk}
    assert Round.objects.get().state == Round.State.PUBLISHED
    assert PublishedRating.objects.filter(publication=publication).count() == 2
    event = AuditEvent.objects.get(verb="month.published")
    assert (event.actor, event.target_id) == ("head", str(publication.pk))


def test_nothing_is_published_twice(rolled: World) -> None:
    review(rolled)
    publish(rolled)
    with pytest.raises(actions.NothingToPublish):
        publish(rolled)
    assert Publication.objects.count() == 1


def test_a_month_that_was_not_rolled_up_has_nothing_to_publish(world: World) -> None:
    with pytest.raises(actions.NothingToPublish):
        publish(world)


def test_a_street_that_comes_late_makes_a_second_version(
    rolled: World, roll_up: Callable[[str], RolledUp]
) -> None:
    review(rolled)
    first = publish(rolled)
    rolled.appoint("120101001001")
    rolled.tally(MONTH, {"120101001001": same(4, 40)}, division="120101001001")
    roll_up(MONTH)
    review(rolled)
    second = publish(rolled)
    first.refresh_from_db()
    assert (first.superseded, second.version, second.superseded) == (True, 2, False)
    assert second.entries.count() == 3
    assert first.entries.count() == 2


def test_without_its_event_nothing_is_published(
    rolled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(rolled)

    def no_trail(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(publishing, "record", no_trail)
    with pytest.raises(OSError):  # noqa: PT011
        publish(rolled)
    assert states() == {State.PUBLICITY}
    assert Publication.objects.count() == 0
    assert Round.objects.get().state == Round.State.TALLIED


def test_a_closed_year_is_decided_once(world: World) -> None:
    entry = {
        "appointment": world.appointments[TAIANDAO],
        "year": 2025,
        "stars": 4,
        "score": Decimal("86.4"),
        "basis": "年度评星定级",
        "by": world.head,
        "at": world.now,
    }
    actions.enter_closed_year(**entry)
    with pytest.raises(actions.YearIsClosed):
        actions.enter_closed_year(**{**entry, "stars": 5})
    event = AuditEvent.objects.get(verb="year.closed")
    assert event.division == TAIANDAO
