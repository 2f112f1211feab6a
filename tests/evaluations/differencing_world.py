"""Random areas through two years, and every document that anybody may read of them.

No database: rows are made in memory, the decisions are those of the system (the guard
of windows, the ledger of what was told, the gate), and what comes out are documents.
"""

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evaluations import told
from evaluations.calculation import Calculation, document
from evaluations.guard import Span, may_be_told, still_told
from evaluations.models import (
    CountedRound,
    MonthlyRating,
    PoolingRecord,
    ResponseCell,
    StratumCount,
    ToldFigure,
)
from evaluations.publication import Audience, Beside, release, release_sheet
from evaluations.publication.beside import is_open_group
from evaluations.publication.gate import figure_of, preview
from evaluations.scoring.method import Method
from evaluations.scoring.window import Month
from evaluations.told import Past
from officials.models import Appointment, Division
from surveys.models import Round
from tests.evaluations import made

Kind = ToldFigure.Kind
State = MonthlyRating.State
FIRST = Month(2026, 1)
MONTHS = 24
NOON = dt.datetime(2028, 1, 1, 12, tzinfo=dt.UTC)
MODES = ("online", "paper", "phone", "visit")
QUESTIONS = (1, 2)
FLOOR = Method().publish_floor


@dataclass(frozen=True)
class Counts:
    """A community in a round. `modes`: (stratum, mode) → usable; `answered`: question
    → (stratum, mode) → households; `finals`: stratum → final codes."""

    modes: dict[tuple[str, str], int]
    answered: dict[int, dict[tuple[str, str], int]]
    finals: dict[str, dict[str, int]]

    @property
    def usable(self) -> int:
        return sum(self.modes.values())


@dataclass(frozen=True)
class Document:
    """What one audience reads of a month; `rounds`: behind the figure that is shown,
    without those annulled, which is published with its reason (T122)."""

    community: int
    month: str
    revision: int
    audience: Audience
    rounds: frozenset[str]
    contents: dict[str, Any]


