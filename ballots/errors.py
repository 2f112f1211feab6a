"""Refusals of the ballot box. Each is a sentence somebody can act on."""

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from ballots.entry import Entry


class BallotError(Exception):
    """Every refusal of this room."""


class BoxNotOpen(BallotError):
    """The box takes no ballots (any more); `state` is that of the box."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class BoxNotReady(BallotError):
    """T13 is not met; the message names what is missing."""


class TooEarly(BallotError):
    """Before `allowed_at` this may not be done."""

    def __init__(self, allowed_at: dt.datetime) -> None:
        super().__init__(allowed_at.isoformat())
        self.allowed_at = allowed_at


class SecondPersonNeeded(BallotError):
    """A grave act by one person alone (T92)."""


class DeadlineStays(BallotError):
    """T14: once, later, by at most 14 days, said before the old one has passed.

    `why` is moved, earlier, far or late.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class StillSealed(BallotError):
    """Codes are needed until the box is over; `state` is that of the box."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class HouseholdHasCode(BallotError):
    """One live code per household and box (T11)."""


class TermsRefused(BallotError):
    """A floor was undercut, or a term lies outside its range."""


class CodeTypo(BallotError):
    """Cannot be a code; no look-up was made (T18).

    `kind` is length, symbol or check; `groups` are the printed groups 1..3 to look at.
    """

    def __init__(self, kind: str, groups: tuple[int, ...]) -> None:
        super().__init__(kind, groups)
        self.kind = kind
        self.groups = groups


class CodeUnknown(BallotError):
    """A well-formed code that was never issued."""


class CodeVoid(BallotError):
    """The code was voided; `reason` never refers to content (T23)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CodeUsed(BallotError):
    """The bulk door takes unused codes of its own box only."""


class TokenStale(BallotError):
    """The cookie is too old, damaged or of another place: ask for the code again."""


class NewerBallotInBox(BallotError):
    """The box holds another ballot than the page knew of (T29).

    `entry` knows the present one: with it the resident may replace it knowingly.
    """

    def __init__(self, entry: "Entry") -> None:
        super().__init__(str(entry.code_id))
        self.entry = entry


class InterviewTooLate(BallotError):
    """An interview never replaces a household's own ballot (T32)."""


class PayloadRefused(BallotError):
    """Marks or words that do not fit their slot (T28)."""


class WordsTooLong(PayloadRefused):
    """More than 500 characters or 2,000 bytes."""


class HalfKeyMissing(BallotError):
    """No readable copy of H: nothing opens without it (T38)."""


class KeyMismatch(BallotError):
    """The recovered secret does not give the box's public key (T37)."""


class NotYet(BallotError):
    """The box cannot be opened now; `allowed_at` when that is known."""

    def __init__(self, state: str, allowed_at: dt.datetime | None = None) -> None:
        super().__init__(state, allowed_at.isoformat() if allowed_at else "")
        self.state = state
        self.allowed_at = allowed_at


class OpeningStopped(BallotError):
    """Something does not add up: rolled back, the box stays closed (T52).

    `why` is trail, counts, macs, root, invalid or balance; `codes` the rows concerned
    where they can be named.
    """

    def __init__(self, why: str, *, codes: tuple[UUID, ...] = ()) -> None:
        super().__init__(why, len(codes))
        self.why = why
        self.codes = codes
