"""Small workbooks written by hand, so that a test can put anything into them."""

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEADER = ("小区名称", "楼栋", "单元", "房号", "户主姓名", "联系电话", "居住状态")


def letter(index: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index]


def cell(text: str, place: str, style: int = 0) -> str:
    look = f' s="{style}"' if style else ""
    return f'<c r="{place}"{look} t="inlineStr"><is><t>{text}</t></is></c>'


def row(
    number: int, texts: tuple[str, ...], *, attributes: str = "", style: int = 0
) -> str:
    cells = "".join(
        cell(text, f"{letter(index)}{number}", style)
        for index, text in enumerate(texts)
        if text
    )
    return f'<row r="{number}"{attributes}>{cells}</row>'


def sheet(*rows: str, merges: tuple[str, ...] = ()) -> str:
    merged = "".join(f'<mergeCell ref="{reference}"/>' for reference in merges)
    merged = f"<mergeCells>{merged}</mergeCells>" if merged else ""
    data = f"<sheetData>{''.join(rows)}</sheetData>"
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">{data}{merged}</worksheet>'


STYLES = (
    f'<?xml version="1.0"?><styleSheet xmlns="{MAIN}">'
    '<fonts count="2"><font><sz val="11"/></font><font><strike/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" xfId="0"/></cellXfs></styleSheet>'
)


def workbook(
    *sheets: str,
    names: tuple[str, ...] = ("开封道社区",),
    states: tuple[str, ...] = ("visible",),
    extra: dict[str, bytes] | None = None,
) -> io.BytesIO:
    """An .xlsx file of these sheets, with any further parts."""
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for number in numbers
    )
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" state="{state}" r:id="r{number}"/>'
        for number, name, state in zip(numbers, names, states, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet"'
        f' Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    parts = {
        "[Content_Types].xml": (
            f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd'
            '.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": (
            f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
            f"<sheets>{listed}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
            f'{relations}<Relationship Id="rs" Type="{OFFICE}/styles"'
            ' Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": STYLES,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
        for number, text in zip(numbers, sheets, strict=True):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", text)
        for path, content in (extra or {}).items():
            archive.writestr(path, content)
    file.seek(0)
    return file
