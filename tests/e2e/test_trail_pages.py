"""The pages of the trail and the public checkpoints: no fault, no sideways scroll."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts import roles
from accounts.models import User
from audit import verifying
from audit.actions import SYSTEM, record
from audit.models import AuditEvent
from tests.audit import chains
from tests.conftest import HEPING
from tests.e2e.test_staff_pages import SIZES, faults, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told_trail(make_staff: Callable[..., User]) -> int:
    """A trail with checkpoints, a verification and an alert; the event to look at."""
    make_staff("auditor", roles.AUDIT_ADMINISTRATOR, HEPING)
    at = timezone.now()
    with transaction.atomic():
        opened = record(
            "box.opened",
            by=SYSTEM,
            at=at,
            division=HEPING,
            data={"envelopes": 120, "voided": {"tampered": 1}, "second": "王部长"},
        )
        record("alert.reveals", by=SYSTEM, at=at, data={"count": 201, "limit": 200})
        chains.issue("daily")
        chains.issue("close")
    verifying.verify_and_note(by=SYSTEM, at=at)
    return opened.seq


def test_pages_of_the_trail_have_no_fault(
    told_trail: int, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    found, number = [], 0
    for size in SIZES:
        context = browser.new_context(viewport=size)
        page = signed_in(context.new_page(), live_server, "auditor")
        for address in (
            "/desk/trail/",
            f"/desk/trail/{told_trail}/",
            "/desk/trail/?verb=box.opened&division=12x",
            "/audit/checkpoints/",
        ):
            for _language in ("zh", "en"):
                page.goto(live_server.url + address)
                for details in page.locator("main details").all():
                    details.evaluate("one => { one.open = true }")
                found += faults(page, address, size["width"])
                number += 1
                page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
                with page.expect_navigation():
                    page.locator("button[name=language]").first.click()
        context.close()
    assert found == []


def test_auditor_verifies_and_downloads(
    told_trail: int, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(viewport=SIZES[0])
    page = signed_in(context.new_page(), live_server, "auditor")
    page.goto(f"{live_server.url}/desk/trail/?verb=box.opened")
    with page.expect_navigation():
        page.get_by_role("button", name="现在从头核对").click()
    expect(page.locator("main")).to_contain_text("条全部完好。")
    page.goto(f"{live_server.url}/desk/trail/?verb=box.opened")
    page.locator("main details.trail-export > summary").click()
    page.get_by_label("用途").fill("核对二月开箱")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出").click()
    rows = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["seq", str(told_trail), "end"]
    assert AuditEvent.objects.filter(verb="trail.exported").count() == 1
    context.close()
