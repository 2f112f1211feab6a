"""Ask for a dry run, and carry it out: the only thing written is its report."""

import datetime as dt
from hashlib import sha256
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record
from audit.vendor_sql import hold_name
from evaluations import dry_running, quarter_dry_running
from evaluations.models import AssessmentScheme, DryRun, MonthlyRollup
from evaluations.quarter_calendar import months_of, quarter_of
from evaluations.scheme_readiness import NotADraft, SchemeError
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.window import Month
from evaluations.windows import SchemeUnknown
from officials.models import Division

JOB = "evaluations.dry_run"
Kind = AssessmentScheme.Kind
# Kinds whose drafts can be tried.
TRIED = (Kind.RESIDENT, Kind.REGULAR)


class NothingToTry(SchemeError):
    """No month of the district is rolled up yet."""


class NothingRanked(SchemeError):
    """No quarter of the scheme has its ranks there yet."""


class AlreadyAsked(SchemeError):
    """The same draft waits for the same district already."""


class DraftMovedOn(SchemeError):
    """The draft was changed after the dry run was asked for: ask again."""


class DryRunBusy(Exception):
    """Somebody else is at it at this moment."""


# What a dry run refuses with a sentence; anything else is a fault.
REFUSALS = (DraftMovedOn, NothingRanked, NothingToTry, SchemeUnknown)


@transaction.atomic
def ask_dry_run(
    *, scheme: AssessmentScheme, district: Division, by: User, at: dt.datetime
) -> DryRun:
    """Ask that the draft be held against the last quarter of a district.

    The last closed one for a residents' method, the last ranked one for a regular
    scheme.
    """
    drafts = AssessmentScheme.objects.drafts().filter(kind__in=TRIED)
    draft = drafts.select_for_update(of=("self",)).filter(pk=scheme.pk).first()
    if draft is None:
        raise NotADraft(scheme.ref)
    month = _last_month(draft, district)
    same = DryRun.objects.asked().filter(
        scheme=draft, district=district, scheme_digest=bytes(draft.digest)
    )
    if same.exists():
        raise AlreadyAsked(draft.ref)
    dry_run = DryRun.objects.create(
        scheme=draft,
        scheme_digest=bytes(draft.digest),
        district=district,
        month=month,
        asked_by=by,
        asked_at=at,
    )
    record(
        "scheme.dry_run_asked",
        target=draft,
        by=by,
        at=at,
        division=district.code,
        data={"scheme": draft.ref, "digest": draft.digest_hex, "month": month},
    )
    return dry_run


@transaction.atomic
def carry_out(*, dry_run: DryRun, by: Actor, at: dt.datetime) -> DryRun:
    """Compute the report and write it down, once.

    DryRunBusy when another worker is at it; DraftMovedOn when the draft is not any
    more what was asked about.
    """
    if not hold_name(f"dry run {dry_run.pk}"):
        raise DryRunBusy(dry_run.pk)
    asked = DryRun.objects.asked().select_related("scheme", "district")
    waiting = asked.filter(pk=dry_run.pk).first()
    if waiting is None:
        return DryRun.objects.get(pk=dry_run.pk)
    scheme = waiting.scheme
    if bytes(scheme.digest) != bytes(waiting.scheme_digest):
        raise DraftMovedOn(scheme.ref)
    district = waiting.district_id
    text = canonical_json(_report(waiting))
    digest = sha256(text).hexdigest()
    DryRun.objects.asked().filter(pk=waiting.pk).update(
        state=DryRun.State.DONE,
        done_at=at,
        record=text.decode(),
        record_sha256=digest,
    )
    record(
        "scheme.dry_run_done",
        target=scheme,
        by=by,
        at=at,
        division=district,
        data={
            "scheme": scheme.ref,
            "digest": scheme.digest_hex,
            "month": waiting.month,
            "record_digest": digest,
        },
    )
    return DryRun.objects.get(pk=waiting.pk)


def _report(dry_run: DryRun) -> dict[str, Any]:
    """By the kind of the draft; plain JSON values."""
    scheme, district = dry_run.scheme, dry_run.district_id
    if scheme.is_of_residents:
        months = dry_running.quarter_months(dry_run.month, rolled_up_months(district))
        return dry_running.try_on(scheme, district=district, months=months)
    quarters = quarter_dry_running.ranked_quarters(scheme).select_related("scheme")
    quarter = quarters.filter(division=district, code=quarter_of(dry_run.month)).first()
    if quarter is None:
        raise NothingRanked(district)
    return quarter_dry_running.try_on(scheme, district=district, quarter=quarter)


def _last_month(scheme: AssessmentScheme, district: Division) -> str:
    """The last month of the quarter that a draft is tried on."""
    if scheme.is_of_residents:
        return last_month(district)
    quarters = quarter_dry_running.ranked_quarters(scheme).filter(division=district)
    newest = quarters.order_by("-code").first()
    if newest is None:
        raise NothingRanked(district.code)
    return months_of(newest.code)[2]


def rolled_up_months(district: str) -> list[str]:
    """Months of a district with ratings, newest first."""
    done = MonthlyRollup.objects.filter(
        division_id=district, state=MonthlyRollup.State.DONE
    )
    return list(done.order_by("-month").values_list("month", flat=True))


def last_month(district: Division) -> str:
    """The end of the last closed quarter; the newest month before there is one."""
    months = rolled_up_months(district.code)
    if not months:
        raise NothingToTry(district.code)
    closing = [month for month in months if Month.parse(month).closes_quarter]
    return (closing or months)[0]
