"""An open round with as many codes as are wanted, in communities where nobody lives."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.utils import timezone

from audit.actions import SYSTEM
from ballots import actions, entry
from ballots.actions import BoxTerms, IssuedCode, Place
from ballots.models import BallotBox
from bench.months import Country
from surveys.models import Round, RoundSubject

COMMUNITIES = 20
DAYS_OPEN = 10


@dataclass(frozen=True, slots=True)
class Token:
    """What a browser holds after the code page, for the seal alone."""

    code: IssuedCode
    cookie: str


class OpenRound:
    """A district whose codes are shared out among the runs."""

    def __init__(self, *, codes: int) -> None:
        country = Country(districts=1, communities=COMMUNITIES)
        (district,) = country.districts
        self.at = timezone.now()
        self.box = self._make_box(country, district)
        places = country.communities[district]
        self._make_round(country, district, places)
        self._codes = iter(
            actions.issue_codes(
                box=self.box,
                places=[
                    Place(uuid4(), places[number % len(places)])
                    for number in range(codes)
                ],
                by=SYSTEM,
                at=self.at,
            )
        )
        actions.open_voting(box=self.box, by=SYSTEM, at=self.at)

    def next_codes(self, number: int) -> list[IssuedCode]:
        return [next(self._codes) for _ in range(number)]

    def tokens(self, codes: Sequence[IssuedCode]) -> list[Token]:
        now = timezone.now()
        return [
            Token(
                code,
                entry.to_token(
                    entry.Entry(code.code_id, self.box.pk, code.stratum, None), at=now
                ),
            )
            for code in codes
        ]

    def _make_box(self, country: Country, district: str) -> BallotBox:
        return actions.set_up_box(
            purpose="survey",
            form_digest=bytes(country.questionnaire.digest),
            promise=country.texts.promise,
            notice=country.texts.notice,
            tally_spec_digest=bytes(32),
            division=district,
            closes_at=self.at + dt.timedelta(days=DAYS_OPEN),
            terms=BoxTerms(),
            by=SYSTEM,
            at=self.at,
        )

    def _make_round(
        self, country: Country, district: str, places: Sequence[str]
    ) -> None:
        survey_round = Round.objects.create(
            code=f"{district}-now",
            kind=Round.Kind.MONTHLY,
            period=f"{self.at:%Y-%m}",
            slot=f"monthly|{self.at:%Y-%m}|{district}",
            division_id=district,
            questionnaire=country.questionnaire,
            snapshot=country.snapshots[district],
            scheme_ref=country.scheme.ref,
            scheme_digest=bytes(country.scheme.digest),
            parameters=country.scheme.round_parameters(),
            month_in_cycle=1,
            opens_at=self.at,
            closes_at=self.box.closes_at,
            state=Round.State.OPEN,
            box=self.box,
            created_by=country.clerk,
            created_at=self.at,
            approved_by=country.head,
        )
        RoundSubject.objects.bulk_create(
            RoundSubject(
                round=survey_round,
                community_id=code,
                appointment_id=country.appointments[code],
            )
            for code in places
        )
