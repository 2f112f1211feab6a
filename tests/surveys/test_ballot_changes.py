"""Changing one's mind: replace, take back, press twice, two tabs (T29-T31)."""

import re

import pytest
from django.test import Client

from ballots.models import BallotCode, Envelope
from tests.surveys.ballot_fixtures import (
    ANSWERS,
    CSRF,
    OTHERS,
    LiveRound,
    carried,
    enter,
    envelopes,
    review,
    seal,
    state_of,
    text_of,
)

pytestmark = pytest.mark.django_db


def test_changing_the_vote_keeps_one_envelope_and_the_receipt(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    seal(client, ANSWERS)
    first, page = envelopes(), text_of(client, "/ballot/receipt/")
    other_phone = Client()
    enter(other_phone, live_round.code)
    assert seal(other_phone, OTHERS) == "/ballot/receipt/"
    second = envelopes()
    assert [code for code, _digest in second] == [code for code, _digest in first]
    assert second != first
    again = text_of(other_phone, "/ballot/receipt/")
    assert CSRF.sub("", again) == CSRF.sub("", page)


def test_receipt_page_is_the_same_whatever_was_chosen(
    client: Client, live_round: LiveRound
):
    pages = []
    for answers in (ANSWERS, OTHERS, {"words": "我家漏水"}):
        enter(client, live_round.code)
        seal(client, answers)
        pages.append(CSRF.sub("", text_of(client, "/ballot/receipt/")))
    assert pages[1:] == pages[:1] * 2


def test_second_press_of_the_seal_writes_nothing(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    sent = {**ANSWERS, **carried(review(client, ANSWERS))}
    first = client.post("/ballot/seal/", sent)
    stored = envelopes()
    second = client.post("/ballot/seal/", sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second["Location"] == first["Location"] == "/ballot/receipt/"
    assert envelopes() == stored


def test_tab_left_behind_asks_before_it_replaces(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    behind = {**OTHERS, **carried(review(client, OTHERS))}
    seal(client, ANSWERS)
    stored = envelopes()
    response = client.post("/ballot/seal/", behind)
    page = response.content.decode()
    assert response.status_code == 409
    assert "箱里有一张更新的票，要换成这一张吗？" in page
    assert envelopes() == stored
    marks = dict(re.findall(r'name="(item_\d)" value="(\d)"', page))
    assert marks == OTHERS
    response = client.post("/ballot/seal/", {**marks, "words": "", **carried(page)})
    assert response.status_code == 303
    assert envelopes() != stored
    assert len(envelopes()) == 1


def test_older_request_does_not_undo_a_newer_ballot(
    client: Client, live_round: LiveRound
):
    """T144: a captured request with its own cookie, sent again after a change."""
    enter(client, live_round.code)
    token = client.cookies["ballot"].value
    old = {**ANSWERS, **carried(review(client, ANSWERS))}
    client.post("/ballot/seal/", old)
    enter(client, live_round.code)
    seal(client, OTHERS)
    stored = envelopes()
    client.cookies["ballot"] = token
    assert client.post("/ballot/seal/", old).status_code == 409
    assert envelopes() == stored


def test_recall_needs_no_code_and_frees_the_code(client: Client, live_round: LiveRound):
    enter(client, live_round.code)
    seal(client, ANSWERS)
    response = client.post("/ballot/recall/")
    assert "票已收回" in response.content.decode()
    assert envelopes() == []
    assert state_of(live_round.codes[0].code_id) == BallotCode.State.ISSUED
    assert client.post("/ballot/recall/").status_code == 200
    assert seal(client, OTHERS) == "/ballot/receipt/"
    assert len(envelopes()) == 1


def test_form_of_a_household_that_voted_says_so_and_offers_the_recall(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    assert text_of(client, "/ballot/").count('action="/ballot/recall/"') == 0
    seal(client, ANSWERS)
    enter(client, live_round.code)
    page = text_of(client, "/ballot/")
    assert page.count("箱里已有您家的一张票。") == 1
    assert page.count('action="/ballot/recall/"') == 1
    assert page.count(" checked") == 0


def test_recall_of_a_ballot_that_changed_meanwhile_takes_nothing(
    client: Client, live_round: LiveRound
):
    enter(client, live_round.code)
    seal(client, ANSWERS)
    other_phone = Client()
    enter(other_phone, live_round.code)
    seal(other_phone, OTHERS)
    stored = envelopes()
    assert client.post("/ballot/recall/").status_code == 409
    assert envelopes() == stored
    assert client.post("/ballot/recall/").status_code == 200
    assert envelopes() == []


def test_seventh_change_within_an_hour_has_to_wait(
    client: Client, live_round: LiveRound
):
    """T108: six replacements; the ballot in the box stays."""
    for _time in range(7):
        enter(client, live_round.code)
        seal(client, ANSWERS)
    stored = envelopes()
    enter(client, live_round.code)
    sent = {**OTHERS, **carried(review(client, OTHERS))}
    assert client.post("/ballot/seal/", sent).status_code == 429
    assert envelopes() == stored
    assert Envelope.objects.count() == 1
