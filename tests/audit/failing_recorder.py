"""A pytest plugin: every verb is first refused by a failing trail, then done (T153).

`-p tests.audit.failing_recorder`, before the rooms are imported: it stands before each
function under `@transaction.atomic`, and before those that open their transaction
inside. What was refused is written to the file named by MINPING_REFUSED.
"""

import functools
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.audit.recorded_verbs import ROOMS
from tests.audit.refusing import Guard

RESULT = "MINPING_REFUSED"
# One transaction each, opened inside.
OPEN = (
    ("ballots.opening", "open_box"),
    ("residents.actions.requesting", "register_request"),
    ("residents.actions.corrections", "propose_correction"),
    ("residents.actions.exporting", "request_export"),
    ("audit.verifying", "_note"),
)
guard = Guard()


def guarded(self: transaction.Atomic, verb: Callable[..., Any]) -> Callable[..., Any]:
    """What `@transaction.atomic` makes of a function, and the guard before it."""
    act = DECORATE(self, verb)
    if verb.__module__.split(".")[0] not in ROOMS:
        return act

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Any:
        return guard.run(verb, act, args, kwargs)

    return run


def pytest_collection_finish() -> None:
    """By whatever name a module knows such a function."""
    for module, name in OPEN:
        plain = getattr(importlib.import_module(module), name)

        def run(*args: Any, act: Any = plain, **kwargs: Any) -> Any:
            return guard.run(act, act, args, kwargs)

        for known in list(sys.modules.values()):
            for key, value in list(vars(known).items()):
                if value is plain:
                    setattr(known, key, run)


DECORATE = transaction.Atomic.__call__
transaction.Atomic.__call__ = guarded


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What a fixture does counts too."""
    guard.test = item.nodeid
    try:
        return (yield)
    finally:
        guard.test = ""


def pytest_sessionfinish() -> None:
    found = {"refused": guard.refused, "broken": guard.broken}
    Path(os.environ[RESULT]).write_text(json.dumps(found), "utf-8")
