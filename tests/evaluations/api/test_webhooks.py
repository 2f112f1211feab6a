"""Messages of publications: written with them, signed, sent to named hosts only."""

import datetime as dt
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import actions as rating_actions
from evaluations import (
    publication,
    rollup,
    webhook_actions,
    webhook_sending,
    webhook_targets,
)
from evaluations.api.shapes import figure_shape
from evaluations.models import Publication, Webhook, WebhookDelivery
from evaluations.publication import Audience
from evaluations.webhook_actions import (
    RESTS,
    AlreadyTold,
    Event,
    State,
    StillWaiting,
    WebhookOver,
)
from evaluations.webhook_sending import Outcome
from evaluations.webhook_targets import TargetRefused, parse, resolved
from tests.evaluations.api.conftest import (
    FEW,
    HEPING,
    JIEFANGLU,
    KAIFENGDAO,
    MONTH,
    ask,
    publish,
)
from tests.evaluations.api.receiver import Receiver, receiver
from tests.evaluations.world import World, mixed

NOW = timezone.now()
Register = Callable[..., tuple[Webhook, str]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may be slow to answer; only two tests are about being late."""
    monkeypatch.setattr(webhook_sending, "PATIENCE", 60.0)
    monkeypatch.setattr(webhook_sending, "DEADLINE", 120.0)


@pytest.fixture
def listening(settings: Settings) -> Iterator[Receiver]:
    """A receiver on the loopback, which the list of hosts names."""
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with receiver() as told:
        yield told


@pytest.fixture
def register(head: User, listening: Receiver) -> Register:
    def make(scope: str = HEPING, url: str = "") -> tuple[Webhook, str]:
        return webhook_actions.make_webhook(
            name="市民热线", scope=scope, url=url or listening.url, by=head, at=NOW
        )

    return make


@pytest.fixture
def written(published: World, register: Register) -> tuple[WebhookDelivery, str]:
    """A message about the published month, and the secret that signs it."""
    _webhook, secret = register()
    write(Publication.objects.get())
    return WebhookDelivery.objects.select_related("webhook").get(), secret


def write(version: Publication, event: str = Event.PUBLISHED, **words: Any) -> int:
    return webhook_actions.write_messages(
        publication=version, event=event, at=NOW, **words
    )


def test_message_holds_public_figures_and_the_digest(
    published: World, written: tuple[WebhookDelivery, str]
) -> None:
    version, told = Publication.objects.get(), json.loads(written[0].body)
    communities = told.pop("communities")
    assert told == {
        "format": "minping.notice/1",
        "event": "month.published",
        "division": HEPING,
        "name": "和平区",
        "month": MONTH,
        "version": 1,
        "digest": version.digest,
        "at": NOW.isoformat(timespec="seconds"),
        "address": f"http://127.0.0.1:8000/api/v1/publications/{HEPING}/{MONTH}/1",
    }
    assert [(one["code"], one["figure"]) for one in communities] == [
        (
            code,
            figure_shape(
                publication.release(published.rating(code, MONTH), Audience.PUBLIC)
            ),
        )
        for code in (FEW, JIEFANGLU, KAIFENGDAO)
    ]
    assert communities[0]["figure"]["reason"] == "too_few"


def test_message_is_signed_over_moment_and_body(
    written: tuple[WebhookDelivery, str], listening: Receiver
) -> None:
    delivery, secret = written
    assert webhook_actions.send_next(at=NOW) is True
    (got,) = listening.received
    signed = f"{int(NOW.timestamp())}.".encode() + got.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert got.headers["Minping-Signature"] == f"v1={expected}"
    assert got.headers["Minping-Timestamp"] == str(int(NOW.timestamp()))
    assert got.headers["Minping-Delivery"] == str(delivery.pk)
    assert got.headers["Host"] == f"127.0.0.1:{listening.port}"
    assert (got.path, got.body.decode()) == ("/hook?from=minping", delivery.body)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 200, 1)
    assert webhook_actions.send_next(at=NOW) is None


def test_withdrawal_is_told_with_its_reason_and_no_figure(
    published: World, register: Register
) -> None:
    register()
    write(Publication.objects.get(), Event.WITHDRAWN, reason="窗口有误")
    told = json.loads(WebhookDelivery.objects.get().body)
    assert (told["event"], told["reason"]) == ("publication.withdrawn", "窗口有误")
    assert "communities" not in told


def test_only_those_above_and_still_active_are_told(
    published: World, register: Register, listening: Receiver, head: User
) -> None:
    city, _ = register("1201")
    register("120102", listening.url + "&a=1")
    register(KAIFENGDAO, listening.url + "&a=2")
    ended, _ = register(HEPING)
    webhook_actions.end_webhook(webhook=ended, reason="停用", by=head, at=NOW)
    assert write(Publication.objects.get()) == 1
    assert WebhookDelivery.objects.get().webhook == city
    with pytest.raises(WebhookOver):
        webhook_actions.end_webhook(webhook=ended, reason="停用", by=head, at=NOW)


def test_verbs_of_the_desk_write_their_messages(
    published: World, register: Register, second_head: User
) -> None:
    """Published, and taken back by two persons: both are told, in this order."""
    register()
    published.tally("2026-11", {KAIFENGDAO: mixed(60, seed="n")})
    rollup.roll_up(
        division=published.district, month="2026-11", by=SYSTEM, at=published.now
    )
    version = publish(published, "2026-11")
    withdrawal = rating_actions.propose_withdrawal(
        publication=version, reason="名册有误", by=published.head, at=published.now
    )
    rating_actions.withdraw_publication(
        withdrawal=withdrawal,
        digest=withdrawal.digest,
        by=second_head,
        at=published.now,
    )
    told = [
        json.loads(body)
        for body in WebhookDelivery.objects.filter(publication=version)
        .order_by("event")
        .values_list("body", flat=True)
    ]
    assert [(one["event"], one["digest"]) for one in told] == [
        ("month.published", version.digest),
        ("publication.withdrawn", version.digest),
    ]
    figures = {one["code"]: one["figure"] for one in told[0]["communities"]}
    assert figures[KAIFENGDAO]["month"] == "2026-11"
    assert told[1]["reason"] == "名册有误"
    assert ask(f"publications/{HEPING}/2026-11/1").json()["state"] == "withdrawn"


def test_message_goes_with_the_transaction_that_wrote_it(
    published: World, register: Register
) -> None:
    register()
    with transaction.atomic():
        write(Publication.objects.get())
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_failures_are_tried_again_after_longer_and_longer_rests(
    written: tuple[WebhookDelivery, str], listening: Receiver
) -> None:
    delivery, _secret = written
    listening.answers = [500] * (len(RESTS) + 1)
    at = NOW
    for rest in RESTS:
        assert webhook_actions.send_next(at=at) is False
        delivery.refresh_from_db()
        assert (delivery.state, delivery.next_at, delivery.status) == (
            "waiting",
            at + rest,
            500,
        )
        assert webhook_actions.send_next(at=at) is None
        at += rest
    assert webhook_actions.send_next(at=at) is False
    delivery.refresh_from_db()
    assert (delivery.state, delivery.next_at) == ("failed", None)
    assert len({got.body for got in listening.received}) == 1


def test_message_is_sent_again_byte_for_byte(
    written: tuple[WebhookDelivery, str], listening: Receiver, head: User
) -> None:
    delivery, _secret = written
    with pytest.raises(StillWaiting):
        webhook_actions.resend(delivery=delivery, by=head, at=NOW)
    webhook_actions.send_next(at=NOW)
    later = NOW + dt.timedelta(hours=1)
    webhook_actions.resend(delivery=delivery, by=head, at=later)
    assert webhook_actions.send_next(at=later) is True
    first, second = listening.received
    assert (first.body, first.headers["Minping-Delivery"]) == (
        second.body,
        second.headers["Minping-Delivery"],
    )
    assert first.headers["Minping-Signature"] != second.headers["Minping-Signature"]


def test_second_worker_passes_a_claimed_message_by(
    written: tuple[WebhookDelivery, str],
    listening: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []

    def meanwhile(**_words: Any) -> Outcome:
        found.append(webhook_actions.send_next(at=NOW))
        return Outcome(status=204)

    monkeypatch.setattr(webhook_sending, "send", meanwhile)
    assert webhook_actions.send_next(at=NOW) is True
    assert found == [None]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirection_is_not_followed(
    written: tuple[WebhookDelivery, str], listening: Receiver, status: int
) -> None:
    listening.answers = [status]
    assert webhook_actions.send_next(at=NOW) is False
    assert [got.path for got in listening.received] == ["/hook?from=minping"]


def test_silent_receiver_holds_nobody(
    written: tuple[WebhookDelivery, str],
    listening: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook_sending, "PATIENCE", 0.2)
    listening.answers = [0]
    assert webhook_actions.send_next(at=NOW) is False
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.problem) == (None, "timeout")


def test_receiver_that_drips_is_hung_up_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte in time, and no end: the deadline is for the whole answer."""
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(webhook_sending, "DEADLINE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = webhook_sending.send(
            url=f"http://127.0.0.1:{port}/",
            secret="s",
            body="{}",
            delivery="d",
            event="e",
            at=NOW,
        )
    assert (outcome.status, outcome.problem) == (None, "no_answer")


def test_nobody_there_is_a_problem_and_no_error(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = webhook_sending.send(
        url=f"http://127.0.0.1:{port}/",
        secret="s",
        body="{}",
        delivery="d",
        event="e",
        at=NOW,
    )
    assert outcome.problem == "no_answer"


# --- where messages may go ------------------------------------------------------------

NAMES = {
    "hooks.example.gov.cn": ["8.8.8.8"],
    "inside.example.gov.cn": ["10.20.1.5"],
    "both.example.gov.cn": ["8.8.8.8", "169.254.169.254"],
    "v6.example.gov.cn": ["2400:3200::1"],
    "mapped.example.gov.cn": ["::ffff:127.0.0.1"],
}


@pytest.fixture
def names(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A telephone book of our own: tests ask no name server."""

    def look_up(host: str, port: int, **_words: Any) -> list[Any]:
        addresses = NAMES.get(host, [] if host.endswith("cn") else [host])
        if not addresses:
            raise socket.gaierror(host)
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(webhook_targets.socket, "getaddrinfo", look_up)
    settings.WEBHOOK_HOSTS = [*NAMES, "gone.example.gov.cn", "10.20.0.0/16"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://elsewhere.example.com/", "host_not_listed"),
        ("https://127.0.0.1/", "host_not_listed"),
        ("https://[::1]/", "host_not_listed"),
        ("https://2130706433/", "host_not_listed"),
        ("https://hooks.example.gov.cn.evil.cn/", "host_not_listed"),
        ("https://both.example.gov.cn/", "private_address"),
        ("https://mapped.example.gov.cn/", "private_address"),
        ("http://hooks.example.gov.cn/", "not_encrypted"),
        ("https://gone.example.gov.cn/", "no_such_host"),
        ("ftp://hooks.example.gov.cn/", "not_an_address"),
        ("https://user:word@hooks.example.gov.cn/", "not_an_address"),
        ("https://hooks.example.gov.cn:99999/", "not_an_address"),
        ("https://hooks.example.gov.cn/#part", "not_an_address"),
        ("https://hooks.example.gov.cn/\r\nX-Evil: 1", "not_an_address"),
        ("https://hooks.example.gov.cn@127.0.0.1/", "not_an_address"),
        ("file:///etc/passwd", "not_an_address"),
        ("https:///path", "not_an_address"),
        ("", "not_an_address"),
    ],
)
@pytest.mark.usefixtures("names")
def test_nothing_goes_where_nobody_said(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused, match=reason):
        resolved(url)


@pytest.mark.parametrize(
    ("url", "address", "authority"),
    [
        ("https://hooks.example.gov.cn/a?b=1", "8.8.8.8", "hooks.example.gov.cn"),
        ("https://HOOKS.example.gov.cn:8443", "8.8.8.8", "hooks.example.gov.cn:8443"),
        ("https://inside.example.gov.cn/", "10.20.1.5", "inside.example.gov.cn"),
        ("http://inside.example.gov.cn/", "10.20.1.5", "inside.example.gov.cn"),
        ("http://10.20.3.4:8080/", "10.20.3.4", "10.20.3.4:8080"),
        ("https://v6.example.gov.cn/", "2400:3200::1", "v6.example.gov.cn"),
    ],
)
@pytest.mark.usefixtures("names")
def test_named_hosts_are_reached_at_the_address_looked_at(
    url: str, address: str, authority: str
) -> None:
    target = resolved(url)
    assert (target.address, target.authority) == (address, authority)


def test_empty_list_lets_nothing_out(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS = []
    with pytest.raises(TargetRefused, match="host_not_listed"):
        resolved("http://127.0.0.1:8000/")


def test_path_keeps_its_query() -> None:
    assert parse("https://h.cn/a/b?c=d") == ("https", "h.cn", 443, "/a/b?c=d")


def test_host_taken_off_the_list_gets_nothing_more(
    written: tuple[WebhookDelivery, str], listening: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_HOSTS = []
    assert webhook_actions.send_next(at=NOW) is False
    assert (WebhookDelivery.objects.get().problem, listening.received) == (
        "host_not_listed",
        [],
    )


# --- rows -----------------------------------------------------------------------------


def test_secret_lies_encrypted_and_bound_to_its_row(register: Register) -> None:
    webhook, secret = register()
    stored = Webhook.objects.get(pk=webhook.pk)
    assert secret.encode() not in bytes(stored.secret)
    assert stored.opened_secret() == secret


def test_address_is_registered_once_per_place(register: Register) -> None:
    register()
    with pytest.raises(AlreadyTold):
        register()
    register("1201")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.DELIVERED},
        {"state": State.FAILED},
        {"next_at": None},
        {"delivered_at": NOW},
    ],
)
def test_database_refuses_a_delivery_without_its_moment(
    written: tuple[WebhookDelivery, str], changes: dict[str, Any]
) -> None:
    rows = WebhookDelivery.objects.filter(pk=written[0].pk)
    with (
        pytest.raises(IntegrityError, match="delivery_has_its_moment"),
        transaction.atomic(),
    ):
        rows.update(**changes)


def test_command_sends_what_the_clock_would_send(
    written: tuple[WebhookDelivery, str], listening: Receiver
) -> None:
    call_command("send_messages")
    assert len(listening.received) == 1
    call_command("send_messages")
    assert len(listening.received) == 1
    assert WebhookDelivery.objects.get().state == State.DELIVERED
