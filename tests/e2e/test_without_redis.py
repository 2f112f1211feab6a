"""With Redis gone residents still vote: a ballot needs the database only."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, expect

from ballots.codes import printed
from ballots.models import BallotCode, Envelope
from demo import rounds, story
from demo.calendar import open_term
from demo.places import make_places
from tests.e2e.processes import web
from tests.surveys.conftest import HOUSEHOLDS, make_roster

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def code() -> str:
    """A code of an open round."""
    today = timezone.localdate()
    term = open_term(today)
    at = term.opens_at - dt.timedelta(days=1)
    district = make_places(starts_on=at.date(), at=at)
    list(story.make_accounts(at=at))
    make_roster(HOUSEHOLDS)
    setting = story.make_setting(district, at=at)
    _survey_round, codes = rounds.start_round(setting, term)
    return printed(codes[0].code)


@pytest.fixture
def static_files() -> None:
    """What whitenoise serves in production, with digests in the names."""
    call_command("collectstatic", "--no-input", verbosity=0)
    assert (Path(settings.STATIC_ROOT) / "css" / "resident.css").exists()


@pytest.mark.usefixtures("static_files")
def test_resident_votes_while_redis_is_stopped(
    code: str, browser: Browser, tmp_path: Path
) -> None:
    nowhere = f"unix://{tmp_path}/no-redis.sock?db=0"
    with web(tmp_path / "web.log", REDIS_URL=nowhere) as address:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(address)
        page.locator("main input[type=text]").fill(code)
        page.locator("main").get_by_role("button", name="下一步").click()
        page.locator("#q1-1").check()
        page.locator("#words").get_by_role("button", name="检查一遍").click()
        page.get_by_role("button", name="封").last.click()
        expect(page.locator("h1")).to_contain_text("封好了")
        page.context.close()
    assert Envelope.objects.count() == 1
    assert BallotCode.objects.filter(state=BallotCode.State.USED).count() == 1
