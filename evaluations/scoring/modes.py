"""How answers differ by the way they came in, and the score without it (M42-M47).

Elliott and others (2009), Effects of survey mode, patient mix and nonresponse on CAHPS
hospital survey scores, Health Services Research 44(2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import fsum

from evaluations.scoring.cells import SCALE, Cell, Stratum
from evaluations.scoring.margins import NO_VALUE
from evaluations.scoring.method import Method
from evaluations.scoring.ols import Coefficient, Row, fit_cells
from evaluations.scoring.results import Estimate, Reason

ONLINE = "online"
"""The reference mode of M46: every other mode is compared with it."""

MODE = "mode"

# M47: a coefficient enters from so many of its standard errors on.
_ERRORS = 2


class Naming(StrEnum):
    """What a coefficient may be called (M46)."""

    EFFECT = "effect"
    DESCRIPTIVE = "descriptive"


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A level of a margin, or of MODE; its coefficient is against the reference."""

    margin: str
    level: str

    @property
    def column(self) -> str:
        """Its name in the regression."""
        return f"{self.margin}={self.level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCoefficient:
    """b of one term, points, with its SE; None where the data do not determine it."""

    term: Term
    b: float | None
    se: float | None
    naming: Naming

    @property
    def enters(self) -> bool:
        """|b| > 2 SE(b): only then it may move a score (M47)."""
        if self.b is None or self.se is None:
            return False
        return abs(self.b) > _ERRORS * self.se


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeModel:
    """The coefficients of a closed year, frozen for the next one (M47).

    `year`: whose answers they come from; `coefficients`: by margin and level, modes
    and mix, references left out; `m`: usable answers; `df`; `residual_variance`:
    points^2.
    """

    year: int
    coefficients: tuple[ModeCoefficient, ...]
    m: int
    df: int
    residual_variance: float | None

    def is_for(self, year: int) -> bool:
        """Whether scores of that year may use it."""
        return year == self.year + 1


def fit_modes(
    cells: Iterable[Cell],
    strata: Iterable[Stratum],
    *,
    year: int,
    mix: Sequence[str],
    assigned: Mapping[str, Fraction | Decimal],
    method: Method,
) -> ModeModel:
    """s = alpha_community + b_mode + b_mix over the usable answers of an area (M46).

    `cells`: of the closed `year`; `mix`: margins of the cells that are not raked;
    `assigned`: mode -> share of the draw that was assigned to it at random, nothing
    where modes were chosen. References: online, and the first level of every margin.
    Classical standard errors, from cells (M110). ValueError for a cell of an unknown
    stratum. The order of cells does not matter.
    """
    community = {stratum.code: stratum.community for stratum in strata}
    used = sorted(set(mix))
    listed = list(cells)
    references = _references(listed, used)
    rows = []
    terms: set[Term] = set()
    for cell in listed:
        if cell.stratum not in community:
            raise ValueError(f"answers of an unknown stratum {cell.stratum}")
        own = [term for term in _terms(cell, used) if term not in references]
        terms.update(own)
        columns = (f"community={community[cell.stratum]}", *(t.column for t in own))
        rows.append(Row(columns, cell.n, cell.sum_s, cell.sum_s2))
    fit = fit_cells(rows)
    return ModeModel(
        year=year,
        coefficients=tuple(
            _scaled(term, fit.coefficients[term.column], assigned, method)
            for term in sorted(terms)
        ),
        m=fit.m,
        df=fit.df,
        residual_variance=(
            None if fit.residual_variance is None else fit.residual_variance / SCALE**2
        ),
    )


def _terms(cell: Cell, mix: Sequence[str]) -> list[Term]:
    """The mode and the mix levels of a cell; a margin without a value is NO_VALUE."""
    levels = dict(cell.levels)
    return [
        Term(MODE, cell.mode),
        *(Term(name, levels.get(name, NO_VALUE)) for name in mix),
    ]


def _references(cells: Iterable[Cell], mix: Sequence[str]) -> set[Term]:
    """Online, and of every margin the first level that somebody named."""
    found = {term for cell in cells for term in _terms(cell, mix)}
    first = {}
    for term in sorted(found, reverse=True):
        if term.margin != MODE and (term.level or term.margin not in first):
            first[term.margin] = term
    return {Term(MODE, ONLINE), *first.values()}


