"""A regular draft held against a ranked quarter: in memory, from stored entries (W5).

The quarter is worked out twice on the same way that ranked it, once by its own rules
and once by the draft's, from what is stored today: so only the draft tells the two
apart. Nothing is written to any sheet, rank, grade or card. What comes out is counts,
nobody's figure and nobody's name.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from evaluations.dry_running import banded
from evaluations.models import AssessmentPeriod, AssessmentScheme, ScoreSheet
from evaluations.quarter_calendar import months_of
from evaluations.quarter_facts import facts_of, warned_before
from evaluations.quarter_history import row_if_last, settled_quarters
from evaluations.quarter_sheets import computed
from evaluations.quarter_standings import standings
from evaluations.scoring.grades import Grade
from evaluations.sheets.colors import judge
from evaluations.sheets.reactions import Color
from evaluations.sheets.rules import RegularRules, parsed_rules
from evaluations.sheets.sheet import Line, Sheet
from evaluations.sheets.standing import Place
from jobs.recording import tell

STEPS = {"quarter": _("正在重算得分单，第 %(done)s 遍，共 %(total)s 遍")}
Period = AssessmentPeriod
# A quarter that has its ranks, whatever came of it since.
RANKED = (Period.State.RANKED, Period.State.PUBLICITY, Period.State.FINAL)
PASSES = 2


def ranked_quarters(scheme: AssessmentScheme) -> Any:
    """Quarters of the draft's code at its place and below that have their ranks."""
    return Period.objects.quarters().filter(
        scheme_code=scheme.code,
        division__code__startswith=scheme.division_id or "",
        state__in=RANKED,
    )


@dataclass(frozen=True, slots=True)
class Side:
    """The quarter by one set of rules; by appointment. `colors`: "" without a card."""

    sheets: Mapping[int, Sheet]
    places: Mapping[int, Place]
    colors: Mapping[int, str]

    def rank(self, pk: int) -> int | None:
        return self.places[pk].rank if pk in self.places else None

    def is_last(self, pk: int) -> bool:
        return pk in self.places and self.places[pk].is_last

    def grade(self, pk: int) -> str:
        return self.places[pk].grade.value if pk in self.places else ""

    def is_complete(self, pk: int) -> bool:
        return self.sheets[pk].total is not None


def try_on(
    scheme: AssessmentScheme, *, district: str, quarter: AssessmentPeriod
) -> dict[str, Any]:
    """The report of a dry run: plain JSON values, counts only.

    1. the quarter by its own rules, and those of its sheets that the draft is for by
       the draft's;
    2. totals are compared where both sides have one;
    3. ranks, last places, grades and colours only in groups where the draft can compute
       everybody who has a total: a rank among some of them says nothing.
    """
    rules = parsed_rules(scheme.parameters)
    stored = _stored(quarter)
    tell("quarter", 1, PASSES)
    old = _side(quarter, stored, quarter.rules)
    tell("quarter", 2, PASSES)
    fates = {pk: _fate(one, rules) for pk, one in stored.items()}
    tried = {
        pk: one for pk, one in stored.items() if fates[pk] in ("tried", "withdrawn")
    }
    new = _side(quarter, tried, rules)
    torn = {
        one.group_id
        for pk, one in tried.items()
        if old.is_complete(pk) and not new.is_complete(pk)
    }
    fates = {
        pk: _compared(pk, old, new) if fate == "tried" else fate
        for pk, fate in fates.items()
    }
    both = [pk for pk, fate in fates.items() if fate == "compared"]
    standing = [pk for pk in tried if stored[pk].state != ScoreSheet.State.WITHDRAWN]
    ranked = [pk for pk in standing if stored[pk].group_id not in torn]
    return {
        "scheme": {"ref": scheme.ref, "sha256": scheme.digest_hex},
        "district": district,
        "quarter": quarter.code,
        "ranked_by": {
            "ref": quarter.scheme.ref,
            "sha256": quarter.scheme.digest_hex,
        },
        "sheets": _fate_counts(fates),
        "restated": sum(_is_restated(one, old) for one in stored.values()),
        "groups": {
            "all": len({one.group_id for one in tried.values()}),
            "torn": len(torn),
        },
        "shifts": banded(_shift(old, new, pk) for pk in both),
        "missing": _missing(fates, old, new),
        "dropped": _dropped(standing, old, new),
        "unlisted": _unlisted(stored, fates),
        "ranks": _ranks(ranked, old, new),
        "lasts": _lasts(ranked, old, new),
        "grades": _steps(Grade, [(old.grade(pk), new.grade(pk)) for pk in ranked]),
        "colors": _steps(Color, [(old.colors[pk], new.colors[pk]) for pk in ranked]),
    }


