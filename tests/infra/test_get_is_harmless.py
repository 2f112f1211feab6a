"""T147, T25: opening a link changes nothing, whoever does it and how often.

Scanners of mail and previews of chats open every link before people do, with GET and
with HEAD, some of them several times.
"""

from collections.abc import Iterator

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.roles import ROLES
from tests.conftest import HEPING, signed_in
from tests.infra.digest import tables
from tests.infra.scope_table import ROWS, Row
from tests.infra.scope_world import Args
from tests.infra.test_scope_matrix import args, hold
from tests.surveys.ballot_fixtures import ANSWERS, LiveRound, enter, seal
from tests.surveys.conftest import live_round

__all__ = ["args", "live_round"]
TIMES = 5
METHODS = ("get", "head")
AGENTS = {
    "browser": {"user-agent": "Mozilla/5.0 (Linux; Android 9) MicroMessenger/8.0"},
    "scanner": {"user-agent": "SafeLinks/1.0 (+scan)", "accept": "*/*"},
    "preview": {
        "user-agent": "WeChat-LinkPreview",
        "sec-purpose": "prefetch;prerender",
    },
}
PUBLIC = [row for row in ROWS if row.place == "public"]


def open_often(client: Client, url: str, *, times: int = TIMES) -> set[int]:
    """The answers to GET and HEAD, so many times each."""
    return {
        getattr(client, method)(url).status_code
        for method in METHODS
        for _ in range(times)
    }


def counters() -> list[bytes]:
    """What the limiter has counted: opening a link is no try (T108)."""
    return sorted(redis.Redis.from_url(settings.REDIS_URL).scan_iter("limits:*"))


def residents(live_round: LiveRound) -> Iterator[Client]:
    """Nobody yet; with the code typed; with the ballot sealed."""
    for headers in AGENTS.values():
        yield Client(headers=headers)
    typed = Client()
    enter(typed, live_round.code)
    yield typed
    sealed = Client()
    enter(sealed, live_round.codes[1].code)
    seal(sealed, ANSWERS)
    yield sealed


def test_links_of_residents_change_nothing(live_round: LiveRound) -> None:
    clients = list(residents(live_round))
    before, counted = tables(), counters()
    for client in clients:
        for row in PUBLIC:
            if not row.noun:
                assert max(open_often(client, reverse(row.name))) < 500
        # A code in an address is not read, wherever a person may put it.
        open_often(client, f"/?code={live_round.codes[2].code}")
        open_often(client, f"/ballot/?code={live_round.codes[2].code}&item_1=5")
        open_often(client, f"/ballot/recall/?nonce=x&held=&code={live_round.code}")
    assert tables() == before
    assert counters() == counted


def statuses(client: Client, row: Row, args: Args, *, times: int) -> set[int]:
    return open_often(client, reverse(row.name, args=args[row.noun]), times=times)


def test_links_of_results_and_of_the_desk_change_nothing(args: Args) -> None:
    """What somebody may read is opened often; what not, or by POST only, once.

    Reading what leaves a trail (T77) is a POST everywhere, so the trail stands still.
    """
    readers = {
        role: signed_in(hold(f"reader.{role.code}", role, HEPING))
        for role in ROLES.values()
    }
    before, sessions = tables(), Session.objects.count()
    for headers in AGENTS.values():
        for row in PUBLIC:
            assert max(statuses(Client(headers=headers), row, args, times=TIMES)) < 500
    for role, client in readers.items():
        for row in ROWS:
            open_to_all = row.place in ("desk", "public")
            reads = "get" in row.answers and (
                open_to_all or bool(row.needs & role.permissions)
            )
            found = statuses(client, row, args, times=TIMES if reads else 1)
            assert max(found) < 500, row.name
    assert tables() == before
    assert Session.objects.count() == sessions
