"""What was already done to an embedded database, noted inside its own folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cluster:
    """The notes go where the data go: a new cluster begins with none."""

    data: Path

    @property
    def migrated(self) -> Path:
        return self.data / "minping.migrated"

    @property
    def demo_unfinished(self) -> Path:
        return self.data / "minping.demo_unfinished"

    @contextmanager
    def loading_demo(self) -> Iterator[None]:
        """The demo is several transactions; the note outlives whoever is killed."""
        self.demo_unfinished.touch()
        yield
        self.demo_unfinished.unlink()

    def set_aside_unfinished(self) -> bool:
        """Move a half-loaded demo out of the way; True when there was one.

        Its passwords were never shown. It is moved, not deleted: one earlier copy
        stays beside the new cluster.
        """
        if not self.demo_unfinished.exists():
            return False
        aside = self.data.with_name("data.unfinished")
        shutil.rmtree(aside, ignore_errors=True)
        self.data.rename(aside)
        return True
