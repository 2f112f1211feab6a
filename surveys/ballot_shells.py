"""Pages rendered once, with gaps for what differs from visit to visit.

A whole visit has to fit into a few milliseconds (architecture 7): what is the same for
every household is rendered once, by the ordinary templates.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from surveys.ballot_cookies import Look


class Shell:
    """A rendered template; `gaps` names the variables that are filled in later."""

    def __init__(
        self, template: str, context: Mapping[str, Any], gaps: Iterable[str]
    ) -> None:
        # Random, so that no text of a questionnaire can be taken for a gap.
        mark = secrets.token_hex(8)
        marked = {gap: mark_safe(f"{mark}:{gap};") for gap in gaps}  # noqa: S308
        html = render_to_string(template, {**context, **marked})
        self.pieces = re.split(f"{mark}:([a-z_]+);", html)

    def filled(self, values: Mapping[str, str]) -> str:
        """The page. The values are HTML: whoever gives them has escaped them."""
        pieces = list(self.pieces)
        pieces[1::2] = [values[gap] for gap in pieces[1::2]]
        return "".join(pieces)


_kept: dict[tuple[object, ...], Shell] = {}


def kept_shell(
    template: str, *, look: Look, here: str, gaps: tuple[str, ...], **flags: bool
) -> Shell:
    """The shell of a page in this look and language, made once per process.

    `here` is an address of ours and the flags are few, so it stays small.
    """
    key = (template, get_language(), look.value, here, *sorted(flags.items()))
    if key not in _kept or settings.DEBUG:
        context = {"look": look, "here": here, **flags}
        _kept[key] = Shell(template, context, gaps)
    return _kept[key]
