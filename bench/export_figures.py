"""How fast figures go out as files: `script/bench export_figures`.

1,000 appointments with 100 rolled-up months, so 100,000 ratings with a record of the
usual length each. They are exported as CSV and as an Excel file, through the gate, by
the function behind the page, after they were counted as the page counts them to tell
whether a job must write the file. The yardstick of the same run reads the same rows
with the same names through the same library and drops them. Shown beside the times:
the rows that both files hold, their common digest, and how much memory the process
took more than before, which must not grow with the rows.

Ends with 0 when the files are complete, agree and took at most 100 MB, else with 3.

    script/bench export_figures [--json] [--appointments N] [--months N]
"""

import argparse
import datetime as dt
import json
import resource
import sys
import tempfile
from collections import deque
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from bench.database import own_database, seconds, settle  # noqa: E402
from bench.months import Country  # noqa: E402
from evaluations.exports import Asked, Exported, Format, export_figures  # noqa: E402
from evaluations.exports.rows import ratings_of  # noqa: E402
from evaluations.models import MonthlyRating, MonthlyRollup  # noqa: E402
from evaluations.publication import Audience  # noqa: E402
from evaluations.scoring.window import Month  # noqa: E402
from officials.models import Appointment, Division, Post  # noqa: E402

APPOINTMENTS, MONTHS = 1000, 100
FIRST = Month.parse("2016-01")
RECORD = json.dumps({"figures": {}, "filler": "0" * 8000})
MB_ALLOWED = 100
TOO_MUCH = 3


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with own_database():
        found = measured(options.appointments, options.months)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:22} {value}")
    return 0 if found["holds"] else TOO_MUCH


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench export_figures")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--appointments", type=int, default=APPOINTMENTS)
    parser.add_argument("--months", type=int, default=MONTHS)
    return parser.parse_args(arguments)


def measured(appointments: int, months: int) -> dict[str, Any]:
    country = Country(districts=1, communities=1)
    names = [str(FIRST.plus(number)) for number in range(months)]
    _make_ratings(country, appointments, names)
    settle(MonthlyRating)
    read = seconds(lambda: _read(country.districts[0], names))
    counted = seconds(lambda: _asked(country, names, Format.CSV).rows)
    before = _megabytes()
    files: dict[str, Exported] = {}
    times = {
        form.value: seconds(lambda form=form: _export(country, names, form, files))  # type: ignore[misc]
        for form in Format
    }
    grown = _megabytes() - before
    csv, workbook = files[Format.CSV], files[Format.WORKBOOK]
    is_whole = csv.rows == workbook.rows == appointments * months
    return {
        "rows": csv.rows,
        "complete": is_whole,
        "digests agree": csv.rows_sha256 == workbook.rows_sha256,
        "counting, s": round(counted, 2),
        "reading alone, s": round(read, 1),
        **{f"{form}, s": round(took, 1) for form, took in times.items()},
        **{f"{form}, times": round(took / read, 2) for form, took in times.items()},
        "MB more than before": round(grown),
        "MB allowed": MB_ALLOWED,
        "holds": is_whole
        and csv.rows_sha256 == workbook.rows_sha256
        and grown <= MB_ALLOWED,
    }


def _read(district: str, months: list[str]) -> None:
    for month in months:
        ratings = ratings_of(district, month, Audience.OFFICE)
        deque(ratings.iterator(chunk_size=500), maxlen=0)


def _export(
    country: Country, months: list[str], form: Format, files: dict[str, Exported]
) -> None:
    asked = _asked(country, months, form)
    with tempfile.TemporaryFile() as target:
        files[form] = export_figures(
            asked, by=country.clerk, at=timezone.now(), target=target
        )


def _asked(country: Country, months: list[str], form: Format) -> Asked:
    return Asked(
        district=Division.objects.get(code=country.districts[0]),
        first=months[0],
        last=months[-1],
        audience=Audience.OFFICE,
        form=form,
        reason="bench",
    )


def _make_ratings(country: Country, number: int, months: list[str]) -> None:
    first = Appointment.objects.select_related("post__organization__division").get()
    organization, district = first.post.organization, country.districts[0]
    posts = Post.objects.bulk_create(
        Post(organization=organization, kind=first.post.kind, title=f"{place}")
        for place in range(number)
    )
    held = Appointment.objects.bulk_create(
        Appointment(official=first.official, post=post, starts_on=dt.date(2010, 1, 1))
        for post in posts
    )
    for month in months:
        MonthlyRollup.objects.create(
            division_id=district,
            month=month,
            state=MonthlyRollup.State.DONE,
            done_at=country.at,
        )
        MonthlyRating.objects.bulk_create(
            _rating(country, appointment, organization.division_id, month)
            for appointment in held
        )


def _rating(
    country: Country, appointment: Appointment, community: str, month: str
) -> MonthlyRating:
    return MonthlyRating(
        appointment=appointment,
        community_id=community,
        month=month,
        scheme=country.scheme,
        window_from=month,
        window_to=month,
        months_existing=12,
        months_wanted=12,
        validity=MonthlyRating.Mark.VALID,
        released=240,
        submitted=120,
        usable=120,
        score=Decimal("81.234567"),
        low=Decimal("78.1"),
        high=Decimal("84.2"),
        se=Decimal("1.5"),
        star=4,
        star_basis=MonthlyRating.Basis.DIRECT,
        refreshed=True,
        record=RECORD,
        record_sha256="ab" * 32,
        code_version="bench",
        numpy_version="bench",
        computed_at=country.at,
    )


def _megabytes() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
