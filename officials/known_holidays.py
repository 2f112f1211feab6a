"""What the State Council has announced: days off and make-up days of a year.

2025: 国办发明电〔2024〕12号; 2026: 国办发明电〔2025〕7号. A year is entered from here
once and then belongs to the office, which may correct it on its page.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

Day = tuple[dt.date, bool, str]
"""A day, whether it is worked, and the name of the holiday."""

# Name → first and last day off (month, day), and the make-up days.
Span = tuple[tuple[int, int], tuple[int, int]]
Year = Mapping[str, tuple[Span, tuple[tuple[int, int], ...]]]
KNOWN: Mapping[int, Year] = {
    2025: {
        "元旦": (((1, 1), (1, 1)), ()),
        "春节": (((1, 28), (2, 4)), ((1, 26), (2, 8))),
        "清明节": (((4, 4), (4, 6)), ()),
        "劳动节": (((5, 1), (5, 5)), ((4, 27),)),
        "端午节": (((5, 31), (6, 2)), ()),
        "国庆节、中秋节": (((10, 1), (10, 8)), ((9, 28), (10, 11))),
    },
    2026: {
        "元旦": (((1, 1), (1, 3)), ((1, 4),)),
        "春节": (((2, 15), (2, 23)), ((2, 14), (2, 28))),
        "清明节": (((4, 4), (4, 6)), ()),
        "劳动节": (((5, 1), (5, 5)), ((5, 9),)),
        "端午节": (((6, 19), (6, 21)), ()),
        "中秋节": (((9, 25), (9, 27)), ()),
        "国庆节": (((10, 1), (10, 7)), ((9, 20), (10, 10))),
    },
}


def days_of(year: int) -> Iterator[Day]:
    """Every day of the arrangement; nothing for a year that is not known here."""
    for name, ((first, last), worked) in KNOWN.get(year, {}).items():
        day, end = dt.date(year, *first), dt.date(year, *last)
        while day <= end:
            yield day, False, name
            day += dt.timedelta(days=1)
        for month, number in worked:
            yield dt.date(year, month, number), True, name
