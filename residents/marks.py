"""Keyed hashes of roster values: equality in SQL without opening a name (T98).

Names and whole rows are hashed together with their address, so equal names behind two
doors have different marks and no mark can be looked up without its address. Only the
full telephone number has an index of its own.
"""

import datetime as dt
from dataclasses import dataclass

from audit import crypto
from residents.importers.rows import Values
from residents.models.households import MARK_LENGTH


@dataclass(frozen=True, slots=True)
class Marks:
    """16 bytes each; `phone` is None without a mobile number."""

    fingerprint: bytes
    head: bytes
    contact: bytes
    phone: bytes | None


def phone_index(number: str) -> bytes:
    return crypto.keyed_hash("index", "phone.v1", number).digest[:MARK_LENGTH]


def marks_of(address_key: str, values: Values) -> Marks:
    return Marks(
        fingerprint=_mark("row.v1", address_key, *canonical(values)),
        head=_mark("head.v1", address_key, values.head),
        contact=_mark(
            "contact.v1", address_key, values.phone, values.phone_alt, values.landline
        ),
        phone=phone_index(values.phone) if values.phone else None,
    )


def canonical(values: Values) -> tuple[str, ...]:
    """Everything that a roster says about a household, as text in one order."""
    return (
        values.head,
        values.phone,
        values.phone_alt,
        values.landline,
        "" if values.count is None else str(values.count),
        values.status,
        _day(values.moved_in),
        values.grid,
        values.note,
    )


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _mark(*parts: str) -> bytes:
    return crypto.keyed_hash("index", *parts).digest[:MARK_LENGTH]


def key_in_use() -> tuple[str, int]:
    """Algorithm and key of the marks made now."""
    probe = crypto.keyed_hash("index", "probe")
    return probe.algorithm_id, probe.key_id
