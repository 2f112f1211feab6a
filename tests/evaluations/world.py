"""A street with rated secretaries and rounds whose answers lie open.

Rows are written directly, because these tests begin where the box was opened; the way
there is tested in tests/ballots and tests/surveys.
"""

import datetime as dt
import os
import random
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from ballots.default_texts import ensure_default_texts
from ballots.models import BallotBox
from evaluations import actions
from evaluations.default_scheme import ensure_default_scheme
from evaluations.models import (
    AssessmentScheme,
    MonthlyRating,
    Publication,
    PublicityNotice,
)
from evaluations.scoring.method import Method
from evaluations.scoring.window import Month
from officials.actions import appoint
from officials.models import (
    Appointment,
    Division,
    Official,
    Organization,
    PeerGroup,
    PeerGrouping,
    PeerGroupMember,
    Post,
)
from residents.models import Dwelling, Household, RosterSnapshot
from surveys.default_questionnaire import ensure_default_questionnaire
from surveys.models import (
    ITEM_COLUMNS,
    DrawStratum,
    OpenedResponse,
    Questionnaire,
    Round,
    RoundSubject,
    SampledHousehold,
    SampleDraw,
)
from surveys.scores import ScoreRule, Usability

HEPING, XIAOBAILOU = "120101", "120101002"
TAIANDAO, SHUDELI = "120101002002", "120101002003"
JIEFANGLU, KAIFENGDAO = "120101002010", "120101002014"
# 常住户 of the nine communities (domain 8).
FRAME = {
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
NINE = tuple(FRAME)
Answer = tuple[str, Sequence[int | None]]
"""Mode, and one level per question."""

# Longer than any five working days.
NOTICE = dt.timedelta(days=25)
CODES = {
    Usability.COMPLETE: OpenedResponse.Usability.COMPLETE,
    Usability.PARTIAL: OpenedResponse.Usability.PARTIAL,
    Usability.BREAK_OFF: OpenedResponse.Usability.BREAK_OFF,
}
Final = SampledHousehold.Disposition
STATES = {
    Final.SUBMITTED: SampledHousehold.State.SUBMITTED,
    Final.REFUSAL: SampledHousehold.State.REFUSED,
    Final.NOT_CONTACTED: SampledHousehold.State.UNREACHABLE,
    Final.UNKNOWN_HOUSEHOLD: SampledHousehold.State.UNREACHABLE,
    Final.NOT_ELIGIBLE: SampledHousehold.State.INELIGIBLE,
}


class World:
    """The district, its staff, its scheme, and the rounds that a test wants."""

    def __init__(
        self,
        *,
        clerk: User,
        head: User,
        communities: Sequence[str],
        district: str = HEPING,
    ) -> None:
        self.clerk, self.head = clerk, head
        self.now = timezone.now()
        self.communities = list(communities)
        self.questionnaire: Questionnaire = ensure_default_questionnaire(
            by=SYSTEM, at=self.now
        )
        self.scheme: AssessmentScheme = ensure_default_scheme(by=SYSTEM, at=self.now)
        self.district = Division.objects.get(pk=district)
        self.appointments: dict[str, Appointment] = {}
        self.households: dict[str, list[Household]] = defaultdict(list)
        self.group = self._make_group()
        for code in self.communities:
            self.appoint(code)
        self.snapshot = RosterSnapshot.objects.create(
            division=self.district,
            taken_at=self.now,
            taken_by="SYSTEM",
            digest=bytes(32),
            size=sum(FRAME.values()),
            counts={
                code: {"resident": FRAME.get(code, 1000)} for code in self.communities
            },
        )

    def appoint(
        self, code: str, *, name: str = "", starts_on: dt.date = dt.date(2024, 1, 1)
    ) -> Appointment:
        """A secretary for a community; the post exists once."""
        organization, _ = Organization.objects.get_or_create(
            kind=Organization.Kind.COMMUNITY_PARTY_COMMITTEE,
            division_id=code,
            name=f"{code}党委",
        )
        post, is_new = Post.objects.get_or_create(
            organization=organization,
            kind=Post.Kind.COMMUNITY_SECRETARY,
            title="书记",
        )
        if is_new:
            PeerGroupMember.objects.create(
                grouping=self.group.grouping,
                group=self.group,
                organization=organization,
                starts_on=dt.date(2024, 1, 1),
            )
        official = Official.objects.create(name=name or f"书记{code[-3:]}")
        self.appointments[code] = appoint(
            official=official, post=post, starts_on=starts_on, by=SYSTEM, at=self.now
        )
        return self.appointments[code]

    def make_scheme(self, **fields: object) -> AssessmentScheme:
        """A second version with some fields changed, as `a_b` for `a.b`."""
        method = Method(**fields)  # type: ignore[arg-type]
        return AssessmentScheme.objects.create(
            code=self.scheme.code,
            version=AssessmentScheme.objects.count() + 1,
            name=self.scheme.name,
            kind=AssessmentScheme.Kind.RESIDENT,
            status=AssessmentScheme.Status.IN_FORCE,
            parameters=method.canonical().decode(),
            digest=bytes.fromhex(method.digest()),
            frozen_at=self.now,
        )

    def quick_scheme(self) -> AssessmentScheme:
        """A window of three months and a small target: full and valid at once."""
        return self.make_scheme(window_months=3, sampling_rate="0.01")

    def rating(self, code: str, month: str) -> MonthlyRating:
        """The current rating of a community, as pages load it."""
        return (
            MonthlyRating.objects.current()
            .with_names()
            .get(community_id=code, month=month)
        )

    def review(self, month: str, *, by: User | None = None) -> int:
        return actions.review_month(
            division=self.district, month=month, by=by or self.clerk, at=self.now
        )

    def announce(self, month: str, *, at: dt.datetime | None = None) -> PublicityNotice:
        """Review, preview, notice: from the roll-up to the notice board, at once."""
        self.review(month)
        at = at or self.now
        step: dict[str, Any] = {"division": self.district, "month": month, "at": at}
        if MonthlyRating.objects.current().of_month(month).filter(state="reviewed"):
            actions.preview_month(by=self.clerk, **step)
        return actions.start_publicity(by=self.head, **step)

    def publish(self, month: str, *, at: dt.datetime | None = None) -> Publication:
        """The whole way to a version that is published at `at`, now if not told.

        The notice hung in the weeks before, so that nobody waits for it.
        """
        at = at or self.now
        self.announce(month, at=at - NOTICE)
        return actions.publish_month(
            division=self.district, month=month, by=self.head, at=at
        )

    def tally(
        self,
        month: str,
        answers: Mapping[str, Sequence[Answer]],
        *,
        division: str = HEPING,
        released: Mapping[str, int] | None = None,
        finals: Mapping[str, Mapping[str, int]] | None = None,
        state: str = Round.State.TALLIED,
        questionnaire: Questionnaire | None = None,
        scheme: AssessmentScheme | None = None,
    ) -> Round:
        """A round whose box was opened; `answers` by community.

        `released`: households drawn, twice the answers unless told; `finals`: final
        codes of those that did not answer, NC unless told.
        """
        scheme = scheme or self.scheme
        first = timezone.make_aware(dt.datetime.combine(_first(month), dt.time(0, 10)))
        closes = first + dt.timedelta(days=25)
        survey_round = Round.objects.create(
            code=f"{division}-{month}",
            kind=Round.Kind.MONTHLY,
            period=month,
            slot=f"monthly|{month}|{division}",
            division_id=division,
            questionnaire=questionnaire or self.questionnaire,
            snapshot=self.snapshot,
            scheme_ref=scheme.ref,
            scheme_digest=bytes(scheme.digest),
            parameters=scheme.round_parameters(),
            month_in_cycle=1,
            opens_at=first,
            closes_at=closes,
            state=state,
            box=self._box(division, closes),
            created_by=self.clerk,
            created_at=first,
            approved_by=self.head,
            ended_at=None if state in ("approved", "open") else closes,
        )
        self._subjects(survey_round, answers)
        self._draw(survey_round, answers, released or {}, finals or {})
        self._open(survey_round, answers)
        return survey_round

    def _make_group(self) -> PeerGroup:
        grouping = PeerGrouping.objects.create(
            name="社区书记", basis="测试", division=self.district
        )
        return PeerGroup.objects.create(grouping=grouping, name="商业街区组")

    def _box(self, division: str, closes: dt.datetime) -> BallotBox:
        texts = ensure_default_texts(by=SYSTEM, at=self.now)
        return BallotBox.objects.create(
            purpose=BallotBox.Purpose.SURVEY,
            state=BallotBox.State.DESTROYED,
            ending=BallotBox.Ending.OPENED,
            division=division,
            form_digest=bytes(32),
            promise=texts.promise,
            promise_digest=bytes(32),
            notice=texts.notice,
            notice_digest=bytes(32),
            tally_spec_digest=bytes(32),
            custody=BallotBox.Custody.SOFTWARE,
            public_key=bytes(32),
            algorithm_id="test",
            key_id=1,
            receipt_key_id=1,
            closes_at=closes,
            counts={},
            receipts_root=bytes(32),
            envelopes_root=bytes(32),
        )

    def _subjects(self, survey_round: Round, answers: Iterable[str]) -> None:
        RoundSubject.objects.bulk_create(
            RoundSubject(
                round=survey_round,
                community_id=code,
                appointment=self.appointments[code],
            )
            for code in answers
        )

    def _draw(
        self,
        survey_round: Round,
        answers: Mapping[str, Sequence[Answer]],
        released: Mapping[str, int],
        finals: Mapping[str, Mapping[str, int]],
    ) -> None:
        draw = SampleDraw.objects.create(
            round=survey_round,
            method="test",
            seed_commitment="0" * 64,
            seed=b"",
            drawn_at=survey_round.opens_at,
        )
        for code, given in answers.items():
            number = released.get(code, 2 * len(given))
            stratum = DrawStratum.objects.create(
                draw=draw,
                code=code,
                community_id=code,
                frame_count=FRAME.get(code, 1000),
                resting=0,
                year_target=0,
                month_target=0,
                drawn=number,
                available_digest=bytes(32),
            )
            codes = [Final.SUBMITTED] * len(given)
            for final, count in finals.get(code, {}).items():
                codes += [Final(final)] * count
            codes += [Final.NOT_CONTACTED] * (number - len(codes))
            SampledHousehold.objects.bulk_create(
                SampledHousehold(
                    stratum=stratum,
                    household=household,
                    position=position,
                    state=STATES[final],
                    disposition=final,
                )
                for position, (household, final) in enumerate(
                    zip(self._households(code, number), codes, strict=True), start=1
                )
            )

    def _households(self, code: str, number: int) -> list[Household]:
        """The same households every month: the draw itself is tested elsewhere."""
        known = self.households[code]
        missing = number - len(known)
        if missing <= 0:
            return known[:number]
        dwellings = [
            Dwelling(
                community_id=code,
                compound="测试里",
                building="1",
                room=str(len(known) + place),
                address_key=f"{code}|测试里|1||{len(known) + place}",
            )
            for place in range(missing)
        ]
        Dwelling.objects.bulk_create(dwellings)
        households = [
            Household(
                dwelling=dwelling,
                community_id=code,
                residence_status="resident",
                since=dt.date(2024, 1, 1),
                fingerprint=bytes(16),
                head_mark=bytes(16),
                contact_mark=bytes(16),
                index_algorithm_id="test",
                index_key_id=1,
                current_slot=dwelling.pk,
            )
            for dwelling in dwellings
        ]
        Household.objects.bulk_create(households)
        known += households
        return list(known)

    def _open(
        self, survey_round: Round, answers: Mapping[str, Sequence[Answer]]
    ) -> None:
        rule = ScoreRule(weights=[Decimal(1)] * 8)
        rows = [
            OpenedResponse(
                id=uuid.uuid4(),
                round=survey_round,
                community_id=code,
                subject=self.appointments[code],
                mode=mode,
                assisted="none",
                usability=CODES[rule.usability(items)],
                score=rule.score(items),
                salt=os.urandom(16),
                **dict(zip(ITEM_COLUMNS, items, strict=False)),
            )
            for code, given in answers.items()
            for mode, items in given
        ]
        random.Random(survey_round.period).shuffle(rows)
        OpenedResponse.objects.bulk_create(rows)


def _first(month: str) -> dt.date:
    period = Month.parse(month)
    return dt.date(period.year, period.month, 1)


def same(level: int, number: int, mode: str = "online") -> list[Answer]:
    """`number` households that gave one level to every question."""
    return [(mode, [level] * 8) for _ in range(number)]


def mixed(number: int, *, seed: str, level: float = 4.0) -> list[Answer]:
    """Answers around a level, in all modes, some blank or 说不清."""
    dice = random.Random(seed)
    answers: list[Answer] = []
    for _ in range(number):
        mood = dice.gauss(level, 0.7)
        items = [_item(dice, mood) for _ in range(8)]
        mode = dice.choices(("online", "paper", "phone", "visit"), (6, 3, 2, 1))[0]
        answers.append((mode, items))
    return answers


def _item(dice: random.Random, mood: float) -> int | None:
    chance = dice.random()
    if chance < 0.04:
        return 0
    if chance < 0.06:
        return None
    return min(5, max(1, round(dice.gauss(mood, 0.6))))


GEOMETRY = re.compile(
    r"\b(?:x|y|[xy][12]|c[xy]|d|d[xy]|r|rx|width|height|points|viewBox|transform)"
    r'="[^"]*"'
)


def told(html: bytes) -> str:
    """All that a page tells, alt texts included, without coordinates of pictures."""
    return GEOMETRY.sub("", html.decode())


def months(last: str, number: int) -> list[str]:
    """`number` months up to and with the last."""
    return [str(Month.parse(last).plus(-back)) for back in range(number - 1, -1, -1)]
