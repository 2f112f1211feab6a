"""How long a large roster takes, and where the time goes: `script/bench import_roster`.

Two files are made, a workbook of 200,000 rows and a CSV of 1,000,000 in 20
communities, and imported as an office does: uploaded, read, compared, confirmed, names
and telephones encrypted. Each is held against reading the same file with its reader
plus one COPY of the same rows, in the same run. The CSV is then sent again, unchanged.
Ends with 0 when all limits hold, with 3 when one does not.

    script/bench import_roster [--json] [--rows N] [--only xlsx|csv] [--profile]

`--rows` scales both files: N for the CSV, a fifth of it for the workbook. A database of
its own is made on the server of DATABASE_URL (or the embedded one) and dropped again.
"""

import argparse
import contextlib
import cProfile
import csv
import datetime as dt
import json
import pstats
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

django.setup()

# The rooms can be imported only now that the settings are there.
from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402
from python_calamine import CalamineWorkbook  # noqa: E402

from accounts.actions import create_user  # noqa: E402
from accounts.models import User  # noqa: E402
from audit.actions import SYSTEM  # noqa: E402
from audit.vendor_sql import copy_rows  # noqa: E402
from bench.rosters import COLUMNS, write_csv, write_xlsx  # noqa: E402
from officials.models import Division  # noqa: E402
from residents import actions, files, marks, places, privacy  # noqa: E402
from residents.actions.staging import Packer  # noqa: E402
from residents.importers.readers import open_book  # noqa: E402
from residents.importers.rows import ParsedRow  # noqa: E402
from residents.importers.run import COMMAND_ROWS, Run  # noqa: E402
from residents.models import RosterImport  # noqa: E402

ROWS = 1_000_000
WORKBOOK_SHARE = 5
COMMUNITIES = 20
TIMES = 12
MEGABYTES = 500
UNCHANGED_SECONDS = 10.0
SAMPLE = 20_000
TOO_MUCH = 3
SHORTEST = 0.01
STREETS = {"xlsx": "990101001", "csv": "990101002"}
WRITERS = {"xlsx": write_xlsx, "csv": write_csv}


class PlainRow(models.Model):
    """What one COPY of the same rows is measured with: twelve texts, no index."""

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return str(self.pk)


for _number in range(len(COLUMNS)):
    PlainRow.add_to_class(f"text_{_number}", models.TextField())
PLAIN_COLUMNS = [f"text_{number}" for number in range(len(COLUMNS))]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    found = {}
    with own_database(), tempfile.TemporaryDirectory() as folder:
        people = make_places()
        for kind in [options.only] if options.only else ["xlsx", "csv"]:
            number = options.rows // (WORKBOOK_SHARE if kind == "xlsx" else 1)
            path = Path(folder) / f"roster.{kind}"
            names = [f"{kind}{index}社区" for index in range(COMMUNITIES)]
            WRITERS[kind](path, names, number)
            found[kind] = measured(path, kind, people, profile=options.profile)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found)
    return 0 if all(one["holds"] for one in found.values()) else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench import_roster")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--profile", action="store_true", help="slower; prints hot spots"
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", choices=sorted(STREETS))
    return parser.parse_args(arguments)


@contextlib.contextmanager
def own_database() -> Iterator[None]:
    """A database beside the real one, with all tables and nothing in them."""
    real = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{real}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def make_places() -> tuple[User, User]:
    """Two streets with 20 communities each, who uploads and who confirms."""
    opened = dt.date(2020, 1, 1)

    def add(code: str, level: str, name: str, parent: str | None) -> None:
        Division.objects.create(
            code=code,
            level=level,
            kind=level,
            name=name,
            short_name=name,
            parent_id=parent,
            valid_from=opened,
        )

    level = Division.Level
    add("99", level.PROVINCE, "测试省", None)
    add("9901", level.CITY, "测试市", "99")
    add("990101", level.DISTRICT, "测试区", "9901")
    for kind, street in STREETS.items():
        add(street, level.STREET, f"{kind}街道", "990101")
        for index in range(COMMUNITIES):
            name = f"{kind}{index}社区"
            add(f"{street}{index:03}", level.COMMUNITY, name, street)
    at = timezone.now()
    first, second = (
        create_user(username=name, name=name, password="-", by=SYSTEM, at=at)  # noqa: S106
        for name in ("bench-uploads", "bench-confirms")
    )
    return first, second


