"""The door and what stands beside it: codes, receipts, display, notice, weight."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.actions import SYSTEM, System
from ballots import actions as box_actions
from ballots.codes import check_symbol, printed
from ballots.models import BallotCode
from surveys import ballot_limits
from tests.surveys.ballot_fixtures import (
    LiveRound,
    enter,
    review,
    seal,
)

pytestmark = pytest.mark.django_db
ANSWERS = {f"item_{number}": "3" for number in range(1, 9)}
KILOBYTE = 1024


def never_issued(number: int) -> str:
    """A well-formed code that no letter carries."""
    symbols = f"{number:011d}".translate(str.maketrans("01", "AB"))
    return printed(symbols + check_symbol(symbols))


def said(client: Client, code: str) -> tuple[str, str]:
    """Heading of the refusal, and the group that is marked as doubtful."""
    page = client.post("/", {"code": code}).content.decode()
    title = re.search(r"<p><strong>(.*?)</strong></p>", page)
    marked = re.findall(r'class="doubtful">(\w+)<small>', page)
    return (title[1] if title else "", " ".join(marked))


def test_code_is_taken_however_it_is_typed(client: Client, live_round: LiveRound):
    code = live_round.code
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.replace("-", ""))
    for typed in (code.lower(), code.replace("-", " "), f"  {code} ", wide):
        enter(Client(), typed)


def test_wrong_code_names_the_doubtful_group(client: Client, live_round: LiveRound):
    """T18: where to look again, never what would fit."""
    assert said(client, "234A-5O7B-9CDE") == ("第 2 组好像不对", "5O7B")
    assert said(client, "234A-567-9CDE") == ("码一共 12 个字，您打了 11 个", "567")
    assert said(client, "AAB2-4356-789H") == ("第 2 组好像不对", "4356")
    assert said(client, "2424-4224-2426") == ("第 2、3 组好像不对", "4224 2426")
    assert said(client, "2222-2222-222J") == ("码里有一个字不对", "")


def test_typed_code_stays_in_the_field_and_is_escaped(
    client: Client, live_round: LiveRound
):
    page = client.post("/", {"code": '"><b>2'}).content.decode()
    assert 'value="&quot;&gt;&lt;b&gt;2"' in page
    assert page.count("<b>") == 0


def test_unknown_code_is_refused_without_a_token(client: Client, live_round: LiveRound):
    assert said(client, never_issued(7)) == ("没有找到这个码", "")
    assert sorted(client.cookies) == ["csrf"]


def test_a_right_code_opens_however_often_others_guessed(
    client: Client, live_round: LiveRound
):
    """T20, T108: guessing leads to the help page, and nobody else is held up."""
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    codes = [never_issued(number * 10**7) for number in range(1, 33)]
    answers = [
        client.post("/", {"code": code}, **elsewhere).status_code for code in codes
    ]
    assert answers == [200] * 30 + [429] * 2
    assert client.post("/", {"code": live_round.code}, **elsewhere).status_code == 303


def test_guessing_at_one_beginning_leads_to_the_help_page(
    client: Client, live_round: LiveRound
):
    answers = [
        client.post("/", {"code": never_issued(number)}).status_code
        for number in range(2, 9)
    ]
    assert answers == [200] * 5 + [429] * 2


def test_look_up_knows_four_states_and_nothing_else(
    client: Client, live_round: LiveRound
):
    """T66."""

    def look_up(receipt: str) -> str:
        page = client.post("/receipt/", {"receipt": receipt}).content.decode()
        found = re.search(r"<p><strong>(.*?)</strong></p>", page)
        return found[1] if found else ""

    voter, other = live_round.codes[0], live_round.codes[1]
    assert look_up(voter.receipt) == "不在箱内"
    enter(client, live_round.code)
    seal(client, ANSWERS)
    assert look_up(voter.receipt) == "在箱内"
    assert look_up(f" {voter.receipt[:8]}-{voter.receipt[8:].lower()}") == "在箱内"
    assert look_up(other.receipt) == "不在箱内"
    assert look_up("nonsense") == "不在箱内"
    now = timezone.now()
    code = BallotCode.objects.get(pk=other.code_id)
    box_actions.void_code(code=code, reason="lost", by=SYSTEM, at=now)
    assert look_up(other.receipt) == "已作废"
    second = System("second", "department_head")
    box_actions.destroy_box(
        box=live_round.box, reason="重来", by=SYSTEM, at=now, second=second
    )
    assert look_up(voter.receipt) == "票箱已原封销毁"


def test_look_ups_are_limited_for_a_client_not_for_a_proxy(client: Client):
    ballot_limits.forget()
    far = {"REMOTE_ADDR": "203.0.113.7"}
    asked = {"receipt": "2222-3333-4444-5555"}
    answers = [client.post("/receipt/", asked, **far).status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    near = {"REMOTE_ADDR": "127.0.0.1"}
    answers = [client.post("/receipt/", asked, **near).status_code for _ in range(61)]
    assert answers == [200] * 61


def test_display_is_remembered_and_leads_back(client: Client):
    response = client.post("/display/", {"display": "large", "next": "/help/"})
    assert (response.status_code, response["Location"]) == (303, "/help/")
    assert 'class="large"' in client.get("/help/").content.decode()
    client.post("/display/", {"display": "standard", "next": "/"})
    assert 'class=""' in client.get("/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", ""])
def test_display_never_leads_to_another_host(client: Client, elsewhere: str):
    response = client.post("/display/", {"display": "large", "next": elsewhere})
    assert response["Location"] == "/"


def test_display_is_changed_by_post_only(client: Client):
    assert client.get("/display/").status_code == 405


def test_notice_stands_at_a_fixed_address_with_version_and_digest(
    client: Client, live_round: LiveRound
):
    """T6."""
    page = client.get("/notice/").content.decode()
    for text in (live_round.box.promise, live_round.box.notice):
        for line in text.zh.splitlines():
            assert f"<p>{line}</p>" in page
        assert f"第 {text.version} 版，{text.issued_on:%Y-%m-%d}，校验码" in page


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/ballot/", "/receipt/", "/report/", "/report/sent/", "/help/"),
        *("/notice/", "/results/", "/nowhere/"),
    ],
)
def test_every_page_of_a_resident_leads_to_promise_and_notice(
    client: Client, live_round: LiveRound, address: str
):
    """T6, T104."""
    enter(client, live_round.code)
    page = client.get(address).content.decode()
    assert page.partition('class="foot"')[2].count('href="/notice/"') == 1


def test_notice_before_the_first_round_says_so(client: Client):
    page = client.get("/notice/").content.decode()
    assert "还没有开始过测评，所以还没有承诺书。" in page


def test_browsers_find_an_icon(client: Client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (
        302,
        "/static/img/favicon.svg",
    )


def visit_pages(live_round: LiveRound) -> dict[str, bytes]:
    """All pages of one visit and the pages beside it."""
    client = Client()
    pages = {"code": client.get("/").content}
    wrong = client.post("/", {"code": "234A-5O7B-9CDE"})
    enter(client, live_round.code)
    pages["fill"] = client.get("/ballot/").content
    pages["review"] = review(client, ANSWERS).encode()
    seal(client, ANSWERS)
    pages["receipt"] = client.get("/ballot/receipt/").content
    beside = {
        "wrong": wrong.content,
        "look-up": client.post("/receipt/", {"receipt": live_round.receipt}).content,
        "help": client.get("/help/").content,
        "notice": client.get("/notice/").content,
    }
    return {**pages, **beside}


def test_visit_weighs_at_most_forty_kilobytes(live_round: LiveRound):
    """Architecture 7: all pages, style, script and pictures of a visit together."""
    pages = visit_pages(live_round)
    static = Path(settings.ROOT) / "static"
    files = [
        (static / name).read_bytes()
        for name in (
            "css/resident.css",
            "js/resident.js",
            "img/favicon.svg",
            "img/letter.svg",
            "img/sealed.svg",
        )
    ]
    visit = [pages[name] for name in ("code", "fill", "review", "receipt")]
    packed = sum(len(gzip.compress(part)) for part in visit + files)
    assert packed <= 40 * KILOBYTE
    assert len(files[0]) < 10 * KILOBYTE


def test_pages_load_only_their_own_style_script_and_pictures(live_round: LiveRound):
    """T106: nothing inline, nothing from another host."""
    for name, content in visit_pages(live_round).items():
        page = content.decode()
        assert re.findall(r"\s(?:style|on\w+)=", page) == [], name
        assert re.findall(r"<style|<script(?![^>]* src=)", page) == [], name
        loaded = set(re.findall(r'(?:src|href|action)="([^"#]+)', page))
        assert {where for where in loaded if not where.startswith("/")} == set(), name


def test_no_page_is_kept_by_a_cache_or_known_to_a_search_engine(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    for address in ("/", "/ballot/", "/receipt/", "/help/", "/notice/"):
        response = client.get(address)
        assert response["Cache-Control"] == "no-store"
        assert '<meta name="robots" content="noindex">' in response.content.decode()
