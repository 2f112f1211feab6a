"""The script that checks an export: alone, by another process, without keys (T78)."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import transaction

from audit import checkpoints, exporting, offline
from audit.actions import SYSTEM, record
from audit.models import AuditCheckpoint, AuditEvent
from audit.searching import Search
from config.launcher.folders import ROOT
from tests.audit import chains

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
ALONE = Path(ROOT) / "audit" / "offline.py"


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_signatures_of_the_rfc_hold_and_no_other(
    key: str, message: str, signature: str
) -> None:
    public, text, signed = map(bytes.fromhex, (key, message, signature))
    assert offline.is_signed(text, signed, public)
    assert not offline.is_signed(text + b"x", signed, public)
    for place in (0, 31, 32, 63):
        spoiled = bytearray(signed)
        spoiled[place] ^= 1
        assert not offline.is_signed(text, bytes(spoiled), public)
    # The same point with the order added to the scalar is no second signature.
    scalar = int.from_bytes(signed[32:], "little") + offline.ORDER
    again = signed[:32] + scalar.to_bytes(32, "little")
    assert not offline.is_signed(text, again, public)
    assert not offline.is_signed(text, signed, b"\xff" * 32)


def export(folder: Path, form: str, *, whole: bool = False, **search: object) -> Path:
    target = io.BytesIO()
    exporting.export(
        Search(**search),
        form=form,
        whole=whole,
        reason="查一件事",
        by=SYSTEM,
        at=chains.NOON,
        target=target,
    )
    path = folder / f"trail.{form}"
    path.write_bytes(target.getvalue())
    return path


def keep(folder: Path) -> Path:
    path = folder / "checkpoints.json"
    rows = [checkpoints.published(row) for row in AuditCheckpoint.objects.all()]
    path.write_text(json.dumps({"checkpoints": rows}, ensure_ascii=False), "utf-8")
    return path


def check(*arguments: object) -> tuple[int, dict]:
    """In a process of its own: no project on the path, no settings, no keys."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ALONE), *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}")


def hostile(text: str) -> None:
    with transaction.atomic():
        data = {"reason": text}
        record("test.done", by=SYSTEM, at=chains.NOON, data=data, division="=1+1")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_export_fits_an_old_checkpoint(db: None, tmp_path: Path, form: str) -> None:
    chains.tell(20, every=10)
    kept = keep(tmp_path)
    hostile('=cmd|"x"\r\n\'"，\u2028\n')
    path = export(tmp_path, form)
    assert check(path, "--checkpoints", kept) == (
        0,
        {
            "sound": True,
            "checkpoints": 2,
            "events": 23,
            "linked": 22,
            "met": 2,
            "anchored": 21,
        },
    )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_any_changed_byte_is_found(db: None, tmp_path: Path, form: str) -> None:
    chains.tell(4, every=2)
    path = export(tmp_path, form)
    good = path.read_bytes()
    for place in range(0, len(good), len(good) // 12):
        spoiled = bytearray(good)
        spoiled[place] ^= 1
        path.write_bytes(bytes(spoiled))
        assert check(path)[0] in (1, 2)
    path.write_bytes(good[:-200])
    assert check(path) == (1, {"sound": False, "fault": FILE})
    path.write_bytes(good)
    assert check(path)[0] == 0


FILE = {"kind": "file", "seq": 0, "checkpoint": None}


def forge(path: Path, change: object) -> None:
    """Change the rows and make the last line fit again, as a forger would."""
    head, *rows, _end = path.read_text("utf-8").splitlines()
    events = [json.loads(row) for row in rows]
    events = change(events)
    lines = [head, *(json.dumps(event, ensure_ascii=False) for event in events)]
    text = "".join(f"{line}\n" for line in lines)
    digest = offline.hashlib.sha256(text.encode()).hexdigest()
    end = json.dumps({"end": True, "rows": len(events), "sha256": digest})
    path.write_text(f"{text}{end}\n", "utf-8")


def rehash(events: list[dict]) -> list[dict]:
    """The whole chain anew: everybody can, for the hash has no key."""
    before = "0" * 64
    for event in events:
        event["prev_hash"] = before
        before = event["hash"] = offline.hash_of(event)
    return events


def test_forged_export_is_named_by_its_first_bad_event(
    db: None, tmp_path: Path
) -> None:
    chains.tell(20, every=10)
    kept = keep(tmp_path)

    def rename(events: list[dict]) -> list[dict]:
        events[6]["actor"] = "x"
        return events

    path = export(tmp_path, "jsonl")
    forge(path, rename)
    fault = {"kind": "chain", "seq": 7, "checkpoint": None}
    assert check(path) == (1, {"sound": False, "fault": fault})

    path = export(tmp_path, "jsonl")
    forge(path, lambda events: rehash(rename(events)))
    assert check(path)[0] == 0
    fault = {"kind": "short", "seq": 10, "checkpoint": 1}
    assert check(path, "--checkpoints", kept) == (1, {"sound": False, "fault": fault})

    path = export(tmp_path, "jsonl")
    forge(path, lambda events: [events[1], events[0], *events[2:]])
    assert check(path)[1]["fault"] == {"kind": "chain", "seq": 1, "checkpoint": None}


def test_changed_checkpoint_and_foreign_key_are_named(db: None, tmp_path: Path) -> None:
    chains.tell(20, every=10)
    path, kept = export(tmp_path, "jsonl"), keep(tmp_path)
    good = json.loads(kept.read_text("utf-8"))
    key = good["checkpoints"][0]["public_key"]
    assert check(path, "--checkpoints", kept, "--public-key", key)[0] == 0
    assert check(path, "--checkpoints", kept, "--public-key", "00" * 32)[1][
        "fault"
    ] == {"kind": "key", "seq": 10, "checkpoint": 1}
    good["checkpoints"][1]["seq"] = 20
    kept.write_text(json.dumps(good), "utf-8")
    fault = {"kind": "checkpoint", "seq": 20, "checkpoint": 2}
    assert check(path, "--checkpoints", kept)[1]["fault"] == fault


def test_found_events_alone_or_with_all_between(db: None, tmp_path: Path) -> None:
    chains.tell(20, every=10)
    kept = keep(tmp_path)
    some = {"verb": "checkpoint."}
    alone = check(export(tmp_path, "csv", **some), "--checkpoints", kept)[1]
    between = check(export(tmp_path, "csv", whole=True, **some), "--checkpoints", kept)[
        1
    ]
    assert (alone["events"], alone["linked"]) == (2, 0)
    assert (between["events"], between["linked"], between["met"]) == (12, 11, 1)


def test_wrong_use_is_two(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    assert check(tmp_path / "x")[0] == 2
    assert check(tmp_path / "none")[0] == 2
    assert check()[0] == 2


def test_export_is_told_with_columns_rows_and_digest(db: None, tmp_path: Path) -> None:
    chains.write(3)
    path = export(tmp_path, "csv", actor="SYSTEM", words="开箱")
    event = AuditEvent.objects.get(verb=exporting.EXPORTED)
    assert json.loads(event.data) == {
        "columns": list(exporting.COLUMNS),
        "rows": 3,
        "sha256": offline.hashlib.sha256(path.read_bytes()).hexdigest(),
        "reason": "查一件事",
        "format": "csv",
        "whole": False,
        "filters": {"actor": "SYSTEM", "words": "开箱"},
    }


def test_no_cell_is_a_formula(db: None, tmp_path: Path) -> None:
    hostile("x")
    text = export(tmp_path, "csv").read_text("utf-8-sig")
    assert "'=1+1" in text
    assert ",=1+1" not in text
