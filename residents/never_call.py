"""Numbers whose owner has asked to be left alone: only keyed marks are kept (T103)."""

from collections.abc import Iterable

from residents import marks
from residents.models import NeverCall


def never_called(numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that are to be left alone, under whichever key marked."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return set()
    keys = NeverCall.objects.values_list("index_key_id", flat=True).distinct()
    by_index = {
        marks.phone_index(number, key_id=key): number
        for key in keys
        for number in wanted
    }
    found = NeverCall.objects.filter(phone_index__in=list(by_index))
    return {by_index[bytes(entry.phone_index)] for entry in found}


def may_be_called(number: str) -> bool:
    """Whether nobody has asked for this number to be left alone."""
    return not never_called([number])
