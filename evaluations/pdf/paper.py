"""A sheet of paper: one font, a title, tables, and at the foot what it is of.

Deterministic: the same values at the same `at` give the same bytes. Nothing of the
machine goes in: no user, no host, no path.
"""

import datetime as dt
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from evaluations.pdf import fonts

FAMILY = "han"
MARGIN, FOOT = 12.0, 12.0
INK, SOFT, LINE, RED = (33, 30, 27), (96, 90, 84), (200, 194, 186), (178, 34, 34)
Align = Literal["L", "C", "R"]
# Draws into a cell: left, top, width and height in mm.
Draw = Callable[[Any, float, float, float, float], None]
Cell = str | Draw


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in mm."""

    title: str
    width: float
    align: Align = "L"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What stands at the foot of every page and in the file's own description."""

    title: str
    audience: str
    digest: str
    at: dt.datetime


class Paper:
    """Texts are collected first and set at the end, so that none is set in boxes."""

    def __init__(self, about: About, *, landscape: bool = False) -> None:
        self.about = about
        self.font = fonts.find()
        self.texts: list[str] = []
        self.steps: list[Callable[[Any], None]] = []
        self.orientation = "L" if landscape else "P"

    def title(self, text: str, below: str = "") -> None:
        self._line(text, size=17, height=9)
        if below:
            self._line(below, size=9.5, height=6, color=SOFT)
        self.gap(2)

    def heading(self, text: str) -> None:
        self.gap(2)
        self._line(text, size=12, height=7)

    def text(self, text: str, *, soft: bool = False) -> None:
        """A paragraph, broken where the line ends."""
        self.texts.append(text)
        size, height = (9.0, 4.8) if soft else (10.5, 6.0)

        def step(pdf: Any) -> None:
            _style(pdf, size=size, color=SOFT if soft else INK)
            _set(pdf, text, height)

        self.steps.append(step)

    def gap(self, millimetres: float) -> None:
        self.steps.append(lambda pdf: pdf.ln(millimetres))

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        *,
        height: float = 5.2,
        size: float = 9.0,
    ) -> None:
        """One line to a row; the head comes again on every page."""
        self.texts += [column.title for column in columns]
        self.texts += [cell for row in rows for cell in row if isinstance(cell, str)]

        def head(pdf: Any) -> None:
            _style(pdf, size=size - 0.5, color=SOFT)
            _row(pdf, columns, [column.title for column in columns], height=height)

        def step(pdf: Any) -> None:
            head(pdf)
            for row in rows:
                if pdf.will_page_break(height):
                    pdf.add_page()
                    head(pdf)
                _style(pdf, size=size)
                _row(pdf, columns, row, height=height)

        self.steps.append(step)

    def content(self) -> bytes:
        """The file; MissingSigns before anything is set."""
        self.texts += [self.about.title, *self._foot(1, "")]
        fonts.need_signs(self.texts, self.font)
        pdf = self._open()
        for step in self.steps:
            step(pdf)
        return bytes(pdf.output())

    def _open(self) -> Any:
        # The library takes half a second; most processes never print.
        library: Any = importlib.import_module("fpdf")
        pdf = library.FPDF(orientation=self.orientation, format="A4")
        pdf.add_font(
            FAMILY, fname=self.font.path, collection_font_number=self.font.face
        )
        pdf.set_margins(MARGIN, MARGIN)
        pdf.set_auto_page_break(True, margin=FOOT + 4)
        pdf.set_title(self.about.title)
        pdf.set_lang("zh-CN")
        pdf.set_producer("Minping")
        pdf.set_creation_date(self.about.at)
        pdf.footer = lambda: self._set_foot(pdf)
        pdf.add_page()
        return pdf

    def _foot(self, number: int, total: str) -> tuple[str, str, str]:
        about = self.about
        return (
            _("%(audience)s　摘要 %(digest)s")
            % {"audience": about.audience, "digest": about.digest[:16]},
            about.at.strftime("%Y-%m-%d %H:%M"),
            _("第 %(number)s 页，共 %(total)s 页") % {"number": number, "total": total},
        )

    def _set_foot(self, pdf: Any) -> None:
        pdf.set_y(-FOOT)
        _style(pdf, size=8, color=SOFT)
        left, middle, right = self._foot(pdf.page_no(), "{nb}")
        width = pdf.epw
        pdf.cell(width * 0.5, 5, left)
        pdf.cell(width * 0.2, 5, middle, align="C")
        pdf.cell(width * 0.3, 5, right, align="R")

    def _line(
        self,
        text: str,
        *,
        size: float,
        height: float,
        color: tuple[int, int, int] = INK,
    ) -> None:
        self.texts.append(text)

        def step(pdf: Any) -> None:
            _style(pdf, size=size, color=color)
            _set(pdf, text, height)

        self.steps.append(step)


def _style(pdf: Any, *, size: float, color: tuple[int, int, int] = INK) -> None:
    pdf.set_font(FAMILY, size=size)
    pdf.set_text_color(*color)
    pdf.set_draw_color(*LINE)


def _set(pdf: Any, text: str, height: float) -> None:
    """Broken between any two signs, as Chinese is: a date is no reason for a gap."""
    pdf.multi_cell(
        0,
        height,
        text,
        align="L",
        wrapmode="CHAR",
        new_x="LMARGIN",
        new_y="NEXT",
    )


def _row(
    pdf: Any, columns: Sequence[Column], cells: Sequence[Cell], *, height: float
) -> None:
    left, top = pdf.get_x(), pdf.get_y()
    for column, cell in zip(columns, cells, strict=True):
        pdf.set_xy(left, top)
        if isinstance(cell, str):
            text = fitted(pdf, cell, column.width - 1)
            pdf.cell(column.width, height, text, align=column.align)
        else:
            cell(pdf, left, top, column.width, height)
        left += column.width
    pdf.set_draw_color(*LINE)
    pdf.line(pdf.l_margin, top + height, left, top + height)
    pdf.set_xy(pdf.l_margin, top + height)


def fitted(pdf: Any, text: str, width: float) -> str:
    """As much as the cell holds, with an ellipsis; nothing runs into its neighbour."""
    if pdf.get_string_width(text) <= width:
        return text
    while text and pdf.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"
