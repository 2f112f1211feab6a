"""A small district with a roster, its secretaries, and rounds made from it."""

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from audit import crypto
from audit.actions import SYSTEM
from ballots.actions import IssuedCode
from ballots.casting import BulkBallot, cast_many
from ballots.sealing import Ballot, Paper, Words
from ballots.trail import void_window_ends
from config.celery import app
from officials.actions import appoint
from officials.models import Appointment, Division, Official, Organization, Post
from residents.actions.snapshots import take_snapshot
from residents.models import Dwelling, Household, RosterSnapshot
from surveys import actions, ballot_limits
from surveys.default_questionnaire import ensure_default_questionnaire
from surveys.models import Comment, OpenedResponse, Questionnaire, Round
from tests.surveys.ballot_fixtures import LiveRound, make_live_round

STREET = "120101002"
# The demo's communities and their 常住 households (domain 8).
HOUSEHOLDS = {
    "120101002002": 1102,
    "120101002003": 1187,
    "120101002004": 1346,
    "120101002007": 1268,
    "120101002009": 1215,
    "120101002010": 1093,
    "120101002012": 1371,
    "120101002013": 1254,
    "120101002014": 1544,
}
# Fields of method.md with its defaults, but for a district of a few hundred households.
PARAMETERS: dict[str, Any] = {
    "method.version": 1,
    "sampling.strata": "community",
    "sampling.cluster": "none",
    "sampling.rate": "0.10",
    "sampling.expected_rate": "0.50",
    "sampling.min_completed": 100,
    "sampling.rest_months": 12,
    "sampling.reserve_block": 5,
    "weights.area": "street",
    "window.months": 12,
    "score.levels": ["0", "25", "50", "75", "100"],
    "score.question_weight": "1",
    "score.min_share": "0.5",
    "score.complete_share": "0.8",
    "publish.floor": 10,
}
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def moment(year: int, month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=SHANGHAI)


def month_bounds(period: str) -> tuple[dt.datetime, dt.datetime]:
    """From the first of the month to its 25th, 20:00."""
    year, month = map(int, period.split("-"))
    return moment(year, month, 1), moment(year, month, 25, 20)


def make_roster(counts: Mapping[str, int], *, other: int = 0) -> None:
    """常住 households per community, and `other` let or empty ones in each."""
    dwellings, households = [], []
    for code, count in counts.items():
        for number in range(count + other):
            building, rest = divmod(number, 60)
            dwelling = Dwelling(
                community_id=code,
                compound="和苑",
                building=f"{building + 1}号楼",
                unit=f"{rest // 30 + 1}门",
                room=str(101 + rest % 30),
                address_key=f"{code}|和苑|{building + 1}|{rest // 30}|{rest % 30}",
            )
            dwellings.append(dwelling)
            households.append(_household(dwelling, resident=number < count))
    Dwelling.objects.bulk_create(dwellings, batch_size=2000)
    Household.objects.bulk_create(households, batch_size=2000)


def _household(dwelling: Dwelling, *, resident: bool) -> Household:
    return Household(
        dwelling=dwelling,
        community_id=dwelling.community_id,
        residence_status="resident" if resident else "rented",
        since=dt.date(2020, 1, 1),
        fingerprint=uuid4().bytes,
        head_mark=uuid4().bytes,
        contact_mark=uuid4().bytes,
        index_algorithm_id="HMAC-SHA-256",
        index_key_id=1,
        current_slot=dwelling.pk,
    )


def make_secretary(code: str, name: str, **kwargs: Any) -> Appointment:
    committee, _ = Organization.objects.get_or_create(
        kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
        division_id=code,
        name=f"{Division.objects.get(code=code)}党委",
    )
    post, _ = Post.objects.get_or_create(
        organization=committee, kind=Post.Kind.COMMUNITY_SECRETARY, title="党委书记"
    )
    arguments = {"starts_on": dt.date(2023, 1, 1), **kwargs}
    return appoint(
        official=Official.objects.create(name=name),
        post=post,
        by=SYSTEM,
        at=timezone.now(),
        **arguments,
    )


@pytest.fixture
def questionnaire(db: None) -> Questionnaire:
    return ensure_default_questionnaire(by=SYSTEM, at=moment(2025, 10, 1))


@pytest.fixture
def small_district(heping: Division) -> Division:
    """Three communities of one street with 60 households each."""
    codes = list(HOUSEHOLDS)[:3]
    make_roster(dict.fromkeys(codes, 60), other=3)
    for code in codes:
        make_secretary(code, f"书记{code[-2:]}")
    return heping


@pytest.fixture
def snapshot(small_district: Division) -> RosterSnapshot:
    return take_snapshot(
        division=Division.objects.get(code=STREET), by=SYSTEM, at=moment(2025, 10, 20)
    )


@pytest.fixture
def prepare(
    snapshot: RosterSnapshot, questionnaire: Questionnaire, clerk: User
) -> Callable[..., Round]:
    """Prepare a round of the small district; 2025-11 unless told otherwise."""

    def make(period: str = "2025-11", **kwargs: Any) -> Round:
        opens_at, closes_at = month_bounds(period)
        arguments = {
            "division": snapshot.division,
            "questionnaire": questionnaire,
            "snapshot": snapshot,
            "scheme_ref": "monthly-1",
            "scheme_digest": b"s" * 32,
            "opens_at": opens_at,
            "closes_at": closes_at,
            "by": clerk,
            "at": opens_at - dt.timedelta(days=5),
            **kwargs,
            "parameters": {**PARAMETERS, **kwargs.get("parameters", {})},
        }
        return actions.prepare_round(period=period, **arguments)

    return make


