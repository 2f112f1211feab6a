"""The rows of the sealed ballot box (T10). What is not here is not stored (T61).

Keys are random UUIDs, a household is an opaque UUID without a foreign key, and no row
knows a clock time but `closes_at` and `opened_at`.
"""

from ballots.models.boxes import BallotBox, Opening
from ballots.models.envelopes import (
    BallotCode,
    Channel,
    Envelope,
    ReceiptEntry,
    Turnout,
)
from ballots.models.texts import PromiseIsKept, PromiseText

__all__ = [
    "BallotBox",
    "BallotCode",
    "Channel",
    "Envelope",
    "Opening",
    "PromiseIsKept",
    "PromiseText",
    "ReceiptEntry",
    "Turnout",
]
