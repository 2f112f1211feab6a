"""评星定级 of a year: proposed by one, decided by another, printed with its numbers."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.models import User
from audit.models import AuditEvent
from evaluations import actions, star_actions, year_stars
from evaluations.models import FiguresAreFinal, MonthlyRating, StarRating
from evaluations.rollup import RolledUp
from tests.conftest import HEPING
from tests.evaluations.world import (
    FRAME,
    KAIFENGDAO,
    NINE,
    TAIANDAO,
    World,
    mixed,
    months,
    told,
)
from tests.infra.digest import tables

YEAR = 2026
MONTH = "2026-12"
RollUp = Callable[[str], RolledUp]
State = StarRating.State
SPLIT = (110, 119, 135, 127, 122, 109, 137, 125, 154)


def tell_year(
    world: World, roll_up: RollUp, counts: dict[str, int], *, rate: str = "0.01"
) -> None:
    """Three months with a full window: `counts` households in all, in thirds."""
    scheme = world.make_scheme(window_months=3, sampling_rate=rate)
    for place, month in enumerate(months(MONTH, 3)):
        answers = {
            code: mixed(
                (count + place) // 3,
                seed=code + month,
                level=5.6 if code == KAIFENGDAO else 4.0,
            )
            for code, count in counts.items()
        }
        world.tally(month, answers, scheme=scheme)
        roll_up(month)
        world.publish(month)


def enter_last_year(world: World, code: str, **fields: object) -> StarRating:
    return StarRating.objects.create(
        appointment=world.appointments[code],
        year=YEAR - 1,
        stars=4,
        score=Decimal("86.4"),
        basis="小白楼街道2025年评星定级",
        decided_by=world.head,
        decided_at=world.now,
        **fields,
    )


@pytest.fixture
def year(world: World, roll_up: RollUp) -> World:
    """Two secretaries with 120 households each; one had four stars."""
    enter_last_year(world, KAIFENGDAO, items='{"1": "88.0", "2": "90.5", "3": "99.0"}')
    tell_year(world, roll_up, {KAIFENGDAO: 120, TAIANDAO: 120})
    return world


def propose(world: World, by: User | None = None) -> int:
    return star_actions.propose_year_stars(
        division=world.district, year=YEAR, by=by or world.clerk, at=world.now
    )


def decide(world: World, by: User | None = None, digest: str = "") -> int:
    waiting = list(StarRating.objects.filter(state=State.PROPOSED))
    return star_actions.decide_year_stars(
        division=world.district,
        year=YEAR,
        stars=waiting,
        digest=digest or star_actions.digest_of(waiting),
        by=by or world.head,
        at=world.now,
    )


def publish_stars(world: World) -> int:
    return star_actions.publish_year_stars(
        division=world.district, year=YEAR, by=world.head, at=world.now
    )


def star_of(world: World, code: str) -> StarRating:
    return StarRating.objects.get(appointment=world.appointments[code], year=YEAR)


@pytest.mark.parametrize(
    ("completed", "mark", "star"),
    [(1_138, "", "四星→五星"), (1_137, "未达到10%", "仍是四星")],
)
def test_h4_a_tenth_of_the_street_is_needed_and_the_sheet_prints_four_to_five(
    world: World,
    roll_up: RollUp,
    clerk_client: Client,
    completed: int,
    mark: str,
    star: str,
) -> None:
    """H4: 11,380 households, 1,138 wanted; 1,137 warn and move no star."""
    assert sum(FRAME.values()) == 11_380
    counts = dict(zip(NINE, SPLIT, strict=True))
    counts[TAIANDAO] -= 1_138 - completed
    assert sum(counts.values()) == completed
    enter_last_year(world, KAIFENGDAO)
    tell_year(world, roll_up, counts, rate="0.10")
    (area,) = year_stars.targets_of(year_stars.readings_of_year(HEPING, YEAR))
    assert (area.frame, area.row.target, area.row.usable) == (11_380, 1_138, completed)
    assert tuple(part for _place, _frame, part in area.parts) == SPLIT
    assert area.mark_text == mark
    propose(world)
    decide(world)
    publish_stars(world)
    page, sheet = clerk_client.get(year_url()), clerk_client.get(sheet_url(world))
    assertContains(sheet, f'<p class="year-star">{star}</p>', html=True)
    rating = world.rating(KAIFENGDAO, MONTH)
    assert rating.usable == 154
    for number in (f"{rating.score:.1f}", "上年 86.4", "154", "60 / 70 / 80 / 90"):
        assertContains(sheet, number)
    assert ("未达到10%" in told(sheet.content)) == bool(mark)
    assert ("未达到10%" in told(page.content)) == bool(mark)
    assertContains(page, f"完成 {completed} 户")


def test_one_proposes_and_another_decides(year: World) -> None:
    assert propose(year) == 2
    star = star_of(year, KAIFENGDAO)
    assert (star.state, star.previous, star.stars, star.proposed_by) == (
        State.PROPOSED,
        4,
        5,
        year.clerk,
    )
    with pytest.raises(actions.SamePerson):
        decide(year, by=year.clerk)
    assert decide(year) == 2
    assert star_of(year, KAIFENGDAO).decided_by == year.head
    assert publish_stars(year) == 2
    assert star_of(year, KAIFENGDAO).state == State.PUBLISHED
    verbs = AuditEvent.objects.filter(verb__startswith="year_stars.").order_by("seq")
    assert list(verbs.values_list("verb", "actor", "division")) == [
        ("year_stars.proposed", "clerk", HEPING),
        ("year_stars.decided", "head", HEPING),
        ("year_stars.published", "head", HEPING),
    ]


def test_nothing_changes_by_one_person_or_on_another_digest(year: World) -> None:
    """T152: by the one who proposed, on a changed list, and once it is done."""
    propose(year)
    waiting = list(StarRating.objects.filter(state=State.PROPOSED))
    shown = star_actions.digest_of(waiting)
    other = f"{int(shown[0], 16) ^ 1:x}{shown[1:]}"
    for by, digest in ((year.clerk, shown), (year.head, other)):
        before = tables()
        with pytest.raises(actions.RatingError), transaction.atomic():
            decide(year, by=by, digest=digest)
        assert tables() == before
    assert decide(year, digest=shown) == 2
    before = tables()
    with pytest.raises(actions.RatingError), transaction.atomic():
        decide(year, digest=shown)
    assert tables() == before


def test_what_is_decided_is_what_was_on_the_page(year: World) -> None:
    propose(year)
    seen = star_actions.digest_of(StarRating.objects.filter(state=State.PROPOSED))
    declined = star_of(year, TAIANDAO)
    star_actions.decline_year_star(
        star=declined, reason="先查清", by=year.head, at=year.now
    )
    with pytest.raises(actions.NotWhatWasShown):
        decide(year, digest=seen)
    assert star_of(year, KAIFENGDAO).state == State.PROPOSED


def test_a_declined_star_says_why_and_is_proposed_again(year: World) -> None:
    propose(year)
    star = star_of(year, KAIFENGDAO)
    star_actions.decline_year_star(
        star=star, reason="等申诉办完", by=year.head, at=year.now
    )
    with pytest.raises(actions.WrongState):
        star_actions.decline_year_star(
            star=star, reason="又一次", by=year.head, at=year.now
        )
    assert star_of(year, KAIFENGDAO).decline_reason == "等申诉办完"
    assert propose(year) == 1
    again = star_of(year, KAIFENGDAO)
    assert (again.state, again.decline_reason) == (State.PROPOSED, "")


def test_nothing_is_proposed_decided_or_published_twice(year: World) -> None:
    with pytest.raises(star_actions.NoStarsToPublish):
        publish_stars(year)
    propose(year)
    with pytest.raises(star_actions.NothingToPropose):
        propose(year)
    decide(year)
    with pytest.raises(star_actions.NothingToDecide):
        decide(year, digest=star_actions.digest_of([]))
    publish_stars(year)
    with pytest.raises(star_actions.NoStarsToPublish):
        publish_stars(year)


def test_too_few_households_have_no_star_of_the_year(
    world: World, roll_up: RollUp
) -> None:
    tell_year(world, roll_up, {KAIFENGDAO: 120, TAIANDAO: 40})
    assert propose(world) == 1
    assert not StarRating.objects.filter(appointment=world.appointments[TAIANDAO])


def test_items_are_compared_with_those_that_the_paper_told(year: World) -> None:
    lines = year_stars.lines_of_year(KAIFENGDAO, YEAR)
    sheet = year_stars.sheet_of(lines[0])
    first, fourth = sheet.items[0], sheet.items[3]
    assert isinstance(first.difference, Decimal)
    assert first.difference == Decimal(str(first.now.score)) - Decimal("88.0")
    assert first.difference_text == f"{first.difference:+.1f}".replace("-", "−")
    # The paper had no margin of error, and nothing of the fourth question.
    assert (first.is_sure, fourth.difference, fourth.before) == (None, None, "")
    assert [row.number for row in (*sheet.risen, *sheet.fallen)]


def test_windows_that_share_months_are_not_subtracted(year: World) -> None:
    """M58: last year's star rests on a window that reaches into this one."""
    line = year_stars.lines_of_year(KAIFENGDAO, YEAR)[0]
    before = StarRating(
        appointment=line.reading.appointment,
        year=YEAR - 1,
        stars=4,
        reading=line.reading,
    )
    sheet = year_stars.sheet_of(
        year_stars.YearLine(line.reading, line.figure, None, before)
    )
    assert (sheet.shares_months, sheet.difference) == (True, None)
    assert {row.difference for row in sheet.items} == {None}