def _stored(quarter: AssessmentPeriod) -> dict[int, ScoreSheet]:
    """Appointment -> the sheet that was ranked, withdrawn ones among them."""
    sheets = quarter.sheets.current().select_related(
        "period", "group", "appointment__post", "group_rank", "grade"
    )
    return {sheet.appointment_id: sheet for sheet in sheets.order_by("pk")}


def _side(
    quarter: AssessmentPeriod, stored: Mapping[int, ScoreSheet], rules: RegularRules
) -> Side:
    """Sheets, places and colours as the quarter would have had them."""
    found = computed(
        stored.values(),
        period=quarter,
        quarter=quarter.code,
        months=[month.pk for month in quarter.parts.all()],
        last_month=months_of(quarter.code)[2],
        tried=rules,
    )
    by_code = {
        place.code: place
        for group in standings(
            stored, found, quarter=quarter.code, rules=rules
        ).values()
        for place in group.placed
    }
    places = {
        pk: by_code[one.appointment.code]
        for pk, one in stored.items()
        if one.appointment.code in by_code
    }
    return Side(found, places, _colors(quarter, stored, found, places, rules))


def _colors(
    quarter: AssessmentPeriod,
    stored: Mapping[int, ScoreSheet],
    found: Mapping[int, Sheet],
    places: Mapping[int, Place],
    rules: RegularRules,
) -> dict[int, str]:
    """The card that each would be proposed, were the quarter final (G9)."""
    history = settled_quarters(stored, until=quarter.code)
    warned = warned_before(quarter.code, stored)
    colors = {}
    for pk, one in stored.items():
        place = places.get(pk)
        is_last = place is not None and place.is_last
        facts = facts_of(
            found[pk].as_record(),
            total=found[pk].total,
            grade=place.grade if place else None,
            last_places=row_if_last(history.get(pk, ()), one, rules=rules)
            if is_last
            else 0,
            warned_quarters=warned.get(pk, 0),
        )
        verdict = judge(facts, rules=rules)
        colors[pk] = verdict.color.value if verdict else ""
    return colors


def _fate(one: ScoreSheet, rules: RegularRules) -> str:
    """Whether the draft is for a sheet at all; else why it is not compared.

    A post that the draft is not for; a group that it has no list of; set aside on
    appeal, which still stands among the others (W5).
    """
    if one.appointment.post.kind not in rules.posts:
        return "outside"
    if rules.set_of(one.group.name) is None:
        return "unlisted"
    return "withdrawn" if one.state == ScoreSheet.State.WITHDRAWN else "tried"


def _compared(pk: int, old: Side, new: Side) -> str:
    """With a total on both sides; lost or gained by the draft; on neither side."""
    if old.is_complete(pk):
        return "compared" if new.is_complete(pk) else "missing"
    return "gained" if new.is_complete(pk) else "incomplete"


FATES = (
    "compared",
    "missing",
    "gained",
    "incomplete",
    "withdrawn",
    "outside",
    "unlisted",
)


def _fate_counts(fates: Mapping[int, str]) -> dict[str, int]:
    counts = Counter(fates.values())
    return {"all": len(fates), **{name: counts[name] for name in FATES}}


