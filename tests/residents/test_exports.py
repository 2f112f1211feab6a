"""A report with names takes two people, is open for a day, and leaves a trail (T92)."""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable
from types import ModuleType

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts import roles
from accounts.models import RoleGrant, User
from audit.models import AuditEvent
from residents import actions
from residents.actions import exporting
from residents.models import RosterExport, RosterImport
from tests.conftest import HEPING
from tests.residents.conftest import (
    SMALL,
    STREET,
    Exported,
    Import,
    TrailBroken,
    as_csv,
)

NOW = timezone.now()
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
State = RosterExport.State


@pytest.fixture
def previewed(preview: Import) -> RosterImport:
    return preview(as_csv(list(SMALL)))


def ask(
    roster_import: RosterImport, by: User, *, at: dt.datetime = NOW
) -> RosterExport:
    return actions.request_export(
        roster_import=roster_import, purpose="correct", by=by, at=at
    )


def release(export: RosterExport, by: User, *, at: dt.datetime = NOW) -> None:
    actions.release_export(export=export, digest=bytes(export.digest), by=by, at=at)


def take(export: RosterExport, by: User, *, at: dt.datetime = NOW) -> bytes:
    target = io.BytesIO()
    actions.export_report(export=export, by=by, at=at, target=target)
    return target.getvalue()


def state_of(export: RosterExport) -> str:
    export.refresh_from_db()
    return export.state


def url(name: str, pk: object) -> str:
    return reverse(f"residents:{name}", args=[pk])


# --- the verbs ------------------------------------------------------------------------


def test_nothing_goes_out_before_the_second_person(
    previewed: RosterImport, street_admin: User
) -> None:
    export = ask(previewed, street_admin)
    with pytest.raises(actions.ExportClosed):
        take(export, street_admin)
    assert AuditEvent.objects.filter(verb="roster.report_exported").count() == 0


def test_each_step_leaves_its_event_with_both_people(
    previewed: RosterImport, exported: Exported
) -> None:
    content = exported(previewed)
    events = AuditEvent.objects.filter(verb__contains="export").order_by("seq")
    assert [(event.verb, event.actor) for event in events] == [
        ("roster.export_requested", "street_admin"),
        ("roster.export_released", "approver"),
        ("roster.report_exported", "street_admin"),
    ]
    told = json.loads(events[2].data)
    assert told == {
        "export": str(RosterExport.objects.get().pk),
        "reason": "correct",
        "second": "approver",
        "rows": 4,
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": exporting.columns_of(previewed),
    }


def test_who_has_asked_does_not_release(
    previewed: RosterImport, street_admin: User
) -> None:
    export = ask(previewed, street_admin)
    with pytest.raises(actions.ReleasedByRequester):
        release(export, street_admin)
    assert state_of(export) == State.WAITING


def test_who_keeps_the_roster_does_not_release(
    previewed: RosterImport, street_admin: User, make_staff: Callable[..., User]
) -> None:
    both = make_staff("both", roles.ROSTER_APPROVER, HEPING)
    # No page grants both (T87); an older installation may hold such a pair.
    today = timezone.localdate()
    RoleGrant.objects.create(
        user=both,
        role=roles.STREET_ADMINISTRATOR.code,
        scope=STREET,
        starts_on=today,
        ends_on=today + dt.timedelta(days=365),
        granted_on=today,
        granted_by="SYSTEM",
    )
    export = ask(previewed, street_admin)
    with pytest.raises(actions.KeepsThisRoster):
        release(export, both)
    assert state_of(export) == State.WAITING


