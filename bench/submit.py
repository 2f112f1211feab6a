"""What a visit of a household costs: `script/bench submit`.

Against gunicorn as script/server starts it, and PostgreSQL; residents come from one
light process on the same machine, so server, database and driver share its cores.

1. The sealing POST alone, against a bare Django view under the same server that writes
   the same two rows in one transaction and neither seals, checks nor locks. The two
   take turns, a few hundred at a time, and the rates are those of all turns together.
2. The whole visit, each on a connection of its own: code page, code, form, review,
   seal, receipt. Every one of the 5,000 receipts must be found afterwards, every code
   must have one envelope, and there may be no other.

Both with 1, 8 and 32 clients at a time. Beside the rates stand the seconds of processor
of web, database and driver per ballot: on a machine that others use they tell more.

Ends with 0 when all limits hold, with 3 when one does not: seal at least 0.6 of the
bare rate, 120 visits a second with the most clients, p99 below 4 medians, nothing lost
or doubled.

    script/bench submit [--json] [--codes N] [--quick] [--only seal|visit]

`--quick` is small enough to see that the program works, and too small for its limits.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median, quantiles
from typing import Any

import django

django.setup()

# The rooms can be imported only now that the settings are there.
from ballots import receipts  # noqa: E402
from ballots.actions import IssuedCode  # noqa: E402
from ballots.models import BallotCode, Envelope  # noqa: E402
from bench.database import own_database, settle  # noqa: E402
from bench.submit_driver import (  # noqa: E402
    by_clients,
    on_kept_connections,
    seal,
    visit,
    write_bare,
)
from bench.submit_server import Server, Spent, running  # noqa: E402
from bench.submit_world import OpenRound  # noqa: E402

CODES = 5_000
FEW_CODES = 40
CLIENTS = (1, 8, 32)
TURN = 250
WARM = 40
SHARE = 0.6
RATE = 120.0
SPREAD = 4.0
TOO_MUCH = 3
Found = dict[str, Any]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    codes = FEW_CODES if options.quick else options.codes
    with own_database():
        found = measured(codes, options.only)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        show(found)
    return 0 if all(found["holds"].values()) else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench submit")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--codes", type=int, default=CODES)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("seal", "visit"))
    return parser.parse_args(arguments)


def measured(codes: int, only: str | None) -> Found:
    needed = len(CLIENTS) * 3 * codes + 3 * WARM
    world, load = OpenRound(codes=needed), os.getloadavg()
    settle(BallotCode, Envelope)
    found: Found = {"codes": codes, "load before": round(load[0], 2), "holds": {}}
    with running() as server:
        warm_up(world, server)
        if only != "visit":
            found["seal"] = [measure_seal(world, server, n, codes) for n in CLIENTS]
        if only != "seal":
            found["visit"] = [measure_visit(world, server, n, codes) for n in CLIENTS]
    found["load after"] = round(os.getloadavg()[0], 2)
    judge(found)
    return found


def judge(found: Found) -> None:
    holds = found["holds"]
    for one in found.get("seal", ()):
        holds[f"seal of bare, {one['clients']} clients"] = one["share"] >= SHARE
    for one in found.get("visit", ()):
        name = f"{one['clients']} clients"
        holds[f"nothing lost or doubled, {name}"] = one["complete"]
        holds[f"p99 below {SPREAD:g} medians, {name}"] = one["p99 of median"] < SPREAD
    if "visit" in found:
        best = found["visit"][-1]
        holds[f"{RATE:g} ballots a second"] = best["a second"] >= RATE


def warm_up(world: OpenRound, server: Server) -> None:
    """Every thread of both processes has its connection and its kept pages."""
    codes = world.next_codes(2 * WARM)
    visits = partial(visit, server.port)
    asyncio.run(by_clients(32, (code.code for code in codes), visits))
    bare(world, server, world.next_codes(WARM), 32)


def measure_seal(world: OpenRound, server: Server, clients: int, codes: int) -> Found:
    taken: dict[str, list[float]] = {"seal": [], "bare": []}
    walls, costs = {"seal": 0.0, "bare": 0.0}, {"seal": 0.0, "bare": 0.0}
    for number in in_turns(codes):
        for name, act in (("seal", sealed), ("bare", bare)):
            mine = world.next_codes(number)
            before, began = server.spent(), time.perf_counter()
            taken[name] += act(world, server, mine, clients)
            walls[name] += time.perf_counter() - began
            costs[name] += server.spent().since(before).whole
    rates = {name: codes / wall for name, wall in walls.items()}
    return {
        "clients": clients,
        "seals a second": round(rates["seal"], 1),
        "bare writes a second": round(rates["bare"], 1),
        "share": round(rates["seal"] / rates["bare"], 3),
        "ms of processor, seal": round(1000 * costs["seal"] / codes, 2),
        "ms of processor, bare": round(1000 * costs["bare"] / codes, 2),
        **times(taken["seal"]),
    }


def in_turns(codes: int) -> Iterator[int]:
    while codes > 0:
        yield min(codes, TURN)
        codes -= TURN


def sealed(
    world: OpenRound, server: Server, codes: Sequence[IssuedCode], clients: int
) -> list[float]:
    tokens = world.tokens(codes)
    return asyncio.run(on_kept_connections(server.port, clients, tokens, seal))


def bare(
    world: OpenRound, server: Server, codes: Sequence[IssuedCode], clients: int
) -> list[float]:
    ids = [str(code.code_id) for code in codes]
    return asyncio.run(
        on_kept_connections(
            server.port,
            clients,
            ids,
            lambda visitor, code: write_bare(visitor, str(world.box.pk), code),
        )
    )


def measure_visit(world: OpenRound, server: Server, clients: int, codes: int) -> Found:
    mine = world.next_codes(codes)
    got: dict[str, str] = {}

    async def one(code: str) -> None:
        got[code] = await visit(server.port, code)

    envelopes = Envelope.objects.count()
    before, began = server.spent(), time.perf_counter()
    taken = asyncio.run(by_clients(clients, (code.code for code in mine), one))
    wall, spent = time.perf_counter() - began, server.spent().since(before)
    return {
        "clients": clients,
        "a second": round(codes / wall, 1),
        **cost(spent, codes),
        **times(taken),
        **kept(mine, got, Envelope.objects.count() - envelopes),
    }


def cost(spent: Spent, ballots: int) -> Found:
    return {
        f"ms of processor, {name}": round(1000 * seconds / ballots, 2)
        for name, seconds in (
            ("web", spent.web),
            ("database", spent.database),
            ("driver", spent.driver),
            ("whole", spent.whole),
        )
    }


def times(taken: Sequence[float]) -> Found:
    middle, last = median(taken), quantiles(taken, n=100)[-1]
    return {
        "median, ms": round(1000 * middle, 1),
        "p99, ms": round(1000 * last, 1),
        "p99 of median": round(last / middle, 2),
    }


def kept(codes: Sequence[IssuedCode], got: dict[str, str], more: int) -> Found:
    """What is in the box now: one envelope for each code and not one more."""
    ids = [code.code_id for code in codes]
    counts = Envelope.objects.filter(code__in=ids).values_list("code_id", flat=True)
    with_one = set(counts)
    used = BallotCode.objects.filter(pk__in=ids, state=BallotCode.State.USED).count()
    right = sum(got.get(code.code) == code.receipt for code in codes)
    found = sum(receipts.look_up(text).state == "in_box" for text in got.values())
    lost, doubled = len(ids) - len(with_one), more - len(with_one)
    return {
        "lost": lost,
        "doubled": doubled,
        "receipts found": found,
        "complete": (lost, doubled) == (0, 0) and used == right == found == len(ids),
    }


def show(found: Found) -> None:
    print(f"{found['codes']} codes; load {found['load before']} before")
    for name in ("seal", "visit"):
        for one in found.get(name, ()):
            print(f"\n{name}, {one['clients']} clients")
            for what, value in one.items():
                print(f"  {what:26} {value}")
    print(f"\nload {found['load after']} after")
    for what, holds in found["holds"].items():
        print(f"  {'holds' if holds else 'FAILS'}  {what}")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