def _scaled(
    term: Term,
    found: Coefficient,
    assigned: Mapping[str, Fraction | Decimal],
    method: Method,
) -> ModeCoefficient:
    return ModeCoefficient(
        term=term,
        b=None if found.b is None else found.b / SCALE,
        se=None if found.se is None else found.se / SCALE,
        naming=_naming(term, assigned, method),
    )


def _naming(
    term: Term, assigned: Mapping[str, Fraction | Decimal], method: Method
) -> Naming:
    """An effect only where chance decided between the mode and online (M46)."""
    needed = Fraction(method.mode_random_share)
    shares = [Fraction(assigned.get(mode, 0)) for mode in (term.level, ONLINE)]
    is_random = term.margin == MODE and min(shares) > 0 and min(shares) >= needed
    return Naming.EFFECT if is_random else Naming.DESCRIPTIVE


def term_shares(
    weighted: Iterable[tuple[Cell, float]], terms: Iterable[Term]
) -> dict[Term, float]:
    """xbar: the weighted share of the answers that have each term, 0..1 (M47).

    `weighted`: cells with the final weight w of their answers: of one appointment for
    xbar_jk, of the whole area for xref_k. ValueError without an answer.
    """
    pairs = list(weighted)
    whole = fsum(cell.n * weight for cell, weight in pairs)
    if not whole > 0:
        raise ValueError("no answers have no shares")
    wanted = sorted(set(terms))
    margins = sorted({term.margin for term in wanted} - {MODE})
    found: dict[Term, list[float]] = {term: [] for term in wanted}
    for cell, weight in pairs:
        for term in _terms(cell, margins):
            if term in found:
                found[term].append(cell.n * weight)
    return {term: fsum(parts) / whole for term, parts in found.items()}


@dataclass(frozen=True, slots=True)
class Step:
    """One term of the adjustment: points = b (share - reference)."""

    term: Term
    b: float
    share: float
    reference: float

    @property
    def points(self) -> float:
        """What is taken off the score."""
        return self.b * (self.share - self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Both scores, of which both are published (M47).

    `score`: y; `adjusted`: y_adj, cut to 0..100; `steps`: what lies between; `result`:
    the estimate at y_adj with the SE of y, which stars and ranks use.
    """

    score: float
    adjusted: float
    steps: tuple[Step, ...]
    result: Estimate


def adjust(
    result: Estimate,
    model: ModeModel,
    *,
    shares: Mapping[Term, float],
    area_shares: Mapping[Term, float],
    year: int,
    method: Method,
) -> Adjusted | None:
    """y_adj = y - sum_k b_k (xbar_jk - xref_k), terms with |b| > 2 SE(b) only (M47).

    `shares`: xbar_jk of the appointment, `area_shares`: of the area, both from
    `term_shares`; xref is 0 for modes and the area's share for mix terms. The SE stays;
    the interval is that of M56 at y_adj, and where y_adj was cut to an end, for which
    M56 has none, Clopper-Pearson as in M59. None if the scheme does not adjust or
    there is no score. ValueError for a model that is not of the year before.
    """
    if not method.mode_adjust or result.score is None:
        return None
    if not model.is_for(year):
        raise ValueError(f"coefficients of {model.year} are not for {year}")
    steps = tuple(
        Step(
            term=one.term,
            b=one.b,
            share=shares.get(one.term, 0.0),
            reference=_reference(one.term, area_shares),
        )
        for one in model.coefficients
        if one.b is not None and one.enters
    )
    adjusted = result.score - fsum(step.points for step in steps)
    adjusted = min(max(adjusted, 0.0), 100.0)
    return Adjusted(
        score=result.score,
        adjusted=adjusted,
        steps=steps,
        result=_at(result, adjusted),
    )


def _reference(term: Term, area_shares: Mapping[Term, float]) -> float:
    return 0.0 if term.margin == MODE else area_shares.get(term, 0.0)


def _at(result: Estimate, score: float) -> Estimate:
    """The same estimate at another score."""
    is_end = score in (0.0, 100.0) and result.reason is None and not result.is_census
    reason = Reason.NO_SPREAD if is_end else result.reason
    return replace(result, score=score, reason=reason)