def test_nobody_else_takes_it(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    release(export, approver)
    with pytest.raises(actions.ExportClosed):
        take(export, approver)


def test_download_is_open_for_a_day(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    release(export, approver, at=NOW + HOUR)
    last = NOW + 25 * HOUR - SECOND
    assert len(take(export, street_admin, at=last)) > 0
    with pytest.raises(actions.ExportClosed):
        take(export, street_admin, at=last + SECOND)


def test_request_lapses_after_three_days_and_may_be_made_again(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    with pytest.raises(actions.ExportWaiting):
        ask(previewed, street_admin, at=NOW + 72 * HOUR - SECOND)
    with pytest.raises(actions.ExportDecided):
        release(export, approver, at=NOW + 72 * HOUR)
    again = ask(previewed, street_admin, at=NOW + 72 * HOUR)
    release(again, approver, at=NOW + 73 * HOUR)
    assert (state_of(export), state_of(again)) == (State.LAPSED, State.RELEASED)


def test_other_digest_than_the_shown_one_is_refused(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    with pytest.raises(actions.DigestChanged):
        actions.release_export(export=export, digest=bytes(32), by=approver, at=NOW)
    RosterExport.objects.filter(pk=export.pk).update(purpose="verify")
    with pytest.raises(actions.DigestChanged):
        release(export, approver)


def test_decided_request_is_not_decided_again(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    actions.refuse_export(export=export, reason="不必带姓名", by=approver, at=NOW)
    with pytest.raises(actions.ExportDecided):
        release(export, approver)
    with pytest.raises(actions.ExportClosed):
        take(export, street_admin)
    event = AuditEvent.objects.get(verb="roster.export_refused")
    assert (event.actor, event.data.count("不必带姓名")) == ("approver", 0)


def test_cancelled_import_gives_no_report_any_more(
    previewed: RosterImport, street_admin: User, approver: User
) -> None:
    export = ask(previewed, street_admin)
    release(export, approver)
    actions.cancel_import(roster_import=previewed, by=street_admin, at=NOW)
    with pytest.raises(actions.NothingToReport):
        take(export, street_admin)
    with pytest.raises(actions.NothingToReport):
        ask(previewed, street_admin)


def test_database_refuses_one_person_for_both(
    previewed: RosterImport, street_admin: User
) -> None:
    export = ask(previewed, street_admin)
    with (
        pytest.raises(IntegrityError, match="roster_export_second_person"),
        transaction.atomic(),
    ):
        RosterExport.objects.filter(pk=export.pk).update(
            state=State.RELEASED, decided_by=street_admin, decided_at=NOW
        )


def test_without_its_event_nothing_is_released(
    previewed: RosterImport,
    street_admin: User,
    approver: User,
    break_trail: Callable[[ModuleType], None],
) -> None:
    export = ask(previewed, street_admin)
    break_trail(exporting)
    with pytest.raises(TrailBroken):
        release(export, approver)
    assert state_of(export) == State.WAITING


# --- the pages ------------------------------------------------------------------------


def test_report_goes_from_the_street_over_the_approver_to_the_street(
    previewed: RosterImport, street_admin_client: Client, approver_client: Client
) -> None:
    asked = street_admin_client.post(
        url("import-report", previewed.pk), {"reason": "correct"}
    )
    export = RosterExport.objects.get()
    detail = url("export-detail", export.pk)
    assert asked["Location"] == detail
    notice = "有 1 件报告下载申请等人核准。"
    lists = [
        client.get(reverse("residents:import-list")).content.decode().count(notice)
        for client in (street_admin_client, approver_client)
    ]
    assert lists == [0, 1]
    waiting = approver_client.get(reverse("residents:export-list")).content.decode()
    assert waiting.count(detail) == 2
    page = approver_client.get(detail).content.decode()
    assert (page.count(export.digest_hex), page.count("户主姓名")) == (2, 1)
    words = {"digest": export.digest_hex, "checked": "on"}
    approver_client.post(url("export-release", export.pk), words)
    assert street_admin_client.get(detail).content.decode().count("可下载") == 1
    answer = street_admin_client.post(url("export-download", export.pk))
    assert answer["Content-Disposition"].startswith("attachment;") is True
    assert answer["X-Content-Type-Options"] == "nosniff"
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue()))
    assert len(book.get_sheet_by_index(0).to_python()) == 5


def test_refusal_reaches_who_has_asked(
    previewed: RosterImport,
    street_admin: User,
    street_admin_client: Client,
    approver_client: Client,
) -> None:
    export = ask(previewed, street_admin, at=timezone.now())
    refuse = url("export-refuse", export.pk)
    assert approver_client.post(refuse, {"reason": ""}).status_code == 200
    approver_client.post(refuse, {"reason": "不必带姓名"})
    page = street_admin_client.get(url("export-detail", export.pk)).content.decode()
    assert (page.count("不必带姓名"), page.count("已退回")) == (1, 1)


def test_unticked_release_and_lost_purpose_are_told(
    previewed: RosterImport,
    street_admin: User,
    street_admin_client: Client,
    approver_client: Client,
) -> None:
    report = url("import-report", previewed.pk)
    answer = street_admin_client.post(report, {}, follow=True)
    assert answer.content.decode().count("请先选为什么要看原文。") == 1
    export = ask(previewed, street_admin, at=timezone.now())
    again = street_admin_client.post(report, {"reason": "verify"}, follow=True)
    told = "您已经申请过这份报告，正等另一个人核准。"
    assert again.content.decode().count(told) == 1
    words = {"digest": export.digest_hex}
    answer = approver_client.post(url("export-release", export.pk), words, follow=True)
    assert answer.content.decode().count("请先看过申请，打上勾，再核准。") == 1
    early = street_admin_client.post(url("export-download", export.pk), follow=True)
    told = "这份报告不能下载：没有核准，或者已过一天。"
    assert early.content.decode().count(told) == 1
    assert state_of(export) == State.WAITING


ACTS = ("export-release", "export-refuse", "export-download")


def test_strangers_and_roles_are_kept_out(
    previewed: RosterImport,
    street_admin: User,
    street_admin_client: Client,
    approver_client: Client,
    neighbour_client: Client,
    clerk_client: Client,
) -> None:
    export = ask(previewed, street_admin)
    detail = url("export-detail", export.pk)
    assert neighbour_client.get(detail).status_code == 404
    assert clerk_client.get(detail).status_code == 403
    assert clerk_client.get(reverse("residents:export-list")).status_code == 403
    far = [neighbour_client.post(url(act, export.pk)).status_code for act in ACTS]
    assert far == [404, 404, 404]
    street = [street_admin_client.post(url(act, export.pk)) for act in ACTS[:2]]
    assert [answer.status_code for answer in street] == [403, 403]
    taken = approver_client.post(url("export-download", export.pk))
    asked = approver_client.post(url("import-report", previewed.pk))
    assert (taken.status_code, asked.status_code) == (403, 403)
    seen = [street_admin_client.get(url(act, export.pk)) for act in ACTS]
    assert [answer.status_code for answer in seen] == [405, 405, 405]
