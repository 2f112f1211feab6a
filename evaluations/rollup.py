"""Roll up a month of a district: count its rounds, then rate it (M99-M107).

Two transactions. Killed before a commit it leaves nothing of that step, after it
everything; a second run, beside or later, goes on from there or finds the month done.
Bytes depend on what was counted, never on who ran it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.actions import Actor, record
from audit.vendor_sql import hold_name
from evaluations import records, told
from evaluations.closing import close_year
from evaluations.counting import count_round
from evaluations.groups import CityWaits, Pools, around, pools_for
from evaluations.models import CountedRound, MonthlyRating, MonthlyRollup
from evaluations.rankings import Entry, Standing, standings
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.window import Month
from evaluations.windows import MonthWindow, Rated, SchemeUnknown
from jobs.recording import tell
from officials.models import Division
from surveys.models import Round

# The name of this work in the queue and in the ledger of jobs.
JOB = "evaluations.roll_up_month"
STEPS = {
    "count": _("正在清点第 %(done)s 次测评，共 %(total)s 次"),
    "rate": _("正在评分，已评 %(done)s 个任职"),
    "store": _("正在写入 %(total)s 个任职的评价"),
    "city": _("已清点，等同市其他区县清点后一起评分"),
}
DISTRICT_DIGITS = 6
ERROR_LENGTH = 300
PENDING = (Round.State.APPROVED, Round.State.OPEN, Round.State.CLOSED)
# The files whose text decides the bytes of a record.
SOURCES = (
    "areas.py",
    "figures.py",
    "groups.py",
    "guard.py",
    "mode_models.py",
    "past.py",
    "pools.py",
    "quarters.py",
    "rankings.py",
    "records.py",
    "set_asides.py",
    "windows.py",
    "years.py",
)


class RollupError(Exception):
    """A month cannot be rolled up now; the message is for an operator."""


class MonthNotDue(RollupError):
    """Nothing is tallied, or an earlier or equal month still has a sealed box."""


class MonthsGoInOrder(MonthNotDue):
    """An earlier month of the district has its answers and is not counted yet."""


class DistrictBusy(MonthNotDue):
    """Somebody else is rolling up this district at this moment."""


class MonthWaits(MonthNotDue):
    """Counted, but its pooling group needs other districts of the city (M67)."""


class RecordDiffers(RollupError):
    """A stored record would come out with other bytes: an incident (M107)."""


class MonthIsPast(RollupError):
    """A later month of the same appointment is already rated (M65)."""


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What a run did. `is_new` is False when the month was done before."""

    division: str
    month: str
    is_new: bool
    rounds: int
    ratings: int


def due_months(district: str = "") -> list[tuple[str, str]]:
    """(district, month) with tallied rounds that are not rated, oldest first.

    A month waits while a round of it or of an earlier month is still sealed: its
    answers belong to the same windows.
    """
    uncounted = Round.objects.tallied().filter(
        counted=None, division__code__startswith=district
    )
    pairs = uncounted.order_by().values_list("division_id", "period").distinct()
    months = {(code[:DISTRICT_DIGITS], period) for code, period in pairs}
    # Counted and not rated: a worker was killed, or the city had to be waited for.
    begun = MonthlyRollup.objects.filter(
        state=MonthlyRollup.State.DUE, division__code__startswith=district
    )
    waiting = begun.order_by().values_list("division_id", "month")
    months |= {pair for pair in waiting if _counted(*pair).exists()}
    return sorted(
        (pair for pair in months if not pending_rounds(*pair)),
        key=lambda pair: (pair[1], pair[0]),
    )


def first_due_months() -> list[tuple[str, str]]:
    """The oldest due month of every district: months of a district go in order."""
    oldest: dict[str, str] = {}
    for district, month in due_months():
        oldest.setdefault(district, month)
    return list(oldest.items())


def pending_rounds(district: str, month: str) -> list[Round]:
    """Rounds of the district up to the month whose answers are not there yet."""
    pending = Round.objects.filter(
        division__code__startswith=district, period__lte=month, state__in=PENDING
    )
    return list(pending.order_by("period", "division_id"))


def roll_up(*, division: Division, month: str, by: Actor, at: dt.datetime) -> RolledUp:
    """Count the month's rounds and rate every appointment of the district.

    Two transactions: what is counted stays counted, for a pooling group of the city
    may have to wait until other districts are counted too. MonthNotDue leaves the
    ratings untouched; any other refusal is noted on the month's row for the desk.
    ValueError if cells and strata contradict each other.
    """
    district = Division.objects.get(pk=division.pk[:DISTRICT_DIGITS])
    try:
        with transaction.atomic():
            _count(district, month)
        with transaction.atomic():
            return _rate(district, month, by=by, at=at)
    except CityWaits as reason:
        raise MonthWaits(str(reason)) from reason
    except MonthNotDue:
        raise
    except (RollupError, SchemeUnknown, ValueError, IntegrityError) as error:
        _note(district, month, error)
        raise


