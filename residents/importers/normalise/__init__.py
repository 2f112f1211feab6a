"""Cleaning single cells: pure functions, twice equals once, no digit is lost.

Each returns the clean value with the codes of what was done to it; what a code means
for the row is decided in `checks`.
"""

from residents.importers.normalise.address import (
    address_key,
    address_part,
    compound,
    word_of,
)
from residents.importers.normalise.living import (
    STATUS_NAMES,
    Count,
    Day,
    count,
    day,
    status,
)
from residents.importers.normalise.numerals import chinese_number, with_digits
from residents.importers.normalise.people import (
    MOBILE,
    PLAIN_NAME,
    Phones,
    name,
    phones,
)
from residents.importers.normalise.text import (
    DITTO,
    FORMULA_ERROR,
    INVISIBLE,
    NOTHING,
    Text,
    compact,
    free_text,
    is_ditto,
    is_number,
    short_text,
    text_of,
)

__all__ = [
    "DITTO",
    "FORMULA_ERROR",
    "INVISIBLE",
    "MOBILE",
    "NOTHING",
    "PLAIN_NAME",
    "STATUS_NAMES",
    "Count",
    "Day",
    "Phones",
    "Text",
    "address_key",
    "address_part",
    "chinese_number",
    "compact",
    "compound",
    "count",
    "day",
    "free_text",
    "is_ditto",
    "is_number",
    "name",
    "phones",
    "short_text",
    "status",
    "text_of",
    "with_digits",
    "word_of",
]
