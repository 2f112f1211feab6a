"""The suite runs on the real servers, and on no one else's."""

import os
import pwd
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.db import connection

from config.launcher.postgres import installed_by_debian
from config.launcher.redis_server import installed_by_system


def show(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_database_is_the_postgresql_of_debian() -> None:
    assert connection.vendor == "postgresql"
    assert show("server_version").split()[0] == installed_by_debian().version


@pytest.mark.django_db
def test_database_listens_on_no_port() -> None:
    assert show("listen_addresses") == ""
    assert show("unix_socket_permissions") == "0700"


@pytest.mark.django_db
def test_database_admits_the_user_who_started_it_and_nobody_else() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, database, user_name, auth_method, options"
            " FROM pg_hba_file_rules"
        )
        rules = cursor.fetchall()
    assert rules == [("local", ["all"], ["all"], "peer", ["map=minping"])]
    cluster = Path(parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0])
    lines = (cluster / "data" / "pg_ident.conf").read_text().splitlines()
    users = {pwd.getpwuid(os.geteuid()).pw_name, cluster.owner()}
    assert lines == [f'minping "{user}" minping' for user in sorted(users)]


@pytest.mark.django_db
def test_database_writes_no_statement_into_its_log() -> None:
    """A failed statement may quote a code or a name (T61)."""
    assert show("log_min_error_statement") == "panic"
    assert show("log_statement") == "none"
    assert show("log_parameter_max_length_on_error") == "0"


@pytest.mark.django_db
def test_database_sorts_chinese_by_code_point() -> None:
    """As the wheel's PostgreSQL does, which has no ICU."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s) AS name ORDER BY name",
            [["b", "李", "B", "阿"]],
        )
        assert [row[0] for row in cursor.fetchall()] == ["B", "b", "李", "阿"]


def test_redis_is_real_and_forgets() -> None:
    assert installed_by_system() is not None
    client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    assert client.config_get("save") == {"save": ""}
    assert client.config_get("appendonly") == {"appendonly": "no"}
    client.close()


def test_redis_listens_on_a_socket_of_its_owner_only() -> None:
    path = urlsplit(os.environ["REDIS_URL"]).path
    assert os.stat(path).st_mode & 0o777 == 0o700
    assert parse_qs(urlsplit(os.environ["REDIS_URL"]).query) == {"db": ["0"]}