def _hold(district: Division) -> None:
    """Until the transaction ends nobody else rolls up this district.

    A second worker goes home at once instead of waiting, and no two months of a
    district are ever rated side by side.
    """
    if not hold_name(f"roll up {district.pk}"):
        raise DistrictBusy(district.pk)


def _count(district: Division, month: str) -> None:
    """Make cells of every round of the month that has none; the month is then due."""
    Month.parse(month)
    _hold(district)
    if waiting := pending_rounds(district.pk, month):
        raise MonthNotDue(", ".join(survey_round.code for survey_round in waiting))
    uncounted = Round.objects.tallied().filter(
        counted=None, division__code__startswith=district.pk
    )
    # Its answers belong to the window of this month too.
    if earlier := uncounted.filter(period__lt=month).order_by("period").first():
        raise MonthsGoInOrder(earlier.period)
    rounds = list(uncounted.filter(period=month).order_by("code"))
    if not rounds:
        return
    # A round of another street, tallied late, makes the month due once more.
    MonthlyRollup.objects.update_or_create(
        division=district,
        month=month,
        defaults={"state": MonthlyRollup.State.DUE, "done_at": None},
    )
    for number, survey_round in enumerate(rounds, start=1):
        tell("count", number, len(rounds))
        count_round(survey_round)


def _rate(district: Division, month: str, *, by: Actor, at: dt.datetime) -> RolledUp:
    """Claim and rate; the claim is a conditional update of the month's row."""
    _hold(district)
    if not _counted(district.pk, month).exists():
        raise MonthNotDue(month)
    row = MonthlyRollup.objects.get(division=district, month=month)
    due = MonthlyRollup.objects.filter(pk=row.pk, state=MonthlyRollup.State.DUE)
    if not due.update(state=MonthlyRollup.State.DONE, done_at=at, last_error=""):
        return _outcome(district, month, is_new=False)
    window = MonthWindow(district=district.pk, month=month)
    rated = list(window.rated())
    digests = _write(_ratings(rated, window, at=at), month, at=at)
    close_year(window, rated)
    outcome = _outcome(district, month, is_new=True)
    record(
        "month.rolled_up",
        target=row,
        by=by,
        at=at,
        division=district.pk,
        data={
            "month": month,
            "rounds": outcome.rounds,
            "ratings": outcome.ratings,
            "digest": sha256("".join(digests).encode()).hexdigest(),
        },
    )
    return outcome


def _ratings(
    rated: Sequence[Rated], window: MonthWindow, *, at: dt.datetime
) -> list[MonthlyRating]:
    """Estimates, pooling groups, stars, then the quarter's ranks: unsaved ratings."""
    month = str(window.month)
    pools = pools_for(rated, district=window.district, month=month)
    entries = []
    for number, one in enumerate(rated, start=1):
        contents = records.build(one.subject, one.area, around(one, pools))
        entries.append(Entry(one, contents, *_exact(one, pools)))
        tell("rate", number, len(rated))
    places = standings(entries, window, month=month)
    return [rating_of(entry, pools, places, at=at) for entry in entries]


def _exact(rated: Rated, pools: Pools) -> tuple[float | None, float | None]:
    """Direct score and standard error, unrounded: what ranks compare (M79)."""
    used = records.direct(rated.subject, rated.area, rated.modes).used
    group = pools.get(rated.subject.appointment)
    unit = group.pool.shrunken(rated.subject.appointment) if group else None
    se = unit.se if used.se is None and unit else used.se
    return used.score, se


def _write(rows: Sequence[MonthlyRating], month: str, *, at: dt.datetime) -> list[str]:
    """Store the ratings; the digests of their records in the order of codes."""
    tell("store", total=len(rows))
    known = {
        rating.appointment_id: rating
        for rating in MonthlyRating.objects.current().filter(
            month=month, appointment_id__in=[r.appointment_id for r in rows]
        )
    }
    new = []
    for row in rows:
        before = known.get(row.appointment_id)
        if before is None:
            new.append(row)
        elif before.record_sha256 != row.record_sha256:
            raise RecordDiffers(f"{row.community_id} {month}")
    _refuse_past(new, month)
    MonthlyRating.objects.bulk_create(new, batch_size=500)
    told.tell_office(new, at=at)
    return [row.record_sha256 for row in rows]


