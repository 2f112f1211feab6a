"""Lines of files that speak of an erased family keep its marks and nothing else (T103).

They are staged that way; this finds those that were read before the family asked.
"""

from django.db.models import Q, QuerySet

from residents import doubts, privacy
from residents.erased import Erased, Told
from residents.models import PERSONAL_FIELDS, RosterImport, RosterRow
from residents.queries import in_batches

BLANKED = [
    "values",
    *PERSONAL_FIELDS,
    "phone_index",
    "review_codes",
    "erased",
]
PIECE = 1000


def blank_erased(roster_import: RosterImport) -> int:
    """Blank every row of an import that speaks of an erased family; their number.

    One query when nobody has asked. Complete when the district is held: no erasure
    goes on meanwhile, and the next one finds the rows itself.
    """
    erased = Erased.under(roster_import.street_id)
    rows = RosterRow.objects.filter(roster_import=roster_import)
    return blank_rows_about(erased, rows) if erased else 0


def blank_rows_about(erased: Erased, rows: QuerySet[RosterRow]) -> int:
    """The rows must be at the doors of these families or name no door at all."""
    keyless = Q(address_key="") & ~Q(values=b"")
    there = Q(address_key__in=list(erased.doors))
    near = rows.filter(erased=False).filter(there | keyless)
    blanked = 0
    for batch in in_batches(near.iterator(chunk_size=PIECE), PIECE):
        meant = erased.meant(
            [
                Told(row.address_key, row.community_id or "", privacy.of_row(row))
                for row in batch
            ]
        )
        for row, is_meant in zip(batch, meant, strict=True):
            if is_meant:
                blank_row(row)
                blanked += 1
    return blanked


def blank_row(row: RosterRow) -> None:
    row.values = privacy.without_person(row.pk, row.values) if row.values else b""
    for name in PERSONAL_FIELDS:
        setattr(row, name, b"")
    row.phone_index, row.erased = None, True
    row.review_codes = doubts.without_person(row.review_codes)
    row.save(update_fields=BLANKED)
