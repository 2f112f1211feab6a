"""What is kept of residents, why, how and how long (T96); and who reads it (T77).

The only module that opens an encrypted field. Whoever wants clear names says why, and
the trail keeps it; lists get masked values and leave no event.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import alerts, crypto
from audit.actions import Actor, record
from residents.importers.rows import Values
from residents.models import (
    PERSONAL_FIELDS,
    ColumnQuestion,
    Household,
    RosterCorrection,
    RosterRow,
)

HOUSEHOLD_TABLE = Household._meta.db_table
ROW_TABLE = RosterRow._meta.db_table
QUESTION_TABLE = ColumnQuestion._meta.db_table
CORRECTION_TABLE = RosterCorrection._meta.db_table
# Events that tell of names and numbers shown in clear, each with their count.
REVEALS = (
    "roster.revealed",
    "roster.rows_revealed",
    "roster.correction_revealed",
)
# From here on an event carries a count and a digest instead of the ids.
LISTED = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the list of T96."""

    purpose: str | Promise
    protection: str | Promise
    retention: str | Promise


WHILE_DWELLING = _("房屋存在期间")
AFTER_LEAVING = _("住户离开后 12 个月")
THIRTY_DAYS = _("30 天")
HISTORY = _("留痕期限")
OPEN = _("限本辖区人员查看，导出留痕")
SEALED = _("加密保存（AES-256-GCM）")
KEYED = _("加密钥的摘要，只能比较是否相同")
NO_PERSON = _("不含个人信息")

ADDRESS = Kept(_("确定抽样范围、送达信件"), OPEN, WHILE_DWELLING)
CONTACT = Kept(_("送信、打电话、更正"), SEALED, AFTER_LEAVING)
FRAME = Kept(_("确定抽样范围"), OPEN, AFTER_LEAVING)
COMPARED = Kept(_("比较名册有没有变化"), KEYED, AFTER_LEAVING)
PHONE_EQUAL = Kept(_("发现一个号码登记多套房屋"), KEYED, AFTER_LEAVING)
NOTE = Kept(_("送达提示"), SEALED, AFTER_LEAVING)
LINK = Kept(_("记录之间的联系"), NO_PERSON, AFTER_LEAVING)
STAFF = Kept(_("谁经手、何时"), NO_PERSON, HISTORY)
FILE = Kept(_("撤销导入"), SEALED, THIRTY_DAYS)
JOB = Kept(_("读取文件的进度"), NO_PERSON, HISTORY)
ROW = Kept(_("核对和撤销导入"), OPEN, THIRTY_DAYS)
ROW_SEALED = Kept(_("核对和撤销导入"), SEALED, THIRTY_DAYS)
ROW_KEYED = Kept(_("比较名册有没有变化"), KEYED, THIRTY_DAYS)
CHANGE = Kept(_("名册的历史和撤销"), OPEN, AFTER_LEAVING)
CHANGE_SEALED = Kept(_("撤销导入"), SEALED, AFTER_LEAVING)
REQUEST = Kept(_("办理住户本人的申请"), OPEN, HISTORY)
WAITING = Kept(_("等另一个人核准改正"), SEALED, _("核准、退回或撤回为止"))
ASKED = Kept(_("说明每一列是什么"), SEALED, _("说明或取消为止"))
NEVER_CALL = Kept(_("不再拨打要求删除的号码"), KEYED, HISTORY)
FROZEN = Kept(_("证明抽样从哪些住户中抽"), _("只有编号、社区和状态"), AFTER_LEAVING)

