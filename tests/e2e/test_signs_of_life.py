"""The clock signs for itself while it ticks, and signs off at an orderly end."""

from pathlib import Path

import pytest
from django.utils import timezone

from jobs.models import Process
from tests.e2e.processes import kill, process, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def beat(folder: Path) -> tuple[str, ...]:
    files = ("--pidfile=", "-s", str(folder / "schedule"))
    return ("celery", "-A", "config", "beat", *files)


def test_the_clock_signs_and_signs_off(tmp_path: Path) -> None:
    signed = Process.objects.filter(kind=Process.Kind.BEAT)
    with process(*beat(tmp_path), log=tmp_path / "beat.log") as child:
        wait_until(signed.exists, what="sign of life")
        found = signed.get()
        assert found.name.endswith(f" {child.pid}")
        assert found.lives(at=timezone.now())
    assert not signed.exists()


def test_a_killed_clock_leaves_its_last_sign(tmp_path: Path) -> None:
    signed = Process.objects.filter(kind=Process.Kind.BEAT)
    with process(*beat(tmp_path), log=tmp_path / "beat.log") as child:
        wait_until(signed.exists, what="sign of life")
        kill(child)
    assert signed.count() == 1
