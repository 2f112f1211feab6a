"""Read a PDF as a reader does: pages, their text by the font's own map, its fonts.

Only what fpdf2 writes is understood: streams packed by zlib, glyph numbers of two bytes
in strings, a ToUnicode map. What comes back stands in the file; nothing is assumed.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
SHOWN = re.compile(rb"\((?:\\.|[^\\()])*\)\s*Tj", re.DOTALL)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Pdf:
    content: bytes

    @cached_property
    def objects(self) -> dict[int, bytes]:
        return {int(number): body for number, body in OBJECT.findall(self.content)}

    @cached_property
    def pages(self) -> list[bytes]:
        """Their dictionaries, in the order of the file."""
        return [
            body
            for _number, body in sorted(self.objects.items())
            if re.search(rb"/Type /Page\b", body)
        ]

    @property
    def info(self) -> bytes:
        (number,) = re.findall(rb"/Info (\d+) 0 R", self.content)
        return self.objects[int(number)]

    def stream(self, number: int) -> bytes:
        body = self.objects[number]
        (packed,) = STREAM.findall(body)
        return zlib.decompress(packed) if b"/FlateDecode" in body else packed

    @cached_property
    def to_unicode(self) -> dict[int, str]:
        """Glyph number -> sign, of the one font of a paper."""
        (number,) = set(re.findall(rb"/ToUnicode (\d+) 0 R", self.content))
        table = self.stream(int(number)).decode("ascii")
        found: dict[int, str] = {}
        for part in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
            for glyph, sign in re.findall(r"<([0-9A-F]+)> <([0-9A-F]+)>", part):
                found[int(glyph, 16)] = bytes.fromhex(sign).decode("utf-16-be")
        return found

    @property
    def embedded(self) -> list[int]:
        """Bytes of each font file that lies inside."""
        numbers = re.findall(rb"/FontFile[23]? (\d+) 0 R", self.content)
        return [len(self.stream(int(number))) for number in numbers]

    def lines(self, page: int) -> list[str]:
        """What is set on a page, string by string."""
        (number,) = re.findall(rb"/Contents (\d+) 0 R", self.pages[page])
        drawn = self.stream(int(number))
        return [self._read(shown) for shown in SHOWN.findall(drawn)]

    def text(self) -> str:
        return "\n".join(
            line for page in range(len(self.pages)) for line in self.lines(page)
        )

    def _read(self, shown: bytes) -> str:
        inside = shown[1 : shown.rindex(b")")]
        plain = re.sub(
            rb"\\(.)",
            lambda match: ESCAPED.get(match[1], match[1]),
            inside,
            flags=re.DOTALL,
        )
        glyphs = [
            int.from_bytes(plain[at : at + 2], "big") for at in range(0, len(plain), 2)
        ]
        return "".join(self.to_unicode[glyph] for glyph in glyphs)
