"""The roster pages in a real browser: phone and desk, keyboard, no script, axe."""

import datetime as dt
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, FileChooser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from config.celery import app
from officials.models import Division
from residents import actions
from residents.models import Household, RosterImport
from tests.conftest import XIAOBAILOU
from tests.e2e.roster_browser import DESK, PHONE, OpenPage, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
# The tasks of this room belong to the real application, as in the web process.
app.set_default()
STREET_FILE = "heping_xiaobailou.xlsx"
QUARTER_FILE = "heping_kaifengdao_2026q4.xlsx"
DEMO = Path(settings.ROOT) / "demo" / "rosters"
MESSY = Path(settings.ROOT) / "tests" / "data" / "rosters" / "messy.xlsx"
# Two sheets of which one has a title that no list knows, and two alike.
COLUMNS = (
    "社区,小区名称,楼栋,单元,户室,当家人,电话,联系电话,居住状态,身份证号,微信\n"
    "开封道,开封里,1号楼,1门,101,王小明,19900000001,02223456789,常住,"
    "12010119500101001X,wx_abc\n"
    "开封道,开封里,1号楼,1门,102,李秀英,19900000002,,出租,,\n"
)


def upload(name: str, content: bytes, street: Division, by: User) -> RosterImport:
    return actions.upload_roster(
        street=street,
        file_name=name,
        content=io.BytesIO(content),
        by=by,
        at=timezone.now(),
    )


def bring(name: str, content: bytes, street: Division, by: User) -> RosterImport:
    found = upload(name, content, street, by)
    return actions.read_roster(roster_import=found, by=by, at=timezone.now())


def half_read(found: RosterImport) -> RosterImport:
    """As a worker leaves it after a few seconds of work."""
    now = timezone.now()
    RosterImport.objects.filter(pk=found.pk).update(
        rows_total=13_168,
        rows_done=7_000,
        started_at=now - dt.timedelta(seconds=2),
        claimed_at=now,
    )
    return found


@pytest.fixture
def street(heping: Division) -> Division:
    return Division.objects.get(code=XIAOBAILOU)


@pytest.fixture
def imports(
    street: Division, street_admin: User, approver: User
) -> dict[str, RosterImport]:
    """The street is stored, a quarter and the messy file wait for their approver.

    Beside them one import of every other kind: being read, asked about, refused, an
    undo that is proposed and one that is done.
    """
    now = timezone.now()

    def stored(found: RosterImport) -> RosterImport:
        return actions.confirm_import(
            roster_import=found,
            digest=bytes(found.digest or b""),
            by=approver,
            at=timezone.now(),
        )

    def file(path: Path) -> RosterImport:
        return bring(path.name, path.read_bytes(), street, street_admin)

    done = {"street": stored(file(DEMO / STREET_FILE))}
    done["quarter"] = stored(file(DEMO / QUARTER_FILE))
    done["undo"] = actions.propose_undo(
        roster_import=done["quarter"], by=street_admin, at=now
    )
    done["messy"] = file(MESSY)
    done["reading"] = half_read(
        upload("正在读.csv", COLUMNS.encode(), street, street_admin)
    )
    done["waiting"] = upload("排队.csv", COLUMNS.encode(), street, street_admin)
    done["columns"] = bring("列名.csv", COLUMNS.encode(), street, street_admin)
    done["refused"] = bring("别的.csv", b"a,b\n1,2\n", street, street_admin)
    return done


@pytest.fixture
def open_page(
    browser: Browser,
    live_server: LiveServer,
    street_admin_client: Client,
    approver_client: Client,
) -> Iterator[OpenPage]:
    """Pages of the uploader and of the second person."""
    clients = {"street_admin": street_admin_client, "approver": approver_client}
    with signed_in(browser, live_server.url, clients) as make:
        yield make


