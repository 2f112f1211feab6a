"""A report with names in a browser: two people, one download; what auditors see."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit import alerts
from audit.actions import record
from officials.models import Division
from residents import actions
from residents.models import RosterExport, RosterImport
from tests.conftest import XIAOBAILOU
from tests.e2e.roster_browser import DESK, PHONE, OpenPage, signed_in
from tests.e2e.test_staff_pages import faults
from tests.residents.conftest import SMALL, as_csv

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def roster(heping: Division, street_admin: User, approver: User) -> RosterImport:
    at = timezone.now()
    stored = actions.upload_roster(
        street=Division.objects.get(code=XIAOBAILOU),
        file_name="小白楼街道2026年第四季度住户名册（各社区核对后）.csv",
        content=as_csv(list(SMALL)),
        by=street_admin,
        at=at,
    )
    return actions.read_roster(roster_import=stored, by=street_admin, at=at)


@pytest.fixture
def open_page(
    browser: Browser,
    live_server: LiveServer,
    street_admin_client: Client,
    approver_client: Client,
    auditor_client: Client,
) -> Iterator[OpenPage]:
    clients = {
        "street_admin": street_admin_client,
        "approver": approver_client,
        "auditor": auditor_client,
    }
    with signed_in(browser, live_server.url, clients) as make:
        yield make


def test_report_is_asked_for_released_and_taken(
    roster: RosterImport, open_page: OpenPage, tmp_path: Path
) -> None:
    street, second = open_page(PHONE), open_page(DESK, who="approver")
    street.goto(f"/desk/rosters/{roster.pk}/")
    street.get_by_label("为什么要看原文").select_option("correct")
    street.get_by_role("button", name="申请下载原表加“原因”列").click()
    expect(street.locator("main .badge")).to_have_text("待核准")
    second.goto("/desk/rosters/")
    second.get_by_role("link", name="有 1 件报告下载申请等人核准。").click()
    second.locator(".roster__todo a").click()
    second.get_by_label("我看过申请，同意申请人下载带姓名和电话的报告。").check()
    second.get_by_role("button", name="核准下载").click()
    expect(second.locator("main .badge")).to_have_text("可下载")
    assert second.get_by_role("button", name="下载原表加“原因”列").count() == 0
    street.reload()
    with street.expect_download() as taken:
        street.get_by_role("button", name="下载原表加“原因”列").click()
    path = tmp_path / "原因.xlsx"
    taken.value.save_as(path)
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    assert [row[5] for row in sheet.to_python()] == [
        "户主姓名",
        "王小明",
        "李秀英",
        "张伟",
        "",
    ]


def test_pages_have_no_fault_on_phone_and_desk(
    roster: RosterImport, street_admin: User, open_page: OpenPage
) -> None:
    at = timezone.now()
    export = actions.request_export(
        roster_import=roster, purpose="correct", by=street_admin, at=at
    )
    with transaction.atomic():
        data = {"count": 201, "limit": 200}
        record(alerts.REVEALS, by=street_admin, at=at, data=data)
    addresses = [
        ("approver", "/desk/rosters/exports/"),
        ("approver", f"/desk/rosters/exports/{export.pk}/"),
        ("street_admin", f"/desk/rosters/exports/{export.pk}/"),
        ("street_admin", f"/desk/rosters/{roster.pk}/"),
        ("auditor", "/desk/trail/"),
        ("auditor", "/desk/"),
    ]
    found = []
    pictures = os.environ.get("EXPORT_PICTURES")
    for size in (PHONE, DESK):
        for who, address in addresses:
            page = open_page(size, who=who, script=True)
            page.goto(address)
            found += faults(page, address, size["width"])
            if pictures:
                name = f"{who}{address.replace('/', '_')[:30]}{size['width']}.png"
                page.screenshot(path=Path(pictures) / name, full_page=True)
    assert found == []
    assert RosterExport.objects.get().state == "waiting"
