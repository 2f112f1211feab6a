"""Residents in a hurry: one process, raw sockets, and no more read than is needed."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from ballots.casting import new_nonce
from bench.submit_world import Token
from surveys.ballot_cookies import TOKEN
from surveys.ballot_forms import Answers

WORDS = "楼道灯坏了半年，报过几次没人来。"
MARKS = (5, 4, 3, 2, 1, 0, None, 4)
FORM = {
    f"item_{number}": "" if mark is None else str(mark)
    for number, mark in enumerate(MARKS, start=1)
} | {"words": WORDS}
SEEN = Answers(MARKS, WORDS).seen
FIELD = re.compile(rb'name="(csrfmiddlewaretoken|nonce|held|seen)" value="([^"]*)"')
GROUPS = re.compile(rb'<p class="groups">(.*?)</p>')
TAGS = re.compile(r"<[^>]*>|\s")
COOKIE = re.compile(rb"(?im)^set-cookie: ([^=]+)=([^;\r]*)")
LENGTH = re.compile(rb"(?im)^content-length: (\d+)")
SECRET = "s" * 32
Work = TypeVar("Work")


class WrongAnswer(Exception):
    """The server said something else than a resident should see."""


@dataclass(slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def fields(self) -> dict[str, str]:
        """Hidden fields; where a page has two forms, those of the last."""
        return {
            name.decode(): value.decode() for name, value in FIELD.findall(self.body)
        }


@dataclass
class Visitor:
    """One connection, kept alive, and its cookies."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> "Visitor":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.writer.close()

    async def ask(
        self, path: str, form: dict[str, str] | None = None, *, expect: int
    ) -> Answer:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = (
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self.port}\r\nCookie: {jar}\r\n"
        )
        body = b""
        if form is not None:
            body = urlencode(form).encode()
            head += (
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n"
            )
        self.writer.write(head.encode() + b"\r\n" + body)
        answer = await self._read()
        if answer.status != expect:
            message = f"{path}: {answer.status} instead of {expect}\n"
            raise WrongAnswer(message + answer.body.decode()[:2000])
        return answer

    async def _read(self) -> Answer:
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        body = await self.reader.readexactly(int(found[1])) if found else b""
        for name, value in COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return Answer(int(head[9:12]), head, body)


async def visit(port: int, code: str) -> str:
    """Code, form, review, seal, receipt, on a connection of its own; the receipt."""
    async with Visitor(port) as visitor:
        page = await visitor.ask("/", expect=200)
        token = {"csrfmiddlewaretoken": page.fields()["csrfmiddlewaretoken"]}
        await visitor.ask("/", {**token, "code": code}, expect=303)
        page = await visitor.ask("/ballot/", expect=200)
        form = {**FORM, **page.fields()}
        page = await visitor.ask("/ballot/review/", form, expect=200)
        form = {**FORM, **page.fields()}
        await visitor.ask("/ballot/seal/", form, expect=303)
        page = await visitor.ask("/ballot/receipt/", expect=200)
    groups = GROUPS.search(page.body)
    return TAGS.sub("", groups[1].decode()) if groups else ""


async def seal(visitor: Visitor, token: Token) -> None:
    """The sealing POST alone, as after a review."""
    visitor.cookies = {TOKEN: token.cookie, "csrf": SECRET}
    form = {
        **FORM,
        "csrfmiddlewaretoken": SECRET,
        "nonce": new_nonce(),
        "held": "",
        "seen": SEEN,
    }
    await visitor.ask("/ballot/seal/", form, expect=303)


async def write_bare(visitor: Visitor, box: str, code: str) -> None:
    """As many bytes and cookies to read as the seal has."""
    visitor.cookies = {TOKEN: "t" * 160, "csrf": SECRET}
    form = {**FORM, "csrfmiddlewaretoken": SECRET, "box": box, "code": code}
    await visitor.ask("/bare/", form, expect=303)


async def by_clients(
    clients: int, work: Iterable[Work], act: Callable[[Work], Awaitable[object]]
) -> list[float]:
    """Do all the work, so many at a time; seconds that each piece took."""
    left, taken = iter(work), list[float]()

    async def client() -> None:
        for piece in left:
            began = time.perf_counter()
            await act(piece)
            taken.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return taken


async def on_kept_connections(
    port: int,
    clients: int,
    work: Sequence[Work],
    act: Callable[[Visitor, Work], Awaitable[object]],
) -> list[float]:
    """The same with one connection for each client."""
    idle: list[Visitor] = []

    async def once(piece: Work) -> None:
        visitor = idle.pop() if idle else await Visitor(port).__aenter__()
        await act(visitor, piece)
        idle.append(visitor)

    try:
        return await by_clients(clients, work, once)
    finally:
        for visitor in idle:
            await visitor.__aexit__()
