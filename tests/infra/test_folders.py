import os
from pathlib import Path

import pytest

from config.launcher.folders import Folders, fits_sockets, socket_folder
from config.launcher.processes import LauncherError


def deep(folder: Path) -> Path:
    """A folder whose path is too long for a socket, in characters of three bytes."""
    path = folder / ("民评" * 12) / "run"
    path.parent.mkdir(parents=True)
    return path


def test_socket_folder_of_a_short_path_is_the_path_itself(tmp_path: Path) -> None:
    short = Path(os.environ["MINPING_VAR"]) / "run-short"
    assert socket_folder(short) == short
    assert short.stat().st_mode & 0o777 == 0o700


def test_socket_folder_of_a_long_path_is_a_short_private_one(tmp_path: Path) -> None:
    plain = deep(tmp_path)
    assert not fits_sockets(plain)
    folder = socket_folder(plain)
    assert fits_sockets(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert socket_folder(plain) == folder  # the same at the next start
    folder.rmdir()


def test_socket_folder_is_made_again_when_it_was_swept(tmp_path: Path) -> None:
    plain = deep(tmp_path)
    first = socket_folder(plain)
    first.rmdir()
    second = socket_folder(plain)
    assert second.is_dir()
    assert second != first
    second.rmdir()


def test_a_path_of_107_bytes_fits_and_one_of_108_does_not() -> None:
    longest = 107 - len("/.s.PGSQL.5432.lock")
    assert fits_sockets(Path("/" + "x" * (longest - 1)))
    assert not fits_sockets(Path("/" + "x" * longest))


def test_runtime_folder_is_closed_to_others(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir(mode=0o755)
    Folders(var).make()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (var, *var.iterdir())}
    assert modes == {"var": 0o700, "log": 0o700, "beat": 0o700}


def test_runtime_folder_inside_a_file_is_refused(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(LauncherError, match="Cannot write to"):
        Folders(blocked / "var").make()
