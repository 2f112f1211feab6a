"""What stops start-up, and that Django's own list of dangers is silent (issue 5)."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from audit.keyring import make_missing
from config import checks, refusals

ADDRESS = "https://minping.example.gov.cn"
SILENT = "System check identified no issues (0 silenced).\n"
KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH", "DATABASE_URL")
Manage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_missing(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def manage(tmp_path: Path, keys: Path) -> Manage:
    """manage.py as in production, but for the addresses of the test's own servers."""

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        # Nothing that another test has left in the environment or in the suite's Redis.
        kept = {n: os.environ[n] for n in KEPT if n in os.environ}
        ours = {
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MINPING_URL": ADDRESS,
            "MINPING_HOSTS": "minping.example.gov.cn",
            "MINPING_KEYS": str(keys),
            "MINPING_VAR": str(tmp_path),
            "MINPING_RESPONSIBLE": "和平区委组织部",
            "MINPING_CONTACT": "022-23456789",
            "MINPING_AGENCY": "海河调查公司",
        }
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.ROOT,
            env={**kept, **ours, **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence at the end of what a refused start-up says."""
    assert done.returncode != 0
    kind, _, sentence = done.stderr.strip().splitlines()[-1].partition(": ")
    assert kind == "django.core.exceptions.ImproperlyConfigured"
    return sentence


def test_check_of_a_deployment_is_silent(manage: Manage) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert (done.stderr, done.returncode, done.stdout) == ("", 0, SILENT)


def test_check_of_a_deployment_with_two_addresses_is_silent(manage: Manage) -> None:
    done = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        MINPING_STAFF_URL="https://desk.example.gov.cn",
        MINPING_HOSTS="minping.example.gov.cn,desk.example.gov.cn",
    )
    assert (done.stderr, done.returncode, done.stdout) == ("", 0, SILENT)


def test_notice_of_the_demo_is_not_deployed(settings: pytest.FixtureRequest) -> None:
    """Residents must be told who is responsible (T104)."""
    settings.NOTICE = {**settings.NOTICE_OF_DEMO, "agency": "海河调查公司"}
    found = checks.notice_names_the_office()
    assert [(one.id, one.hint.partition(":")[0]) for one in found] == [
        ("minping.E005", "Set MINPING_RESPONSIBLE"),
        ("minping.E005", "Set MINPING_CONTACT"),
    ]


@pytest.mark.parametrize("purpose", ["django", "code", "row", "field", "wrap"])
def test_missing_key_stops_start_up_and_names_the_remedy(
    manage: Manage, keys: Path, purpose: str
) -> None:
    (path,) = keys.glob(f"{purpose}.1*.key")
    path.unlink()
    sentence = refused(manage("check"))
    assert f"{purpose}.1.key" in sentence
    assert f"python -m audit.keyring {keys}" in sentence


def test_key_of_zeros_stops_start_up(manage: Manage, keys: Path) -> None:
    (keys / "code.1.key").write_bytes(bytes(32))
    sentence = refused(manage("check"))
    assert "code.1.key" in sentence
    assert f"python -m audit.keyring {keys}" in sentence


@pytest.mark.parametrize(
    "typed",
    [
        bytes(32),
        b"k" * 32,
        bytes(range(32)),
        bytes(range(64, 0, -2)),
        b"0123456789abcdef" * 2,
        bytes(range(0, 240, 15)) * 2,
        b"django-insecure-change-me-please",
        b"change me, before you go on air!",
    ],
)
def test_typed_key_is_no_key(typed: bytes) -> None:
    assert len(typed) == 32
    assert not refusals.is_random(typed)


def test_random_keys_are_never_taken_for_typed_ones() -> None:
    assert all(refusals.is_random(secrets.token_bytes(32)) for _ in range(10_000))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MINPING_DEBUG": "1"}, "unset MINPING_DEBUG"),
        ({"MINPING_DEBUG": "1", "MINPING_URL": "http://127.0.0.1:8000"}, "unset"),
        ({"MINPING_URL": "http://minping.example.gov.cn"}, "set MINPING_URL"),
        ({"MINPING_HOSTS": "*"}, "write the host names"),
        ({"MINPING_HOSTS": "other.example.gov.cn"}, "add it"),
        ({"MINPING_STAFF_URL": "https://desk.example.gov.cn"}, "add it"),
        ({"DATABASE_URL": ""}, "give the address of a PostgreSQL server"),
        ({"DATABASE_URL": "sqlite:///x"}, "must name a PostgreSQL server"),
        ({"REDIS_URL": ""}, "give redis://host:6379/0"),
    ],
)
def test_open_house_is_refused_with_what_to_do(
    manage: Manage, changes: dict[str, str], words: str
) -> None:
    assert words in refused(manage("check", **changes))


def test_debug_at_home_is_allowed(manage: Manage) -> None:
    home = {"MINPING_URL": "http://127.0.0.1:8000", "MINPING_HOSTS": "127.0.0.1"}
    assert manage("check", MINPING_DEBUG="1", **home).returncode == 0


def test_access_log_is_an_error_of_the_deployment(manage: Manage) -> None:
    done = manage(
        *("check", "--deploy"), GUNICORN_CMD_ARGS="--access-logfile /tmp/access.log"
    )
    assert done.returncode != 0
    assert "minping.E001" in done.stderr


def test_gunicorn_does_not_start_with_an_access_log(tmp_path: Path, keys: Path) -> None:
    """Stopped by gunicorn.conf.py, before a port is bound (T62)."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi"),
            *("--bind", f"unix:{tmp_path}/web.sock"),
            *("--access-logfile", str(tmp_path / "access.log")),
        ],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MINPING_KEYS": str(keys),
            "MINPING_VAR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "An access log would know who voted when" in done.stderr


def test_redis_of_the_house_forgets() -> None:
    assert checks.redis_forgets() == []


def test_one_folder_for_both_half_keys_is_an_error(
    settings: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings.HALF_KEYS = [tmp_path, tmp_path]
    assert [found.id for found in checks.half_keys_lie_apart()] == ["minping.E003"]


def test_key_that_others_can_read_is_an_error(
    settings: pytest.FixtureRequest, keys: Path
) -> None:
    settings.KEYS = keys
    assert checks.keys_belong_to_one() == []
    (keys / "row.1.key").chmod(0o644)
    assert [found.id for found in checks.keys_belong_to_one()] == ["minping.E004"]
