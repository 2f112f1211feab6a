"""Rosters of the demo, read by the real importer and confirmed by a second person.

小白楼街道 has a file as an office sends it. For the whole district the other five
streets get an invented file of the same columns.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from accounts.models import User
from demo.people import DISTRICT, GIVEN_NAMES, STREET, SURNAMES
from officials.models import Division
from residents.actions import confirm_import, read_roster, upload_roster

FILE = Path(__file__).parent / "rosters" / "heping_xiaobailou.xlsx"
COLUMNS = (
    *("社区", "小区名称", "楼栋", "单元", "房号"),
    *("户主姓名", "联系电话", "居住人数", "居住状态"),
)
FLOORS, DOORS, UNITS = 6, 3, 3
SHARE_RENTED, SHARE_VACANT = 0.08, 0.055


def import_all(*, whole_district: bool, at: dt.datetime) -> None:
    import_file(STREET, FILE.name, FILE.read_bytes(), at=at)
    if not whole_district:
        return
    streets = Division.objects.under(DISTRICT).filter(level=Division.Level.STREET)
    for street in streets.exclude(code=STREET):
        name = f"{street.name}住户名册（演示）.csv"
        import_file(street.code, name, invented_file(street), at=at)


def import_file(street: str, name: str, content: bytes, *, at: dt.datetime) -> None:
    """Upload, dry run, difference, confirmation: the verbs of the roster's pages."""
    uploader = User.objects.get(username="jiedao")
    approver = User.objects.get(username="hezhun")
    roster_import = upload_roster(
        street=Division.objects.get(code=street),
        file_name=name,
        content=io.BytesIO(content),
        by=uploader,
        at=at,
    )
    # The file is of today; the story imports it a year ago.
    roster_import = read_roster(
        roster_import=roster_import, by=uploader, at=at, on=timezone.localdate()
    )
    confirm_import(
        roster_import=roster_import,
        digest=bytes(roster_import.digest or b""),
        by=approver,
        at=at,
    )


def invented_file(street: Division) -> bytes:
    """One table for a street, UTF-8 with BOM; about 1,400 dwellings a community."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for community in street.children.order_by("code"):
        writer.writerows(_dwellings(community))
    return text.getvalue().encode("utf-8-sig")


def _dwellings(community: Division) -> Iterator[tuple[str, ...]]:
    dice = random.Random(f"roster {community.code}")  # noqa: S311
    compound = community.short_name.removesuffix("社区") + "里"
    for building in range(1, dice.randint(22, 30)):
        for unit in range(1, UNITS + 1):
            for floor in range(1, FLOORS + 1):
                for door in range(1, DOORS + 1):
                    yield (
                        community.short_name,
                        compound,
                        f"{building}号楼",
                        f"{unit}门",
                        f"{floor}{door:02d}",
                        *_household(dice),
                    )


def _household(dice: random.Random) -> tuple[str, str, str, str]:
    name = dice.choice(SURNAMES)[0] + dice.choice(GIVEN_NAMES)[0]
    phone = f"1390000{dice.randrange(10_000):04d}"
    chance = dice.random()
    if chance < SHARE_VACANT:
        return name, phone, "0", "空置"
    status = "出租" if chance < SHARE_VACANT + SHARE_RENTED else "常住"
    return name, phone, str(dice.randint(1, 5)), status
