"""What a month's rating reads: rounds, counts, and what was rated before.

Everything here is bounded by the window, whatever the age of the system (M101): cells
of at most twice the window, and the ratings of as many months.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Min

from evaluations import told
from evaluations.areas import AreaCell, AreaStratum, WindowArea
from evaluations.counting import appointment_code
from evaluations.models import (
    AssessmentScheme,
    CountedRound,
    MonthlyRating,
    ResponseCell,
    SetAside,
    StratumCount,
)
from evaluations.past import Past, pasts
from evaluations.records import LeftOut, Subject
from evaluations.scoring.modes import ModeModel
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.window import ClosedRound, Month, window_ending
from evaluations.set_asides import in_district, in_force, is_left_out, left_out
from evaluations.years import ClosedYears, CutPoints
from officials.models import Appointment
from surveys.models import Round, RoundSubject

AREA_DIGITS = {"street": 9, "district": 6}


class SchemeUnknown(Exception):
    """A round names a scheme that is not here, or not as it was frozen (M4)."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One appointment, ready to be rated.

    `last_told`: its last rating that could be told apart from others (M86); `modes`:
    coefficients of the year before (M47); `cuts`: of the last closed year (M74).
    """

    appointment: Appointment
    community: str
    scheme: AssessmentScheme
    subject: Subject
    area: WindowArea
    last_told: MonthlyRating | None
    modes: ModeModel | None
    cuts: CutPoints | None

    @property
    def kind(self) -> str:
        """Of the post: only like pools with like (M67)."""
        return self.appointment.post.kind


class MonthWindow:
    """All windows of a district that end in one month.

    Who is rated already comes out as rated then, from the same subject; `revising`
    names the appointments that are rated anew, as their next revision.
    """

    def __init__(
        self, *, district: str, month: str, revising: Collection[int] = ()
    ) -> None:
        self.district = district
        self.month = Month.parse(month)
        self._revising = frozenset(revising)
        self._areas: dict[tuple[str, tuple[int, ...], LeftOut], WindowArea] = {}

    def rated(self) -> Iterator[Rated]:
        """Every appointment rated in its window and in office in the month (M61)."""
        for appointment in self._appointments:
            rated = self._rated(appointment)
            if rated is not None:
                yield rated

    def revised(self) -> Iterator[Rated]:
        """Those of `revising`, as they are rated without what was annulled since."""
        for appointment in self._appointments:
            if appointment.pk in self._revising:
                rated = self._rated(appointment)
                if rated is not None:
                    yield rated

    @cached_property
    def _years(self) -> ClosedYears:
        return ClosedYears(before=self.month.year)

    @cached_property
    def _schemes(self) -> dict[str, AssessmentScheme]:
        known = AssessmentScheme.objects.of_residents().ever_in_force()
        return {scheme.ref: scheme for scheme in known}

    @cached_property
    def _longest(self) -> int:
        return max(
            (scheme.method.window_months for scheme in self._schemes.values()),
            default=1,
        )

    @cached_property
    def _rounds(self) -> dict[int, CountedRound]:
        """Counted rounds of the longest window any scheme asks for."""
        counted = CountedRound.objects.filter(
            round__division__code__startswith=self.district,
            month__gt=str(self.month.plus(-self._longest)),
            month__lte=str(self.month),
        )
        return {row.round_id: row for row in counted.select_related("round__snapshot")}

    @cached_property
    def _annulled(self) -> list[SetAside]:
        return in_force(list(self._rounds))

    @cached_property
    def _known(self) -> dict[int, MonthlyRating]:
        """Appointment → its newest rating of this month."""
        known = MonthlyRating.objects.current().filter(
            month=str(self.month), appointment_id__in=list(self._rounds_of)
        )
        return {rating.appointment_id: rating for rating in known}

    @cached_property
    def _rounds_of(self) -> dict[int, list[CountedRound]]:
        """Appointment → the rounds in which it was rated."""
        rounds: dict[int, list[CountedRound]] = defaultdict(list)
        for subject in self._subjects:
            rounds[subject.appointment_id].append(self._rounds[subject.round_id])
        return rounds

    @cached_property
    def _subjects(self) -> list[RoundSubject]:
        subjects = RoundSubject.objects.filter(round_id__in=list(self._rounds))
        return list(subjects.order_by("round__period"))

    @cached_property
    def _communities(self) -> dict[int, str]:
        """Appointment → where it is rated; the newest round decides."""
        return {row.appointment_id: row.community_id for row in self._subjects}

    @cached_property
    def _appointments(self) -> list[Appointment]:
        """Rated, and in office for at least a day of the month; by code."""
        first = dt.date(self.month.year, self.month.month, 1)
        after = self.month.plus(1)
        end = dt.date(after.year, after.month, 1)
        rated = Appointment.objects.filter(pk__in=list(self._rounds_of))
        rated = rated.select_related("post")
        return [
            appointment
            for appointment in rated.order_by("pk")
            if appointment.starts_on < end
            and (appointment.ends_on is None or appointment.ends_on > first)
        ]

    @cached_property
    def _first_months(self) -> dict[int, str]:
        """Appointment → month of its first counted round ever."""
        subjects = RoundSubject.objects.filter(
            appointment_id__in=list(self._rounds_of), round__counted__isnull=False
        )
        firsts = subjects.order_by().values_list("appointment_id")
        return dict(firsts.annotate(Min("round__period")))

    def _rated(self, appointment: Appointment) -> Rated | None:
        held = self._rounds_of[appointment.pk]
        by_code = {row.round.code: row for row in held}
        newest = max(held, key=lambda row: (row.month, row.round.code))
        scheme = self._scheme(newest.round)
        months = scheme.method.window_months
        window = window_ending(
            [ClosedRound(r.round.code, Month.parse(r.month), r.basis) for r in held],
            ending=self.month,
            months=months,
        )
        if window is None:
            return None
        rounds = [by_code[code] for code in window.codes]
        community = self._communities[appointment.pk]
        past = self._past[appointment.pk]
        known = self._known.get(appointment.pk)
        if known is not None and appointment.pk not in self._revising:
            subject = Subject.from_record(known.contents)
        else:
            same_basis = {row.basis for row in held} == {newest.basis}
            gone = self._left_out(community, rounds, scheme)
            subject = Subject(
                appointment=appointment.code,
                community=community,
                month=str(self.month),
                revision=known.revision + 1 if known else 1,
                scheme=scheme.ref,
                snapshots=_snapshots(rounds),
                rounds=[(row.round.code, row.month) for row in rounds],
                basis=newest.basis,
                existing=self._existing(appointment, rounds, months, whole=same_basis),
                months=months,
                previous_star=past.star if same_basis else None,
                told=past.told,
                counts=past.counts,
                previous_sha256=past.last.record_sha256 if past.last else None,
                set_aside=gone,
                is_parted=self._is_parted(appointment, community, rounds, gone)
                or (known is not None and told.opens_group(known)),
            )
        return Rated(
            appointment=appointment,
            community=community,
            scheme=scheme,
            subject=subject,
            area=self._area(community, rounds, scheme, subject.set_aside),
            last_told=past.last_told,
            modes=self._years.modes(scheme, community),
            cuts=self._years.cuts(scheme, community),
        )

    def area_since(self, rated: Rated, first: Month) -> WindowArea:
        """The area of the window's months from `first` on alone."""
        codes = {
            code for code, month in rated.subject.rounds if first <= Month.parse(month)
        }
        known = self._rounds_of[rated.appointment.pk]
        rounds = [row for row in known if row.round.code in codes]
        gone = tuple(pair for pair in rated.subject.set_aside if pair[0] in codes)
        return self._area(rated.community, rounds, rated.scheme, gone)

    def _existing(
        self,
        appointment: Appointment,
        rounds: Sequence[CountedRound],
        months: int,
        *,
        whole: bool,
    ) -> int:
        """Months of the window that exist so far (M29), skipped ones included (M61)."""
        first = self._first_months[appointment.pk] if whole else rounds[0].month
        return min(months, self.month.since(Month.parse(first)) + 1)

    def _scheme(self, survey_round: Round) -> AssessmentScheme:
        scheme = self._schemes.get(survey_round.scheme_ref)
        if scheme is None or bytes(scheme.digest) != bytes(survey_round.scheme_digest):
            raise SchemeUnknown(f"{survey_round.code}: {survey_round.scheme_ref}")
        return scheme

    def _left_out(
        self, community: str, rounds: Sequence[CountedRound], scheme: AssessmentScheme
    ) -> LeftOut:
        """What is annulled by now of the rounds of a window, in its area (T122)."""
        inside = {row.round_id for row in rounds}
        own = [one for one in self._annulled if one.round_id in inside]
        return left_out(own, area=_area_code(community, scheme))

    @cached_property
    def _ever_annulled(self) -> set[str]:
        """Communities of which something was ever annulled: very few."""
        return {one.community_id for one in in_district(self.district)}

    def _is_parted(
        self,
        appointment: Appointment,
        community: str,
        rounds: Sequence[CountedRound],
        gone: LeftOut,
    ) -> bool:
        """Whether old versions less the new figure would leave few answers (T127).

        The guard of M86 knows months only; what is annulled leaves a gap in one.
        """
        if community not in self._ever_annulled:
            return False
        past = told.past_of(
            [appointment.pk], [], span=(rounds[0].month, str(self.month))
        )
        codes = {row.round.code for row in rounds}
        codes -= {code for code, place in gone if place == community}
        return past.parts_answers(appointment.pk, frozenset(codes))

    def _area(
        self,
        community: str,
        rounds: Sequence[CountedRound],
        scheme: AssessmentScheme,
        gone: LeftOut,
    ) -> WindowArea:
        code = _area_code(community, scheme)
        key = (f"{scheme.ref} {code}", tuple(row.round_id for row in rounds), gone)
        if key not in self._areas:
            self._areas[key] = WindowArea(
                code,
                self._cells(code, rounds, gone),
                self._strata(code, rounds, gone),
                scheme.method,
            )
        return self._areas[key]

    def _cells(
        self, code: str, rounds: Iterable[CountedRound], gone: LeftOut
    ) -> Iterator[AreaCell]:
        for row in rounds:
            for cell in self._stored_cells[row.round_id]:
                is_here = cell.stratum.startswith(code)
                if is_here and not is_left_out(row.round.code, cell.stratum, gone):
                    yield area_cell(cell, row.round.code)

    @cached_property
    def _stored_cells(self) -> dict[int, list[ResponseCell]]:
        cells: dict[int, list[ResponseCell]] = defaultdict(list)
        for cell in ResponseCell.objects.filter(round_id__in=list(self._rounds)):
            cells[cell.round_id].append(cell)
        return cells

    def _strata(
        self, code: str, rounds: Sequence[CountedRound], gone: LeftOut
    ) -> Iterator[AreaStratum]:
        parts = [
            part
            for row in rounds
            for part in self._stored_strata[row.pk]
            if not is_left_out(row.round.code, part.community_id, gone)
        ]
        return window_strata(code, parts)

    @cached_property
    def _stored_strata(self) -> dict[int, list[StratumCount]]:
        strata: dict[int, list[StratumCount]] = defaultdict(list)
        counted = [row.pk for row in self._rounds.values()]
        for stratum in StratumCount.objects.filter(counted_id__in=counted):
            strata[stratum.counted_id].append(stratum)
        return strata

    @cached_property
    def _past(self) -> dict[int, Past]:
        return pasts(
            list(self._rounds_of),
            until=self.month,
            months=self._longest,
            district=self.district,
        )