def addresses(imports: dict[str, RosterImport]) -> dict[str, str]:
    """Every kind of page of the room, by name."""
    doubtful = Household.objects.filter(needs_review=True).first()
    assert doubtful is not None
    pages = {"list": reverse("residents:import-list")}
    for name, found in imports.items():
        pages[name] = reverse("residents:import-detail", args=[found.pk])
    for name, kind in (
        *(("street", "change-list"), ("quarter", "change-list")),
        *(("undo", "change-list"), ("messy", "change-list")),
        *(("messy", "row-list"), ("street", "row-list")),
        ("columns", "import-columns"),
    ):
        url = reverse(f"residents:{kind}", args=[imports[name].pk])
        pages[f"{name}-{kind}"] = url
    filtered = "?kind=status&community=120101002014&address=101"
    pages["quarter-filtered"] = pages["quarter-change-list"] + filtered
    pages["upload"] = reverse("residents:import-upload")
    pages["snapshots"] = reverse("residents:snapshot-list")
    pages["review"] = reverse("residents:review-list")
    pages["review-one"] = reverse("residents:review-detail", args=[doubtful.pk])
    pages["requests"] = reverse("residents:request-list")
    pages["request-find"] = reverse("residents:request-find") + "?address=101"
    pages["request-add"] = reverse("residents:request-add", args=[doubtful.pk])
    pages["request-form"] = reverse("residents:request-print", args=[doubtful.pk])
    return pages


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['html'] for n in v['nodes']][:3]}" for v in found]


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def test_pages_fit_and_axe_finds_nothing(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    look_at(open_page, "street_admin", addresses(imports))


def test_pages_of_the_second_person_fit_and_axe_finds_nothing(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    pages = {}
    for name in ("messy", "undo"):
        for kind in ("import-detail", "import-confirm"):
            url = reverse(f"residents:{kind}", args=[imports[name].pk])
            pages[f"approver-{name}-{kind}"] = url
    pages["approver-snapshots"] = reverse("residents:snapshot-list")
    pages["approver-list"] = reverse("residents:import-list")
    look_at(open_page, "approver", pages)


def test_english_pages_fit_on_a_phone(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    """English words are longer."""
    page = open_page(PHONE, language="en")
    for name, url in addresses(imports).items():
        page.goto(url)
        assert (name, overflow(page)) == (name, 0)


def look_at(open_page: OpenPage, who: str, pages: dict[str, str]) -> None:
    """Each page on a phone and at a desk; pictures of them where one asks for them."""
    pictures = os.environ.get("ROSTER_PICTURES", "")
    for size in (PHONE, DESK):
        page = open_page(size, script=True, who=who)
        for name, url in pages.items():
            answer = page.goto(url)
            assert answer is not None
            assert (name, answer.status) == (name, 200)
            if pictures:
                file = Path(pictures) / f"{name}-{size['width']}.png"
                page.screenshot(path=file, full_page=True)
            assert (name, violations(page)) == (name, [])
            assert (name, overflow(page)) == (name, 0)


def test_households_are_worked_through_by_keyboard_without_script(
    open_page: OpenPage, imports: dict[str, RosterImport]
) -> None:
    page = open_page(DESK)
    page.goto(reverse("residents:review-list"))
    page.get_by_role("link", name="从第一户开始").focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("heading", level=1).text_content()
    left = Household.objects.filter(needs_review=True).count()
    page.get_by_role("button", name="核对无误，保持").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已记下")
    assert page.get_by_role("heading", level=1).text_content() != first
    assert Household.objects.filter(needs_review=True).count() == left - 1


# --- bringing a file ----------------------------------------------------------------


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    path = tmp_path / "开封道社区.csv"
    path.write_text(COLUMNS, encoding="utf-8")
    return path


def drop(page: Page, target: Locator, path: Path) -> None:
    """Let go of a file above an element, as a hand with a mouse does.

    Events made by a script would only call listeners; this drop goes through the
    browser itself, which puts the file into the field, or does not.
    """
    box = target.bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, "data": data, **place})


def test_file_is_dropped_into_the_box(
    open_page: OpenPage, street: Division, small_file: Path
) -> None:
    page = open_page(DESK)
    page.goto(reverse("residents:import-upload"))
    drop(page, page.get_by_label("名册文件"), small_file)
    page.get_by_role("button", name="上传并预检").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(small_file.name)
    assert RosterImport.objects.get().size == small_file.stat().st_size


def tab_to(wanted: Locator) -> None:
    """As many presses of the key as somebody needs who sees where the focus is."""
    for _press in range(30):
        wanted.page.keyboard.press("Tab")
        if wanted.evaluate("field => field === document.activeElement"):
            break
    expect(wanted).to_be_focused()


def chooser_by_key(page: Page) -> FileChooser:
    """Pressed again where a busy browser has not opened it, as anybody would."""
    for _press in range(2):
        try:
            with page.expect_file_chooser(timeout=10_000) as chooser:
                page.keyboard.press("Space")
            return chooser.value
        except PlaywrightTimeout:
            continue
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    return chooser.value


def test_file_is_brought_by_keyboard_alone(
    open_page: OpenPage, street: Division, small_file: Path
) -> None:
    page = open_page(DESK)
    page.goto(reverse("residents:import-upload"))
    field = page.get_by_label("名册文件")
    tab_to(field)
    chooser_by_key(page).set_files(small_file)
    tab_to(page.get_by_role("button", name="上传并预检"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(small_file.name)
    assert RosterImport.objects.get().file_name == small_file.name


def test_columns_are_explained_on_the_page_without_script(
    open_page: OpenPage, street: Division, street_admin: User, small_file: Path
) -> None:
    found = bring(small_file.name, small_file.read_bytes(), street, street_admin)
    page = open_page(PHONE)
    page.goto(reverse("residents:import-detail", args=[found.pk]))
    page.get_by_role("link", name="说明每一列").click()
    page.get_by_role("button", name="就这样读").click()
    expect(page.get_by_role("alert")).to_have_text("至少要有小区名称、楼栋和房号三列。")
    # What a label says beside the badge: 户室 请选.
    for title, field in (("户室", "房号"), ("当家人", "户主姓名")):
        page.get_by_label(title).select_option(label=field)
    page.get_by_role("button", name="就这样读").click()
    expect(page.get_by_role("alert")).to_have_text("不止一列像是：联系电话。请选一列。")
    page.get_by_label("电话 请选", exact=True).select_option(label="联系电话")
    page.get_by_role("button", name="就这样读").click()
    page.wait_for_url("**" + reverse("residents:import-detail", args=[found.pk]))
    actions.read_roster(roster_import=found, by=street_admin, at=timezone.now())
    page.reload()
    expect(page.get_by_text("按说明读的列")).to_be_visible()
    assert RosterImport.objects.get().counts["changes"]["new"] == 2
