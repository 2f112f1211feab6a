"""T146, T61: a whole round with marked residents, and then a search for the marks.

Real web processes, PostgreSQL and Redis. Searched are a dump of all tables, the files
of the database as they lie on the disk with its log and what it has written ahead, the
logs, everything in Redis, and every file of the installation: while the box is open,
and again after it was opened.
"""

import base64
import contextlib
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from ballots.codes import ALPHABET, check_symbol, printed
from ballots.models import Envelope
from config.launcher.postgres import installed_by_debian
from officials.models import Division
from surveys import ballot_limits
from surveys.models import Round
from tests.e2e.processes import environment, web
from tests.surveys.ballot_fixtures import LiveRound, hidden, make_live_round
from tests.surveys.conftest import PARAMETERS, tally, words_of

pytestmark = pytest.mark.django_db(transaction=True)
HOUSEHOLDS = 12
ADDRESS = "203.0.113.77"
AGENT = "Spurensuche/7.31 (marked telephone)"
WORDS = "路灯坏了三个月记号甲乙丙丁 marked-words-4711"
TYPO = "QQQQ-WWWW"


class Resident:
    """A browser with its own cookies; whatever it sends is marked."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open

    def ask(self, path: str, form: dict[str, str] | None = None) -> str:
        """The page at the end of all redirects, whatever its status."""
        body = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(  # noqa: S310 our own server
            self.site + path,
            data=body,
            headers={
                "User-Agent": AGENT,
                "X-Forwarded-For": ADDRESS,
                "Referer": f"{self.site}/",
            },
        )
        try:
            with self.open(request) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refusal:
            return refusal.read().decode()

    def send(self, path: str, page: str, **form: str) -> str:
        token = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")}
        return self.ask(path, {**token, **form})


def never_issued(number: int) -> str:
    """A code that is right in itself and was never given to anybody."""
    body = "ZZZZ" + "".join(ALPHABET[number >> 5 * at & 31] for at in range(7))
    return body + check_symbol(body)


def fill_in(site: str, code: str, *, level: int) -> str:
    """Code, form, review, seal; the receipt page."""
    resident = Resident(site)
    form = resident.send("/", resident.ask("/"), code=code)
    answers = {f"item_{number}": str(level) for number in range(1, 9)}
    answers["words"] = WORDS
    carried = {name: hidden(form, name) for name in ("nonce", "held")}
    page = resident.send("/ballot/review/", form, **answers, **carried)
    carried = {name: hidden(page, name) for name in ("nonce", "held", "seen")}
    return resident.send("/ballot/seal/", page, **answers, **carried)


def visit_everything(site: str, live_round: LiveRound) -> None:
    """All that residents do, right and wrong; every refusal could write a line."""
    for issued in live_round.codes:
        assert "票封好了" in fill_in(site, printed(issued.code), level=4)
    first = live_round.codes[0]
    assert "票封好了" in fill_in(site, first.code, level=1)
    curious = Resident(site)
    start = curious.ask("/")
    for code in (TYPO, never_issued(1), never_issued(2), f"{first.code}9"):
        curious.send("/", start, code=code)
    for receipt in (first.receipt, "2222-3333-4444-5555"):
        curious.send("/receipt/", curious.ask("/receipt/"), receipt=receipt)
    # Refused: without a token, with a level that no page offers, far too long.
    curious.ask("/", {"code": first.code})
    form = curious.send("/", start, code=first.code)
    curious.send("/ballot/review/", form, item_1="9", words=WORDS)
    curious.send("/ballot/review/", form, words=WORDS * 10_000)
    curious.send("/ballot/seal/", form, words=WORDS, nonce="old", held="", seen="x")
    curious.ask(f"/ballot/{first.code}/")
    curious.ask("/nowhere/", {"words": WORDS, "code": first.code})
    curious.send("/display/", curious.ask("/"), display="large", next="/")


def marks_of(live_round: LiveRound) -> dict[str, str]:
    codes = {f"code {n}": one.code for n, one in enumerate(live_round.codes)}
    return {
        "address": ADDRESS,
        "agent": "Spurensuche",
        "words in Chinese": "记号甲乙丙丁",
        "words": "marked-words-4711",
        "wrong code": never_issued(1),
        "typed wrong": TYPO.replace("-", ""),
        **codes,
        **{f"printed {name}": printed(code) for name, code in codes.items()},
    }


def forms_of(mark: str) -> Iterator[bytes]:
    """As text, escaped as in JSON or an address, in hex, in base64 at any offset."""
    plain = mark.encode()
    yield plain
    yield mark.encode("utf-16-le")
    yield json.dumps(mark)[1:-1].encode()
    yield urllib.parse.quote(mark).encode()
    yield plain.hex().encode()
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + plain)
        # What depends on the neighbours is cut off, and no more: four letters are
        # found in the noise of a sealed envelope.
        ends_whole = (shift + len(plain)) % 3 == 0
        yield coded[4 if shift else 0 : None if ends_whole else -4]


class Search:
    """Everything that the marks could be written as, looked for at once."""

    def __init__(self, marks: dict[str, str]) -> None:
        self.names = {
            form.lower(): name
            for name, mark in marks.items()
            for form in forms_of(mark)
        }
        self.pattern = re.compile(b"|".join(map(re.escape, self.names)))

    def found(self, places: dict[str, bytes]) -> list[tuple[str, str]]:
        return sorted(
            {
                (place, self.names[hit])
                for place, content in places.items()
                for hit in self.pattern.findall(content.lower())
            }
        )


def folder_of_database() -> Path:
    """Where the test's own server keeps its files, sockets and log."""
    query = urllib.parse.urlsplit(os.environ["DATABASE_URL"]).query
    return Path(urllib.parse.parse_qs(query)["host"][0])


def asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def dump() -> bytes:
    """All tables with all rows, as a backup holds them."""
    program = installed_by_debian().programs / "pg_dump"
    return subprocess.run(
        [program, environment()["DATABASE_URL"]],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    ).stdout


def on_disk(written_from: str) -> dict[str, bytes]:
    """The files of this database, its server's log, what was written ahead."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    server, cluster = folder_of_database(), Path(asked("SHOW data_directory"))
    own = asked("SELECT oid FROM pg_database WHERE datname = current_database()")
    ahead = [path for path in (cluster / "pg_wal").iterdir() if path.is_file()]
    return {
        **files_below(cluster / "base" / own),
        **contents(path for path in ahead if path.name >= written_from),
        **contents(server.glob("*.log")),
    }


def in_redis() -> dict[str, bytes]:
    """Every key with what it holds: counters, queues, caches, bindings."""
    store = redis.Redis.from_url(settings.REDIS_URL)
    read: dict[object, Any] = {
        b"string": lambda key: [store.get(key)],
        b"list": lambda key: store.lrange(key, 0, -1),
        b"set": store.smembers,
        b"hash": lambda key: [
            part for pair in store.hgetall(key).items() for part in pair
        ],
        b"zset": lambda key: store.zrange(key, 0, -1),
    }
    return {
        f"redis {key!r}": b"\n".join([key, *read[store.type(key)](key)])
        for key in store.scan_iter()
    }


def files_below(*folders: Path) -> dict[str, bytes]:
    return contents(path for folder in folders for path in folder.rglob("*"))


def contents(paths: Iterable[Path]) -> dict[str, bytes]:
    """The bytes of every file; sockets and what vanishes meanwhile apart."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                found[str(path)] = path.read_bytes()
    return found


def everything(written_from: str, *folders: Path) -> dict[str, bytes]:
    """All that is left of a round, on disk and in memory stores."""
    places = {"dump of the database": dump(), **on_disk(written_from)}
    return {**places, **in_redis(), **files_below(settings.VAR, *folders)}


@pytest.fixture
def live_round(heping: Division) -> LiveRound:
    ballot_limits.forget()
    live = make_live_round(heping, households=HOUSEHOLDS)
    Round.objects.filter(pk=live.round.pk).update(parameters=PARAMETERS)
    live.round.refresh_from_db()
    return live


def test_search_finds_what_lies_open(live_round: LiveRound, tmp_path: Path) -> None:
    """A search that finds nothing must be one that could."""
    search = Search(marks_of(live_round))
    code = live_round.codes[3].code
    (tmp_path / "a").write_text(f"GET /?code={code} {ADDRESS}")
    (tmp_path / "b").write_text(json.dumps({"words": WORDS}))
    (tmp_path / "c").write_bytes(base64.b64encode(b"x" + WORDS.encode()))
    (tmp_path / "d").write_text(WORDS.encode().hex())
    found = {
        (Path(place).name, name) for place, name in search.found(files_below(tmp_path))
    }
    both = {"words", "words in Chinese"}
    assert found == {
        ("a", "address"),
        ("a", "code 3"),
        *((place, name) for place in "bcd" for name in both),
    }


def test_a_round_leaves_no_trace_of_who_answered_or_what(
    live_round: LiveRound, tmp_path: Path
) -> None:
    call_command("collectstatic", "--no-input", verbosity=0)
    search, log = Search(marks_of(live_round)), tmp_path / "log" / "web.log"
    log.parent.mkdir()
    begin = asked("SELECT pg_walfile_name(pg_current_wal_lsn())")
    with web(log, MINPING_PROXIES="1") as site:
        visit_everything(site, live_round)
        assert Envelope.objects.count() == HOUSEHOLDS
        assert search.found(everything(begin, log.parent)) == []
    # The limiter has counted, so the store was in use and could have told.
    assert any(place.startswith("redis b'limits:") for place in in_redis())
    tally(live_round.round)
    assert {text for _community, text in words_of(live_round.round)} == {WORDS}
    assert search.found(everything(begin, log.parent)) == []
    assert Envelope.objects.count() == 0
