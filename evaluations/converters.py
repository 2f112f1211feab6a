"""Parts of addresses."""

from functools import cache

from django.urls import register_converter


class MonthConverter:
    """A month in an address: 2026-10."""

    regex = r"\d{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@cache
def register() -> None:
    """Once for all address lists, whichever is read first."""
    register_converter(MonthConverter, "month")
