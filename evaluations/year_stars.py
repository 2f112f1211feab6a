"""评星定级 of a year: readings, previous stars and the numbers behind them (H4).

Reads only. Every number comes through the gate as the public sees it, on the desk too:
the year's star is about figures that everybody can read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import hypot

from accounts.scopes import Scopes
from evaluations import publication, queries
from evaluations.models import MonthlyRating, StarRating
from evaluations.publication import (
    Audience,
    Question,
    Released,
    Sheet,
    Shown,
    Withheld,
)
from evaluations.publication.words import STAR_NAMES, Words
from evaluations.rollup import DISTRICT_DIGITS
from officials.models import Division
from surveys.sampling import largest_remainder

PUBLIC = Audience.PUBLIC
State = StarRating.State
NUMBER = re.compile(r"\d{1,3}(\.\d)?")


@dataclass(frozen=True)
class YearLine:
    """An appointment in a year: its last published reading and what became of it.

    `star`: the row of the year, None before a proposal; `before`: the standing star of
    the year before.
    """

    reading: MonthlyRating
    figure: Released | Withheld
    star: StarRating | None
    before: StarRating | None

    @property
    def previous(self) -> int | None:
        if self.is_told_row:
            return self.star.previous if self.star else None
        return self.before.stars if self.before else None

    @property
    def stars(self) -> int | None:
        """The year's star, proposed or decided; else what the reading gives."""
        if self.is_told_row and self.star is not None:
            return self.star.stars
        return self.given

    @property
    def given(self) -> int | None:
        """The star of the reading itself, as far as the public may see it."""
        return self.figure.star if isinstance(self.figure, Released) else None

    @property
    def is_told_row(self) -> bool:
        """Whether the row of the year rests on this very reading."""
        return self.star is not None and self.star.reading_id == self.reading.pk

    @property
    def may_be_proposed(self) -> bool:
        """There is a star, and no row of the year rests on it yet."""
        if self.given is None:
            return False
        if self.star is None or self.star.state == State.DECLINED:
            return True
        return self.star.reading_id is not None and not self.is_told_row

    @property
    def is_change(self) -> bool:
        return None not in (self.previous, self.stars) and self.previous != self.stars

    @property
    def change(self) -> int:
        return (self.stars or 0) - (self.previous or 0) if self.is_change else 0

    @property
    def change_text(self) -> str:
        return change_text(self.previous, self.stars) if self.stars else ""

    @property
    def star_name(self) -> Words:
        return STAR_NAMES[self.stars] if self.stars else ""

    @property
    def previous_name(self) -> Words:
        return STAR_NAMES[self.previous] if self.previous else ""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A question in this year and in the one before.

    `difference`: points, None where one of the two is missing, only a bound, or of
    windows that share months (M58); `is_sure`: whether it is larger than both margins
    of error together, None where the year before has none.
    """

    number: int
    text: str
    now: Question | Withheld | None
    before: str
    difference: Decimal | None
    is_sure: bool | None

    @property
    def difference_text(self) -> str:
        return signed(self.difference)


@dataclass(frozen=True)
class YearSheet:
    """One appointment's year on one sheet of paper."""

    line: YearLine
    sheet: Sheet | None
    items: Sequence[ItemRow]
    shares_months: bool
    difference: Decimal | None

    @property
    def difference_text(self) -> str:
        return signed(self.difference)

    @cached_property
    def risen(self) -> list[ItemRow]:
        return [row for row in self.items if row.difference and row.difference > 0]

    @cached_property
    def fallen(self) -> list[ItemRow]:
        return [row for row in self.items if row.difference and row.difference < 0]


@dataclass(frozen=True, slots=True)
class AreaTarget:
    """A street's frame and target with its parts (M11, M12).

    `parts`: community, households of the frame, share of the target.
    """

    row: queries.AreaRow
    frame: int
    parts: tuple[tuple[Division, int, int], ...]
    mark_text: str


def signed(difference: Decimal | None) -> str:
    """+1.5, −0.5, 0.0; "" without a difference."""
    if difference is None:
        return ""
    return f"{difference:+.1f}".replace("-", "−") if difference else "0.0"


