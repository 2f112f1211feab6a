"""What ratings of a month share: found where it is written down, or written (M102).

Whoever meets a group first writes it; whoever comes later, with a round that was
tallied late, takes it as it stands. So no figure depends on who came first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audit.vendor_sql import hold_name
from evaluations.models import AssessmentScheme, PoolingRecord
from evaluations.pools import Candidate, Pool, pools_of
from evaluations.records import Around, direct, unit_of
from evaluations.windows import MonthWindow, Rated
from officials.models import Division
from surveys.models import Round

CITY_DIGITS = 4
DISTRICT_DIGITS = 6
Key = tuple[str, str]
"""A scheme and a kind of post: what pools together inside an area."""


class CityWaits(Exception):
    """Other districts of the city, whose figures a pool needs, are not counted yet."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A pooling group with the row that keeps it."""

    pool: Pool
    row: PoolingRecord


Pools = dict[str, Grouped]


def pools_for(rated: Sequence[Rated], *, district: str, month: str) -> Pools:
    """Appointment code → its pooling group, written down when it is met first (M67).

    1. the group of the district, if it is written down or large enough;
    2. else that of the city, for which all its districts must be counted;
    3. else none. CityWaits if 2 cannot be told yet.
    """
    found: Pools = {}
    schemes = {one.scheme.ref: one.scheme for one in rated}
    open_ones = [one for one in map(candidate_of, rated) if one and one.is_eligible]
    open_ones = _join(found, open_ones, _stored(district, month, schemes))
    small = [one for one in open_ones if one.method.eb_area == "district"]
    _write(found, pools_of(small, month=month), schemes)
    open_ones = [one for one in open_ones if one.unit.code not in found]
    city = district[:CITY_DIGITS]
    if not open_ones or not _has_others(city, district, month):
        return found
    open_ones = _join(found, open_ones, _stored(city, month, schemes))
    if open_ones:
        if not hold_name(f"pool {city} {month}"):
            raise CityWaits(city)
        whole = _city_candidates(city, month, {_key(one) for one in open_ones})
        pools = pools_of(whole, month=month)
        mine = {one.unit.code for one in open_ones}
        _write(found, {c: p for c, p in pools.items() if c in mine}, schemes)
    return found


def candidate_of(rated: Rated) -> Candidate | None:
    """None without an answer: there is nothing to pool."""
    used = direct(rated.subject, rated.area, rated.modes).used
    if used.score is None or not used.m:
        return None
    return Candidate(
        unit=unit_of(rated.subject, rated.area, used),
        scheme=rated.scheme.ref,
        method=rated.area.method,
        kind=rated.kind,
        areas={
            "district": rated.community[:DISTRICT_DIGITS],
            "city": rated.community[:CITY_DIGITS],
        },
    )


def _key(candidate: Candidate) -> Key:
    return candidate.scheme, candidate.kind


def _stored(
    area: str, month: str, schemes: Mapping[str, AssessmentScheme]
) -> dict[Key, Grouped]:
    rows = PoolingRecord.objects.filter(
        area_id=area, month=month, scheme__in=list(schemes.values())
    )
    return {
        (row.scheme.ref, row.kind): Grouped(
            Pool.from_record(row.contents, row.scheme.method), row
        )
        for row in rows.select_related("scheme")
    }


def _join(
    found: Pools, candidates: Iterable[Candidate], stored: Mapping[Key, Grouped]
) -> list[Candidate]:
    """Put members of written groups in `found`; who has no group yet is left.

    Who came after its group was written down is in none: a group is never made anew.
    """
    left = []
    for candidate in candidates:
        group = stored.get(_key(candidate))
        if group is None:
            left.append(candidate)
        elif group.pool.unit(candidate.unit.code) is not None:
            found[candidate.unit.code] = group
    return left


def _write(
    found: Pools, pools: Mapping[str, Pool], schemes: Mapping[str, AssessmentScheme]
) -> None:
    rows: dict[str, Grouped] = {}
    for code, pool in sorted(pools.items()):
        if pool.sha256 not in rows:
            row = PoolingRecord.objects.create(
                scheme=schemes[pool.scheme],
                month=pool.month,
                kind=pool.kind,
                level=pool.level,
                area_id=pool.area,
                record=pool.record.decode(),
                record_sha256=pool.sha256,
            )
            rows[pool.sha256] = Grouped(pool, row)
        found[code] = rows[pool.sha256]


def _has_others(city: str, district: str, month: str) -> bool:
    """Whether the city is known, and another district of it holds rounds."""
    rounds = Round.objects.filter(division__code__startswith=city, period__lte=month)
    others = rounds.exclude(division__code__startswith=district)
    return others.exists() and Division.objects.filter(pk=city).exists()


def _city_candidates(city: str, month: str, keys: set[Key]) -> list[Candidate]:
    """Everybody of these kinds in the city; CityWaits while a round is uncounted."""
    rounds = Round.objects.filter(division__code__startswith=city, period__lte=month)
    sealed = (Round.State.APPROVED, Round.State.OPEN, Round.State.CLOSED)
    waiting = rounds.filter(state__in=sealed) | Round.objects.tallied().filter(
        division__code__startswith=city, period=month, counted=None
    )
    codes = sorted({code[:DISTRICT_DIGITS] for code in _divisions(waiting)})
    if codes:
        raise CityWaits(", ".join(codes))
    found = map(candidate_of, MonthWindow(district=city, month=month).rated())
    return [one for one in found if one is not None and _key(one) in keys]


def _divisions(rounds: Iterable[Round]) -> list[str]:
    return [survey_round.division_id for survey_round in rounds]


def around(rated: Rated, pools: Pools) -> Around:
    """The surroundings of one rating; cut points of the scheme or of last year."""
    group = pools.get(rated.subject.appointment)
    return Around(
        pool=group.pool if group else None,
        cuts=rated.cuts.points if rated.cuts else None,
        cuts_year=rated.cuts.year if rated.cuts else None,
        modes=rated.modes,
    )