def _refuse_past(new: Iterable[MonthlyRating], month: str) -> None:
    appointments = [row.appointment_id for row in new]
    later = MonthlyRating.objects.filter(
        appointment_id__in=appointments, month__gt=month
    ).first()
    if later is not None:
        raise MonthIsPast(f"{later.community_id} {later.month}")


def rating_of(
    entry: Entry, pools: Pools, places: Mapping[str, Standing], *, at: dt.datetime
) -> MonthlyRating:
    """The row of a rating, not yet stored. A correction holds no rank (ADR 0026)."""
    rated = entry.rated
    code = rated.subject.appointment
    place, group = places.get(code), pools.get(code)
    if rated.subject.revision > 1:
        place = None
    contents = {**entry.contents, "rank": place.as_record() if place else None}
    text = canonical_json(contents)
    is_told = contents["decisions"]["refreshed"]
    waits = contents["figures"]["m"] >= rated.scheme.method.publish_floor
    return MonthlyRating(
        appointment=rated.appointment,
        scheme=rated.scheme,
        shown=None if is_told or not waits else rated.last_told,
        pool=group.row if group else None,
        ranking=place.row if place else None,
        record=text.decode(),
        record_sha256=records.digest(text),
        code_version=code_version(),
        numpy_version=version("numpy"),
        computed_at=at,
        **columns_of(contents),
    )


def columns_of(contents: dict[str, Any]) -> dict[str, Any]:
    """The columns that pages query, as the record tells them."""
    window, figures = contents["window"], contents["figures"]
    star, decisions = contents["star"], contents["decisions"]
    pool, rank = contents["pool"] or {}, contents["rank"]
    adjusted = figures["adjusted"]
    return {
        "community_id": contents["community"],
        "month": contents["month"],
        "revision": contents["revision"],
        "window_from": window["first"],
        "window_to": window["last"],
        "months_existing": window["existing"],
        "months_wanted": window["months"],
        "validity": decisions["validity"],
        "released": figures["released"],
        "submitted": figures["submitted"],
        "usable": figures["m"],
        **{name: _decimal(figures[name]) for name in ("score", "low", "high", "se")},
        "adjusted": _decimal(adjusted["score"]) if adjusted else None,
        "reliability": _decimal(pool.get("reliability")),
        "shrunken": _decimal(pool.get("eb")),
        "shrunken_se": _decimal(pool.get("se_eb")),
        "rank": rank["rank"] if rank else None,
        "rr1": _decimal(figures["rates"]["rr1"]),
        "rr3": _decimal(figures["rates"]["rr3"]),
        **_codes(contents),
        "star": star["star"],
        "previous_star": star["previous"],
        "star_basis": star["basis"],
        "refreshed": decisions["refreshed"],
        "previous_sha256": contents["previous_sha256"] or "",
    }


def _codes(contents: dict[str, Any]) -> dict[str, int]:
    """Final codes of the community, if its answers are this appointment's alone."""
    place = contents["community"]
    own = [row for row in contents["inputs"]["strata"] if row["community"] == place]
    if sum(r["complete"] + r["partial"] for r in own) != contents["figures"]["m"]:
        return {}
    return {
        "partial": sum(row["partial"] for row in own),
        "not_eligible": sum(row["not_eligible"] for row in own),
        "unknown": sum(r["unknown_household"] + r["unknown_other"] for r in own),
    }


@lru_cache(maxsize=1)
def code_version() -> str:
    """Digest of the source that makes the bytes; kept beside the record (M102)."""
    here = Path(__file__).parent
    files = [here / name for name in SOURCES] + sorted((here / "scoring").glob("*.py"))
    whole = b"".join(file.read_bytes() for file in files)
    return f"source-{sha256(whole).hexdigest()[:16]}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _counted(district: str, month: str) -> QuerySet[CountedRound]:
    return CountedRound.objects.filter(
        round__division__code__startswith=district, month=month
    )


def _outcome(district: Division, month: str, *, is_new: bool) -> RolledUp:
    rounds = _counted(district.pk, month).count()
    ratings = MonthlyRating.objects.current().under(district.pk).of_month(month)
    return RolledUp(district.pk, month, is_new, rounds, ratings.count())


def _note(district: Division, month: str, error: Exception) -> None:
    """Leave the reason for the desk, in a transaction of its own."""
    text = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    MonthlyRollup.objects.update_or_create(
        division=district, month=month, defaults={"last_error": text}
    )
