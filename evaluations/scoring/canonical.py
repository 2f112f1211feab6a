"""The one way a record or a scheme becomes bytes (M106)."""

from __future__ import annotations

import json


def canonical_json(value: object) -> bytes:
    """UTF-8, keys sorted, no spaces; a float is a TypeError.

    Figures come as text with fixed places (`rounding.stored`), because two platforms
    may print the same binary number differently.
    """
    _refuse_floats(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"a canonical record holds no binary float: {value}")
    if isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a canonical record has text keys: {key!r}")
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
