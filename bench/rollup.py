"""What rolling up a month costs: `script/bench rollup`.

1. Counting: 1,000,000 and 10,000,000 answers to eight questions, in rounds of 100,000,
   each of a district of 64 communities, as 和平区 has. Counting every round and storing
   its cells (`count_round`, each committed) is held against one bare GROUP BY over the
   same table, in the same run, with the same memory, by the same keys: round,
   appointment, community, mode. The bare one counts what a cell must hold (M99):
   answers, Σs, Σs² and the levels of each question. One that only sums the questions is
   printed beside it: it does less than the method asks for. All on one core: a round is
   counted by one worker, and workers count side by side (3). No households are drawn
   here; what StratumCount reads is not the answers.
2. History: the same month of two equal districts, one with 12 months behind it, one
   with 120. The month is rolled up in turn in both, and undone.
3. Workers: 64 districts of 20 communities, by one Celery process and by two.

Ends with 0 when all limits hold, with 3 when one does not.

    script/bench rollup [--json] [--rows N] [--communities N] [--quick]
                        [--only counting|history|workers]

`--rows` is the larger number of answers; the smaller is a tenth of it. With more
`--communities` cells get thinner and storing them weighs more. `--quick` is small
enough to see that the program works, and too small for its limits. Databases of its own
are made on the server of DATABASE_URL (or the embedded one) and dropped again.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import django

django.setup()

# The rooms can be imported only now that the settings are there.
from django.conf import settings  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.db.models import BigIntegerField, Count, F, Q, Sum  # noqa: E402
from django.db.models.functions import Cast  # noqa: E402
from django.utils import timezone  # noqa: E402

from audit.actions import SYSTEM  # noqa: E402
from audit.vendor_sql import work_through  # noqa: E402
from bench.database import address, own_database, seconds, settle  # noqa: E402
from bench.months import QUESTIONS, Country  # noqa: E402
from config.celery import app  # noqa: E402
from config.launcher.processes import Child, start  # noqa: E402
from config.launcher.redis_server import RedisServer  # noqa: E402
from evaluations.counting import count_round  # noqa: E402
from evaluations.models import (  # noqa: E402
    CountedRound,
    MonthlyRating,
    MonthlyRollup,
    PoolingRecord,
    ResponseCell,
    StratumCount,
    ToldFigure,
)
from evaluations.rollup import roll_up  # noqa: E402
from evaluations.scoring.window import Month  # noqa: E402
from evaluations.tasks import roll_up_month  # noqa: E402
from officials.models import Division  # noqa: E402
from surveys.models import OpenedResponse, Round, RoundSubject  # noqa: E402

TIMES = 1.5
MORE = 1.1
SHARE = 0.6
MONTH = Month.parse("2026-10")
PATIENCE = 600.0
TOO_MUCH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything. `young`, `old`: months behind the month that is timed."""

    rows: int = 10_000_000
    of_a_round: int = 100_000
    districts: int = 64
    communities: int = 64
    runs: int = 3
    turns: int = 5
    of_a_district: int = 64
    answers: int = 12
    young: int = 12
    old: int = 120
    pairs: int = 15
    of_a_small_district: int = 20
    answers_of_a_worker: int = 20


QUICK = Size(
    rows=1000,
    of_a_round=100,
    districts=2,
    communities=3,
    runs=1,
    turns=1,
    of_a_district=15,
    young=1,
    old=3,
    pairs=1,
    of_a_small_district=15,
)
Found = dict[str, Any]
COUNTS = (MonthlyRollup, StratumCount, ResponseCell, CountedRound)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    size = _size(options)
    parts = {
        "counting": measure_counting,
        "history": measure_history,
        "workers": measure_workers,
    }
    found: list[Found] = []
    for name in [options.only] if options.only else parts:
        with own_database():
            found += parts[name](size)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)
    return 0 if all(one["holds"] for one in found) else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench rollup")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--communities", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("counting", "history", "workers"))
    return parser.parse_args(arguments)


def _size(options: argparse.Namespace) -> Size:
    size = QUICK if options.quick else Size()
    wanted = {"rows": options.rows, "communities": options.communities}
    return replace(size, **{name: one for name, one in wanted.items() if one})


