"""The Chinese font that papers are set in: found on the system, never sent along.

A name with a sign that the font lacks is told before anything is printed; an empty box
in a person's name is an insult.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

PACKAGE = "fonts-wqy-microhei"


@dataclass(frozen=True, slots=True)
class Font:
    """A file, and which of its faces."""

    path: Path
    face: int = 0


# 思源黑体 (Noto) knows rare signs of names; in the collection of Debian face 2 is the
# one for the mainland. Then what `apt-get install fonts-wqy-microhei` brings.
KNOWN = (
    Font(Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"), 2),
    Font(Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")),
    Font(Path("/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc")),
)


class NoFont(Exception):
    """No Chinese font on this machine; the argument names the package with one."""


class MissingSigns(Exception):
    """The font lacks signs; `signs` holds each once, in the order of the text."""

    def __init__(self, signs: str, path: Path) -> None:
        super().__init__(signs)
        self.signs, self.path = signs, path


def find() -> Font:
    """What MINPING_PDF_FONT names, or the first of the known ones that is there."""
    chosen = (Font(Path(settings.PDF_FONT)),) if settings.PDF_FONT else KNOWN
    for font in chosen:
        if font.path.is_file():
            return font
    raise NoFont(PACKAGE)


def need_signs(texts: Iterable[str], font: Font) -> None:
    """MissingSigns unless the font can set all of the texts."""
    known = _known(font)
    missing = dict.fromkeys(
        sign
        for text in texts
        for sign in text
        if ord(sign) not in known and not sign.isspace()
    )
    if missing:
        raise MissingSigns("".join(missing), font.path)


@lru_cache(maxsize=4)
def _known(font: Font) -> frozenset[int]:
    """Code points of the font's character map."""
    # fontTools takes half a second; most processes never print.
    library: Any = importlib.import_module("fontTools.ttLib")
    number = font.face if font.path.suffix in {".ttc", ".otc"} else -1
    with library.TTFont(font.path, fontNumber=number, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