FIELDS: dict[str, dict[str, Kept]] = {
    "Dwelling": {
        "id": LINK,
        **dict.fromkeys(("community", "compound", "building", "unit"), ADDRESS),
        **dict.fromkeys(("room", "address_key", "grid", "status"), ADDRESS),
    },
    "Household": {
        **dict.fromkeys(("id", "dwelling", "current_slot"), LINK),
        **dict.fromkeys(("head_name", "phone", "phone_alt", "landline"), CONTACT),
        "note": NOTE,
        **dict.fromkeys(("community", "resident_count", "residence_status"), FRAME),
        **dict.fromkeys(("moved_in", "since", "until", "erased_on", "given"), FRAME),
        **dict.fromkeys(("needs_review", "review_codes", "settled_codes"), FRAME),
        "phone_index": PHONE_EQUAL,
        **dict.fromkeys(("fingerprint", "head_mark", "contact_mark"), COMPARED),
        **dict.fromkeys(("index_algorithm_id", "index_key_id"), COMPARED),
    },
    "RosterImport": {
        **dict.fromkeys(("id", "street", "file_name", "size", "sha256"), STAFF),
        **dict.fromkeys(("uploaded_by", "uploaded_at", "previewed_at"), STAFF),
        **dict.fromkeys(("confirmed_by", "confirmed_at", "digest", "undoes"), STAFF),
        "stored_as": FILE,
        **dict.fromkeys(("format", "encoding", "state", "refusal"), JOB),
        **dict.fromkeys(("refusal_code", "refusal_params"), JOB),
        **dict.fromkeys(("claim", "claimed_at", "started_at", "attempts"), JOB),
        **dict.fromkeys(("rows_total", "rows_done", "sheets", "counts"), JOB),
        **dict.fromkeys(("index_algorithm_id", "index_key_id"), JOB),
    },
    "RosterRow": {
        **dict.fromkeys(("id", "roster_import", "sheet", "row_no", "action"), ROW),
        **dict.fromkeys(("problems", "review_codes", "community"), ROW),
        **dict.fromkeys(("compound", "building", "unit", "room"), ROW),
        **dict.fromkeys(("address_key", "grid", "resident_count", "moved_in"), ROW),
        **dict.fromkeys(PERSONAL_FIELDS, ROW_SEALED),
        **dict.fromkeys(("residence_status", "erased"), ROW),
        "values": ROW_SEALED,
        **dict.fromkeys(("phone_index", "fingerprint", "head_mark"), ROW_KEYED),
        "contact_mark": ROW_KEYED,
    },
    "RosterChange": {
        **dict.fromkeys(("id", "roster_import", "kind", "community", "row"), CHANGE),
        **dict.fromkeys(("dwelling", "household", "undoes"), CHANGE),
        **dict.fromkeys(("status_before", "status_after"), CHANGE),
        "before": CHANGE_SEALED,
    },
    "ColumnMapping": {
        **dict.fromkeys(("id", "division", "header", "field"), JOB),
        **dict.fromkeys(("confirmed_by", "confirmed_at"), STAFF),
    },
    "LeftOutSheet": {
        **dict.fromkeys(("id", "division", "name", "titles"), JOB),
        **dict.fromkeys(("confirmed_by", "confirmed_at"), STAFF),
    },
    "ColumnQuestion": {
        **dict.fromkeys(("id", "roster_import", "sheet", "name"), JOB),
        **dict.fromkeys(("answers", "left_out"), JOB),
        "columns": ASKED,
        **dict.fromkeys(("answered_by", "answered_at"), STAFF),
    },
    "DataRequest": {
        **dict.fromkeys(("id", "household", "community", "kind", "state"), REQUEST),
        **dict.fromkeys(("received_on", "due_on", "closed_on", "answer"), REQUEST),
        "received_by": STAFF,
    },
    "RosterCorrection": {
        **dict.fromkeys(("id", "request", "community", "state", "fields"), REQUEST),
        **dict.fromkeys(("digest", "reason"), REQUEST),
        "values": WAITING,
        **dict.fromkeys(("proposed_by", "proposed_at"), STAFF),
        **dict.fromkeys(("decided_by", "decided_at"), STAFF),
    },
    "RosterExport": {
        **dict.fromkeys(("id", "roster_import", "street", "state", "purpose"), STAFF),
        **dict.fromkeys(("digest", "reason", "requested_by", "requested_at"), STAFF),
        **dict.fromkeys(("decided_by", "decided_at"), STAFF),
    },
    "NeverCall": {
        **dict.fromkeys(("id", "since"), NEVER_CALL),
        **dict.fromkeys(("phone_index", "index_algorithm_id"), NEVER_CALL),
        "index_key_id": NEVER_CALL,
    },
    "RosterSnapshot": dict.fromkeys(
        ("id", "division", "taken_at", "taken_by", "digest", "size", "counts"), STAFF
    ),
    "SnapshotHousehold": dict.fromkeys(
        ("id", "snapshot", "household", "community", "residence_status"), FROZEN
    ),
}


# --- masking ------------------------------------------------------------------------

LONG_DIGITS = re.compile(r"\d{7,}")


def mask_name(name: str) -> str:
    """王小明 -> 王**."""
    return f"{name[0]}**" if name else ""


def mask_phone(number: str) -> str:
    """13812341234 -> 138****1234; shorter numbers show less."""
    if len(number) < 7:
        return "****" if number else ""
    return (
        f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else f"{number[:2]}****"
    )


