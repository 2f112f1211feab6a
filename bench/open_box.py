"""What opening a box costs: `script/bench open_box`.

100,000 envelopes with one paper and one text slot, in a district of 64 communities,
issued, sealed, closed and opened by the verbs of a real round: chain, macs, roots,
spool, shuffle, validation, scores, answers and words stored, envelopes deleted, one
transaction (T48). The yardstick of the same run opens the same sealed bytes with
libsodium in a loop and does nothing with what it finds; the envelopes are fetched
beforehand, in pieces, and their reading is not counted. Loop and opening run in a
process of their own, whose peak of resident memory is the figure of T50; the loop is
run once more over the last piece when the opening is done, to see whether the machine
kept its pace. Times are those of the clock on the wall: what the database does is part
of the opening.

Then, with `--large`, 1,000,000 envelopes, for the memory.

Ends with 0 when all limits hold, with 3 when one does not.

    script/bench open_box [--json] [--envelopes N] [--large] [--quick] [--profile]

`--quick` is small enough to see that the program works, and too small for its limits.
A database of its own is made on the server of DATABASE_URL (or the embedded one) and
dropped again.
"""

import argparse
import cProfile
import datetime as dt
import json
import os
import pstats
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from uuid import UUID, uuid4

import django

django.setup()

# The rooms can be imported only now that the settings are there.
from django.conf import settings  # noqa: E402
from nacl import bindings  # noqa: E402

from audit.actions import SYSTEM  # noqa: E402
from ballots import actions, casting, custody, opening, sealing  # noqa: E402
from ballots.actions import BoxTerms, Place  # noqa: E402
from ballots.casting import BulkBallot  # noqa: E402
from ballots.models import BallotBox, Envelope  # noqa: E402
from ballots.sealing import Ballot, Paper, Words  # noqa: E402
from bench.database import address, own_database, seconds, settle  # noqa: E402
from bench.months import QUESTIONS, Country  # noqa: E402
from surveys.models import Comment, OpenedResponse, Round  # noqa: E402
from surveys.sink import RoundSink  # noqa: E402

