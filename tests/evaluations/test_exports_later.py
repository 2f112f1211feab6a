"""A file too large for one request: asked, written by a job, taken, gone in a day."""

import contextlib
import datetime as dt
import json
import os
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts import roles, sessions
from accounts.models import RoleGrant, User
from audit.models import AuditEvent
from config.celery import app
from evaluations import exports, tasks
from evaluations.exports import kept, later, rows
from evaluations.exports.files import FileDisagrees
from evaluations.exports.later import JOB, ExportBusy, ExportOver
from evaluations.models import FigureExport
from evaluations.models.figure_exports import KEPT
from jobs import actions, kinds
from jobs.models import SILENCE, Run
from tests.conftest import ELSEWHERE, HEPING, signed_in
from tests.evaluations.test_concurrency import side_by_side
from tests.evaluations.test_exports import MONTH, asked, lines_of, rolled
from tests.evaluations.world import World
from tests.infra.digest import tables

__all__ = ["rolled"]
TYPED = {
    "first": MONTH,
    "last": MONTH,
    "audience": "office",
    "form": "csv",
    "reason": "常委会材料",
}
FORM = reverse("evaluations:figures-export", args=[HEPING])


def ask(world: World, **other: Any) -> FigureExport:
    values = {"language": "zh-hans", "by": world.clerk, "at": timezone.now(), **other}
    return exports.ask_export(asked(world), rows=3, **values)


@pytest.fixture
def waiting(rolled: World) -> FigureExport:
    return ask(rolled)


@pytest.fixture
def written(waiting: FigureExport) -> FigureExport:
    return exports.write_export(export=waiting, at=timezone.now())


@pytest.fixture
def client(clerk: User) -> Client:
    return signed_in(clerk)


@pytest.fixture
def low_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "AT_ONCE", 2)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FOLDER", str(tmp_path / "exports"))
    return tmp_path / "exports"


def page_of(export: FigureExport) -> str:
    return reverse("evaluations:export-detail", args=[export.pk])


def download_of(export: FigureExport) -> str:
    return reverse("evaluations:export-download", args=[export.pk])


def fresh(export: FigureExport) -> FigureExport:
    return FigureExport.objects.get(pk=export.pk)


def told(verb: str) -> list[dict[str, Any]]:
    found = AuditEvent.objects.filter(verb=verb).order_by("seq")
    return [json.loads(event.data) for event in found]


def sent() -> list[list[str]]:
    """Read, and take away, the arguments of what lies in the queue of exports."""
    found = []
    with app.connection_for_read() as lying:
        queue = lying.SimpleQueue("exports")
        with contextlib.suppress(queue.Empty):
            while True:
                message = queue.get_nowait()
                message.ack()
                found.append(message.payload[0])
        queue.close()
    return found


def older(export: FigureExport, by: dt.timedelta) -> None:
    """As if everything about it had happened so much earlier."""
    found = fresh(export)
    FigureExport.objects.filter(pk=found.pk).update(
        asked_at=found.asked_at - by, done_at=found.done_at and found.done_at - by
    )


def test_a_large_export_is_written_once_and_taken_by_whoever_asked(
    rolled: World, own_folder: Path
) -> None:
    waiting = ask(rolled)
    assert ask(rolled) == waiting
    done = exports.write_export(export=waiting, at=rolled.now)
    with pytest.raises(ExportOver):
        exports.write_export(export=waiting, at=rolled.now)
    (event,) = told("figures.exported")
    assert (event["rows"], event["sha256"]) == (done.rows, done.sha256) == (3, ANY_SHA)
    (file,) = own_folder.iterdir()
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700
    assert (stat.S_IMODE(file.stat().st_mode), file.name) == (0o600, done.stored_as)
    with exports.take_export(export=done, by=rolled.clerk, at=rolled.now) as content:
        assert sha256(content.read()).hexdigest() == done.sha256
    (event,) = told("figures.downloaded")
    assert (event["export"], event["sha256"]) == (str(done.pk), done.sha256)
    with pytest.raises(exports.ExportClosed):
        exports.take_export(export=done, by=rolled.head, at=rolled.now)