def _is_restated(sheet: ScoreSheet, old: Side) -> bool:
    """Whether the quarter's own rules do not give today what was ranked then.

    Leave that was entered late, or a residents' result that was corrected on appeal.
    """
    if sheet.state == ScoreSheet.State.WITHDRAWN:
        return False
    pk = sheet.appointment_id
    rank, grade = getattr(sheet, "group_rank", None), getattr(sheet, "grade", None)
    then = (
        sheet.total,
        rank.rank if rank else None,
        bool(rank and rank.is_last),
        grade.grade if grade else "",
    )
    now = (old.sheets[pk].total, old.rank(pk), old.is_last(pk), old.grade(pk))
    return then != now


def _shift(old: Side, new: Side, pk: int) -> Decimal:
    before, after = old.sheets[pk].total, new.sheets[pk].total
    if before is None or after is None:
        raise ValueError("a sheet without a total is not compared")
    return after - before


def _missing(
    fates: Mapping[int, str], old: Side, new: Side
) -> list[dict[str, str | int]]:
    """Indicators of the draft that the quarter has no figure for, with their sheets."""
    lines = [
        line
        for pk, fate in fates.items()
        if fate == "missing"
        for line in new.sheets[pk].missing
    ]
    return _by_indicator(lines)


def _dropped(pks: Iterable[int], old: Side, new: Side) -> list[dict[str, str | int]]:
    """Indicators of the quarter that the draft does not assess the same sheets by."""
    lines = []
    for pk in pks:
        kept = {line.indicator.code for line in new.sheets[pk].lines}
        lines += [
            line for line in old.sheets[pk].lines if line.indicator.code not in kept
        ]
    return _by_indicator(lines)


def _by_indicator(lines: Sequence[Line]) -> list[dict[str, str | int]]:
    """Each with the number of its sheets, and why it has no figure."""
    counts = Counter(
        (line.indicator.code, line.indicator.name, line.why.value if line.why else "")
        for line in lines
    )
    return [
        {"code": code, "name": name, "why": why, "sheets": number}
        for (code, name, why), number in sorted(counts.items())
    ]


def _unlisted(
    stored: Mapping[int, ScoreSheet], fates: Mapping[int, str]
) -> list[dict[str, str | int]]:
    """Groups that the draft has no list of indicators for, with their sheets."""
    counts = Counter(
        stored[pk].group.name for pk, fate in fates.items() if fate == "unlisted"
    )
    return [
        {"group": name, "sheets": number} for name, number in sorted(counts.items())
    ]


def _ranks(pks: Collection[int], old: Side, new: Side) -> dict[str, int]:
    """How many hold another rank in their group, among those ranked on both sides."""
    pairs = [(old.rank(pk), new.rank(pk)) for pk in pks]
    both = [pair for pair in pairs if None not in pair]
    return {
        "before": sum(before is not None for before, _after in pairs),
        "after": sum(after is not None for _before, after in pairs),
        "both": len(both),
        "moved": sum(before != after for before, after in both),
    }


def _lasts(pks: Collection[int], old: Side, new: Side) -> dict[str, int]:
    pairs = [(old.is_last(pk), new.is_last(pk)) for pk in pks]
    return {
        "before": sum(before for before, _after in pairs),
        "after": sum(after for _before, after in pairs),
        "gained": sum(after and not before for before, after in pairs),
        "lost": sum(before and not after for before, after in pairs),
    }


def _steps(
    steps: Iterable[Grade | Color], pairs: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """How many on each step before and after; who moves, from where to where.

    "" stands for no grade and for no card.
    """
    before = Counter(pair[0] for pair in pairs)
    after = Counter(pair[1] for pair in pairs)
    names = [step.value for step in steps]
    order = {name: place for place, name in enumerate([*names, ""])}
    moves = Counter(pair for pair in pairs if pair[0] != pair[1])
    return {
        "steps": [
            {"step": name, "before": before[name], "after": after[name]}
            for name in names
        ],
        "moved": [
            {"from": pair[0], "to": pair[1], "sheets": number}
            for pair, number in sorted(
                moves.items(), key=lambda one: [order[name] for name in one[0]]
            )
        ],
    }
