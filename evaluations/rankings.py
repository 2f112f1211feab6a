"""The ranking of a quarter per peer group, written down once (M66, M78-M81)."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from evaluations.models import AssessmentScheme, MonthlyRating, QuarterRanking
from evaluations.peers import group_of
from evaluations.quarters import Contender, QuarterRanks, period_of, was_last
from evaluations.scoring.consequences import Finding
from evaluations.scoring.last_place import Fresh, half_of
from evaluations.scoring.rounding import rounded
from evaluations.scoring.window import Month, Validity
from evaluations.windows import MonthWindow, Rated
from officials.models import PeerGroup

# M88 looks for an earlier, disjoint window; older ones tell nothing about today.
EARLIER_MONTHS = 24
DISTRICT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """An appointment's line in the ranking of its group."""

    row: QuarterRanking
    line: dict[str, Any]

    def as_record(self) -> dict[str, Any]:
        return {
            "group": group_code(self.row.group_id),
            "period": self.row.period,
            "sha256": self.row.record_sha256,
            **self.line,
        }


@dataclass(slots=True)
class Entry:
    """A rating whose record is complete but for the rank.

    `score`, `se`: direct, unrounded (M6); `se` is that of its shrinkage where y has
    none, None where that has none either.
    """

    rated: Rated
    contents: Mapping[str, Any]
    score: float | None
    se: float | None
    group: PeerGroup | None = field(default=None)


def standings(
    entries: Sequence[Entry], window: MonthWindow, *, month: str
) -> dict[str, Standing]:
    """Appointment code → its rank, for the quarter reading; nothing in other months.

    A group whose ranking is written down keeps it: who is tallied late is not ranked.
    """
    if not Month.parse(month).closes_quarter:
        return {}
    by_group = grouped(entries, month=month)
    found: dict[str, Standing] = {}
    for _, members in sorted(by_group.items()):
        row, ranks = _ranking(members, window, month=month)
        if row is not None and ranks is not None:
            found |= {code: Standing(row, line) for code, line in ranks.lines.items()}
    return found


def grouped(entries: Sequence[Entry], *, month: str) -> dict[int, list[Entry]]:
    """Peer group → who is compared in it in that month (W3)."""
    groups = group_of(
        month, [entry.rated.appointment.post.organization_id for entry in entries]
    )
    by_group: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        entry.group = groups.get(entry.rated.appointment.post.organization_id)
        if entry.group is not None:
            by_group[entry.group.pk].append(entry)
    return by_group


def group_code(pk: int) -> str:
    """The permanent code of a peer group, used in seeds (M79)."""
    return f"G{pk}"


def _ranking(
    members: Sequence[Entry], window: MonthWindow, *, month: str
) -> tuple[QuarterRanking | None, QuarterRanks | None]:
    group = members[0].group
    if group is None:
        return None, None
    known = QuarterRanking.objects.filter(group=group, period=period_of(month))
    row = known.select_related("scheme").first()
    if row is not None:
        return row, QuarterRanks.from_record(row.contents, row.scheme.method)
    scheme, ranks = ranks_of(members, window, month=month)
    if ranks.ranking is None:
        return None, None
    row = QuarterRanking.objects.create(
        group=group,
        district_id=members[0].rated.community[:DISTRICT_DIGITS],
        period=ranks.period,
        scheme=scheme,
        record=ranks.record.decode(),
        record_sha256=ranks.sha256,
    )
    return row, ranks


def ranks_of(
    members: Sequence[Entry], window: MonthWindow, *, month: str
) -> tuple[AssessmentScheme, QuarterRanks]:
    """The comparison inside one group, not yet written down, and its rules.

    One comparison, one set of rules: who is rated by another scheme is not in it.
    """
    group = members[0].group
    scheme = _scheme_of_most(members)
    same = [entry for entry in members if entry.rated.scheme.ref == scheme.ref]
    ranks = QuarterRanks.of(
        _contenders(same, window, month=month),
        group=group_code(group.pk) if group else "",
        month=month,
        scheme=scheme.ref,
        method=scheme.method,
    )
    return scheme, ranks


