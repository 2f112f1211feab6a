"""Everything the database and the static files need before the first page.

One process, because starting Django three times would cost the second start its
ten seconds. Progress goes to standard error, what the reader must keep (accounts,
passwords, codes) to standard output.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command

from config.catalogues import compile_stale
from config.launcher.cluster import Cluster

LIVE_CODES = 3


def say(chinese: str, english: str) -> None:
    sys.stderr.write(f"  {chinese} {english}\n")
    sys.stderr.flush()


def load_demo(cluster: Cluster | None) -> None:
    """Fill an empty database once, then show three codes that still can vote."""
    say("检查演示数据 …", "Looking after the demo …")
    if get_user_model().objects.exists():
        call_command("demo_codes", "--count", str(LIVE_CODES))
        return
    with cluster.loading_demo() if cluster else nullcontext():
        call_command("load_demo", "--if-empty")


def prepare(*, demo: bool, cluster: Cluster | None) -> None:
    say("更新数据库 …", "Updating the database …")
    call_command("migrate", interactive=False, verbosity=0)
    if cluster is not None:
        cluster.migrated.touch()
    call_command("collectstatic", interactive=False, verbosity=0)
    if demo:
        load_demo(cluster)


def main() -> None:
    compile_stale()
    django.setup()
    data = os.environ.get("MINPING_CLUSTER")
    prepare(
        demo=os.environ.get("MINPING_DEMO", "1") != "0",
        cluster=Cluster(Path(data)) if data else None,
    )


if __name__ == "__main__":
    main()
