"""What the roster pages show: counts, lines, labels; nothing personal in clear."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from officials.models import Division
from residents import privacy
from residents.importers.checks import RULES, SHEET_NOTES, SHEET_SENTENCES
from residents.importers.normalise import compact
from residents.models import (
    FILE_KINDS,
    UNDO_KINDS,
    ResidenceStatus,
    RosterChange,
    RosterImport,
    RosterRow,
    RosterSnapshot,
    RowAction,
)

FIELD_NAMES: dict[str, str | Promise] = {
    "community": _("社区"),
    "compound": _("小区名称"),
    "building": _("楼栋"),
    "unit": _("单元"),
    "room": _("房号"),
    "head": _("户主姓名"),
    "phone": _("联系电话"),
    "count": _("居住人数"),
    "status": _("居住状态"),
    "grid": _("网格"),
    "moved_in": _("入住日期"),
    "note": _("备注"),
    "serial": _("序号"),
}
RESIDENT = ResidenceStatus.RESIDENT.value


def streets_of(scopes: Scopes) -> QuerySet[Division]:
    return Division.objects.within(scopes).filter(level=Division.Level.STREET)


# --- one import ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetLine:
    name: str
    sentence: str | Promise
    missing: list[str | Promise]
    read: int
    actions: list[int]
    ignored: list[str]
    # What stands beside the rows, and where.
    notes: list[str | Promise]
    stray: list[str]


def sheet_lines(roster_import: RosterImport) -> list[SheetLine]:
    return [
        SheetLine(
            sheet["name"],
            next(
                (
                    SHEET_SENTENCES[code]
                    for code in sheet["problems"]
                    if code in SHEET_SENTENCES
                ),
                "",
            ),
            [FIELD_NAMES.get(name, name) for name in sheet["missing"]],
            sheet["read"],
            # The database keeps no order of keys.
            [sheet["actions"].get(action, 0) for action in RowAction.values],
            sheet["dropped"] if not sheet["action"] else [],
            [SHEET_NOTES[code] for code in sheet["problems"] if code in SHEET_NOTES],
            sheet.get("stray", []),
        )
        for sheet in roster_import.sheets
    ]


@dataclass(frozen=True, slots=True)
class CommunityLine:
    """One community of a file: what changes, and the frame as the file has it."""

    code: str
    name: str
    dwellings: int
    resident: int
    counts: list[int]
    unchanged: int
    leaves_frame: int


def community_lines(roster_import: RosterImport) -> list[CommunityLine]:
    changes = roster_import.counts.get("by_community", {})
    statuses = roster_import.counts.get("statuses", {})
    names = names_of({*changes, *statuses})
    return [
        CommunityLine(
            code,
            names.get(code, code),
            sum(statuses.get(code, {}).values()),
            statuses.get(code, {}).get(RESIDENT, 0),
            [changes.get(code, {}).get(kind, 0) for kind in FILE_KINDS],
            changes.get(code, {}).get("unchanged", 0),
            changes.get(code, {}).get("leaves_frame", 0),
        )
        for code in sorted({*changes, *statuses})
    ]


def names_of(codes: Iterable[str]) -> dict[str, str]:
    found = Division.objects.filter(code__in=list(codes))
    return dict(found.values_list("code", "short_name"))


@dataclass(frozen=True, slots=True)
class Card:
    """One figure on the page, with the list that it opens."""

    label: str | Promise
    number: int
    kind: str = ""


def change_cards(roster_import: RosterImport) -> list[Card]:
    counts = roster_import.counts.get("changes", {})
    if roster_import.is_undo:
        return [
            Card(kind.label, counts.get(kind, 0), kind.value) for kind in UNDO_KINDS
        ]
    return [
        *(Card(kind.label, counts.get(kind, 0), kind.value) for kind in FILE_KINDS),
        Card(_("不再是常住"), counts.get("leaves_frame", 0), "leaves_frame"),
        Card(_("没有变化"), counts.get("unchanged", 0)),
    ]


def nothing_changes(roster_import: RosterImport) -> bool:
    counts = roster_import.counts.get("changes", {})
    return not any(counts.get(kind, 0) for kind in (*FILE_KINDS, *UNDO_KINDS))


# --- differences --------------------------------------------------------------------


def changes_of(
    roster_import: RosterImport, *, kind: str, community: str, address: str
) -> QuerySet[RosterChange]:
    changes = RosterChange.objects.filter(roster_import=roster_import)
    if kind == "leaves_frame":
        changes = changes.filter(status_before=RESIDENT).exclude(
            status_after__in=[RESIDENT, ""]
        )
    elif kind:
        changes = changes.filter(kind=kind)
    if community:
        changes = changes.filter(community__code=community)
    for word in address.split():
        # Each word begins a part of the address: 101 is a room, not a community code.
        part = f"|{compact(word)}"
        changes = changes.filter(
            Q(row__address_key__contains=part) | Q(dwelling__address_key__contains=part)
        )
    return changes.select_related("row", "dwelling", "community").order_by(
        "community_id", "row__sheet", "row__row_no", "pk"
    )


@dataclass(frozen=True, slots=True)
class ChangeLine:
    community: str
    address: str
    kind: str
    label: str
    before: str
    after: str
    leaves_frame: bool
    row: str


def change_lines(changes: Iterable[RosterChange]) -> list[ChangeLine]:
    return [
        ChangeLine(
            str(change.community),
            address_of(change),
            change.kind,
            change.get_kind_display(),
            change.get_status_before_display(),
            change.get_status_after_display(),
            change.leaves_frame,
            str(change.row.row_no) if change.row else "",
        )
        for change in changes
    ]


def address_of(change: RosterChange) -> str:
    """As the roster prints it, or its key when the door is new."""
    if change.dwelling:
        return str(change.dwelling)
    key = change.row.address_key if change.row else ""
    return " ".join(part for part in key.split("|")[1:] if part)


# --- rows with problems -------------------------------------------------------------


def rows_of(
    roster_import: RosterImport, *, action: str, code: str
) -> QuerySet[RosterRow]:
    """Rows that somebody should look at; plainly accepted ones only when asked for."""
    rows = RosterRow.objects.filter(roster_import=roster_import)
    rows = rows.filter(action=action) if action else rows.exclude(action="accept")
    if code:
        rows = rows.filter(
            Q(problems=code)
            | Q(problems__startswith=f"{code},")
            | Q(problems__endswith=f",{code}")
            | Q(problems__contains=f",{code},")
        )
    return rows.order_by("sheet", "row_no")


@dataclass(frozen=True, slots=True)
class FindingLine:
    field: str | Promise
    sentence: str | Promise
    original: str
    cleaned: str
    is_suggestion: bool


@dataclass(frozen=True, slots=True)
class RowLine:
    sheet: str
    row_no: int
    action: str
    label: str
    findings: list[FindingLine] = field(default_factory=list)


def row_lines(
    roster_import: RosterImport,
    rows: Sequence[RosterRow],
    revealed: dict[uuid.UUID, list[privacy.Finding]] | None = None,
) -> list[RowLine]:
    """Masked, unless the findings were revealed for this page."""
    sheets = {sheet["number"]: sheet["name"] for sheet in roster_import.sheets}
    return [
        RowLine(
            sheets.get(row.sheet, ""),
            row.row_no,
            row.action,
            row.get_action_display(),
            [
                _finding_line(finding)
                for finding in _telling(
                    (revealed or {}).get(row.pk) or privacy.findings_of(row)
                )
            ],
        )
        for row in rows
    ]


def _telling(findings: Sequence[privacy.Finding]) -> Sequence[privacy.Finding]:
    """Without those that ask nothing of anybody, where there are others."""
    asking = [
        finding
        for finding in findings
        if finding.code not in RULES or RULES[finding.code].level != "accept"
    ]
    return asking or findings


def _finding_line(finding: privacy.Finding) -> FindingLine:
    rule = RULES.get(finding.code)
    name = finding.field or (rule.field if rule else "")
    return FindingLine(
        FIELD_NAMES.get(name, ""),
        rule.sentence if rule else finding.code,
        finding.original.strip(),
        finding.cleaned,
        finding.code == "COMMUNITY_UNKNOWN",
    )


def code_choices(roster_import: RosterImport) -> list[tuple[str, Any]]:
    """The problems that occur in this file, the frequent ones first."""
    counts: Counter[str] = Counter()
    for sheet in roster_import.sheets:
        counts.update(sheet["codes"])
    return [
        (
            code,
            _("%(sentence)s（%(number)s）")
            % {"sentence": RULES[code].sentence, "number": number},
        )
        for code, number in counts.most_common()
        if code in RULES and RULES[code].level != "accept"
    ]


# --- snapshots ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    snapshot: RosterSnapshot
    resident: int


def snapshot_lines(snapshots: Iterable[RosterSnapshot]) -> list[SnapshotLine]:
    return [
        SnapshotLine(
            snapshot,
            sum(counts.get(RESIDENT, 0) for counts in snapshot.counts.values()),
        )
        for snapshot in snapshots
    ]
