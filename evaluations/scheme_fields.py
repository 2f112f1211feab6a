"""The fields of the method as people read and type them: range, value, default.

No range stands here: all of them come from the kinds of the method (M4).
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, cast

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from evaluations.scheme_result_texts import RESULT_TEXTS
from evaluations.scheme_survey_texts import SURVEY_TEXTS
from evaluations.scheme_words import THEMES, UNITS, WORDS, Text, Unit
from evaluations.scoring.fields import (
    Choice,
    Exact,
    Flag,
    Kind,
    Levels,
    Numbers,
    OneOrEach,
    Ratio,
    Shares,
    Subset,
    Texts,
    Unset,
    Whole,
)
from evaluations.scoring.method import Method, kinds

# The version of the method itself is not for a scheme to choose.
FIXED = frozenset({"method.version"})
TEXTS = {text.name: text for text in (*SURVEY_TEXTS, *RESULT_TEXTS)}
SEPARATOR = re.compile(r"[,，、;；\s]+")
LEVELS: dict[int, str | Promise] = {4: _("满意"), 5: _("非常满意")}
RULES: dict[str, str | Promise] = {
    "score.levels": _("5 个数，一个比一个大，第一个 0，最后一个 100"),
    "star.cuts": _("4 个数，一个比一个大，相邻至少差 2.0"),
    "share.widths": _("3 个数，一个比一个大"),
    "grade.bands": _("3 个数，一个比一个小"),
    "ballot.points": _("4 个数，一个比一个小"),
    "casework.weights": _("3 个数，都不小于 0，合计为 1"),
    "component.weights": _("每行一个名称和一个数，合计为 1"),
    "ballot.classes": _("每行一个名称和一个数，合计为 1"),
    "warning.colors": _("三行，每行一条"),
    "sampling.rest_months": _("%(low)s 到 %(high)s 的整数，不小于窗口长度"),
}


def kind_of(name: str) -> Kind:
    """What checks the values of a field, without the leave to be empty."""
    kind = kinds()[name]
    return kind.kind if isinstance(kind, Unset) else kind


def may_be_empty(name: str) -> bool:
    return isinstance(kinds()[name], Unset)


def names_of(theme: str) -> list[str]:
    return [text.name for text in TEXTS.values() if text.theme == theme]


def themes() -> list[tuple[str, str | Promise, list[Text]]]:
    """Key, title and fields of each theme, in the order of the method."""
    return [
        (key, title, [TEXTS[name] for name in names_of(key)])
        for key, title in THEMES.items()
    ]


def range_of(name: str) -> str:
    """What may be typed, in the reader's language."""
    text = _range(name, kind_of(name))
    if not may_be_empty(name):
        return text
    return _now("%(range)s；可以空着") % {"range": text}


def _range(name: str, kind: Kind) -> str:
    ends = {"low": getattr(kind, "low", ""), "high": getattr(kind, "high", "")}
    if name in RULES:
        return str(RULES[name]) % ends
    if isinstance(kind, Whole):
        if kind.high is None:
            return _now("不小于 %(low)s 的整数") % ends
        return _now("%(low)s 到 %(high)s 的整数") % ends
    if isinstance(kind, Exact | Ratio):
        return _now("%(low)s 到 %(high)s 的数") % ends
    if isinstance(kind, OneOrEach):
        return _now("一个数，或每题一个数，都在 %(low)s 到 %(high)s 之间") % ends
    if isinstance(kind, Flag):
        return _now("是或否")
    return _now("只能选：%(words)s") % {
        "words": _list(label for _, label in options(name))
    }


def options(name: str) -> list[tuple[str, str]]:
    """Values to choose from, and their words; none for what is typed."""
    kind = kind_of(name)
    if isinstance(kind, Flag):
        return [("true", _now("是")), ("false", _now("否"))]
    if isinstance(kind, Choice | Subset):
        return [(word, str(WORDS[word])) for word in kind.options]
    if isinstance(kind, Levels):
        return [(_joined(group), _levels(group)) for group in kind.options]
    return []


def is_several(name: str) -> bool:
    return isinstance(kind_of(name), Subset)


def is_lines(name: str) -> bool:
    return isinstance(kind_of(name), Shares | Texts)


def typed(name: str, raw: Any) -> object:
    """What was typed or chosen, as the method takes it; it decides about the rest."""
    kind = kind_of(name)
    if isinstance(kind, Subset):
        return [option for option in kind.options if option in raw]
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    if not text and may_be_empty(name):
        return None
    if isinstance(kind, Flag):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(kind, Shares):
        return {key: value for key, _, value in map(_last_word, text.splitlines())}
    if isinstance(kind, Texts):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(kind, Numbers | Levels):
        return _parts(text)
    if isinstance(kind, OneOrEach):
        parts = _parts(text)
        return parts[0] if len(parts) == 1 else parts
    return text


def _last_word(line: str) -> tuple[str, str, str]:
    return line.strip().rpartition(" ")


def _parts(text: str) -> list[str]:
    return [part for part in SEPARATOR.split(text) if part]


def as_typed(name: str, method: Method) -> Any:
    """The value of a method as its form field shows it."""
    value = method.as_mapping()[name]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "\n".join(f"{key} {share}" for key, share in value.items())
    if isinstance(value, list) and isinstance(kind_of(name), Texts):
        return "\n".join(str(line) for line in value)
    if isinstance(value, list) and not is_several(name):
        return _joined(value)
    return value


def shown(name: str, method: Method) -> str:
    """The value of a method as a page prints it, without its unit."""
    value = method.as_mapping()[name]
    if value is None:
        return _now("不设")
    if isinstance(value, bool):
        return _now("是") if value else _now("否")
    if isinstance(value, dict):
        return _list(f"{key} {share}" for key, share in value.items())
    if isinstance(value, list):
        return _listed(name, value)
    if isinstance(kind_of(name), Choice):
        return str(WORDS[str(value)])
    if TEXTS[name].unit is Unit.SHARE:
        return f"{value}（{_percent(value)}）"
    return str(value)


def _listed(name: str, value: list[Any]) -> str:
    kind = kind_of(name)
    if isinstance(kind, Levels):
        return _levels(value)
    if isinstance(kind, Subset):
        return _list(str(WORDS[word]) for word in value)
    if isinstance(kind, Texts):
        return "；".join(str(line) for line in value)
    return " / ".join(str(part) for part in value)


def unit_of(name: str) -> str:
    return str(UNITS.get(TEXTS[name].unit, ""))


@cache
def defaults() -> Method:
    return Method()


def is_default(name: str, method: Method) -> bool:
    return bool(method.as_mapping()[name] == defaults().as_mapping()[name])


def is_higher(name: str, old: Method, new: Method) -> bool | None:
    """Whether a number went up; None where more is not a matter of size."""
    if not isinstance(kind_of(name), Whole | Exact):
        return None
    before, after = old.as_mapping()[name], new.as_mapping()[name]
    if before is None or after is None:
        return None
    return Decimal(str(after)) > Decimal(str(before))


def _percent(value: object) -> str:
    return f"{(100 * Decimal(str(value))).normalize():f}%"


def _levels(group: Sequence[object]) -> str:
    return _list(str(LEVELS[int(cast(Any, level))]) for level in group)


def _joined(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)


def _list(words: Any) -> str:
    return _now("、").join(str(word) for word in words)
