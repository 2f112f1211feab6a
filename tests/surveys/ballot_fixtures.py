"""An open round with codes in two communities, as the residents' pages meet it."""

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.actions import create_user, grant_role
from accounts.models import User
from audit.actions import SYSTEM, System
from ballots import actions as box_actions
from ballots.actions import BoxTerms, IssuedCode, Place
from ballots.codes import printed
from ballots.default_texts import ensure_default_texts
from ballots.models import BallotBox, BallotCode, Envelope
from officials.actions import appoint
from officials.models import Appointment, Division, Official, Organization, Post
from residents.models import RosterSnapshot
from surveys import ballot_pages
from surveys.default_questionnaire import ensure_default_questionnaire
from surveys.models import Round, RoundSubject

KAIFENGDAO, TAIANDAO = "120101002014", "120101002002"
STREET = "120101002"
NAMES = {KAIFENGDAO: "周静兰", TAIANDAO: "刘海成"}
DAYS_OPEN = 10


@dataclass(frozen=True)
class LiveRound:
    """`codes` and `elsewhere`: households of 开封道 and 泰安道 with their codes."""

    round: Round
    box: BallotBox
    codes: list[IssuedCode]
    elsewhere: list[IssuedCode]

    @property
    def code(self) -> str:
        return printed(self.codes[0].code)

    @property
    def receipt(self) -> str:
        return self.codes[0].receipt


def make_live_round(heping: Division, *, households: int = 3) -> LiveRound:
    """Rows as the verbs of surveys leave them, without a roster behind."""
    ballot_pages.forget_pages()
    now = timezone.now()
    texts = ensure_default_texts(by=SYSTEM, at=now)
    questionnaire = ensure_default_questionnaire(by=SYSTEM, at=now)
    closes_at = now + dt.timedelta(days=DAYS_OPEN)
    box = box_actions.set_up_box(
        purpose="survey",
        form_digest=bytes(questionnaire.digest),
        promise=texts.promise,
        notice=texts.notice,
        tally_spec_digest=b"t" * 32,
        division=STREET,
        closes_at=closes_at,
        terms=BoxTerms(),
        by=SYSTEM,
        at=now,
    )
    survey_round = _make_round(heping, box, questionnaire, now, closes_at)
    codes = {
        community: box_actions.issue_codes(
            box=box,
            places=[Place(uuid4(), community) for _ in range(households)],
            by=SYSTEM,
            at=now,
        )
        for community in NAMES
    }
    box = box_actions.open_voting(box=box, by=SYSTEM, at=now)
    return LiveRound(survey_round, box, codes[KAIFENGDAO], codes[TAIANDAO])


def _make_round(heping, box, questionnaire, now, closes_at) -> Round:
    snapshot = RosterSnapshot(
        division=heping,
        taken_at=now,
        taken_by="SYSTEM",
        digest=b"s" * 32,
        size=0,
        counts={},
    )
    snapshot.save()
    survey_round = Round(
        code=f"R-{uuid4().hex[:8]}",
        kind=Round.Kind.MONTHLY,
        period="2026-11",
        slot=f"monthly|2026-11|{uuid4().hex[:8]}",
        division_id=STREET,
        questionnaire=questionnaire,
        snapshot=snapshot,
        scheme_ref="demo 1",
        scheme_digest=b"m" * 32,
        parameters={},
        month_in_cycle=1,
        opens_at=now,
        closes_at=closes_at,
        state=Round.State.OPEN,
        box=box,
        created_by=_staff("prepared"),
        created_at=now,
        approved_by=_staff("approved"),
    )
    survey_round.save()
    for community, name in NAMES.items():
        RoundSubject.objects.create(
            round=survey_round,
            community_id=community,
            appointment=_secretary(community, name, now),
        )
    return survey_round


def _staff(username: str) -> User:
    now = timezone.now()
    user = create_user(
        username=username,
        name=username,
        password="a long and quiet sentence",
        by=SYSTEM,
        at=now,
    )
    grant_role(
        user=user,
        role=roles.DEPARTMENT_CLERK,
        scope="120101",
        starts_on=dt.date(2025, 1, 1),
        by=SYSTEM,
        at=now,
    )
    return user


def _secretary(community: str, name: str, now: dt.datetime) -> Appointment:
    division = Division.objects.get(code=community)
    party, _made = Organization.objects.get_or_create(
        kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
        division=division,
        defaults={"name": f"{division}党委"},
    )
    post, _made = Post.objects.get_or_create(
        organization=party,
        kind=Post.Kind.COMMUNITY_SECRETARY,
        defaults={"title": "书记"},
    )
    return appoint(
        official=Official.objects.create(name=name),
        post=post,
        starts_on=dt.date(2024, 1, 1),
        by=SYSTEM,
        at=now,
    )


def hidden(html: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return found[1]


def enter(client: Client, code: str) -> None:
    response = client.post("/", {"code": code})
    assert (response.status_code, response["Location"]) == (303, "/ballot/")


def carried(html: str) -> dict[str, str]:
    return {name: hidden(html, name) for name in ("nonce", "held", "seen")}


def review(client: Client, answers: dict[str, str]) -> str:
    """Post the form for review; the page."""
    response = client.post("/ballot/review/", answers)
    assert response.status_code == 200
    return response.content.decode()


def seal(client: Client, answers: dict[str, str]) -> str:
    """Review and seal; where the browser is sent."""
    page = review(client, answers)
    response = client.post("/ballot/seal/", {**answers, **carried(page)})
    assert response.status_code == 303, response.content.decode()
    return response["Location"]


def envelopes() -> list[tuple[object, bytes]]:
    """Whose ballots are in the boxes, and as what; for comparing before and after."""
    return [
        (code, bytes(digest))
        for code, digest in Envelope.objects.order_by("code_id").values_list(
            "code_id", "digest"
        )
    ]


ANSWERS = {f"item_{number}": "4" for number in range(1, 9)} | {"words": "楼道灯坏了"}
OTHERS = {f"item_{number}": "1" for number in range(1, 9)}
SECOND = System("second", "department_head")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def state_of(code_id: UUID) -> str:
    return BallotCode.objects.get(pk=code_id).state
