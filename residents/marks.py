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

ROW, HEAD, CONTACT, PHONE = map(
    crypto.part, ("row.v1", "head.v1", "contact.v1", "phone.v1")
)


@dataclass(frozen=True, slots=True)
class Marks:
    """16 bytes each; `phone` is None without a mobile number."""

    fingerprint: bytes
    head: bytes
    contact: bytes
    phone: bytes | None


def phone_index(number: str, *, key_id: int | None = None) -> bytes:
    mac = crypto.keyed_hash("index", "phone.v1", number, key_id=key_id)
    return mac.digest[:MARK_LENGTH]


def marks_of(address_key: str, values: Values) -> Marks:
    return Marks(*Marker().digests(address_key, values))


class Marker:
    """Makes the marks of many rows under the key of this moment, or an earlier one."""

    __slots__ = ("_of",)

    def __init__(self, key_id: int | None = None) -> None:
        self._of = crypto.keyed_hasher("index", key_id=key_id).of

    def digests(
        self, address_key: str, values: Values
    ) -> tuple[bytes, bytes, bytes, bytes | None]:
        """The fields of `Marks` in their order; each text is encoded once."""
        told = crypto.text_parts(address_key, *canonical(values))
        address, head, phone, phone_alt, landline, *_rest = told
        of = self._of
        return (
            of(b"".join((ROW, *told)))[:MARK_LENGTH],
            of(HEAD + address + head)[:MARK_LENGTH],
            of(CONTACT + address + phone + phone_alt + landline)[:MARK_LENGTH],
            of(PHONE + phone)[:MARK_LENGTH] if values.phone else None,
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


def key_in_use() -> tuple[str, int]:
    """Algorithm and key of the marks made now."""
    probe = crypto.keyed_hash("index", "probe")
    return probe.algorithm_id, probe.key_id
