"""How a released figure was made, as far as its audience may know (M102-M105)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from evaluations.models import MonthlyRating
from evaluations.publication.beside import Beside
from evaluations.publication.design import design_of
from evaluations.publication.gate import (
    bound,
    figure_of,
    release,
    release_own,
    rung_of,
)
from evaluations.publication.questions import release_questions
from evaluations.publication.values import (
    Adjustment,
    Check,
    Group,
    Place,
    Precision,
    Proof,
    Released,
    Sheet,
    Shown,
    Shrinkage,
    StarRule,
    StarSteps,
    Step,
    Withheld,
)
from evaluations.publication.words import CAUTIONS, CHECKS, CONSEQUENCES, TIERS
from evaluations.scoring.ladder import Audience, Consequence
from evaluations.scoring.method import Method
from evaluations.scoring.rounding import percents, rounded
from evaluations.scoring.stars import StarBasis, star_of
from evaluations.scoring.unanimity import printed_score
from evaluations.scoring.window import Month, Validity

Record = Mapping[str, Any]
ALONE = Beside()


def release_sheet(
    rating: MonthlyRating, audience: Audience, known: Beside = ALONE
) -> Sheet | None:
    """The workings of a released figure; None where the figure is withheld.

    `known`: what stands beside the rating; without it no question, no figure of the
    pooling group and no earlier record is told. Beside a score that is printed as a
    bound nothing is told that it could be worked out from (M85).
    """
    return _sheet(rating, release(rating, audience), audience, known)


def release_own_sheet(rating: MonthlyRating, known: Beside = ALONE) -> Sheet | None:
    """The workings to the rated person: the public's, from the preview on (T126)."""
    return _sheet(rating, release_own(rating), Audience.PUBLIC, known)


def _sheet(
    rating: MonthlyRating,
    shown: Released | Withheld,
    audience: Audience,
    known: Beside,
) -> Sheet | None:
    if not isinstance(shown, Released):
        return None
    figure = figure_of(rating)
    contents, method = figure.contents, figure.scheme.method
    is_office = audience is Audience.OFFICE
    tells_group = known.group_is_open and not shown.is_clamped
    consequence = _consequence(figure) if is_office else None
    return Sheet(
        design=design_of(figure, strata=known.strata, finals=known.finals),
        precision=_precision(contents["figures"], is_clamped=shown.is_clamped),
        adjustment=_adjustment(contents["figures"]["adjusted"], shown, method),
        points=tuple(rounded(p, 0) for p in method.score_levels),
        modes=tuple(sorted(known.modes.items())),
        questions=release_questions(figure, known, audience),
        shrinkage=_shrinkage(contents["pool"], method) if tells_group else None,
        group=_group(contents["pool"], is_open=known.group_is_open),
        star=_star(contents, shown, tells_group=tells_group),
        place=_place(rating, shown, is_office=is_office),
        consequence=consequence or "",
        consequence_text=CONSEQUENCES[consequence] if consequence else "",
        cautions=tuple(
            (name, CAUTIONS.get(name, name))
            for name in contents["decisions"]["cautions"]
        ),
        proof=_proof(figure, names_previous=known.names_previous),
    )


def release_place(rating: MonthlyRating, audience: Audience) -> Place | None:
    """The rank set and tier of a quarter reading alone, for lists; None without one."""
    shown = release(rating, audience) if rating.rank is not None else None
    if not isinstance(shown, Released):
        return None
    return _place(rating, shown, is_office=audience is Audience.OFFICE)


def _precision(figures: Record, *, is_clamped: bool) -> Precision:
    """Spread tells of answers that are all the same, so it goes with the score."""
    if is_clamped:
        return Precision(df=None, deff=None, m_eff=None, formula="")
    m_eff = _raw(figures["m_eff"])
    return Precision(
        df=figures["df"],
        deff=_number(figures["deff"], 2),
        m_eff=None if m_eff is None else int(rounded(m_eff, 0)),
        formula=figures["interval"] or "",
    )


def _adjustment(
    adjusted: Record | None, shown: Released, method: Method
) -> Adjustment | None:
    if adjusted is None or shown.adjusted is None:
        return None
    return Adjustment(
        score=shown.adjusted,
        low=_bound(adjusted["low"], method),
        high=_bound(adjusted["high"], method),
        steps=tuple(
            Step(step["margin"], step["level"], rounded(Decimal(step["points"]), 2))
            for step in adjusted["steps"]
        ),
    )