def test_a_star_whose_reading_was_withdrawn_is_proposed_again(
    world: World, roll_up: RollUp
) -> None:
    year = world
    enter_last_year(world, KAIFENGDAO)
    tell_year(world, roll_up, {KAIFENGDAO: 330})
    propose(year)
    reading = star_of(year, KAIFENGDAO).reading
    assert reading is not None
    models.QuerySet(MonthlyRating).filter(pk=reading.pk).update(
        state="returned",
        returned_by=year.head,
        return_reason="更正",
        published_by=None,
        published_at=None,
    )
    with pytest.raises(star_actions.ReadingHasChanged):
        decide(year)
    # November is the last reading that stands.
    assert propose(year) == 1
    again = star_of(year, KAIFENGDAO).reading
    assert again is not None
    assert again.month == "2026-11"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"decided_by": None}, "star_rating_decided_by_somebody"),
        ({"proposed_by": None}, "star_rating_proposed_from_a_reading"),
        ({"state": "published"}, "star_rating_published_by_somebody"),
        (
            {"state": "declined", "decided_by": None, "decided_at": None},
            "star_rating_declined_with_reason",
        ),
        ({"stars": 6}, "star_rating_1_to_5"),
    ],
)
def test_the_database_keeps_the_promises_of_a_star(
    year: World, change: dict[str, object], constraint: str
) -> None:
    propose(year)
    decide(year)
    rows = models.QuerySet(StarRating).filter(year=YEAR)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**change)


