"""Sign-in, the desk's front page and the trail, as staff and strangers meet them."""

from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from tests.conftest import PASSWORD


def test_desk_sends_a_stranger_to_sign_in(db: None, client: Client) -> None:
    answer = client.get(reverse("accounts:home"))
    assert (answer.status_code, answer.url) == (302, "/desk/sign-in/?next=/desk/")


def test_sign_in_leaves_a_trail_and_opens_the_desk(clerk: User, client: Client) -> None:
    url = reverse("accounts:sign-in")
    answer = client.post(url, {"username": "clerk", "password": PASSWORD}, follow=True)
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
