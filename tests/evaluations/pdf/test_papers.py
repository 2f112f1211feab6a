"""Papers: Chinese comes back from the file, the font lies inside, nothing else does."""

import datetime as dt
import getpass
import socket

import pytest
from django.conf import settings as house
from django.test import Client
from pytest_django.fixtures import Settings

from evaluations.models import PublicityNotice
from evaluations.pdf import fonts
from evaluations.pdf.fonts import MissingSigns, NoFont
from evaluations.pdf.paper import About, Column, Paper
from officials.models import Official
from tests.evaluations.api.conftest import FEW, HEPING, KAIFENGDAO, MONTH, published
from tests.evaluations.pdf.reading import Pdf
from tests.evaluations.world import World

__all__ = ["published"]
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
ABOUT = About(title="排名", audience="内部使用", digest="ab" * 32, at=AT)
COLUMNS = (Column("社区", 60), Column("得分", 30, "R"))
DESK = "/desk/ratings/"


def made(rows: int) -> bytes:
    """A landscape sheet as the ranking makes it."""
    sheet = Paper(ABOUT, landscape=True)
    sheet.title("排名", "说明（一）\\ ( ) 行")
    sheet.table(COLUMNS, [[f"第{n}社区", "87.5"] for n in range(rows)])
    return sheet.content()


def test_text_comes_back_and_the_font_lies_inside() -> None:
    pdf = Pdf(made(2))
    assert pdf.lines(0)[:8] == [
        *("排名", "说明（一）\\ ( ) 行", "社区", "得分"),
        *("第0社区", "87.5", "第1社区", "87.5"),
    ]
    (size,) = pdf.embedded
    # A subset: the whole font has millions of bytes.
    assert 1_000 < size < 100_000
    assert b"/FontFile2" in pdf.content


def test_thirty_rows_fit_on_one_sheet_and_more_have_their_head_again() -> None:
    assert len(Pdf(made(30)).pages) == 1
    long = Pdf(made(70))
    assert len(long.pages) == 3
    assert long.lines(1)[:2] == ["社区", "得分"]
    assert "".join(long.lines(1)[-3:]) == "第 2 页，共 3 页"
    shown = [line for page in range(3) for line in long.lines(page)]
    assert [line for line in shown if line.endswith("社区") and line != "社区"] == [
        f"第{n}社区" for n in range(70)
    ]


def test_same_paper_is_the_same_bytes_and_names_no_machine() -> None:
    content = made(3)
    assert made(3) == content
    pdf = Pdf(content)
    assert b"/CreationDate (D:20261120093000Z)" in pdf.info
    assert b"/Producer (Minping)" in pdf.info
    assert b"/Creator" not in pdf.info
    assert b"/Author" not in pdf.info
    inside = content + b"".join(pdf.stream(n) for n in _streams(pdf))
    for name in (socket.gethostname(), getpass.getuser(), str(house.ROOT)):
        assert name.encode() not in inside or len(name) < 5


def _streams(pdf: Pdf) -> list[int]:
    return [number for number, body in pdf.objects.items() if b"stream\n" in body]


def test_sign_that_the_font_lacks_is_told_before_anything_is_set() -> None:
    sheet = Paper(ABOUT)
    sheet.table(COLUMNS, [["刘𬱖", "龚䶮䶮"]])
    sheet.text("好")
    sheet.font = fonts.KNOWN[2]  # the small font; a large one may have them
    with pytest.raises(MissingSigns) as told:
        sheet.content()
    assert told.value.signs == "𬱖䶮"


def test_machine_without_a_font_names_the_package(settings: Settings) -> None:
    settings.PDF_FONT = "/nowhere/font.ttf"
    with pytest.raises(NoFont, match="fonts-wqy-microhei"):
        Paper(ABOUT)


