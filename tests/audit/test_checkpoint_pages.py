"""What everybody may read and keep of the checkpoints (T76)."""

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from audit import checkpoints, offline, views
from audit.models import AuditCheckpoint
from tests.audit import chains

LIST, FILE = reverse("audit:checkpoint-list"), reverse("audit:checkpoint-file")


def test_address_is_fixed_and_open_to_everybody(db: None, client: Client) -> None:
    assert (LIST, FILE) == ("/audit/checkpoints/", "/audit/checkpoints.json")
    page = client.get(LIST).content.decode()
    assert page.count("还没有检查点，最晚明天凌晨有第一个。") == 1
    assert [client.post(url).status_code for url in (LIST, FILE)] == [405, 405]


def test_page_shows_signature_and_public_key(db: None, client: Client) -> None:
    chains.tell(4, every=2)
    page = client.get(LIST).content.decode()
    for row in AuditCheckpoint.objects.all():
        assert page.count(bytes(row.signature).hex()) == 1
    (key,) = checkpoints.public_keys().values()
    assert page.count(key) == 1


def test_file_is_enough_for_the_script(
    db: None, client: Client, tmp_path: Path
) -> None:
    chains.tell(4, every=2)
    kept = tmp_path / "checkpoints.json"
    kept.write_bytes(client.get(FILE).content)
    found = offline.read_checkpoints([kept])
    assert [entry["number"] for entry in found] == [1, 2]
    for before, entry in offline._pairs(found):
        offline.check_checkpoint(entry, before, entry["public_key"])


def test_pages_go_back_in_time(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SHOWN", 2)
    monkeypatch.setattr(views, "IN_FILE", 2)
    chains.tell(5, every=1)

    assert client.get(LIST).context["files"] == [(0, 1, 2), (2, 3, 4), (4, 5, 5)]

    def numbers(url: str) -> tuple[list[int], int | None]:
        context = client.get(url).context
        shown = [line["row"].number for line in context["checkpoints"]]
        return shown, context["next"]

    assert numbers(LIST) == ([5, 4], 3)
    assert numbers(f"{LIST}?from=3") == ([3, 2], 1)
    assert numbers(f"{LIST}?from=1") == ([1], None)
    assert numbers(f"{LIST}?from=x") == ([5, 4], 3)
    files = [json.loads(client.get(f"{FILE}?after={n}").content) for n in (0, 2, 4)]
    assert [file["next"] for file in files] == [2, 4, None]
    assert [len(file["checkpoints"]) for file in files] == [2, 2, 1]


def test_daily_checkpoint_is_one_a_day(db: None) -> None:
    for hours in (0, 3, 20):
        checkpoints.issue_daily(
            boxes=[], by=chains.SYSTEM, at=chains.NOON + hours * chains.HOUR
        )
    # Noon in Shanghai, three hours later, and the next morning.
    assert AuditCheckpoint.objects.count() == 2


def test_visitor_gets_no_cookie(db: None, client: Client) -> None:
    for url in (LIST, FILE):
        assert "session" not in client.get(url).cookies
