"""Is the dwelling named: community, compound, building, room?"""

from __future__ import annotations

from residents.importers import normalise
from residents.importers.checks.draft import PART_LENGTH, TEXT_LENGTH, Draft
from residents.importers.checks.rules import problem
from residents.importers.rows import Part, Problem


def compound_missing(row: Draft) -> Problem | None:
    if row.address.compound.key or row.address.compound.codes:
        return None
    return problem("COMPOUND_MISSING", original=row.original("compound"))


def building_missing(row: Draft) -> Problem | None:
    building = row.address.building
    if building.key or building.codes:  # a code says already what happened to it
        return None
    return problem("BUILDING_MISSING", original=row.original("building"))


def room_missing(row: Draft) -> Problem | None:
    room = row.address.room
    if room.key or room.codes:
        return None
    return problem("ROOM_MISSING", original=row.original("room"))


def unit_absent(row: Draft) -> Problem | None:
    if row.address.unit.text:
        return None
    return problem("UNIT_ABSENT_OK")


def building_word_variant(row: Draft) -> Problem | None:
    return _word_variant(row, "building", row.address.building)


def unit_word_variant(row: Draft) -> Problem | None:
    return _word_variant(row, "unit", row.address.unit)


def _word_variant(row: Draft, field: str, part: Part) -> Problem | None:
    word, usual = normalise.word_of(part, field), row.words.get(field, "")
    # 7号 is the number in the street of an old house, not another word for 楼.
    if word in {"", usual, "号"} or usual in {"", "号"}:
        return None
    code = f"{field.upper()}_WORD_VARIANT"
    return problem(code, original=part.text, cleaned=part.key + usual)


def text_too_long(row: Draft) -> Problem | None:
    for field, part in row.address.parts:
        if max(len(part.text), len(part.key)) > PART_LENGTH[field]:
            return problem("TEXT_TOO_LONG", field, row.original(field))
    if max(len(row.values.grid), len(row.values.head)) > TEXT_LENGTH:
        return problem("TEXT_TOO_LONG", "grid" if row.values.grid else "head")
    return None


# --- the community ------------------------------------------------------------------


def community_missing(row: Draft) -> Problem | None:
    if row.community or row.original("community").strip():
        return None
    return problem("COMMUNITY_MISSING")


def community_elsewhere(row: Draft) -> Problem | None:
    if row.community:
        return None
    text = row.original("community")
    if not text.strip():
        return None
    if row.places.is_elsewhere(text):
        return problem("COMMUNITY_OUT_OF_SCOPE", original=text)
    return problem("COMMUNITY_UNKNOWN", "", text, row.places.similar(text))


def community_variant(row: Draft) -> Problem | None:
    if not row.community:
        return None
    name = row.places.names[row.community]
    if row.raw.cells.get("community") == name:
        return None
    text = row.original("community")
    if not normalise.compact(text):
        return None
    return problem("COMMUNITY_NAME_VARIANT", "", text, name)


def community_from_sheet(row: Draft) -> Problem | None:
    if not row.has_community_column or not row.community:
        return None
    if normalise.compact(normalise.text_of(row.raw.cells.get("community"))):
        return None
    name = row.places.names[row.community]
    return problem("COMMUNITY_FROM_SHEET", cleaned=name)


def community_differs(row: Draft) -> Problem | None:
    if not row.community or row.sheet_community in {"", row.community}:
        return None
    text = row.original("community")
    return problem("COMMUNITY_DIFFERS_FROM_SHEET", original=text)
