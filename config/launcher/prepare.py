"""Everything the database and the static files need before the first page.

One process, because starting Django three times would cost the second start its
ten seconds. Progress goes to standard error, what the reader must keep (accounts,
passwords, codes) to standard output.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from config.catalogues import compile_stale

LIVE_CODES = 3


def say(chinese: str, english: str) -> None:
    sys.stderr.write(f"  {chinese} {english}\n")
    sys.stderr.flush()


def prepare(*, demo: bool, migrated: Path | None) -> None:
    say("更新数据库 …", "Updating the database …")
    call_command("migrate", interactive=False, verbosity=0)
    if migrated is not None:
        migrated.touch()
    call_command("collectstatic", interactive=False, verbosity=0)
    if demo:
        say("检查演示数据 …", "Looking after the demo …")
        call_command("load_demo", "--if-empty")
        call_command("demo_codes", "--count", str(LIVE_CODES))


def main() -> None:
    compile_stale()
    django.setup()
    marker = os.environ.get("MINPING_MIGRATED")
    prepare(
        demo=os.environ.get("MINPING_DEMO", "1") != "0",
        migrated=Path(marker) if marker else None,
    )


if __name__ == "__main__":
    main()