def test_chosen_font_is_taken_and_the_first_known_one_else(settings: Settings) -> None:
    assert fonts.find() == next(font for font in fonts.KNOWN if font.path.is_file())
    settings.PDF_FONT = str(fonts.KNOWN[2].path)
    assert fonts.find().path == fonts.KNOWN[2].path


def test_long_text_ends_in_its_cell() -> None:
    sheet = Paper(ABOUT)
    sheet.table((Column("名", 20),), [["很长很长很长很长很长的名字"]])
    (_head, cell, *_foot) = Pdf(sheet.content()).lines(0)
    assert cell.endswith("…")
    assert "很长很长很长很长很长的名字".startswith(cell[:-1])


# --- the papers of the desk -----------------------------------------------------------


def paper_at(client: Client, path: str) -> Pdf:
    answer = client.get(DESK + path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return Pdf(answer.content)


def test_ranking_of_a_group_is_one_landscape_sheet(
    published: World, clerk_client: Client
) -> None:
    pdf = paper_at(clerk_client, f"groups/{published.group.pk}/{MONTH}/ranking.pdf")
    lines = pdf.lines(0)
    assert lines[0] == f"和平区商业街区组 {MONTH} 居民评价"
    names = [line for line in lines if line.startswith("书记")]
    assert names[1:] == ["书记014", "书记010", "书记003"]  # by score, withheld last
    assert "样本不足" in lines
    assert "<10" in lines
    assert any("内部使用，不得公开" in line for line in lines)
    assert len(pdf.pages) == 1
    assert str(published.rating(FEW, MONTH).score)[:5] not in pdf.text()


def test_notice_hangs_with_dates_digest_and_the_way_to_object(
    published: World, clerk_client: Client
) -> None:
    notice = PublicityNotice.objects.get()
    path = f"notices/{notice.pk}/notice.pdf"
    pdf = paper_at(clerk_client, path)
    text = pdf.text().replace("\n", "")
    assert f"和平区 {MONTH} 居民评价结果公示" in text
    assert f"{notice.starts_on} 张贴，公示 5 个工作日，到 {notice.ends_on}" in text
    assert notice.digest in text
    assert "十个工作日内答复" in text
    assert "可以公开" in text
    assert "回答太少" in text
    assert paper_at(clerk_client, path).content == pdf.content


def test_sheet_of_an_appointment_holds_blocks_and_no_total(
    published: World, clerk_client: Client
) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    pdf = paper_at(
        clerk_client, f"appointments/{rating.appointment_id}/{MONTH}/portrait.pdf"
    )
    text = pdf.text()
    assert "各块各说各的，不合成一个总分" in text
    for block in ("居民评价", "近十二个月", "各题"):
        assert block in text
    assert "总分：" not in text


def test_name_that_cannot_be_set_is_told_on_the_page(
    published: World, clerk_client: Client, settings: Settings
) -> None:
    settings.PDF_FONT = str(fonts.KNOWN[2].path)
    Official.objects.filter(name="书记014").update(name="龚䶮")
    path = f"{DESK}groups/{published.group.pk}/{MONTH}/ranking.pdf"
    answer = clerk_client.get(path, follow=True)
    assert answer.redirect_chain == [
        (f"{DESK}groups/{published.group.pk}/{MONTH}/", 302)
    ]
    assert "字体里没有这些字：䶮" in answer.content.decode()
    settings.PDF_FONT = "/nowhere"
    answer = clerk_client.get(path, follow=True)
    assert "apt-get install fonts-wqy-microhei" in answer.content.decode()


def test_papers_of_another_district_are_404(
    published: World, head_elsewhere_client: Client
) -> None:
    rating = published.rating(KAIFENGDAO, MONTH)
    for path in (
        f"groups/{published.group.pk}/{MONTH}/ranking.pdf",
        f"appointments/{rating.appointment_id}/{MONTH}/portrait.pdf",
        f"notices/{PublicityNotice.objects.get().pk}/notice.pdf",
    ):
        assert head_elsewhere_client.get(DESK + path).status_code == 404
    assert published.district.pk == HEPING
