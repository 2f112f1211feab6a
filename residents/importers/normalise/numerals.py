"""Chinese numerals in addresses and counts."""

from __future__ import annotations

import re

NUMERALS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
UNITS = {"十": 10, "百": 100}
CHINESE_NUMBER = re.compile("[零〇一二三四五六七八九十百]+")


def chinese_number(text: str) -> str:
    """三 -> 3, 十二 -> 12, 一百零三 -> 103, 二〇一 -> 201; otherwise unchanged."""
    if not any(sign in UNITS for sign in text):
        return "".join(str(NUMERALS[sign]) for sign in text)
    total, digit, last = 0, -1, 1000
    for sign in text:
        if sign in UNITS:
            if UNITS[sign] >= last:
                return text
            last = UNITS[sign]
            total += (1 if digit < 0 else digit) * last
            digit = -1
        elif digit > 0:
            return text
        else:
            digit = NUMERALS[sign]
    return str(total + max(digit, 0))


def with_digits(text: str) -> str:
    return CHINESE_NUMBER.sub(lambda match: chinese_number(match[0]), text)
