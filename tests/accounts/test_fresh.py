"""Six digits of the last five minutes before a grave act (T91, T92)."""

import datetime as dt
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from tests.accounts.test_sign_in import verbs, wrong_digits
from tests.conftest import PASSWORD, signed_in, six_digits

CHANGE = "/desk/security/password/"
CODES = "/desk/security/codes/"
CONFIRM = "/desk/security/confirm/"
NEW = 'A "new" <quiet> & long sentence, 2027'
TYPED = {"old": PASSWORD, "new": NEW, "again": NEW}
# Two-person acts, what shows personal data in the clear, and one's own keys.
GRAVE = {
    "accounts:codes-renew",
    "accounts:factor-replace",
    "accounts:password-change",
    "evaluations:export-download",
    "evaluations:figures-export",
    "evaluations:publication-prepare",
    "evaluations:publication-publish",
    "residents:correction-confirm",
    "residents:correction-reveal",
    "residents:export-download",
    "residents:export-release",
    "residents:import-confirm",
    "residents:import-report",
    "residents:request-view",
    "residents:review-reveal",
    "residents:row-reveal",
    "surveys:act-agree",
    "surveys:act-print",
    "surveys:batch-reissue",
    "surveys:household-reissue",
    "surveys:household-void",
    "surveys:round-accept-invalid",
    "surveys:round-annul",
    "surveys:round-approve",
    "surveys:round-seed",
    "surveys:slip-print",
}


class HiddenFields(HTMLParser):
    """Hidden fields of the page's own form, name and value, as a browser reads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page[page.index("<main") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_token = values.get("name") == "csrfmiddlewaretoken"
        if tag == "input" and values.get("type") == "hidden" and not is_token:
            self.found.append((values["name"], values["value"]))


def stale(user: User) -> Client:
    """A browser whose last digits are older than five minutes."""
    client = signed_in(user)
    session = client.session
    at = timezone.now() - sessions.FRESH - dt.timedelta(seconds=1)
    session["factor"] = at.timestamp()
    session.save()
    return client


def views(resolver: URLResolver, room: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern, pattern.namespace or room)
        else:
            yield f"{room}:{pattern.name}", pattern


def test_every_grave_act_asks_for_a_fresh_factor() -> None:
    """Whoever takes the line from a view has to take it from here too."""
    asking = {
        name
        for name, pattern in views(get_resolver())
        if getattr(pattern.callback, "needs_fresh_factor", False)
    }
    assert GRAVE - asking == set()


def test_page_is_opened_after_the_digits(clerk: User) -> None:
    client = stale(clerk)
    answer = client.get(CHANGE + "?a=1")
    asked = f"{CONFIRM}?next=%2Fdesk%2Fsecurity%2Fpassword%2F%3Fa%3D1"
    assert answer.url == asked
    page = client.get(asked)
    hidden = HiddenFields(page.content.decode()).found
    assert hidden == [("next", CHANGE + "?a=1")]
    answer = client.post(CONFIRM, dict(hidden) | {"factor_code": six_digits(clerk)})
    assert answer.url == CHANGE + "?a=1"
    assert client.get(CHANGE).status_code == 200
    assert verbs() == ["user.factor_proven"]


def test_form_that_was_sent_is_kept_and_goes_on(clerk: User) -> None:
    client = stale(clerk)
    page = client.post(CHANGE, TYPED)
    assert (page.status_code, page.templates[0].name) == (
        403,
        "accounts/factor_confirm.html",
    )
    kept = HiddenFields(page.content.decode()).found
    assert kept == list(TYPED.items())
    sent = dict(kept) | {"factor_code": six_digits(clerk)}
    assert client.post(CHANGE, sent).url == "/desk/"
    clerk.refresh_from_db()
    assert clerk.check_password(NEW)


def test_server_keeps_nothing_of_an_interrupted_form(clerk: User) -> None:
    client = stale(clerk)
    before = dict(client.session.items())
    client.post(CHANGE, TYPED)
    assert dict(client.session.items()) == before


def test_several_values_of_one_field_are_all_kept(clerk: User) -> None:
    page = stale(clerk).post(CODES, {"row": ["1", "2", "2"], "words": "一\n二"})
    assert HiddenFields(page.content.decode()).found == [
        ("row", "1"),
        ("row", "2"),
        ("row", "2"),
        ("words", "一\n二"),
    ]


def test_wrong_digits_stop_the_act_and_count(clerk: User) -> None:
    client = stale(clerk)
    sent = TYPED | {"factor_code": wrong_digits(clerk)}
    page = client.post(CHANGE, sent)
    assert page.status_code == 403
    assert list(page.context["form"].errors) == ["factor_code"]
    assert HiddenFields(page.content.decode()).found == list(TYPED.items())
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)
    assert clerk.failures.count() == 1


def test_digits_beside_a_form_do_not_stand_in_for_a_session(
    clerk: User, client: Client
) -> None:
    User.objects.update(session_ended="")
    client.force_login(clerk)
    answer = client.post(CODES, {"factor_code": six_digits(clerk)})
    assert answer.url == "/desk/sign-in/?why=over"


def test_used_digits_are_refused_for_the_next_act(clerk: User) -> None:
    digits = six_digits(clerk)
    client = stale(clerk)
    assert client.post(CODES, {"factor_code": digits}).status_code == 200
    again = stale(clerk)
    assert again.post(CODES, {"factor_code": digits}).status_code == 403


@pytest.mark.parametrize(("seconds", "status"), [(200, 200), (301, 403)])
def test_digits_are_fresh_for_five_minutes(
    seconds: int, status: int, clerk: User
) -> None:
    client = signed_in(clerk)
    session = client.session
    session["factor"] = timezone.now().timestamp() - seconds
    session.save()
    assert client.post(CODES).status_code == status


def test_wrong_method_is_answered_before_the_digits(clerk: User) -> None:
    assert stale(clerk).get(CODES).status_code == 405


def test_confirmation_leads_to_pages_of_ours_only(clerk: User) -> None:
    typed = {"next": "https://elsewhere.example/", "factor_code": six_digits(clerk)}
    assert stale(clerk).post(CONFIRM, typed).url == "/desk/"