ENVELOPES, LARGE, QUICK = 100_000, 1_000_000, 400
COMMUNITIES, QUICK_COMMUNITIES = 64, 4
TIMES = 2.0
MEGABYTES = 512
PIECE = 5_000
# Of the households that write something, and what it may be.
WORDY = 0.2
SAID = "楼道里的灯坏了半个月，报了两次才修好；书记常来，人很和气。"
MARKS = (5, 5, 5, 4, 4, 4, 3, 2, 1, 0, None)
MONTH = "2026-03"
TOO_MUCH = 3
SPOT = 25
Found = dict[str, Any]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    if options.box:
        print(json.dumps(measured(UUID(options.box), profile=options.profile)))
        return 0
    sizes = [options.envelopes] if options.envelopes else [ENVELOPES]
    if options.quick:
        sizes = [QUICK]
    if options.large:
        sizes.append(LARGE)
    communities = QUICK_COMMUNITIES if options.quick else COMMUNITIES
    found = [opened(size, communities, profile=options.profile) for size in sizes]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)
    return 0 if all(one["holds"] for one in found) else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench open_box")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--envelopes", type=int)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--profile", action="store_true", help="slower; prints hot spots"
    )
    # The measured process is this program again, told which box to open.
    parser.add_argument("--box", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def opened(envelopes: int, communities: int, *, profile: bool) -> Found:
    """A closed round with so many envelopes, and what its opening costs."""
    with own_database():
        began = time.perf_counter()
        box = closed_round(envelopes, communities)
        loading = time.perf_counter() - began
        settle(Envelope)
        found = _in_own_process(box, profile=profile)
    return {
        "name": f"opening {envelopes:,} envelopes",
        **{name: round(value, 3) for name, value in found.items()},
        "loading": round(loading, 1),
        "times libsodium": round(found["opening"] / found["libsodium"], 2),
        "allowed": TIMES,
        "MB allowed": MEGABYTES,
        "holds": found["opening"] <= TIMES * found["libsodium"]
        and found["MB"] <= MEGABYTES,
    }


def closed_round(envelopes: int, communities: int) -> BallotBox:
    """Every household of the district has voted; nobody of them exists."""
    country = Country(districts=1, communities=communities)
    district = country.districts[0]
    survey_round = country.make_round(district, MONTH)
    box = actions.set_up_box(
        purpose=BallotBox.Purpose.SURVEY,
        form_digest=bytes(32),
        promise=country.texts.promise,
        notice=country.texts.notice,
        tally_spec_digest=bytes(32),
        division=district,
        closes_at=survey_round.closes_at,
        terms=BoxTerms(void_window_hours=0),
        by=SYSTEM,
        at=survey_round.opens_at,
    )
    at = survey_round.opens_at
    pieces = [
        _issue(box, country.communities[district], min(PIECE, envelopes - start), at=at)
        for start in range(0, envelopes, PIECE)
    ]
    actions.open_voting(box=box, by=SYSTEM, at=at)
    for codes in pieces:
        ballots = [_ballot(country.dice, code, at.date()) for code in codes]
        casting.cast_many(box=box, ballots=ballots, by=SYSTEM, at=at)
    actions.close_box(box=box, by=SYSTEM, at=box.technical_close)
    Round.objects.filter(pk=survey_round.pk).update(
        state=Round.State.CLOSED, box=box, ended_at=box.technical_close
    )
    return box


def _issue(
    box: BallotBox, communities: list[str], number: int, *, at: dt.datetime
) -> list[UUID]:
    places = [
        Place(uuid4(), communities[place % len(communities)]) for place in range(number)
    ]
    issued = actions.issue_codes(box=box, places=places, by=SYSTEM, at=at)
    return [code.code_id for code in issued]


def _ballot(dice: random.Random, code: UUID, day: dt.date) -> BulkBallot:
    marks = Paper(tuple(dice.choices(MARKS, k=QUESTIONS)))
    said = (Words(SAID),) if dice.random() < WORDY else ()
    return BulkBallot(code, Ballot((marks,), said), "web", day)


def _in_own_process(box: BallotBox, *, profile: bool) -> Found:
    program = [sys.executable, "-m", "bench.open_box", "--box", str(box.pk)]
    done = subprocess.run(
        [*program, *(["--profile"] if profile else [])],
        cwd=settings.ROOT,
        env={**os.environ, "DATABASE_URL": address()},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: Found = json.loads(done.stdout)
    return found


def measured(box_id: UUID, *, profile: bool) -> Found:
    """The loop, the opening, and the figures of both; in this process."""
    box = BallotBox.objects.get(pk=box_id)
    keys = custody.recover(box)
    loop = loop_used = 0.0
    for sealed in fetched(box):
        used = time.process_time()
        loop += seconds(lambda piece=sealed: libsodium(keys, piece))
        loop_used += time.process_time() - used
    before = megabytes()
    began, used = time.perf_counter(), time.process_time()
    with cProfile.Profile() if profile else nullcontext() as spots:
        result = opening.open_box(
            box_id=box_id,
            sink=RoundSink(Round.objects.get(box=box), by=SYSTEM, at=box.closes_at),
            by=SYSTEM,
            at=box.technical_close,
        )
    took, used = time.perf_counter() - began, time.process_time() - used
    if spots is not None:
        print_spots(spots)
    again = seconds(lambda: libsodium(keys, sealed))
    assert result is not None  # noqa: S101
    stored = OpenedResponse.objects.count() + result.invalid
    words = Comment.objects.count()
    assert (stored, words) == (result.opened, result.words)  # noqa: S101
    return {
        "libsodium": loop,
        "opening": took,
        "libsodium, CPU": loop_used,
        "opening, own CPU": used,
        "libsodium, µs an envelope": 1e6 * loop / result.opened,
        "the same afterwards": 1e6 * again / len(sealed),
        "MB before": before,
        "MB": megabytes(),
    }


def fetched(box: BallotBox) -> Iterator[list[tuple[bytes, bytes]]]:
    """Sealed papers and texts, a piece at a time."""
    rows = box.envelopes.values_list("papers", "texts").iterator(chunk_size=PIECE)
    piece = []
    for papers, texts in rows:
        piece.append((bytes(papers), bytes(texts)))
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def libsodium(keys: sealing.KeyPair, piece: list[tuple[bytes, bytes]]) -> None:
    """The yardstick: open, and forget."""
    public, private, opens = keys.public, keys.private, bindings.crypto_box_seal_open
    for papers, texts in piece:
        opens(papers, public, private)
        opens(texts, public, private)


def megabytes() -> int:
    """The peak of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def print_spots(spots: cProfile.Profile) -> None:
    pstats.Stats(spots, stream=sys.stderr).sort_stats("tottime").print_stats(SPOT)


def show(found: list[Found]) -> None:
    for one in found:
        print(one["name"])
        for name, value in one.items():
            if name != "name":
                print(f"  {name:27} {value}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
