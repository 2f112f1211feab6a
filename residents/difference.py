"""What a file would change: compared in SQL by keyed marks, nothing is opened (5.5).

Missing never deletes: a household that a file no longer lists is flagged, keeps its
status and stays in the frame until a person decides.
"""

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Concat

from audit.vendor_sql import as_hex, digests_of, work_through
from residents import doubts
from residents.doubts import NOT_LISTED, Doubts
from residents.models import (
    PERSONAL_FIELDS,
    ChangeKind,
    Dwelling,
    Household,
    ResidenceStatus,
    RosterImport,
    RosterRow,
    RowAction,
)
from residents.queries import BATCH, in_batches

STORED_ACTIONS = (RowAction.ACCEPT, RowAction.FIX, RowAction.WARN)
MARKS = ("fingerprint", "head_mark", "contact_mark")
ROW_COLUMNS = (
    "pk",
    "address_key",
    "community_id",
    "residence_status",
    "fingerprint",
    "head_mark",
    "contact_mark",
    "erased",
)
DOUBTED_COLUMNS = ("pk", "address_key", "review_codes", "fingerprint")
# Of a household: a file has not listed it before, decided upon or not.
ABSENT = Q(review_codes__contains=NOT_LISTED) | Q(settled_codes__contains=NOT_LISTED)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `household` is the one that lives there now, if any."""

    kind: str
    community: str
    address_key: str
    row: uuid.UUID | None
    dwelling: uuid.UUID | None
    household: Household | None
    fingerprint: bytes
    status_after: str
    # Open and settled reasons, where these are all that changes.
    doubts_after: Doubts | None = None

    @property
    def status_before(self) -> str:
        return self.household.residence_status if self.household else ""

    @property
    def leaves_frame(self) -> bool:
        resident = ResidenceStatus.RESIDENT
        return self.status_before == resident and self.status_after not in {
            resident,
            "",
        }

    @property
    def line(self) -> str:
        """What the digest is made of: same line, same change."""
        old = self.household
        parts = [
            self.kind,
            self.address_key,
            self.fingerprint.hex(),
            str(old.pk) if old else "",
            bytes(old.fingerprint).hex() if old else "",
        ]
        if old and self.doubts_after:
            parts += [*doubts_of(old), *self.doubts_after]
        return "|".join(parts)


@dataclass
class Difference:
    """Walk `changes` once; the counts and the digest grow on the way.

    Rows that say what the roster says, and rows that bring a new door, are counted,
    compared and hashed where they lie; only what differs from a household that is
    there comes out of the database.
    """

    roster_import: RosterImport
    by_community: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    # Rows that bring a dwelling.
    new: int = 0

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256(bytes(self.roster_import.sha256))

    @property
    def digest(self) -> bytes:
        """SHA-256 over the file and every change in order: what is confirmed."""
        return self._digest.digest()

    @cached_property
    def communities(self) -> list[str]:
        """Those that the file speaks of; no other household is looked at."""
        found = self.stored.order_by().values_list("community_id", flat=True)
        return list(found.distinct())

    @property
    def rows(self) -> QuerySet[RosterRow]:
        return RosterRow.objects.filter(roster_import=self.roster_import)

    @property
    def stored(self) -> QuerySet[RosterRow]:
        return self.rows.filter(action__in=STORED_ACTIONS)

    @property
    def here(self) -> QuerySet[Household]:
        """Who lives in these communities now."""
        return Household.objects.current().filter(community_id__in=self.communities)

    @property
    def same(self) -> Exists:
        """Of a row: the roster says the same. The fingerprint holds the address."""
        return Exists(self.here.filter(fingerprint=OuterRef("fingerprint")))

    @property
    def known_door(self) -> Exists:
        """Of a row: its dwelling is there, whoever lives in it."""
        doors = Dwelling.objects.filter(community_id__in=self.communities)
        return Exists(doors.filter(address_key=OuterRef("address_key")))

    @property
    def new_doors(self) -> QuerySet[RosterRow]:
        """Rows that bring a dwelling: changes that never leave the database."""
        return self.stored.exclude(self.known_door)

    def changes(self) -> Iterator[Change]:
        """Every change of something that is there; new doors are only counted.

        Within a transaction. Memory: one batch, and one line of the digest for each
        row of a batch.
        """
        work_through()
        # Each question is a join over the whole file: none that has its answer already.
        lived_in, same = self.here.exists(), 0
        if lived_in:
            same = self._count_rows(self.stored.filter(self.same), "unchanged")
        self.new = self._count_rows(self.new_doors, ChangeKind.NEW)
        if self.new:
            self._digest_new_doors()
        if same + self.new < self.stored.count():
            differing = self.stored.filter(self.known_door).exclude(self.same)
            for change in self._differing(differing):
                yield self._count(change)
        if same:
            for change in self._doubted(self.stored.filter(self.same)):
                self.by_community[change.community]["unchanged"] -= 1
                yield self._count(change)
        if lived_in:
            for change in self._missing():
                yield self._count(change)

    def _count_rows(self, rows: QuerySet[RosterRow], name: str) -> int:
        """Counted by community; how many in all."""
        found = rows.order_by().values_list("community_id")
        counted = dict(found.annotate(number=Count("pk")))
        for community, number in counted.items():
            self.by_community[community][str(name)] = number
        return sum(counted.values())

    def _digest_new_doors(self) -> None:
        """The lines of all new doors, 5,000 of the file at a time, hashed in SQL."""
        lines = self.new_doors.annotate(
            piece=F("row_no") / BATCH,
            line=Concat(
                Value(f"{ChangeKind.NEW}|"),
                F("address_key"),
                Value("|"),
                as_hex("fingerprint"),
                output_field=TextField(),
            ),
        )
        groups = ("sheet", "piece")
        for number, digest in digests_of(
            lines, groups=groups, order="row_no", line="line"
        ):
            self._digest.update(f"{number}|{digest.hex()}\n".encode())

    def _count(self, change: Change) -> Change:
        counts = self.by_community[change.community]
        counts[change.kind] += 1
        counts["leaves_frame"] += change.leaves_frame
        self._digest.update(f"{change.line}\n".encode())
        return change

    def _differing(self, rows: QuerySet[RosterRow]) -> Iterator[Change]:
        """Changed rows and new families, in the order of the file, 5,000 at a time."""
        walk = rows.order_by("sheet", "row_no").values_list(*ROW_COLUMNS)
        for batch in in_batches(walk.iterator(chunk_size=BATCH), BATCH):
            keys = [row[1] for row in batch]
            doors = Dwelling.objects.filter(address_key__in=keys)
            dwellings = dict(doors.values_list("address_key", "pk"))
            lived_in = _living_in(dwellings.values())
            for row in batch:
                dwelling = dwellings.get(row[1])
                yield _compared(row, dwelling, lived_in.get(dwelling))

    def _doubted(self, rows: QuerySet[RosterRow]) -> Iterator[Change]:
        """Unchanged households that come into doubt, or that are listed again."""
        mine = self.here.filter(fingerprint=OuterRef("fingerprint"))
        listed_again = Exists(mine.filter(ABSENT))
        # Nobody has settled anything, and the reasons are those that are open.
        as_before = Exists(
            mine.filter(settled_codes="", review_codes=OuterRef("review_codes"))
        )
        doubtful = Q(action=RowAction.WARN) & ~as_before
        walk = (
            rows.filter(listed_again | doubtful)
            .order_by("sheet", "row_no")
            .values_list(*DOUBTED_COLUMNS)
        )
        for batch in in_batches(walk.iterator(chunk_size=BATCH), BATCH):
            doors = Dwelling.objects.filter(address_key__in=[row[1] for row in batch])
            living = _living_in(doors.values_list("pk", flat=True)).values()
            households = {home.dwelling.address_key: home for home in living}
            for row in batch:
                change = _doubt(row, households[row[1]])
                if change:
                    yield change

    def _missing(self) -> Iterator[Change]:
        """Listed before, and in no row of this file; told once, until decided."""
        listed = Exists(self.rows.filter(address_key=OuterRef("dwelling__address_key")))
        gone = self.here.exclude(listed).exclude(ABSENT).select_related("dwelling")
        for household in gone.order_by("pk").iterator(chunk_size=BATCH):
            yield Change(
                ChangeKind.MISSING,
                household.community_id,
                household.dwelling.address_key,
                None,
                household.dwelling_id,
                household,
                b"",
                "",
            )

    def counts(self) -> dict[str, Any]:
        """For the page and the trail; complete when `changes` has been walked."""
        total: Counter[str] = Counter()
        for counted in self.by_community.values():
            total.update(counted)
        return {
            "changes": dict(total),
            "by_community": {
                code: dict(self.by_community[code])
                for code in sorted(self.by_community)
            },
        }


def _living_in(
    dwellings: Iterable[uuid.UUID],
) -> dict[uuid.UUID | None, Household]:
    """By dwelling: who lives there now."""
    current = Household.objects.filter(current_slot__in=list(dwellings))
    return {home.current_slot: home for home in current.select_related("dwelling")}


def _compared(
    row: tuple[Any, ...], dwelling: uuid.UUID | None, old: Household | None
) -> Change:
    pk, address_key, community, status, fingerprint, head, contact, is_erased = row
    marks = {"head": bytes(head), "contact": bytes(contact)}
    return Change(
        kind_of(old, status=status, is_erased=is_erased, **marks),
        community,
        address_key,
        pk,
        dwelling,
        old,
        bytes(fingerprint),
        status,
    )


def _doubt(row: tuple[Any, ...], household: Household) -> Change | None:
    """None when nothing about an unchanged household is newly in doubt."""
    pk, _address_key, review_codes, fingerprint = row
    before = doubts_of(household)
    after = doubts.when_listed(before, review_codes)
    if after == before:
        return None
    return Change(
        ChangeKind.REVIEW,
        household.community_id,
        household.dwelling.address_key,
        pk,
        household.dwelling_id,
        household,
        bytes(fingerprint),
        household.residence_status,
        after,
    )


def doubts_of(household: Household) -> Doubts:
    return Doubts(household.review_codes, household.settled_codes)


def kind_of(
    old: Household | None, *, status: str, head: bytes, contact: bytes, is_erased: bool
) -> ChangeKind:
    """Head and phone both changed means that somebody else has moved in.

    Whether a row speaks of an erased family was found out when it was staged, by more
    than the last marks; such a family and another one are never the same household.
    """
    if old is None:
        return ChangeKind.NEW
    same_head = bytes(old.head_mark) == head
    same_contact = bytes(old.contact_mark) == contact
    if is_erased or old.erased_on:
        is_same = is_erased and old.erased_on is not None
    else:
        is_same = same_head or same_contact
    if not is_same:
        return ChangeKind.HEAD_AND_PHONE
    if old.residence_status != status:
        return ChangeKind.STATUS
    return ChangeKind.OTHER if same_contact else ChangeKind.PHONE


def before_of(household: Household | None) -> dict[str, Any]:
    """The old columns, personal ones still sealed: what an undo puts back."""
    if household is None:
        return {}
    sealed = {name: bytes(getattr(household, name)).hex() for name in PERSONAL_FIELDS}
    moved_in = household.moved_in
    marks = {name: bytes(getattr(household, name)).hex() for name in MARKS}
    index = household.phone_index
    return (
        sealed
        | marks
        | {
            "phone_index": bytes(index).hex() if index is not None else None,
            "index_algorithm_id": household.index_algorithm_id,
            "index_key_id": household.index_key_id,
            "grid": household.dwelling.grid,
            "settled_codes": household.settled_codes,
            "resident_count": household.resident_count,
            "residence_status": household.residence_status,
            "moved_in": moved_in.isoformat() if moved_in else None,
            "needs_review": household.needs_review,
            "review_codes": household.review_codes,
        }
    )


def statuses_of(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Community code -> residence status -> rows of the file."""
    counted: dict[str, dict[str, int]] = {}
    for community, status, number in rows:
        counted.setdefault(community, {})[status] = number
    return counted
