"""docs/api.md says what is: its addresses, its answers, its example of a signature."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from evaluations import webhook_sending
from evaluations.api import limits
from evaluations.api.errors import ERRORS
from evaluations.api.urls import described
from evaluations.webhook_actions import LARGEST_BODY, RESTS
from tests.evaluations.api.conftest import API, ask
from tests.evaluations.world import World

PAGE = (Path(settings.ROOT) / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = re.compile(r"`(/(?:districts|communities|publications|office)[^`?]*)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_address_stands_on_the_page() -> None:
    told = {API.rstrip("/") + path for path in ADDRESS.findall(PAGE)}
    real = {path.replace("{group_id}", "{id}") for path in described()["paths"]}
    assert told == real


def test_every_code_and_status_stands_on_the_page() -> None:
    rows = re.findall(r"^\| (\d+) \| (`[^|]+`) \|", PAGE, re.MULTILINE)
    told = {
        (code, int(status))
        for status, codes in rows
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert told == {(code, status) for code, (status, _words) in ERRORS.items()}


def test_example_is_what_the_address_answers(published: World) -> None:
    ((path,),) = [re.findall(r"/api/v1/(\S+)", block) for block in blocks("sh")]
    answer, example = ask(path).json(), json.loads(blocks("json")[0])
    assert {name: answer[name] for name in example} == example
    assert sorted({*answer} - {*example}) == ["address", "figure"]


def test_example_of_a_refusal_is_one(db: None) -> None:
    assert ask("communities", size=201).json() == json.loads(blocks("json")[1])


def test_example_of_a_receiver_knows_our_signature() -> None:
    (program,) = blocks("python")
    room: dict[str, Any] = {}
    exec(compile(program, "docs/api.md", "exec"), room)  # noqa: S102
    now, body = int(time.time()), b"{}"
    made = webhook_sending.signature("geheim", body, timestamp=now)
    headers = {"Minping-Timestamp": str(now), "Minping-Signature": f"v1={made}"}
    assert room["is_ours"](headers, body, "geheim")
    assert not room["is_ours"](headers, body + b" ", "geheim")
    assert not room["is_ours"](headers, body, "other")
    old = {**headers, "Minping-Timestamp": str(now - 301)}
    assert not room["is_ours"](old, body, "geheim")


@pytest.mark.parametrize(
    "words",
    [
        f"more than {limits.PER_CLIENT} calls a minute",
        f"or {limits.PER_TOKEN} with one token",
        f"beyond {LARGEST_BODY // 1024} KB",
        "after 1, 5, 15, 60, 240 and 720 minutes",
    ],
)
def test_numbers_on_the_page_are_those_of_the_program(words: str) -> None:
    assert words in " ".join(PAGE.split())
    assert [int(rest.total_seconds() // 60) for rest in RESTS] == [
        *(1, 5, 15, 60, 240, 720)
    ]
