"""The attacker finds what is planted, and nothing where nothing is (T132)."""

import random
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from django.db import connection

from ballots import opening, spool
from ballots.models import BallotCode
from tests.ballots import world
from tests.ballots.linkage_attacker import Attack, Row, attack, best, dump, totals
from tests.ballots.world import KAIFENGDAO

HOUSEHOLDS = 300
MOST_HITS = 8  # T132
TABLE = "opened_in_the_test"


@pytest.fixture
def table(db: None) -> Iterator[None]:
    world.sql(f"CREATE TABLE {TABLE} (id uuid, high int, low int, salt bytea)")
    yield
    world.sql(f"DROP TABLE {TABLE}")


class Writing(world.Remembering):
    """Writes one row per paper; `id_of` says how its key is chosen."""

    def __init__(self, id_of: Callable[[opening.OpenedPaper], UUID] | None = None):
        super().__init__()
        self.id_of = id_of or (lambda paper: paper.id)

    def papers(self, batch) -> int:
        for paper in batch:
            world.sql(
                f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s)",
                self.id_of(paper),
                *paper.items,
                paper.salt,
            )
        return 0


def mark_of(row: Row) -> tuple[int, int]:
    return row["high"], row["low"]


def run(sink: Writing) -> list[Attack]:
    """300 households with distinct marks; dumps before and after the opening."""
    box, issued = world.open_with(*[KAIFENGDAO] * HOUSEHOLDS)
    dice = random.Random()
    numbers = dice.sample(range(HOUSEHOLDS), HOUSEHOLDS)
    marks = [(number // 100, number % 100) for number in numbers]
    for code, pair in zip(issued, marks, strict=True):
        if dice.random() < 0.1:
            world.vote(code, 9, 9)
        world.vote(code, *pair)
    world.close(box)
    before = dump(connection)
    world.open_up(box, sink)
    after = dump(connection)
    truth = {code.household: pair for code, pair in zip(issued, marks, strict=True)}
    return attack(
        before=before, after=after, opened=TABLE, mark_of=mark_of, truth=truth
    )


@pytest.mark.usefixtures("table")
def test_opening_gives_no_join_more_than_chance():
    attacks = run(Writing())
    assert best(attacks).hits <= MOST_HITS, best(attacks)


@pytest.mark.usefixtures("table")
def test_opening_without_its_shuffle_is_found(monkeypatch):
    class Unshuffled(random.SystemRandom):
        def shuffle(self, _order) -> None:
            pass

    monkeypatch.setattr(spool.random, "SystemRandom", Unshuffled)
    found = best(run(Writing()))
    # Whether envelopes or their codes lead the way is the planner's choice.
    assert found.hits == HOUSEHOLDS
    assert found.name.startswith("order before ballots_")


@pytest.mark.usefixtures("table")
def test_key_that_points_back_is_found():
    """Were the opened key the code's, the codes left behind would tell everything."""
    codes: dict[tuple[int, ...], UUID] = {}

    class Remembering(Writing):
        def papers(self, batch) -> int:
            if not codes:
                marked = (paper.items for paper in batch)
                rows = BallotCode.objects.values_list("pk", flat=True)
                codes.update(zip(marked, rows, strict=True))
            return super().papers(batch)

    sink = Remembering(lambda paper: codes[paper.items])
    box, issued = world.open_with(*[KAIFENGDAO] * 50)
    world.vote_all(box, issued)
    world.close(box)
    before = dump(connection)
    world.open_up(box, sink)
    after = dump(connection)
    household = dict(BallotCode.objects.values_list("pk", "household"))
    truth = {household[pk]: items for items, pk in codes.items()}
    attacks = attack(
        before=before, after=after, opened=TABLE, mark_of=mark_of, truth=truth
    )
    assert Attack(50, "equality id") in attacks


# On paper: small dumps with one leak each.


def dumps(leak: Callable[[int, list[Row], list[Row]], None]):
    """Codes of 40 households and answers in random order; `leak` adds a column."""
    dice = random.Random(7)
    households = [uuid4() for _number in range(40)]
    codes: list[Row] = [
        {"ctid": f"(0,{n + 1})", "xmin": 7, "id": uuid4(), "household": household}
        for n, household in enumerate(households)
    ]
    envelopes: list[Row] = [
        {"ctid": f"(0,{n + 1})", "xmin": 100 + n, "id": uuid4(), "code": code["id"]}
        for n, code in enumerate(codes)
    ]
    order = dice.sample(range(40), 40)
    opened: list[Row] = [
        {"ctid": f"(0,{place + 1})", "xmin": 900, "id": uuid4(), "mark": number}
        for place, number in enumerate(order)
    ]
    leak(order, envelopes, opened)
    return attack(
        before={"code": codes, "envelope": envelopes},
        after={"code": codes, "opened": opened},
        opened="opened",
        mark_of=lambda row: row["mark"] if "mark" in row else row["secret"],
        truth={household: n for n, household in enumerate(households)},
    )


def no_leak(_order, _envelopes, opened) -> None:
    for row in opened:
        row["secret"] = row.pop("mark")


def shuffle_key(order, envelopes, opened) -> None:
    """A stored sort key: the k-th envelope and the k-th row (T49)."""
    no_leak(order, envelopes, opened)
    for row, number in zip(opened, order, strict=True):
        row["key"] = number * 17


def late_ids(order, envelopes, opened) -> None:
    """Transaction ids that fall as the envelopes' rise."""
    no_leak(order, envelopes, opened)
    for row, number in zip(opened, order, strict=True):
        row["xmin"] = 5000 - number


def envelope_id(order, envelopes, opened) -> None:
    no_leak(order, envelopes, opened)
    for row, number in zip(opened, order, strict=True):
        row["note"] = str(envelopes[number]["id"]).upper()


def digest(order, envelopes, opened) -> None:
    no_leak(order, envelopes, opened)
    for row, number in zip(opened, order, strict=True):
        value = random.Random(number).randbytes(32)
        row["seal"], envelopes[number]["digest"] = value, value.hex()


@pytest.mark.parametrize(
    ("leak", "name"),
    [
        (shuffle_key, "= key forwards"),
        (late_ids, "= xmin backwards"),
        (envelope_id, "equality note"),
        (digest, "equality seal"),
    ],
)
def test_planted_leak_is_found(leak, name: str):
    attacks = dumps(leak)
    assert best(attacks).hits == 40
    assert any(name in found.name for found in attacks if found.hits == 40)


def without_marks(attacks: list[Attack]) -> list[Attack]:
    """The mark itself is a column of the row: ranking by it is no leak here, because
    the truth of this test was given out in the order of the households."""
    return [found for found in attacks if "secret" not in found.name]


def test_nothing_is_found_where_nothing_is():
    assert best(without_marks(dumps(no_leak))).hits <= MOST_HITS


def test_hits_of_several_runs_add_up_per_join():
    runs = [[Attack(2, "a"), Attack(1, "b")], [Attack(3, "a")]]
    assert totals(runs) == {"a": 5, "b": 1}
