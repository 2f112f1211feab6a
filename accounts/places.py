"""Names of places for pages of this room, told by the room that keeps the places.

`accounts` knows division codes only; `officials`, to its right, has a module
`directory` that registers how to read them.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

from django.utils.module_loading import autodiscover_modules

from accounts.prefixes import Scopes


@dataclass(frozen=True, slots=True)
class Directory:
    """`names_of` gives code -> name of those that exist; `within` lists a scope.

    `rated_at`: where the person behind an account is rated from a day on.
    """

    names_of: Callable[[Collection[str]], dict[str, str]]
    within: Callable[[Scopes, int], list[tuple[str, str]]]
    rated_at: Callable[[int, dt.date], list[str]]


_known: list[Directory] = []


def register(directory: Directory) -> None:
    _known[:] = [directory]


@lru_cache(maxsize=1)
def _directory() -> Directory:
    autodiscover_modules("directory")
    (directory,) = _known
    return directory


def names_of(codes: Collection[str]) -> dict[str, str]:
    """Code -> name, for those codes that are places."""
    return _directory().names_of(codes)


def within(scopes: Scopes, *, limit: int) -> list[tuple[str, str]]:
    """Code and name of the uppermost places of a scope, at most so many."""
    return _directory().within(scopes, limit)


def rated_at(user: int, *, on: dt.date) -> list[str]:
    """Codes of the divisions in which the owner of the account is rated (T87)."""
    return _directory().rated_at(user, on)


def told(code: str) -> str:
    """小白楼街道 (120101002); the bare code where no such place is known."""
    name = names_of([code]).get(code)
    return f"{name} ({code})" if name else code
