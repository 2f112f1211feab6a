"""JSON objects whose every key is known: what is misspelt is refused, not ignored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from evaluations.scoring.wrong_input import WrongInput, plain, shown

LONGEST_FILE = 1 << 26
"""Bytes of a file of settings."""

LARGEST = 10**12
"""Households: more than there are anywhere, few enough to stay exact in binary."""

_DIGITS = len(str(LARGEST))
_DEEPEST = 16


def parse_object(text: str) -> Table:
    """The one object of a JSON text; WrongInput for anything else."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_whole,
        )
    except RecursionError:
        raise WrongInput("括号套得太深", "nested too deeply") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise WrongInput(
            f"不是 JSON（第 {error.lineno} 行第 {error.colno} 个字符附近）",
            f"not JSON, near {place}: {plain(error.msg)}",
        ) from None
    _check(value, _DEEPEST)
    return Table("", value)


class Table:
    """A JSON object with its place in the file."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, dict):
            raise WrongInput(
                f"这里应当是一个对象 {{…}}，现在是 {_said(value)}",
                f"an object is wanted here, not {_said(value)}",
                key=place,
            )
        self.place = place
        self.values: dict[str, Any] = value

    def only(self, *known: str) -> None:
        """Refuse by name what nobody asks for."""
        for name in self.values:
            if name not in known:
                words = ", ".join(known)
                self.refuse(name, f"没有这一项；可用：{words}", f"no such key: {words}")

    def refuse(self, name: str, zh: str, en: str) -> NoReturn:
        raise WrongInput(zh, en, key=self.at(name))

    def at(self, name: str) -> str:
        """The place of a key."""
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        """Whether the key is there, and not null."""
        return self.values.get(name) is not None

    def table(self, name: str) -> Table:
        """An object; an empty one where there is none."""
        value = self.values.get(name)
        return Table(self.at(name), {} if value is None else value)

    def each(self) -> list[tuple[str, Table]]:
        """The objects inside, by their names; no name is blank."""
        for name in self.values:
            self.named(name)
        return [(name, Table(self.at(name), v)) for name, v in self.values.items()]

    def named(self, code: str) -> None:
        """A code as a row of a file can hold it: not blank, no blanks around it."""
        if not code or code != code.strip():
            self.refuse(
                code,
                f"代码 {shown(code)} 是空的，或者前后有空格",
                f"the code {shown(code)} is empty or has blanks around it",
            )

    def count(self, name: str, default: int | None = None) -> int:
        """A whole number from 0 on."""
        value = self.values.get(name, default)
        if value is None:
            self.refuse(name, "缺这一项", "missing")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            said = _said(value)
            self.refuse(
                name, f"{said} 不是不小于 0 的整数", f"{said} is no whole number from 0"
            )
        if value > LARGEST:
            self.refuse(name, f"{value} 太大", f"{value} is too large")
        return value

    def text(self, name: str, default: str = "") -> str:
        """A text that is not empty, `default` where there is none."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not value or value != value.strip():
            said = _said(value)
            self.refuse(name, f"{said} 不是文字", f"{said} is not a text")
        return value

    def words(self, name: str, known: Sequence[str]) -> tuple[str, ...]:
        """Different words out of `known`."""
        value = self.values.get(name)
        listed = value if isinstance(value, list) else []
        if listed != value or len(listed) != len({str(word) for word in listed}):
            said = _said(value)
            self.refuse(
                name,
                f"{said} 不是不重复的词表",
                f"{said} is no list of different words",
            )
        for word in listed:
            if word not in known:
                words = ", ".join(known)
                said = _said(word)
                self.refuse(
                    name, f"没有 {said}；可用：{words}", f"no such word {said}: {words}"
                )
        return tuple(listed)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A key twice would leave open which of the two counts."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise WrongInput(
                f"{shown(name)} 写了两次", f"{shown(name)} stands there twice"
            )
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise WrongInput(f"{text} 不是数", f"{text} is no number")


def _whole(text: str) -> int:
    """Before Python reads a thousand digits."""
    if len(text.lstrip("-")) > _DIGITS:
        raise WrongInput(f"{shown(text)} 太大", f"{shown(text)} is too large")
    return int(text)


def _check(value: object, deeper: int) -> None:
    """Half a surrogate pair is no character; a digest could not hold it."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise WrongInput(
                f"{shown(value)} 含有不成字的编码",
                f"{shown(value)} holds no characters",
            ) from None
    elif isinstance(value, list | dict):
        if not deeper:
            raise WrongInput("括号套得太深", "nested too deeply")
        names = value if isinstance(value, dict) else ()
        parts = value.values() if isinstance(value, dict) else value
        for part in (*names, *parts):
            _check(part, deeper - 1)


def _said(value: object) -> str:
    return shown(json.dumps(value, ensure_ascii=False))