@pytest.fixture
def approve(head: User) -> Callable[..., Round]:
    def act(survey_round: Round, at: dt.datetime | None = None) -> Round:
        return actions.approve_round(
            survey_round=survey_round,
            by=head,
            at=at or survey_round.opens_at - dt.timedelta(days=4),
        )

    return act


@pytest.fixture
def draft(prepare: Callable[..., Round]) -> Round:
    return prepare()


@pytest.fixture
def approved(draft: Round, approve: Callable[[Round], Round]) -> Round:
    return approve(draft)


@pytest.fixture
def with_codes(approved: Round) -> tuple[Round, actions.IssuedSlips]:
    issued = actions.issue_round_codes(
        survey_round=approved,
        by=SYSTEM,
        at=approved.opens_at - dt.timedelta(days=3),
    )
    return approved, issued


@pytest.fixture
def opened(
    with_codes: tuple[Round, actions.IssuedSlips],
) -> tuple[Round, actions.IssuedSlips]:
    """An open round with a code for every released household."""
    survey_round, issued = with_codes
    actions.open_round(survey_round=survey_round, by=SYSTEM, at=survey_round.opens_at)
    survey_round.refresh_from_db()
    return survey_round, issued


@pytest.fixture
def ballots_queue() -> Callable[[], list[tuple[str, list[Any]]]]:
    """Read, and take away, what lies in the real queue of the opener."""

    def read() -> list[tuple[str, list[Any]]]:
        found = []
        with app.connection_for_read() as connection:
            queue = connection.SimpleQueue("ballots")
            with contextlib.suppress(queue.Empty):
                while True:
                    message = queue.get_nowait()
                    message.ack()
                    found.append((message.headers["task"], message.payload[0]))
            queue.close()
        return found

    read()
    return read


def cast(
    survey_round: Round,
    ballots: Mapping[UUID, tuple[int | None, ...]],
    *,
    words: Mapping[UUID, str] | None = None,
    channel: str = "web",
) -> None:
    """Cast sealed ballots: code id -> marks."""
    said = words or {}
    day = timezone.localdate(survey_round.opens_at)
    cast_many(
        box=survey_round.ballot_box,
        ballots=[
            BulkBallot(
                code_id,
                Ballot(
                    (Paper(marks),),
                    (Words(said[code_id]),) if code_id in said else (),
                ),
                channel,
                day,
            )
            for code_id, marks in ballots.items()
        ],
        by=SYSTEM,
        at=survey_round.opens_at + dt.timedelta(hours=9),
    )


def random_marks(seed: int, count: int) -> list[tuple[int | None, ...]]:
    """Eight marks each: levels, 说不清 and blanks."""
    dice = random.Random(seed)
    choices = (5, 5, 5, 4, 4, 3, 2, 1, 0, None)
    return [tuple(dice.choice(choices) for _ in range(8)) for _ in range(count)]


def voters(issued: actions.IssuedSlips, *counts: int) -> list[IssuedCode]:
    """The first codes of each community, so many of the first, the second …"""
    found: dict[str, list[IssuedCode]] = {}
    for code in issued.codes:
        found.setdefault(code.stratum, []).append(code)
    return [
        code
        for stratum, count in zip(sorted(found), counts, strict=False)
        for code in found[stratum][:count]
    ]


def vote(
    survey_round: Round, issued: actions.IssuedSlips, *counts: int, seed: int = 1
) -> list[tuple[int | None, ...]]:
    """Cast random ballots of so many households per community; their marks."""
    codes = voters(issued, *counts)
    marks = random_marks(seed, len(codes))
    cast(survey_round, dict(zip((c.code_id for c in codes), marks, strict=True)))
    return marks


def answers_of(survey_round: Round) -> list[dict[str, Any]]:
    """Every stored answer: the columns a figure may be made of, marks as one tuple."""
    items = [f"item_{number}" for number in range(1, 9)]
    rows = OpenedResponse.objects.filter(round=survey_round).values()
    kept = ("mode", "community_id", "subject_id", "assisted", "score", "usability")
    return [
        {
            **{name: row[name] for name in kept},
            "marks": tuple(row[name] for name in items),
        }
        for row in rows
    ]


def words_of(survey_round: Round) -> list[tuple[str | None, str]]:
    """Every stored comment, read: community and text."""
    return [
        (
            comment.community_id,
            crypto.open_field(
                comment.text, table="surveys_comment", column="text", row=comment.pk
            ),
        )
        for comment in Comment.objects.filter(round=survey_round)
    ]


def close(survey_round: Round) -> Round:
    survey_round = actions.close_round(
        survey_round=survey_round,
        by=SYSTEM,
        at=survey_round.ballot_box.technical_close,
    )
    survey_round.refresh_from_db()
    return survey_round


def tally(survey_round: Round) -> Round:
    """Close, wait for the void window, open the box."""
    survey_round = close(survey_round)
    ends = void_window_ends(survey_round.ballot_box)
    assert ends is not None
    return actions.open_round_box(survey_round=survey_round, by=SYSTEM, at=ends)


@pytest.fixture
def live_round(heping: Division) -> LiveRound:
    """An open round as the residents' pages meet it; nobody has tried a code yet."""
    ballot_limits.forget()
    return make_live_round(heping)