def mask_digits(text: str) -> str:
    """A cell with telephone numbers in it, as somebody has typed it."""
    bare = re.sub(r"[\s\-]", "", text)
    return LONG_DIGITS.sub(lambda match: mask_phone(match[0]), bare)


# --- sealing and opening ------------------------------------------------------------


def seal_household(household: uuid.UUID, values: dict[str, str]) -> dict[str, bytes]:
    """The encrypted columns of a household, bound to its row."""
    return {
        column: crypto.seal_field(
            values[column], table=HOUSEHOLD_TABLE, column=column, row=household
        )
        for column in PERSONAL_FIELDS
    }


def seal_people(
    people: Sequence[Values], rows: Sequence[bytes]
) -> tuple[list[bytes], ...]:
    """The encrypted columns of the households that will take the ids of these rows.

    A list per column, in the order of PERSONAL_FIELDS; `rows` are 16 bytes each.
    """
    columns = (
        [person.head for person in people],
        [person.phone for person in people],
        [person.phone_alt for person in people],
        [person.landline for person in people],
        [person.note for person in people],
    )
    return tuple(
        crypto.seal_column(values, table=HOUSEHOLD_TABLE, column=column, rows=rows)
        for column, values in zip(PERSONAL_FIELDS, columns, strict=True)
    )


def seal_for(household: uuid.UUID, row: RosterRow) -> dict[str, bytes]:
    """The encrypted columns of a staged row, for a household that was there before."""
    return seal_household(
        household,
        {
            column: crypto.open_field(
                getattr(row, column), table=HOUSEHOLD_TABLE, column=column, row=row.pk
            )
            for column in PERSONAL_FIELDS
        },
    )


def of_row(row: RosterRow) -> Values:
    """Who a line of a file names; for the importer, not for a page."""
    if row.fingerprint is None:
        told = open_row(row.pk, row.values).get("values", {})
        return Values(**{name: told.get(name, "") for name in PERSONAL_VALUES})
    head, phone, phone_alt, landline, note = (
        crypto.open_field(
            getattr(row, column), table=HOUSEHOLD_TABLE, column=column, row=row.pk
        )
        for column in PERSONAL_FIELDS
    )
    return Values(
        head, phone, phone_alt, landline, status=row.residence_status, note=note
    )


