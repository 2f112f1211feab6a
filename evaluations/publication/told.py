"""Which window's figure of a question stands: the guard of M86, question by question.

Pure. The households that answered a question are fewer than those of the rating, so a
window that may be told as a whole may still give a small rest away in one question.
"""

from collections.abc import Iterable, Mapping

from evaluations.guard import Span, may_be_told, still_told


def standing_month(
    windows: Iterable[Span], counts: Mapping[str, int], *, floor: int
) -> str | None:
    """The last month of the newest window in which the question may be told.

    `windows`: every window whose rating was told, oldest first, so that the answer
    does not depend on who asks when; `counts`: month -> households that answered the
    question. None if no window of them could be told. Source: M86.
    """
    told: list[Span] = []
    standing = None
    for span in windows:
        told = still_told(told, span)
        inside = sum(n for month, n in counts.items() if span[0] <= month <= span[1])
        if inside >= floor and may_be_told(span, told, counts, floor=floor):
            told.append(span)
            standing = span[1]
    return standing
