"""Districts with rated secretaries, and months of opened answers: nobody exists."""

import datetime as dt
import itertools
import random
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import create_user
from audit.actions import SYSTEM
from audit.vendor_sql import copy_rows
from ballots.default_texts import ensure_default_texts
from ballots.models import BallotBox
from evaluations.default_scheme import ensure_default_scheme
from evaluations.scoring.window import Month
from officials.models import Appointment, Division, Official, Organization, Post
from residents.models import Dwelling, Household, RosterSnapshot
from surveys.default_questionnaire import ensure_default_questionnaire
from surveys.models import (
    DrawStratum,
    OpenedResponse,
    Round,
    RoundSubject,
    SampledHousehold,
    SampleDraw,
)
from surveys.parameters import RoundParameters
from surveys.sink import RESPONSE_COLUMNS, STORED

FIRST_DISTRICT = 990101
COMMUNITIES_OF_A_STREET = 10
HOUSEHOLDS_OF_A_COMMUNITY = 1300
QUESTIONS = 8
KINDS_OF_ANSWERS = 4096
MODES = {"online": 50, "paper": 25, "phone": 15, "visit": 8, "mixed": 2}
OPENED = dt.date(2020, 1, 1)
Final = SampledHousehold.Disposition


class Country:
    """Districts, streets and communities, one secretary each; rounds as wanted."""

    def __init__(self, *, districts: int, communities: int, seed: int = 1) -> None:
        self.at = timezone.now()
        self.dice = random.Random(seed)
        self.clerk, self.head = (
            create_user(username=name, name=name, password="-", by=SYSTEM, at=self.at)  # noqa: S106
            for name in ("bench-clerk", "bench-head")
        )
        self.texts = ensure_default_texts(by=SYSTEM, at=self.at)
        self.questionnaire = ensure_default_questionnaire(by=SYSTEM, at=self.at)
        self.scheme = ensure_default_scheme(by=SYSTEM, at=self.at)
        self.communities = _make_places(districts, communities)
        self.districts = list(self.communities)
        self.appointments = _make_officials(itertools.chain(*self.communities.values()))
        self.snapshots = {code: self._snapshot(code) for code in self.districts}
        self.households: dict[str, list[uuid.UUID]] = {}
        self.kinds = self._kinds_of_answers()

    def make_round(self, district: str, month: str) -> Round:
        """A tallied round of a district; its answers and its draw come apart."""
        period = Month.parse(month)
        first = dt.date(period.year, period.month, 1)
        opens = timezone.make_aware(dt.datetime.combine(first, dt.time(0, 10)))
        closes = opens + dt.timedelta(days=25)
        survey_round = Round.objects.create(
            code=f"{district}-{month}",
            kind=Round.Kind.MONTHLY,
            period=month,
            slot=f"monthly|{month}|{district}",
            division_id=district,
            questionnaire=self.questionnaire,
            snapshot=self.snapshots[district],
            scheme_ref=self.scheme.ref,
            scheme_digest=bytes(self.scheme.digest),
            parameters=self.scheme.round_parameters(),
            month_in_cycle=1,
            opens_at=opens,
            closes_at=closes,
            state=Round.State.TALLIED,
            box=self._box(district, closes),
            created_by=self.clerk,
            created_at=opens,
            approved_by=self.head,
            ended_at=closes,
        )
        RoundSubject.objects.bulk_create(
            RoundSubject(
                round=survey_round,
                community_id=code,
                appointment_id=self.appointments[code],
            )
            for code in self.communities[district]
        )
        return survey_round

    def answer(self, survey_round: Round, number: int) -> None:
        """That many answers, communities in random order as an opening leaves them."""
        communities = self.communities[survey_round.division_id]
        codes = self.dice.choices(communities, k=number)
        copy_rows(OpenedResponse, RESPONSE_COLUMNS, self._rows(survey_round, codes))

    @transaction.atomic
    def draw(self, survey_round: Round, *, answers: int) -> None:
        """The draw and `answers` of every community; as many did not answer."""
        communities = self.communities[survey_round.division_id]
        draw = SampleDraw.objects.create(
            round=survey_round,
            method="bench",
            seed_commitment="0" * 64,
            seed=b"",
            drawn_at=survey_round.opens_at,
        )
        strata = DrawStratum.objects.bulk_create(
            DrawStratum(
                draw=draw,
                code=code,
                community_id=code,
                frame_count=HOUSEHOLDS_OF_A_COMMUNITY,
                resting=0,
                year_target=0,
                month_target=0,
                drawn=2 * answers,
                available_digest=bytes(32),
            )
            for code in communities
        )
        state, codes = SampledHousehold.State, (Final.SUBMITTED, Final.NOT_CONTACTED)
        states = (state.SUBMITTED, state.UNREACHABLE)
        SampledHousehold.objects.bulk_create(
            (
                SampledHousehold(
                    stratum=stratum,
                    household_id=household,
                    position=place + 1,
                    state=states[place % 2],
                    disposition=codes[place % 2],
                )
                for stratum in strata
                for place, household in enumerate(
                    self._households(stratum.code, 2 * answers)
                )
            ),
            batch_size=5000,
        )
        drawn = [code for code in communities for _ in range(answers)]
        self.dice.shuffle(drawn)
        copy_rows(OpenedResponse, RESPONSE_COLUMNS, self._rows(survey_round, drawn))

    def _rows(
        self, survey_round: Round, communities: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        dice = self.dice
        modes = dice.choices(list(MODES), list(MODES.values()), k=len(communities))
        kinds = dice.choices(self.kinds, k=len(communities))
        for code, mode, kind in zip(communities, modes, kinds, strict=True):
            key = f"{dice.getrandbits(128):032x}"
            yield (
                *(key, survey_round.pk, code, self.appointments[code], mode, "none"),
                *kind,
                b"sixteen bytes ..",
            )

    def _kinds_of_answers(self) -> list[tuple[Any, ...]]:
        """Marks, usability and score of households of different moods."""
        read = RoundParameters.from_mapping(self.scheme.round_parameters())
        weights = self.questionnaire.questions.order_by("order").values_list(
            "weight", flat=True
        )
        rule = read.score_rule(list(weights))
        kinds = []
        for _ in range(KINDS_OF_ANSWERS):
            mood = self.dice.gauss(4.0, 0.7)
            items = [_mark(self.dice, mood) for _ in range(QUESTIONS)]
            if self.dice.random() < 0.02:
                items[2:] = [None] * (QUESTIONS - 2)
            blanks = [None] * (16 - QUESTIONS)
            usability = STORED[rule.usability(items)]
            kinds.append((*items, *blanks, usability, rule.score(items)))
        return kinds

    def _snapshot(self, district: str) -> RosterSnapshot:
        communities = self.communities[district]
        return RosterSnapshot.objects.create(
            division_id=district,
            taken_at=self.at,
            taken_by="SYSTEM",
            digest=bytes(32),
            size=HOUSEHOLDS_OF_A_COMMUNITY * len(communities),
            counts={
                code: {"resident": HOUSEHOLDS_OF_A_COMMUNITY} for code in communities
            },
        )

    def _box(self, district: str, closes: dt.datetime) -> BallotBox:
        return BallotBox.objects.create(
            purpose=BallotBox.Purpose.SURVEY,
            state=BallotBox.State.DESTROYED,
            ending=BallotBox.Ending.OPENED,
            division=district,
            form_digest=bytes(32),
            promise=self.texts.promise,
            promise_digest=bytes(32),
            notice=self.texts.notice,
            notice_digest=bytes(32),
            tally_spec_digest=bytes(32),
            custody=BallotBox.Custody.SOFTWARE,
            public_key=bytes(32),
            algorithm_id="bench",
            key_id=1,
            receipt_key_id=1,
            closes_at=closes,
            counts={},
            receipts_root=bytes(32),
            envelopes_root=bytes(32),
        )

    def _households(self, code: str, number: int) -> list[uuid.UUID]:
        """The same ones every month: the draw itself is not measured."""
        known = self.households.setdefault(code, [])
        doors = [
            Dwelling(
                community_id=code,
                compound="测试里",
                building="1",
                room=str(place),
                address_key=f"{code}|测试里|1||{place}",
            )
            for place in range(len(known), number)
        ]
        Dwelling.objects.bulk_create(doors)
        added = Household.objects.bulk_create(
            Household(
                dwelling=door,
                community_id=code,
                residence_status="resident",
                since=OPENED,
                fingerprint=bytes(16),
                head_mark=bytes(16),
                contact_mark=bytes(16),
                index_algorithm_id="bench",
                index_key_id=1,
                current_slot=door.pk,
            )
            for door in doors
        )
        known += [household.pk for household in added]
        return known[:number]


def _make_places(districts: int, communities: int) -> dict[str, list[str]]:
    """Division codes: district → its communities, ten to a street."""
    level = Division.Level
    made: dict[str, list[str]] = {
        str(FIRST_DISTRICT + number): [] for number in range(districts)
    }
    rows = [("99", level.PROVINCE, None)]
    rows += [(city, level.CITY, "99") for city in sorted({code[:4] for code in made})]
    rows += [(district, level.DISTRICT, district[:4]) for district in made]
    for district, own in made.items():
        for index in range(communities):
            street, place = divmod(index, COMMUNITIES_OF_A_STREET)
            above = f"{district}{street + 1:03}"
            if place == 0:
                rows.append((above, level.STREET, district))
            own.append(f"{above}{place + 1:03}")
            rows.append((own[-1], level.COMMUNITY, above))
    Division.objects.bulk_create(
        Division(
            code=code,
            level=kind,
            kind=kind,
            name=code,
            short_name=code,
            parent_id=above,
            valid_from=OPENED,
        )
        for code, kind, above in rows
    )
    return made


def _make_officials(communities: Iterator[str]) -> dict[str, int]:
    """Community → the appointment of its secretary."""
    codes = list(communities)
    organizations = Organization.objects.bulk_create(
        Organization(
            kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
            division_id=code,
            name=f"{code}党委",
        )
        for code in codes
    )
    posts = Post.objects.bulk_create(
        Post(
            organization=organization,
            kind=Post.Kind.COMMUNITY_SECRETARY,
            title="书记",
        )
        for organization in organizations
    )
    officials = Official.objects.bulk_create(
        Official(name=f"书记{code}") for code in codes
    )
    appointments = Appointment.objects.bulk_create(
        Appointment(
            official=official,
            post=post,
            starts_on=OPENED,
            current_slot=str(post.pk),
        )
        for official, post in zip(officials, posts, strict=True)
    )
    return {
        code: appointment.pk
        for code, appointment in zip(codes, appointments, strict=True)
    }


def _mark(dice: random.Random, mood: float) -> int | None:
    chance = dice.random()
    if chance < 0.04:
        return 0
    if chance < 0.06:
        return None
    return min(5, max(1, round(dice.gauss(mood, 0.6))))
