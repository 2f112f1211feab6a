"""Reasons to look at a household: raised by files, settled by people.

`review` are open reasons, `settled` those that a person has answered: the same doubt
in the next file does not come up again. Both are codes separated by commas.
"""

from typing import NamedTuple

from residents.importers.checks import RULES
from residents.importers.rows import Action
from residents.models import RosterRow

# A household that a later file of its community does not list.
NOT_LISTED = "NOT_LISTED"


class Doubts(NamedTuple):
    review: str
    settled: str


def split(codes: str) -> list[str]:
    return [code for code in codes.split(",") if code]


def joined(codes: list[str]) -> str:
    return ",".join(dict.fromkeys(codes))


def codes_of_row(action: str, problems: str) -> str:
    """The codes that ask for a person, out of all codes of a row."""
    if action != Action.WARN:
        return ""
    return ",".join(
        code
        for code in split(problems)
        if code in RULES and RULES[code].level == Action.WARN
    )


# Columns of a file that hold what a household may have erased (T103).
OF_THE_PERSON = frozenset({"head", "phone", "note"})


def without_person(codes: str) -> str:
    """Reasons about an erased household: nobody asks for its name and numbers."""
    return ",".join(code for code in split(codes) if not is_of_person(code))


def is_of_person(code: str) -> bool:
    return code in RULES and RULES[code].field in OF_THE_PERSON


def raised(row: RosterRow) -> str:
    return row.review_codes


def when_listed(doubts: Doubts, row_codes: str) -> Doubts:
    """After a file that lists the household, otherwise unchanged, with these codes."""
    settled = [code for code in split(doubts.settled) if code != NOT_LISTED]
    review = [code for code in split(doubts.review) if code != NOT_LISTED]
    new = [code for code in split(row_codes) if code not in settled]
    return Doubts(joined(review + new), joined(settled))


def when_missing(doubts: Doubts) -> Doubts:
    """After a file of the community that does not list the household."""
    return Doubts(joined([*split(doubts.review), NOT_LISTED]), doubts.settled)


def when_settled(doubts: Doubts) -> Doubts:
    """After a person has answered every open reason."""
    return Doubts("", joined([*split(doubts.settled), *split(doubts.review)]))
