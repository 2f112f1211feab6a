"""Where the files of a running installation lie."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.launcher.processes import LauncherError

ROOT = Path(__file__).resolve().parents[2]
# The kernel keeps a socket's path in 108 bytes, the last of them zero.
SOCKET_PATH_BYTES = 107
LONGEST_SOCKET = "/.s.PGSQL.5432.lock"


def fits_sockets(folder: Path) -> bool:
    return len(os.fsencode(f"{folder}{LONGEST_SOCKET}")) <= SOCKET_PATH_BYTES


def is_ours(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_uid == os.geteuid()


def socket_folder(plain: Path) -> Path:
    """`plain`, or behind it a link to a short folder when its path is too long."""
    if fits_sockets(plain):
        plain.mkdir(mode=0o700, exist_ok=True)
        return plain
    if not is_ours(plain):  # absent, or the temporary folder was swept
        plain.unlink(missing_ok=True)
        plain.symlink_to(tempfile.mkdtemp(prefix="minping-"))
    return plain.resolve()


@dataclass(frozen=True)
class Folders:
    """Everything below `var`; what must stay private is closed to others."""

    var: Path

    @classmethod
    def from_environment(cls) -> "Folders":
        folders = cls(Path(os.environ.get("MINPING_VAR") or ROOT / "var").resolve())
        folders.make()
        return folders

    def make(self) -> None:
        try:
            for folder in (self.var, self.logs, self.beat):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.var.chmod(0o700)
        except OSError as error:
            message = (
                f"不能写入 {self.var}：请用它的主人运行，或设置 MINPING_VAR。"
                f"Cannot write to {self.var}: run as its owner or set MINPING_VAR."
            )
            raise LauncherError(message) from error

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def beat(self) -> Path:
        return self.var / "beat"

    @property
    def keys(self) -> Path:
        return Path(os.environ.get("MINPING_KEYS") or self.var / "keys")

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def sockets(self) -> Path:
        return socket_folder(self.var / "run")
