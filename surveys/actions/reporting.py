"""Reports of pressure: taken in without a trace, read with one (T119, T77)."""

import datetime as dt
from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import crypto
from audit.actions import record
from officials.models import Division
from surveys.models import CoercionReport

TABLE, COLUMN = "surveys_coercionreport", "words"


def report_coercion(
    *, kind: str, community: Division, words: str, at: dt.datetime
) -> None:
    """Store a report. Nobody is its author, and no event tells when it came (T61)."""
    pk = uuid4()
    CoercionReport(
        id=pk,
        kind=kind,
        community=community,
        day=timezone.localdate(at),
        words=crypto.seal_field(words, table=TABLE, column=COLUMN, row=pk),
    ).save()


@transaction.atomic
def read_reports(
    *, community: Division, by: User, at: dt.datetime
) -> Sequence[tuple[CoercionReport, str]]:
    """All reports of a community with their words; that they were read is recorded."""
    reports = CoercionReport.objects.filter(community=community)
    read = [
        (
            report,
            crypto.open_field(report.words, table=TABLE, column=COLUMN, row=report.pk),
        )
        for report in reports.order_by("-day", "id")
    ]
    record(
        "signal.reports_read",
        by=by,
        at=at,
        target=community,
        division=community.code,
        data={"count": len(read)},
    )
    return read
