"""任职: one non-acting holder of a post at a time, a new one after the old one."""

import datetime as dt

import pytest
from django.utils import timezone

from audit.actions import SYSTEM
from officials.actions import PostAlreadyHeld, appoint, end_appointment
from officials.models import Appointment, Division, Official, Organization, Post


@pytest.fixture
def post(heping: Division) -> Post:
    organization = Organization.objects.create(
        kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
        division_id="120101002014",
        name="开封道社区党委",
    )
    return Post.objects.create(
        organization=organization, kind=Post.Kind.COMMUNITY_SECRETARY, title="书记"
    )


def hold(post: Post, name: str, day: dt.date, kind: str = "full") -> Appointment:
    return appoint(
        official=Official.objects.create(name=name),
        post=post,
        starts_on=day,
        kind=kind,
        by=SYSTEM,
        at=timezone.now(),
    )


def test_second_holder_of_a_post_is_refused(post: Post) -> None:
    first = hold(post, "甲", dt.date(2025, 1, 1))
    with pytest.raises(PostAlreadyHeld):
        hold(post, "乙", dt.date(2026, 1, 1))
    assert list(Appointment.objects.all()) == [first]


def test_acting_holder_may_stand_beside(post: Post) -> None:
    hold(post, "甲", dt.date(2025, 1, 1))
    hold(post, "乙", dt.date(2026, 1, 1), kind="acting")
    assert Appointment.objects.count() == 2


def test_ended_appointment_frees_the_post_from_that_day(post: Post) -> None:
    first = hold(post, "甲", dt.date(2025, 1, 1))
    day = dt.date(2026, 3, 1)
    end_appointment(
        appointment=first, ends_on=day, reason="调任", by=SYSTEM, at=timezone.now()
    )
    second = hold(post, "乙", day)
    in_office = Appointment.objects.in_office
    assert list(in_office(on=day - dt.timedelta(days=1))) == [first]
    assert list(in_office(on=day)) == [second]
