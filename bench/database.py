"""What measuring programs share: a database of their own, and a watch."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

from django.db import connection, models


@contextlib.contextmanager
def own_database() -> Iterator[None]:
    """A database beside the real one, with all tables and nothing in them."""
    real = connection.settings_dict["NAME"]
    # Two programs may measure side by side.
    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}_{real}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


def address() -> str:
    """Of the database in use now, for another process."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    whole = urlunsplit(parts._replace(path=f"/{name}"))
    # With an empty host its slashes would be lost.
    return whole if "://" in whole else whole.replace(":/", ":///", 1)


def settle(*tables: type[models.Model]) -> None:
    """What the database does by itself a while after many rows came in."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"VACUUM ANALYZE {connection.ops.quote_name(table._meta.db_table)}"
            )


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