@dataclass
class Town:
    """One pooling group of communities, each with its appointment."""

    seed: int
    length: int
    counts: dict[tuple[int, str], Counts]
    communities: list[int]
    published: set[str]
    annulled: dict[tuple[int, str], str]
    documents: list[Document] = field(default_factory=list)
    groups: dict[str, list[tuple[int, frozenset[str]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows: dict[int, list[ToldFigure]] = defaultdict(list)
        self.group_rows: list[ToldFigure] = []
        self.scores: set[tuple[int, str, Audience]] = set()
        self.ratings: dict[int, dict[str, MonthlyRating]] = defaultdict(dict)
        self.spans: dict[int, dict[str, list[Span]]] = defaultdict(dict)
        self.pk = 0
        self.cells = {one: list(self._cells(one)) for one in self.communities}
        self.strata = {code_of(one): list(self._strata(one)) for one in self.cells}

    # --- rows as the database holds them ---------------------------------------

    def _cells(self, community: int) -> Iterator[ResponseCell]:
        for (one, month), counts in self.counts.items():
            for (stratum, mode), n in counts.modes.items():
                if one == community and n:
                    given = {
                        number: by_part[stratum, mode]
                        for number, by_part in counts.answered.items()
                    }
                    items = {
                        str(number): [m, 0, 0, 0, 0, n - m]
                        for number, m in given.items()
                    }
                    yield ResponseCell(
                        round=round_of(month),
                        appointment_id=community,
                        stratum=stratum,
                        mode=mode,
                        n=n,
                        item_counts=json.dumps(items),
                    )

    def _strata(self, community: int) -> Iterator[StratumCount]:
        for (one, month), counts in self.counts.items():
            for code, finals in counts.finals.items():
                if one == community:
                    yield StratumCount(
                        counted=CountedRound(round=round_of(month), month=month),
                        code=code,
                        community_id=code_of(one),
                        frame=1000,
                        released=sum(finals.values()),
                        submitted=finals["complete"] + finals["partial"],
                        **finals,
                    )

    def past(self) -> Past:
        return Past(rows=self.rows, cells=self.cells, strata=self.strata)

    # --- the months ------------------------------------------------------------

    def run(self) -> None:
        for k in range(MONTHS):
            month = str(FIRST.plus(k))
            fresh = [self._rate(one, month) for one in self.communities]
            ratings = [one for one in fresh if one is not None]
            self._tell(ratings)
            self._pool(ratings, month)
            for rating in ratings:
                self._read(rating)
            for (community, code), when in self.annulled.items():
                if when == month:
                    self._revise(community, code, month)

    def _rate(
        self, community: int, month: str, before: MonthlyRating | None = None
    ) -> MonthlyRating | None:
        """As `windows` and `records` do it: window, guard of months, of versions."""
        gone = {
            code
            for (one, code), when in self.annulled.items()
            if one == community and (when < month or before is not None)
        }
        last = Month.parse(month)
        window = [
            name
            for name in (str(last.plus(-k)) for k in reversed(range(self.length)))
            if (community, name) in self.counts
        ]
        if not window:
            return None
        inside = [name for name in window if name not in gone]
        own = [self.counts[community, name] for name in inside]
        usable = sum(one.usable for one in own)
        span = (window[0], month)
        counts = {
            name: counts.usable
            for (one, name), counts in self.counts.items()
            if one == community and name not in gone
        }
        spans = still_told(self._spans_before(community, month), span)
        rounds = frozenset(map(round_code, inside))
        is_parted = bool(gone) and self.past().parts_answers(community, rounds)
        if before is not None:
            is_parted = is_parted or self._opens_group(before)
        is_told = (
            usable >= FLOOR
            and not is_parted
            and may_be_told(span, spans, counts, floor=FLOOR)
        )
        if is_told:
            spans = [*spans, span]
        self.spans[community][month] = spans
        rating = self._rating(community, month, window, inside, is_told=is_told)
        if before is not None:
            rating.revision = before.revision + 1
        if not is_told and usable >= FLOOR:
            rating.shown = self._last_told(community, month)
        self.ratings[community][month] = rating
        return rating

    def _spans_before(self, community: int, month: str) -> list[Span]:
        known = [one for one in self.spans[community] if one < month]
        return self.spans[community][max(known)] if known else []

    def _last_told(self, community: int, month: str) -> MonthlyRating | None:
        told_then = [
            rating
            for name, rating in sorted(self.ratings[community].items())
            if name < month and rating.refreshed
        ]
        return told_then[-1] if told_then else None

    def _contents(
        self,
        community: int,
        window: list[str],
        inside: list[str],
        parts: list[Any],
        *,
        mark: str,
    ) -> dict[str, Any]:
        """The record of one rating: its window, what was annulled, its tables."""
        usable = sum(one.usable for one in parts)
        finals = summed_finals(parts, code_of(community))
        return made.contents(
            usable,
            window={
                "first": window[0],
                "last": window[-1],
                "rounds": [{"code": round_code(one), "month": one} for one in window],
                "basis": "b",
                "existing": self.length,
                "months": self.length,
            },
            inputs={
                "area": code_of(community)[:9],
                "strata": finals,
                "target": 100,
                "usable_in_area": 100,
                "previous_star": None,
                "set_aside": [
                    {"round": round_code(one), "community": code_of(community)}
                    for one in window
                    if one not in inside
                ],
            },
            figures={
                "modes": summed([mode_counts(one) for one in parts]),
                "questions": [
                    made.question(
                        number,
                        sum(sum(one.answered[number].values()) for one in parts),
                    )
                    for number in QUESTIONS
                ],
            },
            community=code_of(community),
            decisions={"cautions": [], "validity": mark},
            pool=made.pool("0.8"),
        )

    def _rating(
        self,
        community: int,
        month: str,
        window: list[str],
        inside: list[str],
        *,
        is_told: bool,
    ) -> MonthlyRating:
        self.pk += 1
        parts = [self.counts[community, name] for name in inside]
        usable = sum(one.usable for one in parts)
        finals = summed_finals(parts, code_of(community))
        whole = {
            name: sum(row[name] for row in finals)
            for name in ("released", "partial", "not_eligible", "unknown_household")
        }
        is_full = FIRST.plus(self.length - 1) <= Month.parse(month)
        mark = "valid" if is_full else "window_incomplete"
        contents = self._contents(community, window, inside, parts, mark=mark)
        rating = made.rating(
            usable,
            month=month,
            window_from=window[0],
            window_to=month,
            released=whole["released"],
            submitted=usable,
            partial=whole["partial"],
            not_eligible=whole["not_eligible"],
            unknown=whole["unknown_household"],
            refreshed=is_told,
            validity=mark,
            state=State.PUBLISHED if month in self.published else State.REVIEWED,
            appointment=Appointment(pk=community),
            community=Division(code=code_of(community), name="社区"),
        )
        rating.pk = self.pk
        rating.__dict__["contents"] = contents
        return rating

    def _tell(self, ratings: list[MonthlyRating]) -> None:
        for rating in ratings:
            for audience in Audience:
                is_out = audience is Audience.OFFICE or rating.state == State.PUBLISHED
                if is_out and _is_own(rating, audience):
                    self.scores.add((rating.appointment_id, rating.month, audience))
            if told.is_told(rating):
                found = list(told.rows_of(rating, self.past(), at=NOON))
                self.rows[rating.appointment_id] += found

    def _pool(self, ratings: list[MonthlyRating], month: str) -> None:
        members = [one for one in ratings if one.usable >= FLOOR]
        if len(members) < 2:
            return
        record = {
            "figures": {"mean": "77.345678"},
            "members": [one.appointment_id for one in members],
        }
        pool = PoolingRecord(month=month, kind="secretary", record=json.dumps(record))
        row = told.group_row(pool, members, self.past(), self.group_rows, at=NOON)
        if row is not None:
            self.group_rows.append(row)
            self.groups[month] = [
                (one.appointment_id, rounds_of(one)) for one in members
            ]

    def _revise(self, community: int, code: str, month: str) -> None:
        """Every month whose window holds the annulled round, oldest first."""
        for name, before in sorted(self.ratings[community].items()):
            if before.window_from <= code <= name <= month:
                rating = self._rate(community, name, before)
                if rating is not None:
                    self._tell([rating])
                    self._read(rating)

    # --- what is read ----------------------------------------------------------

    def _read(self, rating: MonthlyRating) -> None:
        for audience in Audience:
            known = self._beside(rating, audience)
            found = Calculation(
                rating=rating,
                audience=audience,
                figure=release(rating, audience),
                sheet=release_sheet(rating, audience, known),
            )
            # Through JSON and back: released values are all that is left.
            contents = json.loads(json.dumps(document(found), ensure_ascii=False))
            self.documents.append(
                Document(
                    community=rating.appointment_id,
                    month=rating.month,
                    revision=rating.revision,
                    audience=audience,
                    rounds=rounds_of(figure_of(rating)),
                    contents=contents,
                )
            )

    def _beside(self, rating: MonthlyRating, audience: Audience) -> Beside:
        """As `publication.beside` reads it from the ledger."""
        figure = figure_of(rating)
        rows = self.rows[rating.appointment_id]
        own = {row.kind: row.told_counts for row in rows if row.rating is figure}
        current = self.ratings[rating.appointment_id].values()
        standing = {
            int(row.label): row
            for row in sorted(rows, key=lambda row: (row.last, row.rating.pk))
            if row.kind == Kind.QUESTION
            and row.last <= figure.month
            and (row.rating is figure or any(row.rating is one for one in current))
        }
        return Beside(
            group_is_open=self._group_is_open(figure.month, audience),
            questions={number: row.rating for number, row in standing.items()},
            answered={number: row.households for number, row in standing.items()},
            modes=own.get(Kind.MODES, {}),
            strata=own.get(Kind.STRATA, {}),
            finals=own.get(Kind.FINALS, {}),
        )

    def _opens_group(self, before: MonthlyRating) -> bool:
        """As `told.opens_group` reads it from the ledger."""
        own = [
            row
            for row in self.rows[before.appointment_id]
            if row.kind == Kind.SCORE and row.last == before.month
        ]
        return before.month in self.groups and not own

    def _group_is_open(self, month: str, audience: Audience) -> bool:
        if month not in self.groups:
            return False
        hidden, waiting = [], []
        for pk, _ in self.groups[month]:
            rating = self.ratings[pk][month]
            if (pk, month, audience) not in self.scores:
                pile = waiting if _is_own(rating, audience) else hidden
                pile.append(rating.usable)
        return is_open_group(hidden, waiting, 0, floor=FLOOR)


def _is_own(rating: MonthlyRating, audience: Audience) -> bool:
    """Whether the window's own figure may be told, now or once it is published."""
    shown = (
        preview(rating) if audience is Audience.PUBLIC else release(rating, audience)
    )
    return rating.refreshed and shown.is_released


def town(seed: int) -> Town:
    """Communities from a handful of answers a year to dozens a month."""
    dice = random.Random(seed)
    communities = list(range(1, dice.randint(3, 6)))
    counts = {}
    for one in communities:
        level = dice.choice((0.4, 1, 2, 4, 7, 9, 10, 14, 25))
        strata = [f"{code_of(one)}-{k}" for k in range(dice.choice((1, 1, 1, 2, 3)))]
        shares = [dice.random() ** 2 + 0.02 for _ in MODES]
        blank = dice.choice((0.0, 0.03, 0.1, 0.4))
        for k in range(MONTHS):
            if dice.random() < 0.93:
                counts[one, str(FIRST.plus(k))] = _counts(
                    dice, level, strata, shares, blank
                )
    months = [str(FIRST.plus(k)) for k in range(MONTHS)]
    annulled = {}
    for one in communities:
        known = [month for month in months[2:-2] if (one, month) in counts]
        if known and dice.random() < 0.35:
            code = dice.choice(known)
            annulled[one, code] = str(Month.parse(code).plus(dice.randint(0, 2)))
    return Town(
        seed=seed,
        length=dice.choice((3, 6, 12, 12, 12)),
        counts=counts,
        communities=communities,
        published={month for month in months if dice.random() < 0.85},
        annulled=annulled,
    )


def _counts(
    dice: random.Random,
    level: float,
    strata: list[str],
    shares: list[float],
    blank: float,
) -> Counts:
    modes: dict[tuple[str, str], int] = defaultdict(int)
    for _ in range(_about(dice, level)):
        modes[dice.choice(strata), dice.choices(MODES, shares)[0]] += 1
    answered = {
        number: {
            part: sum(dice.random() >= blank for _ in range(n))
            for part, n in modes.items()
        }
        for number in QUESTIONS
    }
    finals = {}
    for stratum in strata:
        own = sum(n for (name, _), n in modes.items() if name == stratum)
        partial = sum(dice.random() < 0.05 for _ in range(own))
        finals[stratum] = {
            "complete": own - partial,
            "partial": partial,
            "refusal": _about(dice, level / 4 / len(strata)),
            "no_contact": _about(dice, level / 2 / len(strata)),
            "other": _about(dice, level / 10 / len(strata)),
            "unknown_household": _about(dice, level / 8 / len(strata)),
            "unknown_other": 0,
            "not_eligible": _about(dice, level / 10 / len(strata)),
        }
    return Counts(dict(modes), answered, finals)


def _about(dice: random.Random, level: float) -> int:
    return max(0, round(dice.gauss(level, level**0.5)))


def code_of(community: int) -> str:
    return f"120101002{community:03d}"


def round_code(month: str) -> str:
    return month


def round_of(month: str) -> Round:
    return Round(code=round_code(month), period=month)


def rounds_of(rating: MonthlyRating) -> frozenset[str]:
    gone = {row["round"] for row in rating.contents["inputs"]["set_aside"]}
    rounds = rating.contents["window"]["rounds"]
    return frozenset(one["code"] for one in rounds if one["code"] not in gone)


def mode_counts(counts: Counts) -> dict[str, int]:
    return summed([{mode: n} for (_, mode), n in counts.modes.items() if n])


def summed(parts: list[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for part in parts:
        for name, n in part.items():
            found[name] += n
    return dict(found)


def summed_finals(parts: list[Counts], community: str) -> list[dict[str, Any]]:
    by_stratum: dict[str, list[dict[str, int]]] = defaultdict(list)
    for part in parts:
        for stratum, finals in part.finals.items():
            by_stratum[stratum].append(finals)
    rows = []
    for stratum, own in sorted(by_stratum.items()):
        whole = summed(own)
        rows.append(
            {
                "code": stratum,
                "community": community,
                "frame": 1000,
                "submitted": whole["complete"] + whole["partial"],
                "released": sum(whole.values()),
                **whole,
            }
        )
    return rows
