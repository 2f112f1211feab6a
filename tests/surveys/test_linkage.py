"""No query leads from a household to its opened answer (T132), on a whole round.

300 households of one community with distinct ballots; the attacker holds full dumps of
every table, before and after the opening, system columns included.
"""

import random
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from audit.actions import SYSTEM
from ballots import spool
from ballots.trail import void_window_ends
from officials.models import Division
from surveys import actions
from surveys.models import Round
from tests.ballots import world
from tests.ballots.linkage_attacker import Attack, Row, attack, best, dump, totals
from tests.surveys.conftest import cast, close, make_roster, make_secretary

KAIFENGDAO = "120101002014"
TABLE = "surveys_openedresponse"
HOUSEHOLDS = 300
RUNS = 20
# One hit in all is what guessing gives (T132).
MOST_HITS, MOST_IN_ALL = 8, 40
# Every fifth run votes household by household; the others cast the same rows in bulk.
ONE_BY_ONE = 5
# Every household is drawn and released in the one month of this window.
ALL_DRAWN = {
    "sampling.rate": "0.5",
    "sampling.min_completed": HOUSEHOLDS,
    "sampling.expected_rate": "1",
    "window.months": 1,
}


@pytest.fixture
def small_district(heping: Division) -> Division:
    make_roster({KAIFENGDAO: HOUSEHOLDS})
    make_secretary(KAIFENGDAO, "开封道书记")
    return heping


def marks_of(number: int) -> tuple[int, ...]:
    """Eight levels that tell 300 ballots apart; never the same twice."""
    digits = [number // 5**place % 5 + 1 for place in range(4)]
    return (*digits, 5, 4, *digits[:2])


def read_marks(row: Row) -> tuple[int, ...]:
    return tuple(row[f"item_{number}"] for number in range(1, 9))


def one_round(survey_round: Round, *, bulk: bool) -> list[Attack]:
    """A month with all its verbs; one household in ten changes its mind."""
    begin = {"survey_round": survey_round, "by": SYSTEM, "at": survey_round.opens_at}
    slips = actions.issue_round_codes(**begin)
    actions.open_round(**begin)
    survey_round.refresh_from_db()
    dice = random.Random()
    codes = dice.sample(slips.codes, HOUSEHOLDS)
    numbers = dice.sample(range(625), HOUSEHOLDS)
    marks = [marks_of(number) for number in numbers]
    if bulk:
        pairs = zip(codes, marks, strict=True)
        cast(survey_round, {code.code_id: given for code, given in pairs})
    for code, given in zip(codes, marks, strict=True):
        changes = dice.random() < 0.1
        if changes:
            world.vote(code, *marks_of(dice.randrange(625)))
        if changes or not bulk:
            world.vote(code, *given)
    closed = close(survey_round)
    before = dump(connection)
    ends = void_window_ends(closed.ballot_box)
    actions.open_round_box(survey_round=closed, by=SYSTEM, at=ends)
    after = dump(connection)
    assert len(after[TABLE]) == HOUSEHOLDS
    return attack(
        before=before,
        after=after,
        opened=TABLE,
        mark_of=read_marks,
        truth={code.household: given for code, given in zip(codes, marks, strict=True)},
    )


def suspects(make_round: Callable[[], Round]) -> set[str]:
    """Joins that find more than T132 allows, in one run or in all of them together."""
    runs = []
    for number in range(RUNS):
        start = transaction.savepoint()
        runs.append(one_round(make_round(), bulk=number % ONE_BY_ONE != 0))
        transaction.savepoint_rollback(start)
    loud = {found.name for run in runs for found in run if found.hits > MOST_HITS}
    often = {name for name, hits in totals(runs).items() if hits > MOST_IN_ALL}
    return loud | often


def test_no_join_finds_more_than_chance(
    prepare: Callable[..., Round], approve: Callable[..., Round]
) -> None:
    """Some 17,000 joins a run: chance alone passes the limit once in a few dozen tests.

    So a suspect gets a second look; a leak would be there again, under the same name.
    """

    def make_round() -> Round:
        return approve(prepare("2026-03", parameters=ALL_DRAWN))

    first = suspects(make_round)
    assert first == set() or first & suspects(make_round) == set()


def test_the_attacker_finds_answers_that_were_not_shuffled(
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same attack on the same round finds everybody once the shuffle is gone."""

    class Unshuffled(random.SystemRandom):
        def shuffle(self, _order: object) -> None:
            pass

    monkeypatch.setattr(spool.random, "SystemRandom", Unshuffled)
    survey_round = approve(prepare("2026-03", parameters=ALL_DRAWN))
    assert best(one_round(survey_round, bulk=False)).hits == HOUSEHOLDS