def test_the_same_person_cannot_be_written_twice(year: World) -> None:
    propose(year)
    decide(year)
    rows = models.QuerySet(StarRating).filter(year=YEAR)
    with (
        pytest.raises(IntegrityError, match="star_rating_decided_by_another"),
        transaction.atomic(),
    ):
        rows.update(decided_by=year.clerk)


def test_a_star_is_not_edited_past_the_verbs(year: World) -> None:
    propose(year)
    star = star_of(year, KAIFENGDAO)
    with pytest.raises(FiguresAreFinal):
        star.save()
    with pytest.raises(FiguresAreFinal):
        star.delete()
    with pytest.raises(FiguresAreFinal):
        StarRating.objects.filter(pk=star.pk).update(year=2030)
    with pytest.raises(FiguresAreFinal):
        StarRating.objects.filter(pk=star.pk).delete()


def test_the_year_goes_through_the_pages(
    year: World, clerk_client: Client, head_client: Client
) -> None:
    args = [HEPING, YEAR]
    assertContains(clerk_client.get(reverse("evaluations:year-list")), "2026 年")
    assertContains(clerk_client.get(year_url()), "提出 2 项")
    clerk_client.post(reverse("evaluations:year-propose", args=args))
    page = head_client.get(year_url())
    star = star_of(year, KAIFENGDAO)
    # A change is ticked by hand, what stays the same is ticked already.
    assertContains(page, f'name="stars" value="{star.pk}">')
    other = star_of(year, TAIANDAO)
    assertContains(page, f'name="stars" value="{other.pk}" checked>')
    refused = head_client.post(reverse("evaluations:year-decide", args=args), {})
    assert refused.status_code == 422
    assertContains(refused, "先勾选要同意的星级。", status_code=422)
    sent = {"digest": page.context["digest"], "stars": [star.pk]}
    head_client.post(reverse("evaluations:year-decide", args=args), sent)
    assert star_of(year, KAIFENGDAO).state == State.DECIDED
    url = reverse("evaluations:star-decline", args=[other.pk])
    assert head_client.post(url, {"reason": ""}).status_code == 422
    head_client.post(url, {"reason": "先查清"})
    assertContains(clerk_client.get(year_url()), "先查清")
    publish_url = reverse("evaluations:year-publish", args=args)
    assert head_client.post(publish_url, {}).status_code == 422
    head_client.post(publish_url, {"confirmed": "on"})
    assert star_of(year, KAIFENGDAO).state == State.PUBLISHED
    refused = clerk_client.post(reverse("evaluations:year-decide", args=args), sent)
    assert refused.status_code == 403


def test_the_desk_costs_the_same_for_two_and_for_nine(
    world: World,
    roll_up: RollUp,
    clerk_client: Client,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    """The page of a whole district, whatever its size."""
    tell_year(world, roll_up, dict.fromkeys(NINE, 30))
    clerk_client.get(year_url())
    with django_assert_max_num_queries(20):
        clerk_client.get(year_url())


def test_a_stranger_finds_no_sheet(
    year: World, clerk_elsewhere_client: Client, client: Client
) -> None:
    assert clerk_elsewhere_client.get(sheet_url(year)).status_code == 404
    assert clerk_elsewhere_client.get(year_url()).status_code == 404
    assert client.get(sheet_url(year)).status_code == 302


def year_url() -> str:
    return reverse("evaluations:year-detail", args=[HEPING, YEAR])


def sheet_url(world: World) -> str:
    return reverse(
        "evaluations:year-sheet", args=[world.appointments[KAIFENGDAO].pk, YEAR]
    )
