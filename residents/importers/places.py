"""Which community a row belongs to: names as people write them (5.2, 5.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from residents.importers.normalise import compact

ENDING = re.compile(r"(?<=.)(?:社区)?(?:居民委员会|居委会|村民委员会|村委会|社区)$")
STREET_ENDING = re.compile(r"(?:街道|镇|乡)(?:办事处|人民政府)?$")

# Spellings of communities that are remembered: a file has few, a hostile one many.
REMEMBERED = 10_000


def stem(text: str, parents: Iterable[str] = ()) -> str:
    """小白楼街道 开封道社区居委会 -> 开封道."""
    name = compact(text)
    for parent in parents:
        name = name.removeprefix(parent) or name
    return ENDING.sub("", name)


@dataclass(frozen=True)
class Places:
    """The communities of one import, by code, and how to ask about all others.

    `parents` are the names of street, district and city, in the order in which they
    may stand before the community's. `elsewhere` tells whether a community of this
    name exists outside.
    """

    names: Mapping[str, str]
    parents: tuple[str, ...]
    elsewhere: Callable[[str], bool]
    _codes: dict[str, str] = field(init=False, repr=False)
    _found: dict[str, str] = field(init=False, repr=False, default_factory=dict)
    _known: dict[str, bool] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        codes = {stem(name): code for code, name in self.names.items()}
        object.__setattr__(self, "_codes", codes)

    def code_of(self, text: str) -> str:
        """The code of a community of this import, or ""."""
        code = self._found.get(text)
        if code is None:
            code = self._codes.get(stem(text, self.parents), "")
            if len(self._found) < REMEMBERED:
                self._found[text] = code
        return code

    def code_inside(self, text: str) -> str:
        """The one community whose name stands in a title, or ""."""
        title = compact(text)
        found = {code for code, name in self.names.items() if compact(name) in title}
        return found.pop() if len(found) == 1 else ""

    def is_elsewhere(self, text: str) -> bool:
        name = stem(text, self.parents)
        known = self._known.get(name)
        if known is None:
            known = self.elsewhere(name)
            if len(self._known) < REMEMBERED:
                self._known[name] = known
        return known

    def similar(self, text: str) -> str:
        """A suggestion for a name that is unknown: most letters in common."""
        letters = set(stem(text, self.parents))
        scored = [
            (
                len(letters & set(stem(name))) / max(len(letters | set(stem(name))), 1),
                name,
            )
            for name in self.names.values()
        ]
        likeness, name = max(scored, default=(0.0, ""))
        return name if likeness >= 0.5 else ""
