"""The page of tokens and receivers, as the head and a second head use it."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from audit.models import AuditEvent
from evaluations import webhook_actions
from evaluations.models import ApiToken, Publication, Webhook, WebhookDelivery
from officials.models import Division
from tests.conftest import HEPING, signed_in
from tests.evaluations.api.conftest import ask
from tests.evaluations.api.receiver import receiver
from tests.evaluations.world import World

LIST = "/desk/api/"
SECRET = re.compile(r'<code class="accounts__password">([^<]+)</code>')


def wanted(**changes: str) -> dict[str, str]:
    today = timezone.localdate()
    return {
        "name": "市大数据局",
        "scope": HEPING,
        "audience": "office",
        "starts_on": today.isoformat(),
        "ends_on": (today + dt.timedelta(days=30)).isoformat(),
        **changes,
    }


def secret_in(answer: HttpResponse) -> str:
    (secret,) = SECRET.findall(answer.content.decode())
    return str(secret)


def verbs() -> list[tuple[str, str]]:
    told = AuditEvent.objects.filter(verb__regex="^(api_token|webhook)")
    return list(told.order_by("seq").values_list("verb", "actor"))


def test_office_token_is_made_by_one_and_approved_by_another(
    heping: Division, head_client: Client, second_head: User
) -> None:
    secret = secret_in(head_client.post(f"{LIST}tokens/add/", wanted()))
    token = ApiToken.objects.get()
    page = f"{LIST}tokens/{token.pk}/"
    own = head_client.get(page).content.decode()
    assert secret not in own
    assert "制作的人不能核准" in own
    consent = {"digest": token.digest, "checked": "on"}
    head_client.post(f"{page}approve/", consent)
    assert ask("districts", secret).status_code == 401
    other = signed_in(second_head)
    assert "1 个令牌等您核准" in other.get(LIST).content.decode()
    other.post(f"{page}approve/", {"digest": "0" * 64, "checked": "on"})
    other.post(f"{page}approve/", {"digest": token.digest})
    assert ApiToken.objects.get().approved_by is None
    other.post(f"{page}approve/", consent)
    assert ask("districts", secret).status_code == 200
    other.post(f"{page}revoke/", {"reason": ""})
    assert ask("districts", secret).status_code == 200
    other.post(f"{page}revoke/", {"reason": "项目结束"})
    assert ask("districts", secret).status_code == 401
    assert [verb for verb, _who in verbs()] == [
        "api_token.made",
        "api_token.approved",
        "api_token.used",
        "api_token.revoked",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "120102"},
        {"scope": "12"},
        {"scope": "120101999"},
        {"scope": "12010"},
        {"audience": "auditor"},
        {"name": ""},
        {"ends_on": "2020-01-01"},
        {"ends_on": "2099-01-01"},
    ],
)
def test_wrong_token_is_refused_on_the_form(
    heping: Division, head_client: Client, changes: dict[str, str]
) -> None:
    answer = head_client.post(f"{LIST}tokens/add/", wanted(**changes))
    assert (answer.status_code, ApiToken.objects.count()) == (200, 0)
    assert "invalid-feedback" in answer.content.decode() or "alert" in (
        answer.content.decode()
    )


def test_receiver_is_registered_told_and_ended(
    published: World, head_client: Client, settings: Settings
) -> None:
    settings.WEBHOOK_HOSTS = ["127.0.0.1"]
    with receiver() as listening:
        listening.answers = [503]
        words = {"name": "市民热线", "scope": HEPING, "url": listening.url}
        secret = secret_in(head_client.post(f"{LIST}webhooks/add/", words))
        again = head_client.post(f"{LIST}webhooks/add/", words)
        assert "已经登记过" in again.content.decode()
        webhook = Webhook.objects.get()
        assert webhook.opened_secret() == secret
        webhook_actions.write_messages(
            publication=Publication.objects.get(),
            event="month.published",
            at=timezone.now(),
        )
        webhook_actions.send_next(at=timezone.now())
        page = f"{LIST}webhooks/{webhook.pk}/"
        assert "503" in head_client.get(page).content.decode()
        rows = WebhookDelivery.objects.all()
        rows.update(state="failed", next_at=None)
        assert "1 条通知没有送达" in head_client.get(LIST).content.decode()
        delivery = rows.get()
        head_client.post(f"{LIST}deliveries/{delivery.pk}/resend/")
        assert webhook_actions.send_next(at=timezone.now()) is True
        assert "已送达" in head_client.get(page).content.decode()
        assert secret not in head_client.get(page).content.decode()
        head_client.post(f"{page}end/", {"reason": "换了系统"})
        head_client.post(f"{LIST}deliveries/{delivery.pk}/resend/")
    assert [verb for verb, _who in verbs()] == [
        "webhook.made",
        "webhook.resent",
        "webhook.ended",
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://elsewhere.example.com/", "主机不在允许的名单里"),
        ("http://127.0.0.1:1/", "主机不在允许的名单里"),
        ("热线", "网址的写法不对"),
    ],
)
def test_receiver_outside_the_list_is_refused(
    heping: Division, head_client: Client, url: str, words: str
) -> None:
    answer = head_client.post(
        f"{LIST}webhooks/add/", {"name": "热线", "scope": HEPING, "url": url}
    )
    assert words in answer.content.decode()
    assert not Webhook.objects.exists()


def test_list_costs_the_same_for_one_and_for_three_tokens(
    heping: Division, head_client: Client
) -> None:
    counts = set()
    for number in range(3):
        head_client.post(f"{LIST}tokens/add/", wanted(name=f"第{number}"))
        with CaptureQueriesContext(connection) as told:
            head_client.get(LIST)
        counts.add(len(told))
    assert len(counts) == 1
