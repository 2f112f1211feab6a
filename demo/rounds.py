"""One month of the demo: prepare, approve, draw, issue, cast, close, open."""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from audit.actions import SYSTEM
from ballots.actions import IssuedCode
from ballots.casting import BulkBallot, cast_many
from ballots.models import BallotBox
from ballots.queries import used_households
from ballots.sealing import Ballot, Paper, Words
from ballots.trail import void_window_ends
from demo import answers
from demo.calendar import Term
from evaluations.models import AssessmentScheme
from officials.models import Division
from residents.models import RosterSnapshot
from surveys import actions
from surveys.models import DrawStratum, Questionnaire, Round, SampledHousehold

WORDS_SHARE = 0.15
Disposition = SampledHousehold.Disposition


@dataclass(frozen=True, slots=True)
class Setting:
    """What every round of the demo has in common."""

    district: Division
    questionnaire: Questionnaire
    snapshot: RosterSnapshot
    scheme: AssessmentScheme
    clerk: User
    head: User


def start_round(setting: Setting, term: Term) -> tuple[Round, list[IssuedCode]]:
    """A round that is open, and its clear codes, which exist nowhere else."""
    at = term.opens_at
    survey_round = actions.prepare_round(
        division=setting.district,
        period=str(term.month),
        questionnaire=setting.questionnaire,
        snapshot=setting.snapshot,
        scheme_ref=setting.scheme.ref,
        scheme_digest=bytes(setting.scheme.digest),
        parameters=setting.scheme.round_parameters(),
        opens_at=term.opens_at,
        closes_at=term.closes_at,
        by=setting.clerk,
        at=at,
    )
    survey_round = actions.approve_round(
        survey_round=survey_round, by=setting.head, at=at
    )
    slips = actions.issue_round_codes(
        survey_round=survey_round, by=setting.clerk, at=at
    )
    survey_round = actions.open_round(survey_round=survey_round, by=SYSTEM, at=at)
    return survey_round, slips.codes


def finish_round(survey_round: Round) -> Round:
    """Close at the technical close, open when the void window is over."""
    survey_round = actions.close_round(
        survey_round=survey_round, by=SYSTEM, at=_box(survey_round).technical_close
    )
    opens = void_window_ends(_box(survey_round))
    assert opens is not None  # noqa: S101 - a closed box has its hour
    return actions.open_round_box(survey_round=survey_round, by=SYSTEM, at=opens)


def _box(survey_round: Round) -> BallotBox:
    return survey_round.ballot_box


def cast_targets(
    survey_round: Round,
    codes: Sequence[IssuedCode],
    *,
    shares: Mapping[str, float] | None = None,
) -> int:
    """Exactly the month's target of households takes part in every community.

    `shares`: street -> part of the target, for a street that stays below it.
    """
    reached = shares or {}
    wanted = {
        code: int(target * reached.get(code[:9], 1.0))
        for code, target in _strata(survey_round).values_list("code", "month_target")
    }
    return _cast(survey_round, codes, wanted)


def cast_share(
    survey_round: Round, codes: Sequence[IssuedCode], *, share: float, until: dt.date
) -> int:
    """A part of the codes, so that an open round shows some turnout."""
    counts = dict(_strata(survey_round).values_list("code", "drawn"))
    wanted = {code: int(count * share) for code, count in counts.items()}
    return _cast(survey_round, codes, wanted, until=until)


def _strata(survey_round: Round) -> QuerySet[DrawStratum]:
    return survey_round.draw.strata.all()


def _cast(
    survey_round: Round,
    codes: Sequence[IssuedCode],
    wanted: dict[str, int],
    *,
    until: dt.date | None = None,
) -> int:
    dice = random.Random(f"ballots {survey_round.code}")  # noqa: S311
    by_stratum: dict[str, list[IssuedCode]] = {}
    for issued in codes:
        by_stratum.setdefault(issued.stratum, []).append(issued)
    ballots: list[BulkBallot] = []
    for stratum, issued_here in sorted(by_stratum.items()):
        takers = dice.sample(issued_here, min(wanted[stratum], len(issued_here)))
        ballots.extend(_ballots(survey_round, takers, dice=dice, until=until))
    return cast_many(
        box=_box(survey_round), ballots=ballots, by=SYSTEM, at=survey_round.opens_at
    )


def _ballots(
    survey_round: Round,
    takers: Sequence[IssuedCode],
    *,
    dice: random.Random,
    until: dt.date | None,
) -> Iterator[BulkBallot]:
    first = survey_round.opens_at.date()
    last = until or survey_round.closes_at.date()
    days = max((last - first).days, 1)
    for taker in takers:
        items = answers.household_answers(taker.stratum[:12], dice=dice)
        words: tuple[Words, ...] = ()
        if dice.random() < WORDS_SHARE:
            words = (Words(dice.choice(answers.COMMENTS)),)
        yield BulkBallot(
            code_id=taker.code_id,
            ballot=Ballot((Paper(items),), words),
            channel=answers.channel(dice),
            day=first + dt.timedelta(days=dice.randrange(days)),
        )


def settle_two(survey_round: Round, *, by: User, at: dt.datetime) -> None:
    """One household refuses, one dwelling is found empty (domain 8)."""
    took_part = used_households(_box(survey_round))
    undecided = (
        SampledHousehold.objects.of_round(survey_round)
        .undecided()
        .exclude(household_id__in=took_part)
        .order_by("stratum__code", "position")
    )
    for sampled, disposition in zip(
        undecided[:2], (Disposition.REFUSAL, Disposition.NOT_ELIGIBLE), strict=True
    ):
        actions.settle_household(sampled=sampled, disposition=disposition, by=by, at=at)