def seal_row(row: uuid.UUID, content: dict[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return crypto.seal_field(text, table=ROW_TABLE, column="values", row=row)


def open_row(row: uuid.UUID, values: bytes | memoryview) -> dict[str, Any]:
    """What was read from one line of a file. For the importer, not for a page."""
    text = crypto.open_field(values, table=ROW_TABLE, column="values", row=row)
    content: dict[str, Any] = json.loads(text) if text else {}
    return content


def seal_correction(correction: uuid.UUID, values: dict[str, str]) -> bytes:
    """The new values of a correction while it waits for its second person."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return crypto.seal_field(
        text, table=CORRECTION_TABLE, column="values", row=correction
    )


def open_correction(
    correction: uuid.UUID, values: bytes | memoryview
) -> dict[str, str]:
    """What is to be written; for the action that writes it, not for a page."""
    text = crypto.open_field(
        values, table=CORRECTION_TABLE, column="values", row=correction
    )
    content: dict[str, str] = json.loads(text) if text else {}
    return content


def without_person(row: uuid.UUID, values: bytes | memoryview) -> bytes:
    """The same sealed line of a file without names, numbers and notes (T103)."""
    return seal_row(row, without_names(open_row(row, values)))


def without_names(content: dict[str, Any]) -> dict[str, Any]:
    """What is sealed of a line, and nothing in it that a household may have erased."""
    kept = dict(content)
    if "values" in content:
        kept["values"] = content["values"] | dict.fromkeys(PERSONAL_VALUES, "")
    if "found" in content:
        kept["found"] = [entry for entry in content["found"] if entry[1] not in MASKS]
    return kept


def seal_samples(question: uuid.UUID, content: dict[str, Any]) -> bytes:
    """Titles and masked samples of a sheet that waits to be explained."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return crypto.seal_field(text, table=QUESTION_TABLE, column="columns", row=question)


def open_samples(question: uuid.UUID, sealed: bytes | memoryview) -> dict[str, Any]:
    text = crypto.open_field(
        sealed, table=QUESTION_TABLE, column="columns", row=question
    )
    content: dict[str, Any] = json.loads(text)
    return content


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a row as a page shows it."""

    code: str
    field: str
    original: str
    cleaned: str


def findings_of(row: RosterRow, *, clear: bool = False) -> list[Finding]:
    """The problems of a staged row; names and numbers masked unless revealed."""
    content = open_row(row.pk, row.values)
    found = [Finding(*entry) for entry in content.get("found", [])]
    told = {finding.code for finding in found}
    rest = (code for code in row.problems.split(",") if code and code not in told)
    found += [Finding(code, "", "", "") for code in rest]
    return found if clear else [masked(finding) for finding in found]


def mask_note(text: str) -> str:
    return "……" if text else ""


# Of a line of a file: what a household may ask to have removed.
PERSONAL_VALUES = frozenset({"head", "phone", "phone_alt", "landline", "note"})
MASKS = {
    "head": mask_name,
    "phone": mask_digits,
    "note": mask_note,
}


def masked(finding: Finding) -> Finding:
    mask = MASKS.get(finding.field)
    if mask is None:
        return finding
    original, cleaned = mask(finding.original.strip()), mask(finding.cleaned)
    return Finding(finding.code, finding.field, original, cleaned)


# --- reading, with a trail ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """The personal data of one household, in clear."""

    head_name: str
    phone: str
    phone_alt: str
    landline: str
    note: str


@transaction.atomic
def reveal(
    *,
    by: Actor,
    reason: str,
    households: Iterable[Household],
    at: dt.datetime,
) -> dict[uuid.UUID, Person]:
    """Open the personal data of households for one page; one event tells of it."""
    shown = list(households)
    people = {household.pk: _person(household) for household in shown}
    _tell(
        "roster.revealed",
        by=by,
        at=at,
        reason=reason,
        ids=[household.pk for household in shown],
        codes=[household.community_id for household in shown],
    )
    return people


def of_household(household: Household) -> Person:
    """In clear, for an action that writes it back sealed. Never for a page."""
    return _person(household)


def masked_person(household: Household) -> Person:
    """王** and 138****1234: what lists show, without an event."""
    person = _person(household)
    return Person(
        mask_name(person.head_name),
        mask_phone(person.phone),
        mask_phone(person.phone_alt),
        mask_phone(person.landline),
        mask_note(person.note),
    )


def _person(household: Household) -> Person:
    return Person(
        *(
            crypto.open_field(
                getattr(household, column),
                table=HOUSEHOLD_TABLE,
                column=column,
                row=household.pk,
            )
            for column in PERSONAL_FIELDS
        )
    )


@transaction.atomic
def reveal_rows(
    *, by: Actor, reason: str, rows: Sequence[RosterRow], division: str, at: dt.datetime
) -> dict[uuid.UUID, list[Finding]]:
    """Open what a file said in some lines, to correct them; one event tells of it."""
    findings = {row.pk: findings_of(row, clear=True) for row in rows}
    _tell(
        "roster.rows_revealed",
        by=by,
        at=at,
        reason=reason,
        ids=[row.pk for row in rows],
        codes=[division],
    )
    return findings


CORRECTION_MASKS = {"head": mask_name, "phone": mask_phone, "landline": mask_phone}


def masked_correction(correction: RosterCorrection) -> dict[str, str]:
    """The new values as lists show them, without an event."""
    values = open_correction(correction.pk, correction.values)
    return {
        name: CORRECTION_MASKS.get(name, str)(value) for name, value in values.items()
    }


@transaction.atomic
def reveal_correction(
    *, correction: RosterCorrection, by: Actor, at: dt.datetime
) -> tuple[Person, dict[str, str]]:
    """Who is in the roster now and what shall stand there, for the second person."""
    household = correction.request.household
    _tell(
        "roster.correction_revealed",
        by=by,
        at=at,
        reason="approve",
        ids=[household.pk],
        codes=[household.community_id],
    )
    return _person(household), open_correction(correction.pk, correction.values)


def _tell(
    verb: str,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str,
    ids: Sequence[uuid.UUID],
    codes: Sequence[str],
) -> None:
    names = sorted(str(number) for number in ids)
    data: dict[str, Any] = {"reason": reason, "count": len(names)}
    if len(names) > LISTED:
        data["digest"] = crypto.digest(*names).hex()
    else:
        data["ids"] = names
    record(verb, by=by, at=at, division=common_prefix(codes), data=data)
    alerts.watch(
        alerts.REVEALS, counted=REVEALS, limit=settings.AUDIT_REVEALS, by=by, at=at
    )


def common_prefix(codes: Sequence[str]) -> str:
    """The smallest division that holds all codes."""
    if not codes:
        return ""
    low, high = min(codes), max(codes)
    lengths = (12, 9, 6, 4, 2)
    return next((low[:n] for n in lengths if len(low) >= n and low[:n] == high[:n]), "")
