"""Sign-in, the desk's front page and the trail, as staff and strangers meet them."""

from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit import alerts
from audit.actions import record
from audit.models import AuditEvent
from tests.conftest import PASSWORD, six_digits


def test_desk_sends_a_stranger_to_sign_in(db: None, client: Client) -> None:
    answer = client.get(reverse("accounts:home"))
    assert (answer.status_code, answer.url) == (302, "/desk/sign-in/?next=/desk/")


def test_sign_in_leaves_a_trail_and_opens_the_desk(clerk: User, client: Client) -> None:
    url = reverse("accounts:sign-in")
    typed = {
        "username": "clerk",
        "password": PASSWORD,
        "factor_code": six_digits(clerk),
    }
    answer = client.post(url, typed, follow=True)
    assert answer.redirect_chain == [("/desk/", 302)]
    assert "clerk" in answer.content.decode()
    event = AuditEvent.objects.order_by("seq").last()
    assert (event.verb, event.actor) == ("user.signed_in", "clerk")


def test_wrong_password_and_unknown_name_read_the_same(
    clerk: User, client: Client
) -> None:
    url = reverse("accounts:sign-in")
    pages = [
        client.post(url, {"username": name, "password": "wrong"}).context["form"].errors
        for name in ("clerk", "nobody")
    ]
    assert pages[0] == pages[1]
    assert "_auth_user_id" not in client.session


def test_sign_out_by_get_changes_nothing(clerk_client: Client) -> None:
    assert clerk_client.get(reverse("accounts:sign-out")).status_code == 405
    assert clerk_client.get(reverse("accounts:home")).status_code == 200


def test_trail_is_for_the_audit_administrator_only(
    auditor_client: Client, clerk_client: Client
) -> None:
    url = reverse("accounts:trail")
    assert auditor_client.get(url).status_code == 200
    assert clerk_client.get(url).status_code == 403


def test_english_desk_is_in_english(clerk_client: Client) -> None:
    clerk_client.post("/i18n/setlang/", {"language": "en", "next": "/desk/"})
    assert '<html lang="en">' in clerk_client.get("/desk/").content.decode()


def raise_alert(by: User) -> None:
    with transaction.atomic():
        data = {"count": 201, "limit": 200}
        record(alerts.REVEALS, by=by, at=timezone.now(), data=data)


def test_alert_is_the_first_thing_the_auditor_sees(
    auditor_client: Client, clerk_client: Client, clerk: User
) -> None:
    quiet = auditor_client.get(reverse("accounts:trail")).content.decode()
    assert quiet.count("最近 30 天没有警示。") == 1
    raise_alert(by=clerk)
    page = auditor_client.get(reverse("accounts:trail")).content.decode()
    sentence = "一天里看了 201 户姓名和电话的原文，超过 200 户。"
    assert (page.count(sentence), page.count('href="?actor=clerk"')) == (1, 1)
    desks = [
        client.get(reverse("accounts:home")).content.decode()
        for client in (auditor_client, clerk_client)
    ]
    assert [desk.count("今天有 1 条警示。") for desk in desks] == [1, 0]


def test_trail_of_one_person_shows_nobody_else(
    auditor_client: Client, clerk: User
) -> None:
    raise_alert(by=clerk)
    answer = auditor_client.get(reverse("accounts:trail"), {"actor": "clerk"})
    assert {event.actor for event in answer.context["page"]} == {"clerk"}
