"""Large rosters, written as they are made: nobody in them exists."""

import csv
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

COLUMNS = (
    "社区",
    "小区名称",
    "楼栋",
    "单元",
    "房号",
    "户主姓名",
    "联系电话",
    "居住人数",
    "居住状态",
    "网格",
    "入住日期",
    "备注",
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国文辉力志永健世广义"
STATUSES = ("常住",) * 8 + ("出租", "空置")
ROOMS_OF_BUILDING = 6 * 4 * 30
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Row = tuple[str, ...]


def rows(community: str, number: int, *, seed: int) -> Iterator[Row]:
    """Dwellings of one community: 30 floors, 4 rooms, 6 entrances to a building."""
    chance = random.Random(seed)
    for index in range(number):
        building, place = divmod(index, ROOMS_OF_BUILDING)
        entrance, place = divmod(place, 4 * 30)
        floor, room = divmod(place, 4)
        status = chance.choice(STATUSES)
        name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
        day = f"{chance.randint(1990, 2025)}-{chance.randint(1, 12):02}-11"
        yield (
            community,
            f"{community.removesuffix('社区')}里",
            f"{building + 1}号楼",
            f"{entrance + 1}门",
            f"{floor + 1}0{room + 1}",
            name,
            f"199{seed % 100:02}{index % 1_000_000:06}",
            "0" if status == "空置" else str(chance.randint(1, 5)),
            status,
            f"第{building + 1}网格",
            day,
            "",
        )


def write_csv(path: Path, communities: list[str], number: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for seed, community in enumerate(communities):
            writer.writerows(rows(community, number // len(communities), seed=seed))


def write_xlsx(path: Path, communities: list[str], number: int) -> None:
    """One sheet per community, cells as office programs write them."""
    numbers = range(1, len(communities) + 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, text in _frame(communities).items():
            archive.writestr(part, text)
        for index, community in zip(numbers, communities, strict=True):
            part = f"xl/worksheets/sheet{index}.xml"
            with archive.open(part, "w") as file:
                file.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                lines = rows(community, number // len(communities), seed=index)
                file.write(_row(1, COLUMNS).encode())
                for line, row in enumerate(lines, 2):
                    file.write(_row(line, row).encode())
                file.write(b"</sheetData></worksheet>")


def _row(number: int, row: Row) -> str:
    cells = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        for letter, text in zip("ABCDEFGHIJKL", row, strict=True)
        if text
    )
    return f'<row r="{number}">{cells}</row>'


def _frame(names: list[str]) -> dict[str, str]:
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet"'
        f' Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml"'
            ' ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"'
            f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets>'
            "</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
            "</Relationships>"
        ),
    }
