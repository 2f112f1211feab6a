import threading
from pathlib import Path

from config.launcher.ownership import (
    Notice,
    after_the_last_user,
    read_notice,
    try_to_own,
    using,
)


def test_a_second_owner_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    with try_to_own(tmp_path, kind="server") as first:
        assert first is not None
        with try_to_own(tmp_path, kind="command") as second:
            assert second is None
    with try_to_own(tmp_path, kind="command") as third:
        assert third is not None


def test_a_refused_owner_leaves_the_notice_alone(tmp_path: Path) -> None:
    notice = Notice("server", 7, "http://127.0.0.1:8000/", {"REDIS_URL": "unix:///x"})
    with try_to_own(tmp_path, kind="server") as owned:
        assert owned is not None
        owned.announce(notice)
        with try_to_own(tmp_path, kind="command"):
            assert read_notice(tmp_path) == notice


def test_notice_of_an_untouched_folder_is_none(tmp_path: Path) -> None:
    assert read_notice(tmp_path) is None


def test_half_written_notice_is_none(tmp_path: Path) -> None:
    (tmp_path / "owner.lock").write_text('{"kind": "serv')
    assert read_notice(tmp_path) is None


def test_owner_waits_for_the_last_user(tmp_path: Path) -> None:
    events: list[str] = []

    def stop() -> None:
        with after_the_last_user(tmp_path):
            events.append("services stopped")

    with using(tmp_path), using(tmp_path):
        owner = threading.Thread(target=stop)
        owner.start()
        owner.join(0.3)
        events.append("users done")
    owner.join(5)
    assert events == ["users done", "services stopped"]
