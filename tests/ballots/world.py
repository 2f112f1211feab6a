"""A small world around one box: its codes, its ballots, a sink that remembers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from django.db import connection, models

from audit.actions import SYSTEM, System
from ballots import actions, casting, default_texts, entry, opening
from ballots.actions import BoxTerms, IssuedCode, Place
from ballots.casting import BulkBallot, Receipt
from ballots.errors import OpeningStopped
from ballots.models import BallotBox, BallotCode, Opening
from ballots.opening import OpenedPaper, OpenedWords
from ballots.sealing import Ballot, Paper, Words

DISTRICT, STREET = "120101", "120101002"
KAIFENGDAO, ANHUILI = "120101002014", "120101002001"
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
CLOSES = NOON + dt.timedelta(days=20)
TECHNICAL_CLOSE = CLOSES + dt.timedelta(minutes=30)
# No void window, so that a box opens at its technical close.
TERMS = BoxTerms(void_window_hours=0)
CLERK, HEAD = System("clerk", "department_clerk"), System("head", "department_head")


@dataclass
class Remembering:
    """A sink that keeps what it is handed and refuses what it is told to refuse."""

    got_papers: list[OpenedPaper] = field(default_factory=list)
    got_words: list[OpenedWords] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    finished: list[Opening] = field(default_factory=list)
    refuse: tuple[int | None, ...] = (99,)

    def papers(self, batch: Sequence[OpenedPaper]) -> int:
        self.batches.append(len(batch))
        good = [paper for paper in batch if paper.items != self.refuse]
        self.got_papers += good
        return len(batch) - len(good)

    def words(self, batch: Sequence[OpenedWords]) -> None:
        self.got_words += batch

    def finish(self, opening: Opening) -> None:
        self.finished.append(opening)


def set_up(**changes: object) -> BallotBox:
    texts = default_texts.ensure_default_texts(by=SYSTEM, at=NOON)
    arguments = {
        "purpose": "survey",
        "form_digest": b"f" * 32,
        "promise": texts.promise,
        "notice": texts.notice,
        "tally_spec_digest": b"t" * 32,
        "division": DISTRICT,
        "closes_at": CLOSES,
        "terms": TERMS,
        "by": CLERK,
        "at": NOON,
        **changes,
    }
    return actions.set_up_box(**arguments)


def issue(box: BallotBox, *strata: str) -> list[IssuedCode]:
    places = [Place(uuid4(), stratum) for stratum in strata]
    return actions.issue_codes(box=box, places=places, by=CLERK, at=NOON)


def open_with(*strata: str, **changes: object) -> tuple[BallotBox, list[IssuedCode]]:
    """An open box with one household in each of the strata."""
    box = set_up(**changes)
    codes = issue(box, *strata)
    return actions.open_voting(box=box, by=HEAD, at=NOON), codes


def marks(*items: int | None, words: str = "") -> Ballot:
    return Ballot((Paper(items),), (Words(words),))


def vote(
    issued: IssuedCode,
    *items: int | None,
    words: str = "",
    channel: str = "web",
    at: dt.datetime = NOON,
    nonce: str = "",
) -> Receipt:
    """As a resident does: code, form, seal."""
    return casting.cast(
        entry=entry.redeem(issued.code, at=at),
        ballot=marks(*items, words=words),
        channel=channel,
        at=at,
        nonce=nonce or casting.new_nonce(),
    )


def vote_all(
    box: BallotBox, issued: Sequence[IssuedCode], channel: str = "web"
) -> None:
    """Household n marks n, in bulk."""
    ballots = [
        BulkBallot(code.code_id, marks(n % 100, n // 100), channel, NOON.date())
        for n, code in enumerate(issued)
    ]
    casting.cast_many(box=box, ballots=ballots, by=SYSTEM, at=NOON)


def close(box: BallotBox) -> BallotBox:
    return actions.close_box(box=box, by=SYSTEM, at=TECHNICAL_CLOSE)


def closed_box(*strata: str, **changes: object) -> tuple[BallotBox, list]:
    """Everybody of the strata has voted; household n marked n."""
    box, issued = open_with(*(strata or [KAIFENGDAO] * 12), **changes)
    vote_all(box, issued)
    return close(box), issued


def stopped(box: BallotBox, **arguments: object) -> OpeningStopped:
    with pytest.raises(OpeningStopped) as caught:
        opening.open_box(
            box_id=box.pk,
            sink=Remembering(),
            by=SYSTEM,
            at=TECHNICAL_CLOSE,
            **arguments,
        )
    assert fresh(box).state == "closed"
    assert Opening.objects.count() == 0
    return caught.value


def open_up(box: BallotBox, sink: opening.Sink | None = None) -> Opening | None:
    return opening.open_box(
        box_id=box.pk, sink=sink or Remembering(), by=SYSTEM, at=TECHNICAL_CLOSE
    )


def code_row(issued: IssuedCode) -> BallotCode:
    return BallotCode.objects.get(pk=issued.code_id)


def sql(statement: str, *parameters: object) -> None:
    """As a database user would, beside the verbs."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def rows_of(model: type[models.Model]) -> list[dict[str, object]]:
    """Every stored row, in an order of its own, comparable."""
    rows = [
        {
            name: bytes(value) if isinstance(value, memoryview) else value
            for name, value in row.items()
        }
        for row in model._default_manager.values()
    ]
    return sorted(rows, key=repr)


def fresh(box: BallotBox) -> BallotBox:
    return BallotBox.objects.get(pk=box.pk)


def entry_at(issued: IssuedCode, at: dt.datetime = NOON) -> entry.Entry:
    return entry.redeem(issued.code, at=at)


def household_of(code_id: UUID) -> UUID | None:
    return BallotCode.objects.get(pk=code_id).household
