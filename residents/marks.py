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
REMEMBERED = 10_000


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

    __slots__ = ("_known", "_of")

    def __init__(self, key_id: int | None = None) -> None:
        self._of = crypto.keyed_hasher("index", key_id=key_id).of
        self._known = Known()

    def digests(
        self, address_key: str, values: Values
    ) -> tuple[bytes, bytes, bytes, bytes | None]:
        """The fields of `Marks` in their order. Each is a hash over parts: of a row its
        address and everything that a roster says about a household.
        """
        part, known, of = crypto.part, self._known, self._of
        address, head = part(address_key), part(values.head)
        phone = part(values.phone)
        numbers = phone + known[values.phone_alt] + known[values.landline]
        rest = (
            known[values.count]
            + known[values.status]
            + known[values.moved_in]
            + known[values.grid]
            + part(values.note)
        )
        return (
            of(ROW + address + head + numbers + rest)[:MARK_LENGTH],
            of(HEAD + address + head)[:MARK_LENGTH],
            of(CONTACT + address + numbers)[:MARK_LENGTH],
            of(PHONE + phone)[:MARK_LENGTH] if values.phone else None,
        )


class Known(dict[str | int | dt.date | None, bytes]):
    """Parts that come again and again, made once: at most 10,000 of them."""

    def __missing__(self, value: str | int | dt.date | None) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        # A date prints as YYYY-MM-DD.
        text = "" if value is None else str(value)
        found = self[value] = crypto.part(text)
        return found


def key_in_use() -> tuple[str, int]:
    """Algorithm and key of the marks made now."""
    probe = crypto.keyed_hash("index", "probe")
    return probe.algorithm_id, probe.key_id
