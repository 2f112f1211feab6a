"""What a file would change: compared in SQL by keyed marks, nothing is opened (5.5).

Missing never deletes: a household that a file no longer lists is flagged, keeps its
status and stays in the frame until a person decides.
"""

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

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
)
DOUBTED_COLUMNS = ("pk", "action", "problems", "fingerprint")


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
    """Walk `changes` once; the counts and the digest grow on the way."""

    roster_import: RosterImport
    by_community: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256(bytes(self.roster_import.sha256))

    @property
    def digest(self) -> bytes:
        """SHA-256 over the file and every change in order: what is confirmed."""
        return self._digest.digest()

    @property
    def rows(self) -> QuerySet[RosterRow]:
        return RosterRow.objects.filter(roster_import=self.roster_import)

    @property
    def stored(self) -> QuerySet[RosterRow]:
        return self.rows.filter(action__in=STORED_ACTIONS)

    def changes(self) -> Iterator[Change]:
        communities = set(
            self.stored.order_by().values_list("community_id", flat=True).distinct()
        )
        current = Household.objects.current()
        # The fingerprint holds the address, so one index answers for every row.
        same = Exists(current.filter(fingerprint=OuterRef("fingerprint")))
        unchanged = self.stored.filter(same).order_by().values_list("community_id")
        for community, number in unchanged.annotate(number=Count("pk")):
            self.by_community[community]["unchanged"] = number
        for change in self._differing(self.stored.exclude(same)):
            yield self._count(change)
        here = current.filter(community_id__in=communities)
        for change in self._doubted(self.stored.filter(same), here):
            self.by_community[change.community]["unchanged"] -= 1
            yield self._count(change)
        for change in self._missing(here):
            yield self._count(change)

    def _count(self, change: Change) -> Change:
        counts = self.by_community[change.community]
        counts[change.kind] += 1
        counts["leaves_frame"] += change.leaves_frame
        self._digest.update(f"{change.line}\n".encode())
        return change

    def _differing(self, rows: QuerySet[RosterRow]) -> Iterator[Change]:
        """New and changed rows in the order of the file, 5,000 at a time."""
        walk = rows.order_by("sheet", "row_no").values_list(*ROW_COLUMNS)
        for batch in in_batches(walk.iterator(chunk_size=BATCH), BATCH):
            keys = [row[1] for row in batch]
            dwellings = dict(
                Dwelling.objects.filter(address_key__in=keys).values_list(
                    "address_key", "pk"
                )
            )
            lived_in = {
                household.current_slot: household
                for household in Household.objects.filter(
                    current_slot__in=list(dwellings.values())
                ).select_related("dwelling")
            }
            for row in batch:
                dwelling = dwellings.get(row[1])
                yield _compared(row, dwelling, lived_in.get(dwelling))

    def _doubted(
        self, rows: QuerySet[RosterRow], current: QuerySet[Household]
    ) -> Iterator[Change]:
        """Unchanged households that come into doubt, or that are listed again."""
        absent = Q(review_codes__contains=NOT_LISTED) | Q(
            settled_codes__contains=NOT_LISTED
        )
        listed_again = list(
            current.filter(absent).values_list("fingerprint", flat=True)
        )
        wanted = rows.filter(Q(action=RowAction.WARN) | Q(fingerprint__in=listed_again))
        walk = wanted.order_by("sheet", "row_no").values_list(*DOUBTED_COLUMNS)
        for batch in in_batches(walk.iterator(chunk_size=BATCH), BATCH):
            households = {
                bytes(household.fingerprint): household
                for household in Household.objects.current()
                .filter(fingerprint__in=[row[3] for row in batch])
                .select_related("dwelling")
            }
            for row in batch:
                change = _doubt(row, households[bytes(row[3])])
                if change:
                    yield change

    def _missing(self, current: QuerySet[Household]) -> Iterator[Change]:
        """Listed before, and in no row of this file; told once, until decided."""
        listed = Exists(self.rows.filter(address_key=OuterRef("dwelling__address_key")))
        gone = current.exclude(listed).exclude(
            Q(review_codes__contains=NOT_LISTED) | Q(settled_codes__contains=NOT_LISTED)
        )
        # Ids at once, rows in batches: a cursor over this anti-join is planned for its
        # first row and takes a hundred times as long for all of them.
        numbers = list(gone.order_by("pk").values_list("pk", flat=True))
        for batch in in_batches(numbers, BATCH):
            households = Household.objects.filter(pk__in=batch).order_by("pk")
            for household in households.select_related("dwelling"):
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


def _compared(
    row: tuple[Any, ...], dwelling: uuid.UUID | None, old: Household | None
) -> Change:
    pk, address_key, community, status, fingerprint, head, contact = row
    return Change(
        kind_of(old, status=status, head=bytes(head), contact=bytes(contact)),
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
    pk, action, problems, fingerprint = row
    before = doubts_of(household)
    after = doubts.when_listed(before, doubts.codes_of_row(action, problems))
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
    old: Household | None, *, status: str, head: bytes, contact: bytes
) -> ChangeKind:
    """Head and phone both changed means that somebody else has moved in."""
    if old is None:
        return ChangeKind.NEW
    same_head = bytes(old.head_mark) == head
    same_contact = bytes(old.contact_mark) == contact
    if not same_head and not same_contact:
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
