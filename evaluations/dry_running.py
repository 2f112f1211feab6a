"""A draft held against a closed quarter: in memory, from stored cells (M99, M107).

Nothing is written to any rating, group or ranking. What comes out is counts: how many
stars, ranks and tiers would be others, and how far scores would move. Both sides pass
the floors of the office (M82) and the guard against differences (M86): a draft with
another window is another way of subtracting one figure from the next.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from evaluations import records
from evaluations.groups import CITY_DIGITS, candidate_of
from evaluations.models import AssessmentScheme, MonthlyRating
from evaluations.past import Past
from evaluations.pools import Pool, pools_of
from evaluations.publication import Audience, Released, release
from evaluations.quarters import QuarterRanks
from evaluations.rankings import Entry, grouped, ranks_of
from evaluations.records import Around, PreviousStar, told_after
from evaluations.rollup import columns_of
from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.ladder import rung
from evaluations.scoring.rounding import rounded
from evaluations.scoring.window import Month
from evaluations.windows import MonthWindow, Rated
from jobs.recording import tell
from surveys.models import Round

STEPS = {"try": _("正在试算第 %(done)s 个月，共 %(total)s 个月")}
# Upper ends of the bands that score shifts are counted in, points; the last is open.
BANDS = (Decimal("0"), Decimal("0.5"), Decimal("1"), Decimal("2"), Decimal("5"))


@dataclass(slots=True)
class Trial:
    """One appointment and month under the draft: a rating that is never saved."""

    rating: MonthlyRating
    contents: dict[str, Any]
    rank: Mapping[str, Any] | None = field(default=None)


class TrialWindow(MonthWindow):
    """The windows of a month as the draft would have cut and weighted them.

    `before`: what the draft's own months before this one have left; the first month
    of the quarter starts from what is stored.
    """

    def __init__(
        self,
        *,
        district: str,
        month: str,
        scheme: AssessmentScheme,
        before: Mapping[int, MonthlyRating],
    ) -> None:
        super().__init__(district=district, month=month)
        self.draft = scheme
        self.before = before

    def _scheme(self, survey_round: Round) -> AssessmentScheme:
        """The draft stands for every version of its code."""
        named = super()._scheme(survey_round)
        return self.draft if named.code == self.draft.code else named

    @cached_property
    def _longest(self) -> int:
        known = [scheme.method.window_months for scheme in self._schemes.values()]
        return max(*known, self.draft.method.window_months)

    @cached_property
    def _known(self) -> dict[int, MonthlyRating]:
        """Nothing is rated yet: the draft makes every month anew."""
        return {}

    @cached_property
    def _past(self) -> dict[int, Past]:
        found = super()._past
        for appointment, rating in self.before.items():
            _follow(found[appointment], rating)
        return found


def _follow(past: Past, trial: MonthlyRating) -> None:
    """Put the draft's own month before in the place of the stored one."""
    past.last = trial
    if trial.refreshed:
        past.last_told = trial
    past.told = told_after(trial.contents)
    decided = past.star is not None and past.star.source == "year"
    if trial.star is not None and not decided:
        past.star = PreviousStar(trial.star, trial.month, "month")
    elif not decided:
        star = trial.contents["inputs"]["previous_star"]
        past.star = PreviousStar(**star) if star else None


def try_on(
    scheme: AssessmentScheme, *, district: str, months: Sequence[str]
) -> dict[str, Any]:
    """The report of a dry run: plain JSON values, counts only.

    `months`: rolled-up months of the district, oldest first; ranks are compared where
    the last one closes a quarter (M66).
    """
    before: dict[int, MonthlyRating] = {}
    lines = []
    trials: dict[int, Trial] = {}
    for number, month in enumerate(months, start=1):
        tell("try", number, len(months))
        window = TrialWindow(
            district=district, month=month, scheme=scheme, before=before
        )
        trials = _trials(window, scheme)
        before = {pk: trial.rating for pk, trial in trials.items()}
        stands = _standing(scheme, district, month)
        lines.append(_month_line(month, trials, stands))
    last = months[-1]
    stands = _standing(scheme, district, last)
    return {
        "scheme": {"ref": scheme.ref, "sha256": scheme.digest_hex},
        "district": district,
        "months": lines,
        "stars": _moved_stars(trials, stands),
        "ranks": _ranks_line(trials, stands),
    }