def _area_code(community: str, scheme: AssessmentScheme) -> str:
    return community[: AREA_DIGITS[scheme.method.weights_area]]


def window_strata(area: str, parts: Iterable[StratumCount]) -> Iterator[AreaStratum]:
    """Window sums; N_h from the newest snapshot that has the stratum (M10, M64).

    `parts`: of the rounds of the window, oldest first.
    """
    by_code: dict[str, list[StratumCount]] = defaultdict(list)
    for part in parts:
        if part.community_id.startswith(area):
            by_code[part.code].append(part)
    for code, own in by_code.items():
        yield AreaStratum(
            code=code,
            community=own[-1].community_id,
            frame=own[-1].frame,
            submitted=sum(part.submitted for part in own),
            final=Dispositions.total(part.dispositions for part in own),
        )


def area_cell(cell: ResponseCell, round_code: str) -> AreaCell:
    """A stored cell as the pure parts know it."""
    return AreaCell(
        appointment=appointment_code(cell.appointment_id),
        round=round_code,
        stratum=cell.stratum,
        mode=cell.mode,
        n=cell.n,
        sum_score=cell.sum_score,
        sum_score_squared=cell.sum_score_squared,
        items=cell.items,
    )


def _snapshots(rounds: Sequence[CountedRound]) -> list[dict[str, str]]:
    """Ids and digests of the frozen rosters behind the window, each once (M102)."""
    snapshots = {row.round.snapshot_id: row.round.snapshot for row in rounds}
    return [
        {"id": str(pk), "sha256": bytes(snapshot.digest).hex()}
        for pk, snapshot in snapshots.items()
    ]
