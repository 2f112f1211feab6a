"""A name is held by one session at a time, until its transaction ends."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from audit.vendor_sql import hold_name

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work: Callable[[], bool]) -> bool:
    """What another session answers."""
    answers: list[bool] = []

    def run() -> None:
        try:
            with transaction.atomic():
                answers.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)
    return answers[0]


def test_a_held_name_is_refused_elsewhere_without_waiting() -> None:
    with transaction.atomic():
        assert hold_name("roll up 120101")
        # The same session may take it again.
        assert hold_name("roll up 120101")
        assert elsewhere(lambda: hold_name("roll up 120101")) is False
        assert elsewhere(lambda: hold_name("roll up 230402")) is True
    assert elsewhere(lambda: hold_name("roll up 120101")) is True


def test_a_name_is_free_again_after_a_rollback() -> None:
    with transaction.atomic():
        assert hold_name("roll up 120101")
        transaction.set_rollback(True)
    assert elsewhere(lambda: hold_name("roll up 120101")) is True