def _trials(window: TrialWindow, scheme: AssessmentScheme) -> dict[int, Trial]:
    """Every appointment that the draft would rate in the month."""
    rated = [one for one in window.rated() if one.scheme.code == scheme.code]
    pools = _pools(rated, window)
    entries = []
    for one in rated:
        pool = pools.get(one.subject.appointment)
        around = Around(
            pool=pool,
            cuts=one.cuts.points if one.cuts else None,
            cuts_year=one.cuts.year if one.cuts else None,
            modes=one.modes,
        )
        contents = records.build(one.subject, one.area, around)
        entries.append(Entry(one, contents, *_exact(one, pool)))
    lines = _ranked(entries, window)
    return {
        entry.rated.appointment.pk: _trial(entry, lines, scheme) for entry in entries
    }


def _pools(rated: Sequence[Rated], window: TrialWindow) -> dict[str, Pool]:
    """Who pools with whom under the draft (M67); the city's where it holds there."""
    month = str(window.month)
    candidates = [one for one in map(candidate_of, rated) if one is not None]
    place = window.draft.division_id or ""
    if len(place) <= CITY_DIGITS:
        city = TrialWindow(
            district=window.district[:CITY_DIGITS],
            month=month,
            scheme=window.draft,
            before=window.before,
        )
        known = {candidate.unit.code for candidate in candidates}
        others = (candidate_of(one) for one in city.rated())
        candidates += [one for one in others if one and one.unit.code not in known]
    return pools_of(candidates, month=month)


def _exact(rated: Rated, pool: Pool | None) -> tuple[float | None, float | None]:
    """Direct score and standard error, unrounded (M79)."""
    used = records.direct(rated.subject, rated.area, rated.modes).used
    unit = pool.shrunken(rated.subject.appointment) if pool else None
    return used.score, unit.se if used.se is None and unit else used.se


def _ranked(entries: Sequence[Entry], window: TrialWindow) -> dict[str, dict[str, Any]]:
    """Appointment → its line in the quarter's comparison, made in memory (M78)."""
    month = str(window.month)
    if not window.month.closes_quarter:
        return {}
    lines: dict[str, dict[str, Any]] = {}
    for members in grouped(entries, month=month).values():
        found: QuarterRanks = ranks_of(members, window, month=month)[1]
        lines |= found.lines
    return lines


def _trial(
    entry: Entry, lines: Mapping[str, dict[str, Any]], scheme: AssessmentScheme
) -> Trial:
    contents = dict(entry.contents)
    text = canonical_json(contents)
    rating = MonthlyRating(
        appointment=entry.rated.appointment,
        scheme=scheme,
        record=text.decode(),
        record_sha256=records.digest(text),
        **columns_of(contents),
    )
    return Trial(rating, contents, lines.get(entry.rated.subject.appointment))


def _standing(
    scheme: AssessmentScheme, district: str, month: str
) -> dict[int, MonthlyRating]:
    """What stands for the month, whatever version of the code made it."""
    ratings = MonthlyRating.objects.current().under(district).of_month(month)
    own = ratings.filter(scheme__code=scheme.code).select_related(
        "scheme", "shown__scheme", "community", "appointment"
    )
    return {rating.appointment_id: rating for rating in own}


@dataclass(frozen=True, slots=True)
class Pair:
    """An appointment on both sides; a side that may not be shown is None."""

    old_star: int | None
    new_star: int | None
    shift: Decimal


def _pair(trial: Trial, stands: MonthlyRating | None) -> Pair | None:
    """None where either side may not be shown to the office (M82, M86)."""
    if stands is None or not trial.rating.refreshed or trial.rating.score is None:
        return None
    figure = release(stands, Audience.OFFICE)
    if not isinstance(figure, Released) or figure.is_kept or figure.is_clamped:
        return None
    reliability = trial.rating.reliability
    step = rung(
        trial.rating.usable,
        method=trial.rating.scheme.method,
        reliability=None if reliability is None else float(reliability),
    )
    if not step.office:
        return None
    old = stands.adjusted if stands.adjusted is not None else stands.score
    new = trial.rating.adjusted or trial.rating.score
    if old is None or new is None:
        return None
    return Pair(
        old_star=figure.star,
        new_star=trial.rating.star if step.star else None,
        shift=rounded(new, 1) - rounded(old, 1),
    )


def _month_line(
    month: str, trials: Mapping[int, Trial], stands: Mapping[int, MonthlyRating]
) -> dict[str, Any]:
    pairs = [_pair(trial, stands.get(pk)) for pk, trial in trials.items()]
    compared = [pair for pair in pairs if pair is not None]
    return {
        "month": month,
        "rated": len(trials),
        "compared": len(compared),
        "hidden": len(pairs) - len(compared),
        "stars": _star_counts(compared),
        "shifts": banded(pair.shift for pair in compared),
        "valid_before": sum(rating.validity == "valid" for rating in stands.values()),
        "valid_after": sum(one.rating.validity == "valid" for one in trials.values()),
    }


def _star_counts(pairs: Iterable[Pair]) -> dict[str, int]:
    counts = Counter(_moved(pair) for pair in pairs)
    return {name: counts[name] for name in ("same", "up", "down", "gained", "lost")}


def _moved(pair: Pair) -> str:
    old, new = pair.old_star, pair.new_star
    if old == new:
        return "same"
    if old is None:
        return "gained"
    if new is None:
        return "lost"
    return "up" if new > old else "down"


def banded(shifts: Iterable[Decimal]) -> dict[str, list[int]]:
    """How many per band of |shift|, those that gain and those that lose apart."""
    up, down = [0] * (len(BANDS) + 1), [0] * (len(BANDS) + 1)
    for shift in shifts:
        place = sum(abs(shift) > band for band in BANDS)
        (down if shift < 0 else up)[place] += 1
    return {"up": up, "down": down}


def _moved_stars(
    trials: Mapping[int, Trial], stands: Mapping[int, MonthlyRating]
) -> list[dict[str, Any]]:
    """Whose star would be another one: the old and the new, no score."""
    moved = []
    for pk, trial in trials.items():
        pair = _pair(trial, stands.get(pk))
        if pair is not None and pair.old_star != pair.new_star:
            moved.append(
                {
                    "appointment": pk,
                    "community": trial.rating.community_id,
                    "old": pair.old_star,
                    "new": pair.new_star,
                }
            )
    return sorted(moved, key=lambda row: row["community"])


def _ranks_line(
    trials: Mapping[int, Trial], stands: Mapping[int, MonthlyRating]
) -> dict[str, int]:
    """How many hold another place or tier, among those ranked on both sides."""
    counts: Counter[str] = Counter()
    for pk, trial in trials.items():
        old = stands[pk].contents["rank"] if pk in stands else None
        new = trial.rank
        counts["before"] += old is not None
        counts["after"] += new is not None
        if old is None or new is None:
            continue
        counts["both"] += 1
        counts["places"] += old["rank"] != new["rank"]
        counts["tiers"] += old["tier"] != new["tier"]
        counts["last_before"] += old["last"]["is_last"]
        counts["last_after"] += new["last"]["is_last"]
    names = ("before", "after", "both", "places", "tiers", "last_before", "last_after")
    return {name: counts[name] for name in names}


def quarter_months(last: str, rolled_up: Iterable[str]) -> list[str]:
    """The months of the quarter of `last` up to it, those that are rolled up."""
    end = Month.parse(last)
    first = end.plus(-((end.month - 1) % 3))
    return sorted(month for month in rolled_up if str(first) <= month <= last)