def _scheme_of_most(members: Sequence[Entry]) -> AssessmentScheme:
    """The scheme by which most are rated; of equals the first by its code."""
    counts = Counter(entry.rated.scheme.ref for entry in members)
    ref = min(counts, key=lambda name: (-counts[name], name))
    return next(e.rated.scheme for e in members if e.rated.scheme.ref == ref)


def _contenders(
    entries: Iterable[Entry], window: MonthWindow, *, month: str
) -> list[Contender]:
    """Who holds a star and was in post for half of the quarter (M78, M81)."""
    period = Month.parse(month)
    able = [entry for entry in entries if _was_there(entry.rated, period)]
    earlier = _earlier([one.rated.appointment.pk for one in able], period=period)
    found = [
        contender_of(
            entry,
            fresh=_fresh(entry.rated, window, period),
            earlier=earlier.get(entry.rated.appointment.pk, ()),
        )
        for entry in able
    ]
    return [contender for contender in found if contender is not None]


def contender_of(
    entry: Entry, *, fresh: Fresh, earlier: Iterable[Finding]
) -> Contender | None:
    """From the figures that are shown; None without a star or a standard error.

    Of a figure that may not be told yet (M86) the last one told stands here too, with
    the 6 places of its record.
    """
    contents, score, se = entry.contents, entry.score, entry.se
    if not contents["decisions"]["refreshed"]:
        if entry.rated.last_told is None:
            return None
        contents = entry.rated.last_told.contents
        score, se = _stored_figures(contents)
    star = contents["star"]
    if star["star"] is None or score is None or se is None:
        return None
    mine = Finding(
        first=Month.parse(contents["window"]["first"]),
        last=Month.parse(contents["window"]["last"]),
        m=contents["figures"]["m"],
    )
    least = entry.rated.scheme.method.publish_consequence
    return Contender(
        code=contents["appointment"],
        printed=Decimal(star["score"]) if star["score"] else _printed(contents),
        score=score,
        se=se,
        fresh=fresh,
        window=mine,
        validity=Validity(contents["decisions"]["validity"]),
        earlier=tuple(
            finding
            for finding in earlier
            if finding.last < mine.first and mine.m < least
        ),
    )


def _printed(contents: Mapping[str, Any]) -> Decimal:
    """R_1 of what a star would rest on, for one that was kept."""
    pool = contents["pool"]
    used = contents["figures"]["adjusted"] or contents["figures"]
    return rounded(Decimal(pool["eb"] if pool and pool["eb"] else used["score"]), 1)


def _stored_figures(contents: Mapping[str, Any]) -> tuple[float | None, float | None]:
    pool = contents["pool"]
    used = contents["figures"]["adjusted"] or contents["figures"]
    se = used["se"] or (_root(pool["variance"]) if pool else None)
    return _number(used["score"]), _number(se)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _root(variance: str) -> str:
    return str(Decimal(variance).sqrt())


def _fresh(rated: Rated, window: MonthWindow, period: Month) -> Fresh:
    area = window.area_since(rated, period.plus(-2))
    found = area.scores.estimate(rated.subject.appointment)
    return Fresh(found.m, found.score)


def _was_there(rated: Rated, period: Month) -> bool:
    """In post for at least half of the quarter's days (M81)."""
    start = period.plus(-2)
    after = period.plus(1)
    first = dt.date(start.year, start.month, 1)
    end = dt.date(after.year, after.month, 1)
    appointment = rated.appointment
    begun = max(first, appointment.starts_on)
    ended = min(end, appointment.ends_on or end)
    days = max((ended - begun).days, 0)
    return half_of(days, (end - first).days)


def _earlier(
    appointments: Iterable[int], *, period: Month
) -> dict[int, tuple[Finding, ...]]:
    """Quarters of the past in which an appointment was last, its answers apart."""
    months = [str(period.plus(-back)) for back in range(3, EARLIER_MONTHS + 1, 3)]
    rows = MonthlyRating.objects.current().filter(
        appointment_id__in=list(appointments), month__in=months, rank__isnull=False
    )
    found: dict[int, list[Finding]] = defaultdict(list)
    for row in rows.order_by("month"):
        if was_last(row.contents["rank"]):
            finding = Finding(
                first=Month.parse(row.window_from),
                last=Month.parse(row.window_to),
                m=row.usable,
            )
            found[row.appointment_id].append(finding)
    return {pk: tuple(findings) for pk, findings in found.items()}