def years_of(code: str) -> list[int]:
    """Years with something published or decided below a division, newest first."""
    readings = MonthlyRating.objects.in_public().under(code).order_by()
    months = readings.values_list("month", flat=True).distinct()
    return sorted({int(month[:4]) for month in months}, reverse=True)


def told_years(code: str) -> list[int]:
    """Years whose stars are published below a division, newest first."""
    rows = StarRating.objects.under(code).filter(state=State.PUBLISHED)
    return sorted(set(rows.order_by().values_list("year", flat=True)), reverse=True)


def districts_with_years(scopes: Scopes) -> list[tuple[Division, list[int]]]:
    readings = MonthlyRating.objects.in_public().within(scopes).order_by()
    found: dict[str, set[int]] = {}
    for community, month in readings.values_list("community_id", "month").distinct():
        found.setdefault(community[:DISTRICT_DIGITS], set()).add(int(month[:4]))
    names = Division.objects.in_bulk(list(found))
    return [(names[code], sorted(found[code], reverse=True)) for code in sorted(found)]


def readings_of_year(code: str, year: int) -> list[MonthlyRating]:
    """The last published reading of every appointment, in the order of places."""
    published = (
        MonthlyRating.objects.in_public()
        .under(code)
        .filter(month__startswith=f"{year}-")
    )
    newest: dict[int, int] = {}
    for pk, appointment in published.order_by("month").values_list(
        "pk", "appointment_id"
    ):
        newest[appointment] = pk
    rows = MonthlyRating.objects.with_names().filter(pk__in=newest.values())
    return list(rows.order_by("community_id", "appointment_id"))


def lines_of_year(code: str, year: int) -> list[YearLine]:
    """All appointments below a division that were rated in the year."""
    readings = readings_of_year(code, year)
    stars = StarRating.objects.filter(
        appointment__in=[reading.appointment_id for reading in readings],
        year__in=(year - 1, year),
    ).select_related("proposed_by", "decided_by", "declined_by")
    by_key = {(star.appointment_id, star.year): star for star in stars}
    lines = []
    for reading in readings:
        before = by_key.get((reading.appointment_id, year - 1))
        lines.append(
            YearLine(
                reading=reading,
                figure=publication.release(reading, PUBLIC),
                star=by_key.get((reading.appointment_id, year)),
                before=before if before is not None and before.is_standing else None,
            )
        )
    return lines


def told_lines(code: str, year: int) -> list[YearLine]:
    """Those that the public may see: published, and the reading still stands."""
    return [
        line
        for line in lines_of_year(code, year)
        if line.is_told_row and line.star and line.star.state == State.PUBLISHED
    ]


def told_of(community: str) -> list[tuple[StarRating, str]]:
    """Published stars of a community, the newest first, each with 四星→五星.

    A star whose reading was corrected or withdrawn is not told until it is decided
    again.
    """
    rows = StarRating.objects.under(community).filter(
        state=State.PUBLISHED,
        reading__in=MonthlyRating.objects.in_public().values("pk"),
    )
    return [
        (star, change_text(star.previous, star.stars))
        for star in rows.select_related("appointment__official").order_by("-year", "pk")
    ]


def change_text(previous: int | None, stars: int) -> str:
    """四星→五星, or the star alone where it did not change."""
    name = str(STAR_NAMES[stars])
    if previous is None or previous == stars:
        return name
    return f"{STAR_NAMES[previous]}→{name}"


def sheet_of(line: YearLine) -> YearSheet:
    """The numbers behind one star, beside those of the year before."""
    sheet = _released_sheet(line.reading)
    before = line.before
    last = before.reading if before is not None else None
    shares = last is not None and last.window_to >= line.reading.window_from
    told = _items_before(before)
    asked = queries.questions_of(line.reading)
    items = [
        _item_row(number, question.text, sheet, told.get(number), shares=shares)
        for number, question in sorted(asked.items())
    ]
    score = line.figure.score if isinstance(line.figure, Released) else None
    return YearSheet(
        line=line,
        sheet=sheet,
        items=items,
        shares_months=shares,
        difference=None if shares else _difference(score, _score_before(before)),
    )


