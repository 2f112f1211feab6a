"""So many calls a minute, by token or by client; without Redis nobody is refused."""

import pytest
import redis
from django.test import Client
from django.utils import timezone

from evaluations.api import limits
from tests.evaluations.api.conftest import API, Make, ask
from tests.evaluations.world import World

FOREIGN = "203.0.113.7"


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    store = limits._store()
    for key in store.scan_iter(f"{limits.PREFIX}:*"):
        store.delete(key)


def from_outside(address: str = FOREIGN, **headers: str) -> int:
    client = Client(REMOTE_ADDR=address)
    return client.get(f"{API}districts", headers=headers).status_code


def test_client_is_told_to_wait(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_CLIENT", 2)
    assert [from_outside() for _ in range(3)] == [200, 200, 429]
    answer = Client(REMOTE_ADDR=FOREIGN).get(f"{API}districts")
    assert (answer.headers["Retry-After"], answer.json()["code"]) == ("60", "too_many")
    assert from_outside("203.0.113.8") == 200
    assert from_outside("127.0.0.1") == 200  # our own proxy stands for everybody


def test_wrong_tokens_count_against_who_tries_them(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_CLIENT", 2)
    tried = [from_outside(authorization=f"Bearer minping_{n}") for n in range(3)]
    assert tried == [401, 401, 429]


def test_token_has_a_limit_of_its_own(
    published: World, token_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_TOKEN", 2)
    one, other = token_for("public"), token_for()
    assert [ask("districts", one).status_code for _ in range(3)] == [200, 200, 429]
    assert ask("districts", other).status_code == 200


def test_counter_has_no_name_and_is_gone_in_a_minute(db: None) -> None:
    from_outside()
    store = redis.Redis.from_url(limits.settings.REDIS_URL)
    (key,) = store.scan_iter(f"{limits.PREFIX}:*")
    assert FOREIGN.encode() not in key
    assert 0 < store.ttl(key) <= limits.MINUTE


def test_without_redis_everybody_reads(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = redis.Redis(host="127.0.0.1", port=9, socket_timeout=0.1)
    monkeypatch.setattr(limits, "_store", lambda: away)
    monkeypatch.setattr(limits, "PER_CLIENT", 0)
    assert from_outside() == 200
    assert not limits.too_many_of_token(b"x", on=timezone.localdate())
