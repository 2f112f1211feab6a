"""The audit administrator searches, reads, checks and exports the trail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from accounts.trail_forms import SearchForm
from audit import checkpoints, exporting, labels, offline, verifying
from audit.actions import SYSTEM, record
from audit.models import AuditCheckpoint, AuditEvent, AuditVerification
from tests.audit import chains, recorded_verbs

TRAIL = reverse("accounts:trail")


def write(verb: str, *, data: dict | None = None, division: str = "", at=None) -> int:
    with transaction.atomic():
        event = record(
            verb,
            by=SYSTEM,
            at=at or timezone.now(),
            data=data or {},
            division=division,
        )
    return event.seq


def found(client: Client, **asked: str) -> list[int]:
    page = client.get(TRAIL, asked).context["page"]
    return sorted(event.seq for event in page)


def test_each_field_of_the_search_finds_its_events(auditor_client: Client) -> None:
    opened = write("box.opened", division="120101002", data={"opened": 42})
    refused = write("roster.refused", division="120102", data={"reason": "重复上传"})
    old = write("month.published", at=chains.NOON)
    assert found(auditor_client, verb="box.opened") == [opened]
    assert found(auditor_client, division="120101002") == [opened]
    assert found(auditor_client, words="重复上传") == [refused]
    assert found(auditor_client, until="2026-03-02") == [old]
    assert old not in found(auditor_client, since="2026-03-03")
    assert found(auditor_client, actor="nobody") == []
    assert found(auditor_client, verb="month.published", since="2026-03-02") == [old]
    user = AuditEvent.objects.filter(target_type="accounts.user").first()
    assert user is not None
    about = AuditEvent.objects.filter(target_id=user.target_id)
    assert found(auditor_client, target=user.target_id) == sorted(
        about.values_list("seq", flat=True)
    )
    assert found(auditor_client, target="accounts.user")[0] == user.seq


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-03-01T15:59:59Z", "2026-03-01"), ("2026-03-01T16:00:00Z", "2026-03-02")],
)
def test_days_end_at_midnight_in_shanghai(
    auditor_client: Client, moment: str, day: str
) -> None:
    at = timezone.datetime.fromisoformat(moment)
    seq = write("box.opened", at=at)
    for asked in ("2026-03-01", "2026-03-02"):
        expected = [seq] if asked == day else []
        assert found(auditor_client, since=asked, until=asked) == expected


def test_wrong_search_says_so_and_finds_everything(auditor_client: Client) -> None:
    answer = auditor_client.get(TRAIL, {"division": "x", "since": "gestern"})
    assert sorted(answer.context["form"].errors) == ["division", "since"]
    assert answer.context["page"].paginator.count == AuditEvent.objects.count()


def test_event_reads_as_sentences(auditor_client: Client) -> None:
    data = {"voided": {"tampered": 1}, "second": "", "columns": ["address", "note"]}
    seq = write("box.opened", data=data, division="120101")
    url = reverse("accounts:trail-event", args=[seq])
    answer = auditor_client.get(url)
    facts = [(fact.name, fact.value, fact.depth) for fact in answer.context["facts"]]
    assert facts == [
        ("列", "address、note", 0),
        ("第二个人", "—", 0),
        ("作废原因和数目", "", 0),
        ("tampered", "1", 1),
    ]
    page = answer.content.decode()
    assert (page.count("<h1>开箱</h1>"), page.count("都相符")) == (1, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditevent SET division = '1' WHERE seq = %s", [seq]
        )
    assert auditor_client.get(url).content.decode().count("写下以后被改过") == 1
    missing = reverse("accounts:trail-event", args=[10_000])
    assert auditor_client.get(missing).status_code == 404


def test_every_verb_of_the_code_has_a_label() -> None:
    """And no label is left of a verb that nobody records."""
    known = recorded_verbs.find()
    assert known.unknown == []
    assert sorted(known.verbs - set(labels.VERBS)) == []
    assert sorted(set(labels.VERBS) - known.verbs) == []


def test_every_label_is_in_english_too() -> None:
    with translation.override("en"):
        plain = [
            name
            for table in (labels.VERBS, labels.TARGETS, labels.FACTS)
            for name, label in table.items()
            if not str(label).isascii()
        ]
    assert plain == []


def test_standing_of_the_trail_is_at_the_top(auditor_client: Client) -> None:
    page = auditor_client.get(TRAIL).content.decode()
    assert page.count("还没有从头到尾核对过") == 1
    assert page.count("还没有检查点。") == 1
    chains.issue("daily")
    done = auditor_client.post(reverse("accounts:trail-verify"), follow=True)
    number = AuditEvent.objects.count()
    page = done.content.decode()
    assert page.count(f"核对完了：{number} 条全部完好。") == 1
    assert page.count(f"从头到尾核对过 {number} 条。") == 1
    assert page.count("最近的检查点：第 1 个") == 1
    assert AuditVerification.objects.get().actor == "auditor"


def test_broken_trail_is_told_by_page_and_alert(auditor_client: Client) -> None:
    seq = write("box.opened")
    chains.sql("UPDATE audit_auditevent SET actor = 'x' WHERE seq = %s", seq)
    done = auditor_client.post(reverse("accounts:trail-verify"), follow=True)
    sentence = (
        f"从第 {seq} 条起有问题：内容被改，或者缺少、多出了一条。开箱和发布已暂停。"
    )
    # Told at once, as the standing of the trail, as an alert and in the list.
    assert done.content.decode().count(sentence) == 3
    assert AuditEvent.objects.filter(verb=verifying.BROKEN).count() == 1


def test_long_trail_is_not_walked_inside_a_page(
    auditor_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.trail_views.WALK_IN_PAGE", 1)
    done = auditor_client.post(reverse("accounts:trail-verify"), follow=True)
    assert done.content.decode().count("script/manage verify_audit") == 1
    assert AuditVerification.objects.count() == 0


ASKED = {"reason": "核对开箱", "form": "jsonl", "whole": "on"}


def test_export_is_recorded_and_fits_its_event(
    auditor_client: Client, tmp_path: Path
) -> None:
    chains.tell(6, every=3)
    url = reverse("accounts:trail-export")
    answer = auditor_client.post(url, {**ASKED, "verb": "checkpoint.issued"})
    content = b"".join(answer.streaming_content)
    told = AuditEvent.objects.get(verb=exporting.EXPORTED)
    data = json.loads(told.data)
    assert (told.actor, data["rows"], data["reason"]) == ("auditor", 5, "核对开箱")
    assert data["sha256"] == offline.hashlib.sha256(content).hexdigest()
    assert data["filters"] == {"verb": "checkpoint.issued"}
    assert answer["Content-Disposition"].startswith('attachment; filename="trail-')
    path = tmp_path / "trail.jsonl"
    path.write_bytes(content)
    kept = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    assert offline.check(path, kept)["met"] == 1


def test_export_without_a_purpose_writes_nothing(auditor_client: Client) -> None:
    before = AuditEvent.objects.count()
    url = reverse("accounts:trail-export")
    answer = auditor_client.post(url, {**ASKED, "reason": " "})
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (
        200,
        ["reason"],
    )
    assert AuditEvent.objects.count() == before


def test_export_by_a_failing_trail_hands_out_nothing(
    auditor_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = AuditEvent.objects.count()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(AuditEvent, "save", fail)
    with pytest.raises(OSError):  # noqa: PT011
        auditor_client.post(reverse("accounts:trail-export"), ASKED)
    assert AuditEvent.objects.count() == before


def test_trail_is_closed_to_others(
    clerk_client: Client, client: Client, auditor: User
) -> None:
    seq = write("box.opened")
    pages = [TRAIL, reverse("accounts:trail-event", args=[seq])]
    acts = [reverse("accounts:trail-verify"), reverse("accounts:trail-export")]
    assert [clerk_client.get(url).status_code for url in pages] == [403, 403]
    assert [clerk_client.post(url).status_code for url in acts] == [403, 403]
    assert [client.get(url).status_code for url in pages] == [302, 302]
    assert [clerk_client.get(url).status_code for url in acts] == [405, 405]


@pytest.mark.parametrize("number", [1, 30])
def test_trail_costs_the_same_with_one_and_with_thirty(
    auditor_client: Client,
    django_assert_max_num_queries: Callable[..., object],
    number: int,
) -> None:
    for _event in range(number):
        write("box.opened")
    with django_assert_max_num_queries(16):
        auditor_client.get(TRAIL)


def test_search_form_offers_every_verb(db: None) -> None:
    offered = [value for value, _label in SearchForm().fields["verb"].choices]
    assert offered[:2] == ["", "alert."]
    assert set(offered[2:]) == set(labels.VERBS)
