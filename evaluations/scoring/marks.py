"""The household score of a row: told in points, or made from the items (M30-M33)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from evaluations.scoring.cells import TOP
from evaluations.scoring.config import Config
from evaluations.scoring.method import MethodError
from evaluations.scoring.wrong_input import WrongInput, reason_of, shown
from surveys.scores import ScoreRule

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?")
_LEVELS = {"": 0, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
_LAST = 5
# Different answers worth remembering; what is forgotten is computed again.
_REMEMBERED = 1 << 16

Made = tuple[int | None, tuple[int, ...]]
"""Ten-thousandths of a point, None if not usable; levels, 0 for no answer."""


class Marks:
    """How cells of a row become a score.

    `items`: the places of item_1, item_2 …, empty where points are told. The score of
    items is that of `surveys.scores`, which the boxes use; weights and directions are
    the questionnaire's times the scheme's.
    """

    def __init__(self, items: Sequence[int], config: Config) -> None:
        self.items = tuple(items)
        self._range = config.score_range
        self._reversed = frozenset(n - 1 for n in config.reversed_items)
        if items:
            self._rule = _rule(len(items), config)
        self.score = lru_cache(maxsize=_REMEMBERED)(self._told)
        self.levels = lru_cache(maxsize=_REMEMBERED)(self._made)

    def _told(self, text: str) -> tuple[int | None, bool]:
        """Ten-thousandths and whether that rounded; None for a blank cell.

        Points = 100 (v - low)/(high - low), then R_0(10000 s), half up (M41).
        """
        if not text:
            return None, False
        low, high = self._range.low, self._range.high
        value = Fraction(text) if _NUMBER.fullmatch(text) else None
        if value is None or not low <= value <= high:
            ends = f"{_written(low)}..{_written(high)}"
            raise WrongInput(
                f"{shown(text)} 不是 {ends} 之间的数",
                f"{shown(text)} is no number in {ends}",
                column="score",
            )
        exact = TOP * (value - low) / (high - low)
        return int(exact + Fraction(1, 2)), exact.denominator > 1

    def _made(self, cells: tuple[str, ...]) -> Made:
        """Levels as they count: 6 - x where the direction is reversed (M30)."""
        levels = []
        for number, text in enumerate(cells, start=1):
            level = _LEVELS.get(text)
            if level is None:
                raise WrongInput(
                    f"{shown(text)} 不是 1 到 5，也不是 0 或空白",
                    f"{shown(text)} is neither 1 to 5 nor 0 or blank",
                    column=f"item_{number}",
                )
            levels.append(level)
        score = self._rule.score(levels)
        return score, tuple(
            _LAST + 1 - level if level and place in self._reversed else level
            for place, level in enumerate(levels)
        )


def _rule(count: int, config: Config) -> ScoreRule:
    """The rule of a round: the scheme's weights times the questionnaire's (M32)."""
    method = config.method
    own = config.weights or (Decimal(1),) * count
    if len(own) != count:
        raise _of_config(
            config,
            "questions.weights",
            f"{len(own)} 个权重，{count} 道题",
            f"{len(own)} weights for {count} questions",
        )
    if max(config.reversed_items, default=1) > count:
        raise _of_config(
            config,
            "questions.reversed",
            f"一共 {count} 道题",
            f"there are {count} questions",
        )
    try:
        weights = method.question_weights(count)
    except MethodError as error:
        reason = reason_of(str(error).removeprefix(f"{error.field}: "))
        raise _of_config(
            config, f"method.{error.field}", f"权重个数与题数不同（{reason}）", reason
        ) from None
    return ScoreRule(
        weights=[theirs * mine for theirs, mine in zip(weights, own, strict=True)],
        points=method.score_levels,
        reversed_items=[number - 1 for number in config.reversed_items],
        min_share=method.score_min_share,
        complete_share=method.score_complete_share,
    )


def _of_config(config: Config, key: str, zh: str, en: str) -> WrongInput:
    problem = WrongInput(zh, en, key=key)
    problem.file = config.file
    return problem


def _written(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else str(float(value))