def score_before(line: YearLine) -> Shown | str:
    """The score of the year before as it may be told; "" without one."""
    found = _score_before(line.before)
    return "" if found is None else found


def targets_of(readings: Iterable[MonthlyRating]) -> list[AreaTarget]:
    """Frame and target per street of the year's last month, split by communities.

    The split is that of M12: the target by largest remainder over the frames.
    """
    readings = list(readings)
    last = max((reading.month for reading in readings), default="")
    newest = [reading for reading in readings if reading.month == last]
    areas = {reading.contents["inputs"]["area"]: reading for reading in newest}
    names = Division.objects.in_bulk(
        [
            row["community"]
            for reading in areas.values()
            for row in reading.contents["inputs"]["strata"]
        ]
    )
    return [
        _area_target(row, areas[row.division.code], names)
        for row in queries.area_rows(newest)
    ]


def _area_target(
    row: queries.AreaRow, reading: MonthlyRating, names: dict[str, Division]
) -> AreaTarget:
    frames: dict[str, int] = {}
    for stratum in reading.contents["inputs"]["strata"]:
        place = stratum["community"]
        frames[place] = frames.get(place, 0) + stratum["frame"]
    parts = largest_remainder(row.target, frames)
    figure = publication.release(reading, PUBLIC)
    return AreaTarget(
        row=row,
        frame=sum(frames.values()),
        parts=tuple((names[c], frames[c], parts[c]) for c in sorted(frames)),
        mark_text=figure.mark_text if isinstance(figure, Released) else "",
    )


def _released_sheet(reading: MonthlyRating) -> Sheet | None:
    known = publication.beside(reading, PUBLIC)
    return publication.release_sheet(reading, PUBLIC, known)


def _items_before(before: StarRating | None) -> dict[int, Question | str]:
    """Question → what the year before told of it."""
    if before is None:
        return {}
    if before.reading is None:
        return dict(before.entered_items)
    sheet = _released_sheet(before.reading)
    questions = sheet.questions if sheet else {}
    return {n: q for n, q in questions.items() if isinstance(q, Question)}


def _score_before(before: StarRating | None) -> Shown | str | None:
    if before is None:
        return None
    if before.reading is None:
        return None if before.score is None else str(before.score)
    figure = publication.release(before.reading, PUBLIC)
    return figure.score if isinstance(figure, Released) else None


def _item_row(
    number: int,
    text: str,
    sheet: Sheet | None,
    before: Question | str | None,
    *,
    shares: bool,
) -> ItemRow:
    now = sheet.questions.get(number) if sheet else None
    told = before.score if isinstance(before, Question) else before
    score = now.score if isinstance(now, Question) else None
    difference = None if shares else _difference(score, told)
    return ItemRow(
        number=number,
        text=text,
        now=now,
        before=str(told) if told is not None else "",
        difference=difference,
        is_sure=_is_sure(difference, now, before),
    )


def _difference(now: Shown | None, before: Shown | str | None) -> Decimal | None:
    """None where one of the two is missing or printed as a bound (M85)."""
    texts = [str(value) for value in (now, before) if value is not None]
    if len(texts) < 2 or not all(NUMBER.fullmatch(text) for text in texts):
        return None
    return Decimal(texts[0]) - Decimal(texts[1])


def _is_sure(
    difference: Decimal | None,
    now: Question | Withheld | None,
    before: Question | str | None,
) -> bool | None:
    """Independent windows: half widths add up as squares (M58)."""
    if difference is None or not isinstance(now, Question):
        return None
    if not isinstance(before, Question):
        return None
    halves = [_half(now), _half(before)]
    if None in halves:
        return None
    return abs(float(difference)) > hypot(*(half or 0.0 for half in halves))


def _half(question: Question) -> float | None:
    if question.low is None or question.high is None:
        return None
    return float(question.high.value - question.low.value) / 2
