"""Every staff page of the demo: no fault that axe finds, no sideways scrolling."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from demo import story
from evaluations.models import MonthlyRating
from officials.models import PeerGroup
from residents.models import RosterImport
from surveys.models import Round
from tests.conftest import PASSWORD, six_digits

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})


@pytest.fixture
def told() -> None:
    """The demo, with one password for everybody."""
    story.tell(today=timezone.localdate(), whole_district=False, say=lambda text: None)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()


def addresses() -> list[tuple[str, str]]:
    """Who opens what; the last closed month and the open round."""
    rating = MonthlyRating.objects.latest("month")
    group = PeerGroup.objects.get(members__organization__division=rating.community)
    current = Round.objects.get(state=Round.State.OPEN).code
    past = Round.objects.filter(state=Round.State.PUBLISHED).latest("period").code
    roster = RosterImport.objects.get().pk
    month = rating.month
    return [
        ("", "/desk/sign-in/"),
        ("", "/results/"),
        ("", f"/results/{rating.community_id}/"),
        ("jiedao", "/desk/"),
        ("jiedao", "/desk/security/"),
        ("jiedao", "/desk/security/confirm/"),
        ("jiedao", "/desk/security/password/"),
        ("jiedao", "/desk/rosters/"),
        ("jiedao", "/desk/rosters/upload/"),
        ("jiedao", f"/desk/rosters/{roster}/"),
        ("jiedao", f"/desk/rosters/{roster}/changes/"),
        ("jiedao", f"/desk/rosters/{roster}/rows/"),
        ("hezhun", "/desk/rosters/snapshots/"),
        ("keyuan", "/desk/rounds/"),
        ("keyuan", f"/desk/rounds/{current}/"),
        ("keyuan", f"/desk/rounds/{past}/"),
        ("keyuan", f"/desk/rounds/{current}/slips/"),
        ("keyuan", "/desk/ratings/"),
        ("keyuan", "/desk/ratings/rounds/prepare/"),
        ("keyuan", f"/desk/ratings/120101/{month}/"),
        ("keyuan", f"/desk/ratings/groups/{group.pk}/{month}/"),
        ("keyuan", f"/desk/ratings/appointments/{rating.appointment_id}/{month}/"),
        ("buzhang", f"/desk/ratings/120101/{month}/publication/"),
        ("shenji", "/desk/trail/"),
    ]


def signed_in(page: Page, server: LiveServer, username: str) -> Page:
    if username:
        page.goto(f"{server.url}/desk/sign-in/")
        page.get_by_label("账号").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        code = six_digits(User.objects.get(username=username))
        page.get_by_label("验证码").fill(code)
        with page.expect_navigation(url=f"{server.url}/desk/"):
            page.locator("main").get_by_role("button", name="登录").click()
    return page


def faults(page: Page, address: str, width: int) -> list[str]:
    """What a person would stumble over on the page that is open."""
    found = [
        f"{address} at {width}: {violation['id']} {violation['nodes'][0]['html'][:90]}"
        for violation in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"{address} at {width}: {wide} px wide")
    return found


@pytest.mark.usefixtures("told")
def test_staff_and_public_pages_have_no_fault(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    found, failed = [], []
    for size in SIZES:
        pages: dict[str, Page] = {}
        for username, address in addresses():
            if username not in pages:
                context = browser.new_context(viewport=size)
                pages[username] = signed_in(context.new_page(), live_server, username)
            page = pages[username]
            answer = page.goto(live_server.url + address)
            assert answer is not None
            if answer.status != 200:
                failed.append(f"{address}: {answer.status}")
            found += faults(page, address, size["width"])
            name = address.strip("/").replace("/", "-")
            page.screenshot(path=tmp_path / f"{name}-{size['width']}.png")
    assert (failed, found) == ([], [])
