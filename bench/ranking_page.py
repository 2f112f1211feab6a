"""What the page of a peer group costs: `script/bench ranking_page`.

Three districts in one database, of 60, 600 and 6,000 appointments, at the end of a
quarter: stars, ranks and a year-old reading for each. Every district is ranked twice:
in groups of 60, as people do, and in one group of all, which has pages. For both:

1. the page takes the same number of queries in all three;
2. it takes at most 1.5 times as long as in the district of a tenth, both timed in turn
   in the same run;
3. page, style sheets, scripts and pictures of a first visit weigh less than 150 KB as
   they are served.

Ends with 0 when all limits hold, with 3 when one does not.

    script/bench ranking_page [--json] [--runs N] [--largest N]

`--largest` is the number of appointments of the largest district; the others have a
tenth and a hundredth of it. A database of its own is made on the server of DATABASE_URL
(or the embedded one) and dropped again.
"""

import argparse
import gzip
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import django

django.setup()

# The rooms can be imported only now that the settings are there.


from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import resolve, reverse  # noqa: E402

from accounts import roles  # noqa: E402
from accounts.models import User  # noqa: E402
from bench.database import own_database, settle  # noqa: E402
from bench.rated import Rated, rated_districts  # noqa: E402
from evaluations.models import MonthlyRating  # noqa: E402
from officials.models import Appointment, PeerGroupMember  # noqa: E402

TIMES = 1.5
HEAVIEST = 150_000
TOO_MUCH = 3
PART = re.compile(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg|png))"')
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page of one group: whose it is, how it is ranked, and where it lies."""

    kind: str
    size: int
    url: str


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/bench ranking_page")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--largest", type=int, default=6000)
    options = parser.parse_args(arguments)
    # The page names its parts by what was collected.
    call_command("collectstatic", interactive=False, verbosity=0)
    with own_database():
        sizes = (options.largest // 100, options.largest // 10, options.largest)
        rated = rated_districts(sizes, role=roles.DEPARTMENT_CLERK)
        settle(MonthlyRating, Appointment, PeerGroupMember)
        found = measure(rated, runs=options.runs)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)
    return 0 if all(one["holds"] for one in found) else TOO_MUCH


def measure(rated: Rated, *, runs: int) -> list[Found]:
    visits = list(_visits(rated))
    queries = {visit: _queries(visit, rated.reader) for visit in visits}
    seconds = _seconds(visits, rated.reader, runs=runs)
    return [
        *(_told(visits, kind, queries, seconds) for kind in ("groups", "whole")),
        _weight(max(visits, key=lambda visit: visit.size), rated.reader),
    ]


def _visits(rated: Rated) -> Iterator[Visit]:
    for district in rated.districts:
        for kind, group in (("groups", district.small), ("whole", district.whole)):
            url = reverse("evaluations:ranking-list", args=[group, rated.month])
            yield Visit(kind, district.size, url)


def _get(visit: Visit, reader: User) -> HttpResponse:
    """The page through its view, as a browser asks for it on a first visit."""
    request = RequestFactory(headers={"accept-encoding": "gzip"}).get(visit.url)
    request.user = reader
    place = resolve(visit.url)
    answer: HttpResponse = place.func(request, *place.args, **place.kwargs)
    if answer.status_code != 200:
        raise RuntimeError(f"{visit.url}: {answer.status_code}")
    return answer


def _queries(visit: Visit, reader: User) -> int:
    with CaptureQueriesContext(connection) as context:
        _get(visit, reader)
    return len(context)


def _seconds(visits: Sequence[Visit], reader: User, *, runs: int) -> dict[Visit, float]:
    """Each visit in turn, again and again; the middle of what each took."""
    took: dict[Visit, list[float]] = defaultdict(list)
    for _ in range(runs):
        for visit in visits:
            began = time.perf_counter()
            _get(visit, reader)
            took[visit].append(time.perf_counter() - began)
    return {visit: median(times) for visit, times in took.items()}


def _told(
    visits: Sequence[Visit],
    kind: str,
    queries: dict[Visit, int],
    seconds: dict[Visit, float],
) -> Found:
    mine = sorted((v for v in visits if v.kind == kind), key=lambda visit: visit.size)
    ratios = [seconds[larger] / seconds[smaller] for smaller, larger in pairwise(mine)]
    numbers = [queries[visit] for visit in mine]
    return {
        "name": kind,
        "appointments": [visit.size for visit in mine],
        "queries": numbers,
        "seconds": [round(seconds[visit], 4) for visit in mine],
        "times a tenth": [round(ratio, 2) for ratio in ratios],
        "holds": len(set(numbers)) == 1 and max(ratios) <= TIMES,
    }


def _weight(visit: Visit, reader: User) -> Found:
    answer = _get(visit, reader)
    page = len(answer.content)
    html = gzip.decompress(answer.content).decode()
    parts = {name: _served(name) for name in sorted(set(PART.findall(html)))}
    total = page + sum(parts.values())
    return {
        "name": "weight",
        "page": page,
        "page before": len(html.encode()),
        "parts": parts,
        "bytes": total,
        "holds": total < HEAVIEST,
    }


def _served(name: str) -> int:
    """A part as WhiteNoise has compressed it, or as it is where that was no gain."""
    plain = Path(settings.STATIC_ROOT) / name
    packed = plain.with_name(f"{plain.name}.gz")
    return (packed if packed.exists() else plain).stat().st_size


def show(found: list[Found]) -> None:
    for one in found:
        mark = "ok    " if one["holds"] else "LIMIT "
        facts = {k: v for k, v in one.items() if k not in ("name", "holds", "parts")}
        print(mark, one["name"], ", ".join(f"{k}: {v}" for k, v in facts.items()))


if __name__ == "__main__":
    random.seed(1)
    sys.exit(main(sys.argv[1:]))