def measure_counting(size: Size) -> Iterator[Found]:
    """A tenth of the rounds, then all of them."""
    on_one_core()
    number = max(size.rows // size.of_a_round, 1)
    country = Country(districts=number, communities=size.communities)
    rounds = [country.make_round(code, str(MONTH)) for code in country.districts]
    tenth = -(-number // 10)
    for before, until in ((0, tenth), (tenth, number)):
        loading = seconds(partial(_answer, country, rounds[before:until], size))
        settle(OpenedResponse)
        rows = until * size.of_a_round
        found = _counted(rounds[:until], rows, runs=size.runs)
        yield {**found, "loading": round(loading, 1)}


def _counted(rounds: list[Round], rows: int, *, runs: int) -> Found:
    works = {
        "sums": bare_sums,
        "counts": bare_counts,
        "cells": lambda: count_all(rounds),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            taken[name].append(seconds(work))
        cells = ResponseCell.objects.count()
        clear()
    best = {name: min(times) for name, times in taken.items()}
    return {
        "name": f"counting {rows:,} answers into {cells:,} cells",
        **{name: rounded(times, 2) for name, times in taken.items()},
        "cells : sums": round(best["cells"] / best["sums"], 2),
        "cells : counts": round(best["cells"] / best["counts"], 2),
        "allowed": TIMES,
        "holds": best["cells"] <= TIMES * best["counts"],
    }


def _answer(country: Country, rounds: list[Round], size: Size) -> None:
    for survey_round in rounds:
        country.answer(survey_round, size.of_a_round)


def count_all(rounds: list[Round]) -> None:
    """Every round in a transaction of its own, as its roll-up would."""
    for survey_round in rounds:
        with transaction.atomic():
            count_round(survey_round)


def clear() -> None:
    """Forget all that was rolled up, as if no worker had ever come."""
    tables = (ToldFigure, MonthlyRating, PoolingRecord, *COUNTS)
    for table in tables:
        # Their own query sets refuse.
        models.QuerySet(table).delete()
    settle(*tables)


def on_one_core() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")


def bare_sums() -> None:
    """By the keys of a cell: answers, Σs, Σs² and the sums of the items."""
    items = range(1, QUESTIONS + 1)
    grouped(**{f"q{number}": Sum(f"item_{number}") for number in items})


def bare_counts() -> None:
    """The same with the counts that M99 wants: levels 1..5 of each item."""
    grouped(
        **{
            f"q{number}_{level}": Count("score", filter=Q(**{f"item_{number}": level}))
            for number in range(1, QUESTIONS + 1)
            for level in range(1, 6)
        }
    )


def grouped(**figures: models.Aggregate) -> None:
    """One GROUP BY over the whole table; every row of the result is fetched."""
    score = Cast(F("score"), BigIntegerField())
    rows = (
        OpenedResponse.objects.order_by()
        .values_list("round_id", "subject_id", "community_id", "mode")
        .annotate(
            answers=Count("*"),
            total=Sum("score"),
            squares=Sum(score * F("score")),
            **figures,
        )
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # The memory that the roll-up allows itself.
        work_through()
        # Past Django, which would look at every number once more.
        cursor.execute(*rows.query.sql_with_params())
        cursor.fetchall()


def measure_history(size: Size) -> Iterator[Found]:
    country = Country(districts=2, communities=size.of_a_district)
    young, old = country.districts
    for back in range(size.young, 0, -1):
        for district in (young, old):
            tally(country, district, MONTH.plus(-back), size.answers)
            roll_up_now(district, MONTH.plus(-back))
    oldest = MONTH.plus(-size.young)
    for back in range(1, size.old - size.young + 1):
        add_past(country, old, source=oldest, month=oldest.plus(-back))
    for district in (young, old):
        tally(country, district, MONTH, size.answers)
    settle(*_tables())
    runs: dict[str, list[float]] = {young: [], old: []}
    for turn in range(size.pairs):
        for district in (young, old) if turn % 2 else (old, young):
            runs[district].append(seconds(partial(undone, district)))
    # Each against its neighbour in time: both met the same noise of the machine.
    times = [more / less for less, more in zip(runs[young], runs[old], strict=True)]
    yield {
        "name": f"a month of {size.of_a_district} communities with others behind it",
        f"{size.young} months": rounded(runs[young], 3),
        f"{size.old} months": rounded(runs[old], 3),
        "medians": rounded([median(runs[young]), median(runs[old])], 3),
        "times": rounded(times, 2),
        "median of times": round(median(times), 3),
        "allowed": MORE,
        "holds": median(times) <= MORE,
    }


def _tables() -> Iterator[type[models.Model]]:
    yield from (MonthlyRating, *COUNTS, Round, RoundSubject, OpenedResponse)


def tally(country: Country, district: str, month: Month, answers: int) -> None:
    country.draw(country.make_round(district, str(month)), answers=answers)


def roll_up_now(district: str, month: Month) -> None:
    division = Division.objects.get(pk=district)
    roll_up(division=division, month=str(month), by=SYSTEM, at=timezone.now())


def undone(district: str) -> None:
    with transaction.atomic():
        roll_up_now(district, MONTH)
        transaction.set_rollback(True)


def add_past(country: Country, district: str, *, source: Month, month: Month) -> None:
    """An older month with all its rows: those of `source`, counted and rated, again."""
    survey_round = country.make_round(district, str(month))
    counted = CountedRound.objects.get(round__division_id=district, month=str(source))
    country.answer(survey_round, counted.responses)
    cells = ResponseCell.objects.filter(round_id=counted.round_id)
    strata = StratumCount.objects.filter(counted_id=counted.pk)
    ratings = MonthlyRating.objects.under(district).of_month(str(source))
    (again,) = copies(CountedRound, [counted], round=survey_round, month=str(month))
    copies(ResponseCell, cells, round=survey_round)
    copies(StratumCount, strata, counted=again)
    copies(MonthlyRating, ratings, month=str(month))


def copies(
    table: type[models.Model], rows: Iterable[models.Model], **changes: Any
) -> list[models.Model]:
    names = [field.attname for field in table._meta.concrete_fields]
    made = []
    for row in rows:
        copy = table(**{name: getattr(row, name) for name in names if name != "id"})
        for name, value in changes.items():
            setattr(copy, name, value)
        made.append(copy)
    return table._base_manager.bulk_create(made)


def measure_workers(size: Size) -> Iterator[Found]:
    country = Country(districts=size.districts, communities=size.of_a_small_district)
    for district in country.districts:
        tally(country, district, MONTH, size.answers_of_a_worker)
    runs: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder)) as redis:
        for _ in range(size.turns):
            for number, taken in runs.items():
                # One worker and then two, side by side in time: the same noise.
                clear()
                taken.append(timed_workers(number, redis, Path(folder)))
    shares = [two / one for one, two in zip(runs[1], runs[2], strict=True)]
    yield {
        "name": f"{size.districts} districts by one worker process and by two",
        "one worker": rounded(runs[1], 2),
        "two workers": rounded(runs[2], 2),
        "ratings": MonthlyRating.objects.count(),
        "shares": rounded(shares, 2),
        "median of shares": round(median(shares), 3),
        "allowed": SHARE,
        "holds": median(shares) <= SHARE,
    }


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A Redis of our own, which this program's messages go to."""
    server = RedisServer.best(sockets=folder, log=folder / "redis.log")
    child = server.start()
    app.conf.broker_url = server.url.replace("unix://", "redis+socket://").replace(
        "?db=", "?virtual_host="
    )
    try:
        yield server.url
    finally:
        app.close()
        child.stop()


def timed_workers(number: int, redis: str, folder: Path) -> float:
    """From the first message to the last rating; the workers are up before."""
    workers = [start_worker(place, redis, folder) for place in range(number)]
    try:
        wait_until(lambda: len(app.control.ping(timeout=0.5)) == number)
        return seconds(hand_out_and_wait)
    finally:
        for worker in workers:
            worker.stop()


def start_worker(place: int, redis: str, folder: Path) -> Child:
    return start(
        "worker",
        [
            *(sys.executable, "-m", "celery", "-A", "config.celery", "worker"),
            *("-P", "solo", "-Q", "rollup", "-n", f"bench{place}@localhost"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        log=folder / f"worker{place}.log",
        env={**os.environ, "DATABASE_URL": address(), "REDIS_URL": redis},
        cwd=Path(settings.ROOT),
    )


def hand_out_and_wait() -> None:
    districts = Division.objects.filter(level=Division.Level.DISTRICT)
    codes = list(districts.order_by("pk").values_list("pk", flat=True))
    for code in codes:
        roll_up_month.delay(code, str(MONTH))
    done = MonthlyRollup.objects.filter(state=MonthlyRollup.State.DONE)
    wait_until(lambda: done.count() == len(codes))


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("the workers did not finish")
        # Seldom: on two cores every look takes time from one of two workers.
        time.sleep(0.1)


def rounded(taken: Iterable[float], digits: int) -> list[float]:
    """For reading; every comparison is made with what was measured."""
    return [round(one, digits) for one in taken]


def show(found: list[dict[str, Any]]) -> None:
    for one in found:
        for name, value in one.items():
            print(f"  {name:14} {value}" if name != "name" else value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