class Clock:
    """Seconds by name, in the order of the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 2)

    def total(self, *names: str) -> float:
        return round(sum(self.seconds[name] for name in names), 2)


def measured(
    path: Path, kind: str, people: tuple[User, User], *, profile: bool
) -> dict[str, Any]:
    """Everything about one file, the yardstick first."""
    street = Division.objects.get(code=STREETS[kind])
    yardstick = measure_yardstick(path, kind)
    parts = measure_parts(path, street)
    with profiled(profile):
        clock, roster_import = measure_import(path, street, people)
    again = measure_again(path, street, people[0]) if kind == "csv" else {}
    needed = clock.total("upload", "read", "confirm")
    measure = max(yardstick.total("reader", "copy"), SHORTEST)
    peak = peak_megabytes()
    in_time = again.get("difference", 0.0) <= UNCHANGED_SECONDS
    return {
        "rows": roster_import.counts["read"],
        "changes": roster_import.counts["changes"],
        "yardstick": yardstick.seconds,
        "import": clock.seconds,
        "seconds": needed,
        "allowed": round(TIMES * measure, 2),
        "times": round(needed / measure, 1),
        "where": parts.seconds,
        "again": again,
        "peak_megabytes": peak,
        "holds": needed <= TIMES * measure and peak <= MEGABYTES and in_time,
    }


def measure_yardstick(path: Path, kind: str) -> Clock:
    """The reader library alone, then one COPY of what it has read."""
    clock = Clock()
    with clock.part("reader"):
        for _row in plain_rows(path, kind):
            pass
    with connection.schema_editor() as editor:
        editor.create_model(PlainRow)
    with clock.part("reader and copy"):
        copy_rows(PlainRow, PLAIN_COLUMNS, plain_rows(path, kind))
    with connection.schema_editor() as editor:
        editor.delete_model(PlainRow)
    both = clock.seconds.pop("reader and copy")
    clock.seconds["copy"] = round(max(both - clock.seconds["reader"], 0.0), 2)
    return clock


def plain_rows(path: Path, kind: str) -> Iterator[list[Any]]:
    if kind == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file)
        return
    workbook = CalamineWorkbook.from_path(str(path))
    for name in workbook.sheet_names:
        yield from workbook.get_sheet_by_name(name).iter_rows()


def measure_parts(path: Path, street: Division) -> Clock:
    """Where the time goes: reading and judging alone, then marks and sealing alone."""
    clock = Clock()
    sample: list[ParsedRow] = []
    with path.open("rb") as content:
        with clock.part("open"):
            book = open_book(content, path.name)
        run = Run(book, places.places_of(street), dt.date(2026, 1, 1), COMMAND_ROWS)
        with clock.part("read and judge"):
            for row in run:
                if isinstance(row, ParsedRow) and len(sample) < SAMPLE:
                    sample.append(row)
    share = run.log.read / len(sample)
    people = [row.values for row in sample if row.values]
    with clock.part("keyed marks"):
        marker = marks.Marker()
        for row in sample:
            if row.address and row.values:
                marker.digests(row.address.key, row.values)
    with clock.part("seal names and telephones"):
        privacy.seal_people(people, [uuid.uuid4().bytes for _person in people])
    with clock.part("rows for COPY, with both"):
        for _row in Packer(RosterImport()).packed(sample):
            pass
    for name in (
        "keyed marks",
        "seal names and telephones",
        "rows for COPY, with both",
    ):
        clock.seconds[name] = round(clock.seconds[name] * share, 2)
    return clock


def measure_import(
    path: Path, street: Division, people: tuple[User, User]
) -> tuple[Clock, RosterImport]:
    clock = Clock()
    uploader, approver = people
    at = timezone.now()
    with clock.part("upload"), path.open("rb") as content:
        roster_import = actions.upload_roster(
            street=street, file_name=path.name, content=content, by=uploader, at=at
        )
    with clock.part("read"):
        roster_import = actions.read_roster(
            roster_import=roster_import, by=uploader, at=at, max_rows=COMMAND_ROWS
        )
    if roster_import.state != RosterImport.State.PREVIEWED:
        raise SystemExit(roster_import.refusal_text or roster_import.state)
    with clock.part("difference, inside read"):
        roster_import = actions.preview_import(
            roster_import=roster_import, by=uploader, at=at
        )
    with clock.part("confirm"):
        roster_import = actions.confirm_import(
            roster_import=roster_import,
            digest=bytes(roster_import.digest or b""),
            by=approver,
            at=at,
        )
    files.discard(roster_import.stored_as)
    return clock, roster_import


def measure_again(path: Path, street: Division, uploader: User) -> dict[str, Any]:
    """The same file once more: nothing may change, and that is seen quickly."""
    clock = Clock()
    at = timezone.now()
    with clock.part("upload and read"):
        with path.open("rb") as content:
            roster_import = actions.upload_roster(
                street=street, file_name=path.name, content=content, by=uploader, at=at
            )
        roster_import = actions.read_roster(
            roster_import=roster_import, by=uploader, at=at, max_rows=COMMAND_ROWS
        )
    with clock.part("difference"):
        roster_import = actions.preview_import(
            roster_import=roster_import, by=uploader, at=at
        )
    files.discard(roster_import.stored_as)
    return {**clock.seconds, "changes": roster_import.counts["changes"]}


@contextlib.contextmanager
def profiled(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(35)


def peak_megabytes() -> int:
    """The larger of this process and of any child that read for it (Linux: KB)."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) // 1024


def show(found: dict[str, Any]) -> None:
    for kind, one in found.items():
        print(f"{kind}: {one['rows']:,} rows")
        for part in ("yardstick", "import", "where", "again"):
            for name, seconds in one[part].items():
                print(f"  {part:10} {name:26} {seconds}")
        print(f"  {one['seconds']} s of {one['allowed']} s allowed ({one['times']} x)")
        print(f"  {one['peak_megabytes']} MB of {MEGABYTES} MB allowed")
        print("  holds" if one["holds"] else "  DOES NOT HOLD")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
