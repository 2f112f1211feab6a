"""Real division codes: what their digits say, and loading them from a file."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from audit.actions import Actor, record
from officials.models import Division

LEVEL_BY_LENGTH = {
    2: Division.Level.PROVINCE,
    4: Division.Level.CITY,
    6: Division.Level.DISTRICT,
    9: Division.Level.STREET,
    12: Division.Level.COMMUNITY,
}
PARENT_LENGTH = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
# Digits 7 to 9 and 10 to 12 (GB/T 10114, statistical codes).
STREET_KINDS = ((99, "street"), (199, "town"), (399, "township"), (599, "similar"))
COMMUNITY_KINDS = ((199, "community"), (399, "village"), (599, "similar"))
SUFFIXES = ("社区居民委员会", "社区居委会", "村民委员会", "居委会", "村委会", "社区")


class DivisionFileError(Exception):
    """A row of the file cannot be read; the message names file, line and column."""


@dataclass(frozen=True, slots=True)
class DivisionRow:
    code: str
    name: str

    @property
    def level(self) -> str:
        return LEVEL_BY_LENGTH[len(self.code)]

    @property
    def parent_code(self) -> str | None:
        return self.code[: PARENT_LENGTH[len(self.code)]] or None

    @property
    def kind(self) -> str:
        kinds = {9: STREET_KINDS, 12: COMMUNITY_KINDS}.get(len(self.code), ())
        number = int(self.code[-3:])
        return next((kind for last, kind in kinds if number <= last), str(self.level))

    @property
    def short_name(self) -> str:
        """开封道社区居委会 → 开封道社区; other names stay as they are."""
        if len(self.code) != 12:
            return self.name
        for suffix in SUFFIXES:
            if self.name.endswith(suffix) and self.name != suffix:
                ending = "村" if suffix.startswith("村") else "社区"
                stem = self.name.removesuffix(suffix)
                return stem if stem.endswith(ending) else stem + ending
        return self.name


def read_rows(path: Path) -> Iterator[DivisionRow]:
    """Rows of a CSV with the header code,name,level,parent_code, parents first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield _row(row, path=path.name, line=reader.line_num)


def _row(row: dict[str, str], *, path: str, line: int) -> DivisionRow:
    code, name = (row.get("code") or "").strip(), (row.get("name") or "").strip()
    if len(code) not in LEVEL_BY_LENGTH or not code.isascii() or not code.isdigit():
        message = f"{path} 第 {line} 行 code 列：{code!r} 不是 2、4、6、9、12 位代码。"
        raise DivisionFileError(message)
    if not name:
        message = f"{path} 第 {line} 行 name 列：名称为空。"
        raise DivisionFileError(message)
    return DivisionRow(code, name)


@transaction.atomic
def load(
    rows: Iterable[DivisionRow], *, source: str, by: Actor, at: dt.datetime
) -> tuple[int, int]:
    """Add divisions that are new and rename those that changed; (new, renamed).

    Divisions that the file no longer lists stay: ending one names its successor and is
    a decision of a person.
    """
    known = Division.objects.in_bulk()
    new, renamed = [], []
    for row in sorted(rows, key=lambda row: (len(row.code), row.code)):
        division = Division(
            code=row.code,
            level=row.level,
            kind=row.kind,
            name=row.name,
            short_name=row.short_name,
            parent_id=row.parent_code,
            valid_from=dt.date(2023, 6, 30),
        )
        old = known.get(row.code)
        if old is None:
            new.append(division)
        elif old.name != row.name:
            old.name, old.short_name = row.name, row.short_name
            renamed.append(old)
    Division.objects.bulk_create(new, batch_size=2000)
    Division.objects.bulk_update(renamed, ["name", "short_name"], batch_size=2000)
    record(
        "divisions.loaded",
        by=by,
        at=at,
        data={"source": source, "new": len(new), "renamed": len(renamed)},
    )
    return len(new), len(renamed)
