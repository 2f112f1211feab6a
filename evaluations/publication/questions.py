"""Figures of single questions: own ladder, own guard (M34, M57, M82-M86)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evaluations.models import MonthlyRating
from evaluations.publication.beside import Beside
from evaluations.publication.gate import bound, is_published
from evaluations.publication.values import Question, Reason, Shown, Withheld
from evaluations.publication.words import WITHHELD
from evaluations.scoring.ladder import Audience, rung
from evaluations.scoring.method import Method
from evaluations.scoring.unanimity import (
    SMALL_COUNT,
    printed_count,
    printed_score,
    printed_shares,
)

Row = Mapping[str, Any]


def release_questions(
    figure: MonthlyRating, known: Beside, audience: Audience
) -> dict[int, Question | Withheld]:
    """Question number -> what may be told of it beside the figure that is shown."""
    found = {}
    for row in figure.contents["figures"]["questions"]:
        number = row["number"]
        standing = known.questions.get(number)
        told = _question(row, figure, standing, audience)
        if isinstance(told, Question):
            told = replace(told, households=known.answered.get(number))
        found[number] = told
    return found


def _question(
    row: Row,
    figure: MonthlyRating,
    standing: MonthlyRating | None,
    audience: Audience,
) -> Question | Withheld:
    """A question has its own households and so its own place on the ladder (M82)."""
    method = figure.scheme.method
    if standing is None:
        is_small = row["m"] < method.publish_floor
        reason = Reason.TOO_FEW if is_small else Reason.WAITS
        return _withheld(row, figure, reason, audience)
    is_kept = standing is not figure
    if audience is Audience.PUBLIC and is_kept and not is_published(standing):
        return _withheld(row, figure, Reason.NOT_PUBLISHED, audience)
    told = next(
        one
        for one in standing.contents["figures"]["questions"]
        if one["number"] == row["number"]
    )
    if not rung(told["m"], method=method).may_show(audience) or told["score"] is None:
        return _withheld(row, figure, Reason.TOO_FEW, audience)
    return _released(told, standing, is_kept=is_kept)


def _withheld(
    row: Row, figure: MonthlyRating, reason: Reason, audience: Audience
) -> Withheld:
    method = figure.scheme.method
    is_office = audience is Audience.OFFICE
    return Withheld(
        reason=reason,
        text=WITHHELD[audience],
        month=figure.month,
        # Less than ten, or a count that could be told apart from an older one.
        households=printed_count(row["m"]) if row["m"] < SMALL_COUNT else "",
        needed=method.publish_floor if is_office else method.publish_public,
    )


def _released(row: Row, rating: MonthlyRating, *, is_kept: bool) -> Question:
    method = rating.scheme.method
    share, low, high = _satisfied(row["satisfied"], method)
    return Question(
        number=row["number"],
        month=rating.month,
        is_kept=is_kept,
        households=None,
        score=printed_score(Decimal(row["score"]), method=method),
        low=_bound(row["low"], method),
        high=_bound(row["high"], method),
        satisfied=share,
        satisfied_low=low,
        satisfied_high=high,
    )


def _satisfied(
    row: Row, method: Method
) -> tuple[Shown | None, Shown | None, Shown | None]:
    """The satisfied share with its bounds, per cent (M34, M57, M85).

    Withheld where it is too imprecise, and where its rest is above the cap. Beside a
    share that is itself a bound there are no bounds: they would tell it.
    """
    nothing = (None, None, None)
    if row["hidden"] is not None or row["share"] is None:
        return nothing
    share = Decimal(row["share"])
    shown = printed_shares((share, 1 - share), method=method)[0]
    if shown is None:
        return nothing
    if not shown.text[0].isdecimal():
        return shown, None, None
    return shown, _share_bound(row["low"], method), _share_bound(row["high"], method)


def _share_bound(text: str | None, method: Method) -> Shown | None:
    """A bound of a share; ">95 %" above the cap, None below what that leaves."""
    if text is None:
        return None
    share = Decimal(text)
    return printed_shares((share, 1 - share), method=method)[0]


def _bound(text: str | None, method: Method) -> Shown | None:
    return None if text is None else bound(Decimal(text), method)
