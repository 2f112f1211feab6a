"""Input that cannot be used: one line with the place, in Chinese, then in English."""

from __future__ import annotations

_LONGEST = 60
_LONGEST_REASON = 160
"""Characters of a foreign value, and of a reason, that a message repeats."""


def shown(value: object) -> str:
    """A foreign value as it may stand in one line: short, in quotes, all printable."""
    return f"“{plain(str(value))}”"


def plain(text: str) -> str:
    """Foreign words in one line: short, nothing that moves a terminal's cursor."""
    return _printable(text, _LONGEST)


def reason_of(text: str) -> str:
    """The same for a sentence of our own that may hold foreign values."""
    return _printable(text, _LONGEST_REASON)


def _printable(text: str, longest: int) -> str:
    short = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)


class WrongInput(Exception):
    """What is wrong, in two languages without a full stop, and where.

    `file`: its name; `row`: as a spreadsheet counts, the header is row 1; `column`: its
    title; `key`: the place in a JSON file, `strata.A.drawn`.
    """

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        row: int | None = None,
        column: str = "",
        key: str = "",
    ) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
        self.file = ""
        self.row, self.column, self.key = row, column, key

    def __str__(self) -> str:
        """One line: place and problem in Chinese, then both in English."""
        return f"{self._place_zh()}：{self.zh}。 {self._place_en()}: {self.en}."

    def _place_zh(self) -> str:
        parts = [plain(self.file)]
        if self.row is not None:
            parts.append(f"第 {self.row} 行")
        if self.column:
            parts.append(f"{plain(self.column)} 列")
        if self.key:
            parts.append(plain(self.key))
        return "，".join(parts)

    def _place_en(self) -> str:
        parts = [plain(self.file)]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {plain(self.column)}")
        if self.key:
            parts.append(plain(self.key))
        return ", ".join(parts)
