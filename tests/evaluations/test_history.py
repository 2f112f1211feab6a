"""What a month reads does not grow with the age of the system (M101, M109)."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection, models, transaction

from ballots.models import BallotBox
from evaluations.models import (
    CountedRound,
    MonthlyRating,
    ResponseCell,
    StratumCount,
)
from evaluations.rollup import RolledUp
from evaluations.scoring.window import Month
from surveys.models import OpenedResponse, Round, RoundSubject
from tests.evaluations.world import HEPING, NINE, World, mixed, months

RollUp = Callable[[str], RolledUp]
LAST = "2026-11"
FIRST = Month.parse("2026-08")
# The longest window of any scheme is twelve months, the years before come to 24.
FILLED, OLDER = 25, 1000


class Reads:
    """Rows that the database gave back, by statement."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            # A list of keys is as long as there are keys; the statement is the same.
            self.rows[sql.partition(" IN (")[0]] += context["cursor"].rowcount
        return result


def copied(rows: Iterable[models.Model], **changes: Any) -> list[models.Model]:
    """Unsaved copies of rows with some columns changed."""
    copies = []
    for row in rows:
        names = [field.attname for field in row._meta.concrete_fields]
        values = {name: getattr(row, name) for name in names if name != "id"}
        copies.append(type(row)(**{**values, **changes}))
    return copies


def add_older_months(since: int, until: int) -> None:
    """So many months before the first: its round, counts, cells and ratings again."""
    first = Round.objects.get(period=str(FIRST))
    kept = {
        "round": [
            *RoundSubject.objects.filter(round=first),
            *ResponseCell.objects.filter(round=first),
        ],
        "month": list(MonthlyRating.objects.filter(month=str(FIRST))),
    }
    box, counted = first.box, CountedRound.objects.get(round=first)
    strata = list(StratumCount.objects.filter(counted=counted))
    added: dict[type[models.Model], list[Any]] = {
        table: []
        for table in (
            *(BallotBox, Round, RoundSubject, ResponseCell),
            *(CountedRound, StratumCount, MonthlyRating),
        )
    }
    for back in range(since, until):
        month, key = str(FIRST.plus(-back)), uuid.uuid4()
        added[BallotBox] += copied([box], id=key)
        names = {"code": f"{HEPING}-{month}", "slot": f"monthly|{month}|{HEPING}"}
        (survey_round,) = copied([first], period=month, box_id=key, **names)
        survey_round.pk = -back
        added[Round].append(survey_round)
        for row in copied(kept["round"], round_id=-back):
            added[type(row)].append(row)
        (again,) = copied([counted], round_id=-back, month=month)
        again.pk = -back
        added[CountedRound].append(again)
        added[StratumCount] += copied(strata, counted_id=-back)
        added[MonthlyRating] += copied(kept["month"], month=month)
    for table, rows in added.items():
        models.QuerySet(table).bulk_create(rows, batch_size=2000)


def reads_of(roll_up: RollUp, month: str) -> Counter[str]:
    """What a roll-up reads; it is undone."""
    reads = Reads()
    with transaction.atomic():
        with connection.execute_wrapper(reads):
            roll_up(month)
        transaction.set_rollback(True)
    return reads.rows


@pytest.fixture
def quarter(world: World, roll_up: RollUp) -> World:
    """Three months rolled up, a fourth only tallied, under a window of three."""
    scheme = world.quick_scheme()
    for month in months(LAST, 4):
        answers = {code: mixed(8, seed=f"{code} {month}") for code in NINE}
        world.tally(month, answers, scheme=scheme)
        if month != LAST:
            roll_up(month)
    return world


def test_a_thousand_older_months_add_no_row_to_what_is_read(
    quarter: World, roll_up: RollUp
) -> None:
    add_older_months(1, FILLED)
    before = reads_of(roll_up, LAST)
    add_older_months(FILLED, FILLED + OLDER)
    assert MonthlyRating.objects.count() == (2 + FILLED + OLDER) * len(NINE)
    after = reads_of(roll_up, LAST)
    assert after == before


def test_only_the_answers_of_the_month_are_read(
    quarter: World, roll_up: RollUp
) -> None:
    """Those of earlier months may be gone (M107)."""
    with transaction.atomic():
        expected = roll_up(LAST), quarter.rating(NINE[0], LAST).record
        transaction.set_rollback(True)
    models.QuerySet(OpenedResponse).exclude(round__period=LAST).delete()
    assert (roll_up(LAST), quarter.rating(NINE[0], LAST).record) == expected
