"""schemathesis asks every address everything, and finds only answers that we describe.

In this process, with a fixed seed: right and wrong parameters, missing ones, methods
that do not exist, with a token and without one.
"""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from evaluations.api import limits
from evaluations.api.errors import ERRORS, STATUS
from evaluations.api.urls import described
from tests.evaluations.api.conftest import API, Make, ask
from tests.evaluations.world import World

EXAMPLES = 8
CONFIG = SchemathesisConfig.from_dict({"seed": 20261121})
schema = schemathesis.openapi.from_wsgi(
    f"{API}openapi.json", get_wsgi_application(), config=CONFIG
)
asked = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def one_long_conversation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """More questions than a minute allows, all inside the transaction of the test.

    As Django's own test client does, the end of a request leaves the connection open.
    """
    monkeypatch.setattr(limits, "PER_TOKEN", 10**9)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def secret(published: World, token_for: Make) -> str:
    return token_for()


@schema.parametrize()
@asked
def test_every_answer_to_a_token_is_described(
    case: schemathesis.Case, secret: str
) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})


@schema.parametrize()
@asked
def test_every_answer_without_a_token_is_described(
    case: schemathesis.Case, published: World
) -> None:
    case.call_and_validate()


def test_description_is_openapi_3_1_and_says_every_status(db: None) -> None:
    told = ask("openapi.json")
    assert told.json() == json.loads(json.dumps(described()))
    assert (told.json()["openapi"], len(told.json()["paths"])) == ("3.1.0", 12)
    common = {200, 304, *STATUS.values()}
    for path, address in described()["paths"].items():
        is_office = path.startswith(f"{API}office/")
        assert list(address) == ["get"]
        assert set(address["get"]["responses"]) == (
            common if is_office else common - {403}
        )
        assert address["get"]["security"] == (
            [{"Token": []}] if is_office else [{}, {"Token": []}]
        )


def test_every_code_has_its_status_and_sentence() -> None:
    assert sorted(set(STATUS.values())) == [400, 401, 403, 404, 405, 422, 429]
    assert [code for code, (_status, words) in ERRORS.items() if not str(words)] == []
