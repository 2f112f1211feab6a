"""Residents and staff under two names, with cookies of their own (T93, T107, T115)."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from audit.keyring import make_missing
from tests.e2e.processes import environment

PROGRAM = """
import django
django.setup()
from django.test import Client
for host in ("minping.example.gov.cn", "desk.example.gov.cn"):
    for path in ("/", "/ballot/", "/receipt/", "/notice/", "/help/", "/desk/sign-in/",
                 "/desk/rounds/", "/desk"):
        answer = Client(headers={"host": host}).get(path, secure=True)
        print(host.partition(".")[0], path, answer.status_code)
    answer = Client(headers={"host": host}).post(
        "/", {"code": "2222-2222-2222"}, secure=True)
    print(host.partition(".")[0], "POST", answer.status_code)
    answer = Client(headers={"host": host}).get(
        "/desk/sign-in/" if host.startswith("desk") else "/", secure=True)
    for cookie in answer.cookies.values():
        print(cookie.key, cookie["secure"], cookie["httponly"], cookie["samesite"],
              cookie["domain"] or "-", cookie["path"])
answer = Client(headers={"host": "minping.example.gov.cn"}).get("/")
print(answer.status_code, answer["Location"])
answer = Client(headers={"host": "minping.example.gov.cn"}).get("/", secure=True)
print(answer["Strict-Transport-Security"])
"""
EXPECTED = """\
minping / 200
minping /ballot/ 303
minping /receipt/ 200
minping /notice/ 200
minping /help/ 200
minping /desk/sign-in/ 404
minping /desk/rounds/ 404
minping /desk 301
minping POST 200
__Host-csrf True True Lax - /
desk / 302
desk /ballot/ 404
desk /receipt/ 404
desk /notice/ 404
desk /help/ 404
desk /desk/sign-in/ 200
desk /desk/rounds/ 302
desk /desk 404
desk POST 404
__Host-csrf True True Lax - /
301 https://minping.example.gov.cn/
max-age=31536000; includeSubDomains; preload
"""


@pytest.mark.django_db(transaction=True)
def test_each_side_is_lost_on_the_host_of_the_other(tmp_path: Path) -> None:
    make_missing(tmp_path / "keys")
    (tmp_path / "static").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="tests.config.two_hosts",
            MINPING_URL="https://minping.example.gov.cn",
            MINPING_STAFF_URL="https://desk.example.gov.cn",
            MINPING_KEYS=str(tmp_path / "keys"),
            MINPING_VAR=str(tmp_path),
            PYTHONWARNINGS="ignore",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr
