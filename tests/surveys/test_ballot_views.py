"""The visit of one household, from the code on the letter to the receipt."""

import datetime as dt
import re

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from audit.actions import SYSTEM
from ballots import actions as box_actions
from ballots.entry import Entry, redeem, to_token
from ballots.models import BallotCode
from surveys.ballot_pages import page_for
from tests.surveys.ballot_fixtures import (
    ANSWERS,
    SECOND,
    LiveRound,
    carried,
    enter,
    envelopes,
    hidden,
    review,
    seal,
    state_of,
    text_of,
)

pytestmark = pytest.mark.django_db


def test_visit_ends_with_the_receipt_of_the_letter(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    assert seal(client, ANSWERS) == "/ballot/receipt/"
    page = text_of(client, "/ballot/receipt/")
    groups = [live_round.receipt[at : at + 4] for at in range(0, 16, 4)]
    assert "".join(f"<span>{group}</span> " for group in groups) in page
    assert [code for code, _digest in envelopes()] == [live_round.codes[0].code_id]
    assert state_of(live_round.codes[0].code_id) == BallotCode.State.USED


def test_form_shows_who_is_rated_and_the_stored_promise_word_for_word(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    page = text_of(client, "/ballot/")
    assert '开封道社区党委书记 <span class="name">周静兰</span>' in page
    assert "请您说说本社区党委书记周静兰的工作怎么样" in page
    for text in (live_round.box.promise, live_round.box.notice):
        for line in text.zh.splitlines():
            assert f"<p>{line}</p>" in page
        assert f"校验码 {bytes(text.digest).hex()[:16]}" in page
    assert "<dd>基础</dd>" in page


def test_form_of_another_community_shows_its_own_secretary(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.elsewhere[0].code)
    page = text_of(client, "/ballot/")
    assert '泰安道社区党委书记 <span class="name">刘海成</span>' in page
    assert page.count("周静兰") == 0


def test_choices_have_the_same_markup_and_none_is_chosen(
    client: Client, live_round: LiveRound
):
    """T117: only the level and the words differ."""
    enter(client, live_round.code)
    page = text_of(client, "/ballot/")
    choices = re.findall(r'<div class="choice">.*?</div>', page)
    assert len(choices) == 48
    bare = {
        re.sub(r"<span>.*</span>|q\d-\d|item_\d|value=\"\d\"|face-\d", "", choice)
        for choice in choices
    }
    assert len(bare) == 1
    assert page.count(" checked") == 0


def test_everything_may_stay_blank(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    page = review(client, {"words": ""})
    assert "您一题都没有答。可以就这样封票，也可以回去填。" in page
    assert seal(client, {"words": ""}) == "/ballot/receipt/"
    assert len(envelopes()) == 1


def test_review_tells_all_answers_in_words(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    page = review(client, {"item_1": "5", "item_2": "0", "words": "<b>灯</b>坏了"})
    answers = re.findall(r"<strong[^>]*>(.*?)</strong>", page)
    assert answers == [
        "非常满意", "说不清", *["没有答"] * 6, "&lt;b&gt;灯&lt;/b&gt;坏了"
    ]  # fmt: skip
    assert "还有 6 题没有答，空着也可以。" in page
    assert page.count(" checked") == 2


def test_an_answer_can_be_wiped_from_the_review(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    page = review(client, {**ANSWERS, "wipe": "item_3"})
    answers = re.findall(r"<strong[^>]*>(.*?)</strong>", page)
    assert answers == ["满意"] * 2 + ["没有答"] + ["满意"] * 5 + ["楼道灯坏了"]


def test_what_was_not_reviewed_is_not_sealed(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    page = review(client, ANSWERS)
    changed = {**ANSWERS, **carried(page), "item_1": "1"}
    response = client.post("/ballot/seal/", changed)
    again = response.content.decode()
    assert "您刚才又改了，请再看一遍，看好了再封票。" in again
    assert envelopes() == []
    response = client.post("/ballot/seal/", {**changed, **carried(again)})
    assert response.status_code == 303
    assert len(envelopes()) == 1


def test_words_too_long_come_back_whole_and_unsealed(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    long = {**ANSWERS, "words": "灯" * 501}
    page = review(client, long)
    assert "话太长了：最多 500 字，现在 501 字。请缩短一些。" in page
    assert f">{'灯' * 501}</textarea>" in page
    assert page.count(" checked") == 8
    sent = {**long, "nonce": "n", "held": "", "seen": "s"}
    assert client.post("/ballot/seal/", sent).status_code == 200
    assert envelopes() == []


def test_a_level_that_is_not_on_the_page_is_refused(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    assert client.post("/ballot/review/", {"item_1": "9"}).status_code == 400


def token_made(live_round: LiveRound, ago: dt.timedelta, minutes: int) -> str:
    known = redeem(live_round.code, at=timezone.now())
    return to_token(known, at=timezone.now() - ago, minutes=minutes)


@pytest.mark.parametrize("address", ["fill", "review", "seal", "recall"])
def test_stale_token_leads_back_to_the_code(
    client: Client, live_round: LiveRound, address: str
):
    client.cookies["ballot"] = token_made(live_round, dt.timedelta(minutes=121), 120)
    send = client.get if address == "fill" else client.post
    response = send("/ballot/" if address == "fill" else f"/ballot/{address}/")
    assert (response.status_code, response["Location"]) == (303, "/?again=1")
    assert "时间久了，为稳妥起见，请再输一次码。" in text_of(client, "/?again=1")


def test_page_idle_for_thirty_minutes_still_submits(
    client: Client, live_round: LiveRound
):
    """E13."""
    client.cookies["ballot"] = token_made(live_round, dt.timedelta(minutes=31), 120)
    assert seal(client, ANSWERS) == "/ballot/receipt/"


def test_damaged_token_leads_back_to_the_code(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    client.cookies["ballot"] = "x" + client.cookies["ballot"].value[1:]
    assert client.get("/ballot/")["Location"] == "/?again=1"
    client.cookies["ballot"] = "é"
    assert client.get("/ballot/")["Location"] == "/?again=1"


def test_receipt_page_without_a_ballot_leads_to_the_form(
    client: Client, live_round: LiveRound
):
    assert client.get("/ballot/receipt/")["Location"] == "/receipt/"
    enter(client, live_round.code)
    assert client.get("/ballot/receipt/")["Location"] == "/ballot/"


def test_closed_box_ends_the_visit_with_a_plain_page(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    box_actions.destroy_box(
        box=live_round.box, reason="重来", by=SYSTEM, at=timezone.now(), second=SECOND
    )
    sent = {**ANSWERS, **carried(review(client, ANSWERS))}
    response = client.post("/ballot/seal/", sent)
    assert response.status_code == 409
    assert "这次测评已经截止" in response.content.decode()
    response = client.post("/", {"code": live_round.code})
    assert "这次测评已经截止" in response.content.decode()


def test_past_the_deadline_the_form_is_not_shown(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    text_of(client, "/ballot/")
    code, now = live_round.codes[0], timezone.now()
    kept = page_for(box_id=live_round.box.pk, stratum=code.stratum, at=now)
    kept.web_closes_at = now
    response = client.get("/ballot/")
    assert response.status_code == 409
    assert "这次测评已经截止" in response.content.decode()


def test_void_code_ends_the_visit(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    sent = {**ANSWERS, **carried(review(client, ANSWERS))}
    code = BallotCode.objects.get(pk=live_round.codes[0].code_id)
    box_actions.void_code(code=code, reason="lost", by=SYSTEM, at=timezone.now())
    response = client.post("/ballot/seal/", sent)
    assert response.status_code == 409
    assert "原因：遗失。" in response.content.decode()
    assert (
        "这个码已经作废" in client.post("/", {"code": live_round.code}).content.decode()
    )


def test_token_of_a_purged_code_ends_the_visit(client: Client, live_round: LiveRound):
    known = redeem(live_round.code, at=timezone.now())
    stranger = Entry(known.box_id, known.box_id, known.stratum, None)
    client.cookies["ballot"] = to_token(stranger, at=timezone.now())
    sent = {**ANSWERS, **carried(review(client, ANSWERS))}
    response = client.post("/ballot/seal/", sent)
    assert "这个码不在用了" in response.content.decode()
    assert envelopes() == []


def test_switching_letters_and_language_keeps_the_answers(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    sent = {"item_3": "2", "words": "谢谢", "display": "large-contrast"}
    response = client.post("/ballot/redraw/", sent)
    page = response.content.decode()
    assert '<html lang="zh-hans" class="large contrast">' in page
    assert client.cookies["display"].value == "large-contrast"
    assert re.findall(r'id="(q\d-\d)"[^>]* checked', page) == ["q3-2"]
    page = client.post(
        "/ballot/redraw/", {"item_3": "2", "words": "谢谢", "language": "en"}
    ).content.decode()
    assert '<html lang="en" class="large contrast">' in page
    assert "How satisfied are you with how quickly things get done?" in page
    assert re.findall(r'id="(q\d-\d)"[^>]* checked', page) == ["q3-2"]
    assert client.cookies["django_language"].value == "en"
    assert "Very satisfied" in text_of(client, "/ballot/")


def test_switching_on_the_review_stays_on_the_review(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    page = review(client, ANSWERS)
    sent = {**ANSWERS, **carried(page), "display": "large"}
    again = client.post("/ballot/redraw/", sent).content.decode()
    assert hidden(again, "seen") == hidden(page, "seen")
    assert 'class="large"' in again


def test_visit_asks_the_database_twice_and_leaves_no_session(
    client: Client, live_round: LiveRound, django_assert_num_queries
):
    """Nothing is read per question; the pages between code and seal ask nothing."""
    enter(Client(), live_round.code)
    text_of(client, "/")
    enter(client, live_round.elsewhere[0].code)
    text_of(client, "/ballot/")
    with django_assert_num_queries(0):
        text_of(client, "/ballot/")
        page = review(client, ANSWERS)
    client.post("/ballot/seal/", {**ANSWERS, **carried(page)})
    with django_assert_num_queries(0):
        text_of(client, "/ballot/receipt/")
    assert Session.objects.count() == 0
    assert sorted(client.cookies) == ["ballot", "csrf"]


def test_code_stands_in_no_address_and_no_cookie(client: Client, live_round: LiveRound):
    bare = live_round.code.replace("-", "")
    response = client.post("/", {"code": live_round.code})
    assert response["Location"] == "/ballot/"
    kept = client.cookies["ballot"].value
    assert kept.count(bare) + text_of(client, "/ballot/").count(bare) == 0
    attributes = client.cookies["ballot"]
    assert (attributes["httponly"], attributes["samesite"], attributes["path"]) == (
        True,
        "Lax",
        "/",
    )
    assert attributes["max-age"] == 7200


def test_getting_an_address_never_changes_anything(
    client: Client, live_round: LiveRound
):
    """T25, T147: scanners and previews open links first."""
    enter(client, live_round.code)
    seal(client, ANSWERS)
    before = envelopes(), list(BallotCode.objects.order_by("pk").values())
    for name in ("", "review/", "seal/", "recall/", "redraw/", "receipt/"):
        for _time in range(2):
            client.get(f"/ballot/{name}")
            client.head(f"/ballot/{name}")
    for address in ("/", "/receipt/", "/display/", "/notice/", "/help/"):
        client.get(address)
        client.head(address)
    assert (envelopes(), list(BallotCode.objects.order_by("pk").values())) == before


@pytest.mark.parametrize("name", ["review", "seal", "recall", "redraw"])
def test_reloading_a_step_by_get_leads_to_the_form(
    client: Client, live_round: LiveRound, name: str
):
    assert client.get(f"/ballot/{name}/")["Location"] == "/ballot/"


def test_post_without_csrf_token_is_refused_in_plain_words(
    live_round: LiveRound, settings: LazySettings
):
    settings.CSRF_FAILURE_VIEW = "surveys.ballot_side_views.csrf_failure"
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/", {"code": live_round.code})
    assert response.status_code == 403
    assert "<h1>这一页用不了了</h1>" in response.content.decode()


def test_browser_with_a_staff_session_gets_no_ballot_page(
    clerk_client: Client, live_round: LiveRound
):
    """T93."""
    assert clerk_client.get("/").status_code == 200
    response = clerk_client.post("/", {"code": live_round.code})
    assert response.status_code == 403
    clerk_client.cookies["ballot"] = token_made(live_round, dt.timedelta(), 120)
    assert clerk_client.get("/ballot/").status_code == 403
    assert clerk_client.post("/ballot/seal/", ANSWERS).status_code == 403
    assert envelopes() == []
