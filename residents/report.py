"""What an import says of itself: one object for machines, a page of text for people."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from residents.apportionment import largest_remainder, target
from residents.importers.checks import PUBLIC_NAMES
from residents.importers.log import SheetLog
from residents.importers.normalise import STATUS_NAMES
from residents.importers.rows import Address, ParsedRow, Values
from residents.models import FILE_KINDS, ResidenceStatus
from residents.rehearsal import Rehearsal


def as_data(
    rehearsal: Rehearsal, *, rate: Decimal, with_rows: bool = True
) -> dict[str, Any]:
    """files -> sheets -> rows -> action, problems, key, normalised; and the totals."""
    sheets = []
    for log in rehearsal.log.sheets:
        sheet = _sheet(log, rehearsal.names)
        if with_rows and not log.action:
            rows = rehearsal.rows.get(log.number, [])
            sheet["rows"] = [row_as_data(row, rehearsal.names) for row in rows]
        sheets.append(sheet)
    street = f"{rehearsal.street.code} {rehearsal.street}"
    return {
        "files": {
            rehearsal.file_name: {"import_scope": {"street": street}, "sheets": sheets}
        },
        "totals": totals(rehearsal, rate=rate),
    }


def _sheet(log: SheetLog, names: Mapping[str, str]) -> dict[str, Any]:
    if log.action:
        return {
            "name": log.name,
            "action": log.action,
            "problems": log.problems,
            "missing_columns": log.missing,
        }
    return {
        "name": log.name,
        "community": names.get(log.community, ""),
        "header_row": log.header_row,
        "first_row": log.first_row,
        "last_row": log.last_row,
        "columns": log.columns,
        "ignored_columns": len(log.dropped),
        "counts": log.as_data()["actions"],
        "read": log.read,
    }


def row_as_data(row: ParsedRow, names: Mapping[str, str]) -> dict[str, Any]:
    codes = [PUBLIC_NAMES.get(code, code) for code in row.codes]
    data: dict[str, Any] = {
        "row": row.number,
        "action": row.action.value,
        "problems": list(dict.fromkeys(codes)),
        "key": None,
    }
    if row.stored and row.address and row.values:
        data["key"] = key_as_data(row.address)
        data["normalised"] = values_as_data(row.values, names[row.community])
    return data


def key_as_data(address: Address) -> dict[str, str]:
    return {name: part.key for name, part in address.parts}


def values_as_data(values: Values, community: str) -> dict[str, Any]:
    return {
        "community": community,
        "head": values.head,
        "phone": values.phone,
        "phone_alt": values.phone_alt,
        "landline": values.landline,
        "n": values.count,
        "status": STATUS_NAMES.get(values.status),
        "date": values.moved_in.isoformat() if values.moved_in else None,
        "grid": values.grid,
        "note": values.note,
    }


def totals(rehearsal: Rehearsal, *, rate: Decimal) -> dict[str, Any]:
    """Counts of the file; frame and targets of its 常住 households (M11, M12)."""
    by_status: Counter[str] = Counter()
    frame = {}
    for community, statuses in sorted(rehearsal.counts["statuses"].items()):
        by_status.update(statuses)
        frame[community] = statuses.get(ResidenceStatus.RESIDENT, 0)
    wanted = target(sum(frame.values()), rate)
    return {
        "rows_read": rehearsal.log.read,
        "actions": rehearsal.log.actions,
        "dwellings": sum(by_status.values()),
        "statuses": {status: by_status[status] for status in ResidenceStatus.values},
        "changes": changes_of(rehearsal.counts["changes"]),
        "rate": str(rate),
        "frame": {"size": sum(frame.values()), "communities": frame},
        "target": {"size": wanted, "communities": largest_remainder(wanted, frame)},
        "digest": rehearsal.digest.hex(),
    }


def changes_of(counts: Mapping[str, int]) -> dict[str, int]:
    names = (*FILE_KINDS, "unchanged", "leaves_frame")
    return {str(name): counts.get(name, 0) for name in names}


def nothing_changes(counts: Mapping[str, int]) -> bool:
    return not any(counts.get(kind, 0) for kind in FILE_KINDS)


def as_text(rehearsal: Rehearsal, *, rate: Decimal) -> Iterator[str]:
    """Lines for a person at a terminal."""
    found = totals(rehearsal, rate=rate)
    yield f"{rehearsal.file_name} → {rehearsal.street} {rehearsal.street.code}"
    for log in rehearsal.log.sheets:
        yield _sheet_line(log)
    yield _("读取 %(rows)d 行：%(actions)s") % {
        "rows": found["rows_read"],
        "actions": _pairs(found["actions"]),
    }
    yield _("房屋 %(dwellings)d 套：%(statuses)s") % {
        "dwellings": found["dwellings"],
        "statuses": _pairs(
            {
                str(ResidenceStatus(name).label): n
                for name, n in found["statuses"].items()
            }
        ),
    }
    if nothing_changes(found["changes"]):
        yield _("与现有名册相同，没有变化。")
    else:
        yield _("变化：%(changes)s") % {"changes": _pairs(found["changes"])}
    yield _("常住 %(frame)d 户，按 %(rate)s 应有 %(target)d 户参评：") % {
        "frame": found["frame"]["size"],
        "rate": found["rate"],
        "target": found["target"]["size"],
    }
    for community, wanted in found["target"]["communities"].items():
        frame = found["frame"]["communities"][community]
        yield f"  {community} {rehearsal.names[community]}  {frame} → {wanted}"


def _sheet_line(log: SheetLog) -> str:
    if log.action:
        return f"  {log.name}: {log.action} {','.join([*log.problems, *log.missing])}"
    return f"  {log.name}: {_pairs(log.as_data()['actions'])}"


def _pairs(counts: Mapping[str, int]) -> str:
    return "，".join(f"{name} {number}" for name, number in counts.items() if number)