def _shrinkage(pool: Record | None, method: Method) -> Shrinkage | None:
    """Reliability and the shrunken score, to the places of M6 (M70)."""
    if pool is None or pool["eb"] is None or not Decimal(pool["reliability"]):
        return None
    return Shrinkage(
        reliability=rounded(Decimal(pool["reliability"]), 2),
        eb=printed_score(Decimal(pool["eb"]), method=method),
        se=rounded(Decimal(pool["se_eb"]), 2),
        is_smoothed=pool["smoothed"],
    )


def _group(pool: Record | None, *, is_open: bool) -> Group | None:
    if pool is None:
        return None
    return Group(
        level=pool["level"],
        count=pool["count"],
        mean=_number(pool["mean"], 1) if is_open else None,
        spread=rounded(Decimal(pool["tau2"]).sqrt(), 2) if is_open else None,
        shows_differences=pool["shows_differences"],
    )


def _star(contents: Record, shown: Released, *, tells_group: bool) -> StarRule:
    star, previous = contents["star"], contents["inputs"]["previous_star"]
    is_told = shown.star is not None and not shown.is_clamped
    is_shrunken = star["basis"] == StarBasis.SHRUNKEN
    tells_steps = is_told and star["score"] and (tells_group or not is_shrunken)
    shares = star["probabilities"] if is_told else None
    return StarRule(
        cuts=tuple(Decimal(cut) for cut in star["cuts"]),
        cuts_year=star["cuts_year"],
        hysteresis=Decimal(star["hysteresis"]),
        percents=_percents(shares),
        since=previous["since"] if previous else "",
        steps=_steps(star, is_shrunken=is_shrunken) if tells_steps else None,
    )


def _steps(star: Record, *, is_shrunken: bool) -> StarSteps:
    """The comparisons of M75, as anybody can redo them with the printed decimals."""
    score, se = Decimal(star["score"]), Decimal(star["se"])
    cuts = [Decimal(cut) for cut in star["cuts"]]
    reach = Decimal(star["hysteresis"]) * se
    low, high = score - reach, score + reach
    return StarSteps(
        is_shrunken=is_shrunken,
        score=score,
        se=se,
        low=rounded(low, 2),
        high=rounded(high, 2),
        plain=star_of(score, cuts),
        up=star_of(low, cuts),
        down=1 + sum(1 for cut in cuts if cut < high),
        previous=star["previous"],
    )


def _place(rating: MonthlyRating, shown: Released, *, is_office: bool) -> Place | None:
    """Of a quarter reading, for who holds a star (M78); residents see no rank (M80)."""
    rank = rating.contents["rank"]
    is_quarter = Month.parse(rating.month).closes_quarter
    if rank is None or shown.star is None or not is_quarter:
        return None
    return Place(
        period=rank["period"],
        of=rank["of"],
        tier=rank["tier"],
        tier_text=TIERS[rank["tier"]],
        best=rank["best"],
        worst=rank["worst"],
        rank=rank["rank"] if is_office else None,
        is_alone=rank["alone"] if is_office else None,
        crit=_number(rank["crit"], 2) if is_office else None,
        difference=_number(rank["difference"], 1) if is_office else None,
        difference_se=_number(rank["difference_se"], 2) if is_office else None,
        checks=_checks(rank["last"]["failed"]) if is_office else (),
    )


def _checks(failed: Iterable[str]) -> tuple[Check, ...]:
    failed = set(failed)
    return tuple(
        Check(str(name), text, name not in failed) for name, text in CHECKS.items()
    )


def _consequence(figure: MonthlyRating) -> Consequence:
    """What a finding on this figure could lead to (M29, M88)."""
    if figure.validity != Validity.VALID:
        return Consequence.NONE
    return rung_of(figure).consequence


def _proof(figure: MonthlyRating, *, names_previous: bool) -> Proof:
    scheme = figure.contents["scheme"]
    return Proof(
        method_version=scheme["method_version"],
        scheme_sha256=scheme["sha256"],
        record_sha256=figure.record_sha256,
        previous_sha256=figure.previous_sha256 if names_previous else None,
        code_version=figure.code_version,
        numpy_version=figure.numpy_version,
    )


def _percents(probabilities: Iterable[str] | None) -> tuple[int, ...] | None:
    if probabilities is None:
        return None
    # Each was stored with six places, so that five of them may miss 1 by more than
    # `percents` allows.
    shares = [float(share) for share in probabilities]
    return percents([share / sum(shares) for share in shares])


def _bound(text: str | None, method: Method) -> Shown | None:
    return bound(_raw(text), method)


def _number(text: str | None, places: int) -> Decimal | None:
    return None if text is None else rounded(Decimal(text), places)


def _raw(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