class AnySha:
    """Sixty-four digits."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and len(other) == 64

    __hash__ = None  # type: ignore[assignment]


ANY_SHA = AnySha()


def test_up_to_the_bound_the_file_comes_with_the_answer(
    rolled: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "AT_ONCE", 3)
    answer: Any = client.post(FORM, TYPED)
    assert lines_of(b"".join(answer.streaming_content))[-1][:2] == ["end", "3"]
    assert not FigureExport.objects.exists()


@pytest.mark.usefixtures("low_bound")
def test_above_the_bound_it_is_a_job_with_a_page(rolled: World, client: Client) -> None:
    sent()
    answer = client.post(FORM, TYPED)
    export = FigureExport.objects.get()
    assert answer.headers["Location"] == page_of(export)
    assert sent() == [[str(export.pk)]]
    assert told("figures.exported") == []
    page = client.get(page_of(export))
    assert page.headers["Refresh"] == "15"
    assertContains(page, "排队等候，很快开始。")
    tasks.write_export(str(export.pk))
    page = client.get(page_of(export))
    assert not page.has_header("Refresh")
    assertContains(page, fresh(export).sha256)
    assertContains(page, "文件写好了")
    taken: Any = client.post(download_of(export))
    content = b"".join(taken.streaming_content)
    assert lines_of(content)[-1][:2] == ["end", "3"]
    assert sha256(content).hexdigest() == fresh(export).sha256
    name = f"ratings-{HEPING}-{MONTH}_{MONTH}.csv"
    assert name in taken.headers["Content-Disposition"]
    # A message that comes twice finds it written.
    tasks.write_export(str(export.pk))
    assert len(told("figures.exported")) == 1


@pytest.mark.usefixtures("low_bound")
def test_the_desk_lists_ones_own_of_the_last_day(
    rolled: World, client: Client, written: FigureExport, head: User
) -> None:
    listed = f'<a href="{page_of(written)}">'
    assertContains(client.get(FORM), listed)
    assertContains(client.get(FORM), "可以下载")
    assertNotContains(signed_in(head).get(FORM), listed)
    older(written, KEPT)
    assertNotContains(client.get(FORM), listed)


def test_the_first_page_of_the_desk_leads_to_exports(
    rolled: World, client: Client, make_staff: Callable[..., User]
) -> None:
    reviewer = make_staff("reviewer", roles.APPEAL_REVIEWER, HEPING)
    overview = reverse("evaluations:district-overview", args=[HEPING])
    assertContains(client.get(overview), f'<a href="{FORM}">')
    assertNotContains(signed_in(reviewer).get(overview), FORM)


def test_only_who_asked_sees_and_takes_it(
    written: FigureExport, head: User, clerk_elsewhere: User
) -> None:
    """The head may export here too, and yet it is no page for the head."""
    for other in (head, clerk_elsewhere):
        browser = signed_in(other)
        assert browser.get(page_of(written)).status_code == 404
        assert browser.post(download_of(written)).status_code == 404
    assert told("figures.downloaded") == []


def test_who_lost_the_role_or_the_place_takes_nothing(
    written: FigureExport, clerk: User, make_staff: Callable[..., User]
) -> None:
    client = signed_in(clerk)
    grants = RoleGrant.objects.filter(user=clerk)
    grants.update(role=roles.STREET_ADMINISTRATOR.code)
    assert client.get(page_of(written)).status_code == 403
    assert client.post(download_of(written)).status_code == 403
    grants.update(role=roles.DEPARTMENT_CLERK.code, scope=ELSEWHERE)
    assert client.get(page_of(written)).status_code == 404
    assert client.post(download_of(written)).status_code == 404


def test_taking_asks_for_fresh_digits(written: FigureExport, client: Client) -> None:
    session = client.session
    long_ago = timezone.now() - sessions.FRESH - dt.timedelta(seconds=1)
    session["factor"] = long_ago.timestamp()
    session.save()
    assert client.post(download_of(written)).status_code == 403
    assert told("figures.downloaded") == []


def test_opening_the_page_changes_nothing(
    waiting: FigureExport, client: Client
) -> None:
    for _state in ("asked", "done"):
        before = tables()
        for method in ("get", "head"):
            assert getattr(client, method)(page_of(waiting)).status_code == 200
            assert client.get(download_of(waiting)).status_code == 405
        assert tables() == before
        tasks.write_export(str(waiting.pk))


def test_after_a_day_the_file_is_gone_and_may_be_asked_for_again(
    written: FigureExport,
    client: Client,
    own_folder: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    older(written, KEPT)
    # Nobody has swept yet: time alone closes it.
    page = client.get(page_of(written))
    assertContains(page, "文件保留24小时，已经删除。要用请重新导出。")
    again = f"{FORM}?first={MONTH}&amp;last={MONTH}&amp;audience=office&amp;form=csv"
    assertContains(page, again)
    assertContains(client.get(again.replace("&amp;", "&")), '"csv" selected')
    refused = client.post(download_of(written), follow=True)
    assertContains(refused, "这份文件现在不能下载。")
    with django_capture_on_commit_callbacks(execute=True):
        tasks.purge_exports()
    gone = fresh(written)
    assert (gone.state, gone.stored_as, list(own_folder.iterdir())) == ("gone", "", [])
    assertContains(client.get(page_of(written)), "已经删除")


def test_a_file_that_is_away_already_stops_no_sweep(
    written: FigureExport,
    client: Client,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    kept.discard(written.stored_as)
    refused = client.post(download_of(written), follow=True)
    assertContains(refused, "文件已经不在了。请重新导出一份。")
    older(written, KEPT)
    with django_capture_on_commit_callbacks(execute=True):
        assert exports.purge_exports(at=timezone.now()) == 1
    assert fresh(written).state == "gone"
    assert exports.purge_exports(at=timezone.now()) == 0


def test_what_a_killed_worker_left_is_swept_and_nothing_else(
    written: FigureExport, own_folder: Path
) -> None:
    old, new = own_folder / "left-long-ago", own_folder / "being-written"
    for path in (old, new):
        path.touch()
    before = (timezone.now() - KEPT - dt.timedelta(minutes=1)).timestamp()
    for path in (old, own_folder / written.stored_as):
        os.utime(path, (before, before))
    assert exports.purge_exports(at=timezone.now()) == 1
    assert {path.name for path in own_folder.iterdir()} == {
        new.name,
        written.stored_as,
    }


def test_a_changed_file_is_not_given_out(
    written: FigureExport, client: Client, own_folder: Path
) -> None:
    path = own_folder / written.stored_as
    path.write_bytes(path.read_bytes().replace(b",40,", b",41,", 1))
    refused = client.post(download_of(written), follow=True)
    assertContains(refused, "文件和写好的时候不一样了，没有给出。")
    assert told("figures.downloaded") == []


def test_a_file_that_disagrees_leaves_nothing_and_says_what_to_do(
    waiting: FigureExport,
    client: Client,
    own_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports.files, "_rows_in_csv", lambda target: 2)
    with pytest.raises(FileDisagrees):
        tasks.write_export(str(waiting.pk))
    assert (list(own_folder.iterdir()), told("figures.exported")) == ([], [])
    assert fresh(waiting).state == "asked"
    run = started(waiting)
    failure = actions.failure_of(run.sort, FileDisagrees(3))
    actions.fail_run(run=run, failure=failure, at=timezone.now())
    page = client.get(page_of(waiting))
    assertContains(page, "写好的文件和数据对不上，没有给出。")
    assertContains(page, "自动再试。")
    assert page.headers["Refresh"] == "15"
    full = actions.failure_of(run.sort, OSError(28, "No space left on device"))
    assert full.reason["zh-hans"].startswith("文件写不到磁盘上，可能满了。")


def started(export: FigureExport) -> Run:
    kind = kinds.of(JOB)
    unit = kind.unit(str(export.pk))
    return actions.start_run(kind=kind, unit=unit, worker="a 1", at=timezone.now())


def test_progress_is_told_by_month(
    waiting: FigureExport, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int, int]] = []
    monkeypatch.setattr(rows, "tell", lambda *step: steps.append(step))
    tasks.write_export(str(waiting.pk))
    assert steps == [("write", 1, 1), ("check", 1, 1)]


def test_the_page_shows_how_far_it_is(waiting: FigureExport, client: Client) -> None:
    run = started(waiting)
    assert run.subject == f"和平区 {MONTH}–{MONTH}"
    Run.objects.update(step="write", done=3, total=12)
    page = client.get(page_of(waiting))
    assertContains(page, "正在写第 3 个月，共 12 个月")
    assertContains(page, 'max="100" value="25"')
    assert page.headers["Refresh"] == "2"


def test_what_a_killed_worker_had_is_due_again(waiting: FigureExport) -> None:
    """It is lost after thirty seconds of silence, and sent again while it is due."""
    run, at = started(waiting), timezone.now()
    Run.objects.update(seen_at=at - SILENCE - dt.timedelta(seconds=1))
    assert actions.lose_silent_runs(at=at) == 1
    assert actions.take_up(at=at) == [run]
    tasks.write_export(str(waiting.pk))
    assert kinds.of(JOB).waiting(at=at) == []


def test_the_clock_sends_what_waits(waiting: FigureExport) -> None:
    sent()
    tasks.exports_asked()
    assert sent() == [[str(waiting.pk)]]
    assert [unit.key for unit in kinds.of(JOB).waiting(at=timezone.now())] == [
        str(waiting.pk)
    ]


def test_what_is_not_written_in_a_day_is_given_up(
    rolled: World, waiting: FigureExport, client: Client
) -> None:
    older(waiting, KEPT)
    tasks.write_export(str(waiting.pk))
    assert told("figures.exported") == []
    assertContains(client.get(page_of(waiting)), "24小时里没有写成，不再试了。")
    # Asked for again before anybody has swept: a new one.
    assert ask(rolled) != waiting
    assert fresh(waiting).state == "lapsed"
    other = ask(rolled)
    older(other, KEPT)
    exports.purge_exports(at=timezone.now())
    assert fresh(other).state == "lapsed"


def test_heads_are_in_the_language_of_whoever_asked(
    rolled: World, own_folder: Path
) -> None:
    done = exports.write_export(export=ask(rolled, language="en"), at=rolled.now)
    lines = lines_of((own_folder / done.stored_as).read_bytes())
    assert lines[0][0] == "Month"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"state": "done"}, "figure_export_done_has_file"),
        ({"sha256": "ab" * 32}, "figure_export_done_has_file"),
        ({"state": "gone", "done_at": timezone.now()}, "figure_export_done_has_file"),
        ({"first": "2026-11"}, "figure_export_months_in_order"),
    ],
)
def test_the_database_keeps_the_promises_of_an_export(
    waiting: FigureExport, fields: dict[str, Any], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        FigureExport.objects.filter(pk=waiting.pk).update(**fields)


@pytest.mark.django_db(transaction=True)
def test_four_workers_write_it_once(
    rolled: World, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = ask(rolled)

    def work() -> object:
        try:
            return exports.write_export(export=waiting, at=rolled.now).state
        except (ExportBusy, ExportOver) as refused:
            return type(refused).__name__

    results = side_by_side(work)
    assert sorted(results, key=str)[-1] == "done"
    assert (results.count("done"), len(results)) == (1, 4)
    assert len(told("figures.exported")) == 1
    assert [path.name for path in own_folder.iterdir()] == [fresh(waiting).stored_as]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_ask_once(rolled: World) -> None:
    results = side_by_side(lambda: ask(rolled).pk)
    assert len(set(results)) == 1
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_worker_enters_it_into_the_ledger(rolled: World) -> None:
    waiting = ask(rolled)
    tasks.write_export.apply(args=[str(waiting.pk)], throw=True)
    run = Run.objects.get()
    assert (run.kind, run.key, run.state) == (JOB, str(waiting.pk), "done")
    assert fresh(waiting).state == "done"
