"""Check an export of the trail against kept checkpoints: no keys, no network.

    python3 offline.py EXPORT [--checkpoints FILE ...] [--public-key HEX] [--json]

Runs alone, on any Python from 3.10, with nothing but this file. EXPORT is what the page
留痕 gives (CSV or JSON Lines), FILE what the public page of checkpoints gives, of today
or of years ago. With --public-key only checkpoints of that key count.

1. the file ends with its own count and digest;
2. every event hashes to its hash, and names the one before it where that is there;
3. every checkpoint is signed (Ed25519) and follows the one before it;
4. where an event of a checkpoint is in the file, it has the hash that was signed.

Exit 0: all fits. 1: something does not; the first is named. 2: wrong use.
What it cannot see: whether the macs are right (that takes the key of the trail:
`verify_audit`), and events that the export left out on purpose.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

PREFIX = b"minping.checkpoint.v1\n"
FORMAT = "minping.trail.v1"
FIELDS = (
    "actor",
    "role",
    "verb",
    "target_type",
    "target_id",
    "division",
    "data",
    "address",
)
HASHES = {"HMAC-SHA-256": "sha256", "HMAC-SM3": "sm3"}
END = "end"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
FIRST = "0" * 64


class DoesNotFit(Exception):
    """Carries what is wrong and where."""

    def __init__(self, kind: str, seq: int, checkpoint: "int | None" = None) -> None:
        super().__init__(kind)
        self.kind, self.seq, self.checkpoint = kind, seq, checkpoint


class WrongUse(Exception):
    """The files are not what they should be."""


# Ed25519, verification only (RFC 8032, section 5.1). Slow, plain, and held against the
# vectors of the RFC by our tests; there is nothing secret here that time could betray.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def is_signed(text: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the holder of the private key signed the text."""
    if len(signature) != 64 or len(public_key) != 32:
        return False
    key, start = _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or start is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + text).digest()
    factor = int.from_bytes(digest, "little") % ORDER
    return _same(_times(scalar, BASE), _plus(start, _times(factor, key)))


def _from_y(y: int, sign: int) -> "tuple[int, int, int, int] | None":
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _point(data: bytes) -> "tuple[int, int, int, int] | None":
    number = int.from_bytes(data, "little")
    return _from_y(number & ((1 << 255) - 1), number >> 255)


def _plus(one: tuple, other: tuple) -> "tuple[int, int, int, int]":
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: tuple) -> "tuple[int, int, int, int]":
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _plus(found, point)
        point, number = _plus(point, point), number >> 1
    return found


def _same(one: tuple, other: tuple) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (
        one[1] * other[2] - other[1] * one[2]
    ) % P == 0


BASE = _from_y(4 * pow(5, P - 2, P) % P, 0) or (0, 1, 1, 0)


def hash_of(event: "dict[str, str]") -> str:
    """As the trail does it: every part with its length before it."""
    parts = [
        bytes.fromhex(event["prev_hash"]),
        str(event["seq"]).encode(),
        event["at"].encode(),
        *(event[name].encode() for name in FIELDS),
    ]
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    name = HASHES.get(event["algorithm_id"])
    if name is None:
        return ""
    if name not in hashlib.algorithms_available:
        message = f"this Python has no {name}: take one with OpenSSL 1.1.1 or newer"
        raise WrongUse(message)
    return hashlib.new(name, joined).hexdigest()


def events_of(path: Path) -> "Iterator[dict]":
    """Row by row, after the last line was found to tell of all before it."""
    with path.open("rb") as file:
        first = file.readline()
    if first.startswith(b"{") and json.loads(first).get("format") == FORMAT:
        read = _json_rows
    elif first.startswith(b"\xef\xbb\xbfseq,"):
        read = _csv_rows
    else:
        message = f"{path.name} is no export of the trail"
        raise WrongUse(message)
    last = _last_line(path)
    said, signed = _end_of(last)
    if _digest(path, path.stat().st_size - len(last)) != signed:
        raise DoesNotFit("file", 0)
    return _counted(read(path), said)


def _counted(rows: "Iterator[dict]", said: int) -> "Iterator[dict]":
    number = 0
    while (row := next(rows, None)) is not None:
        number += 1
        yield {**row, "seq": int(row["seq"])}
    if number != said:
        raise DoesNotFit("file", 0)


def _json_rows(path: Path) -> "Iterator[dict]":
    with path.open(encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            found = json.loads(line)
            if END not in found:
                yield found


def _csv_rows(path: Path) -> "Iterator[dict]":
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        for cells in reader:
            if cells[:1] != [END]:
                yield dict(zip(names, map(_plain, cells), strict=True))


def _end_of(line: bytes) -> "tuple[int, str]":
    """How many rows, and the digest of all before; of a JSON or a CSV line."""
    try:
        if line.startswith(b"{"):
            found = json.loads(line)
            return int(found["rows"]), found["sha256"]
        name, rows, digest = line.decode().strip().split(",")
    except (ValueError, KeyError):
        raise DoesNotFit("file", 0) from None
    if name != END:
        raise DoesNotFit("file", 0)
    return int(rows), digest


def _last_line(path: Path) -> bytes:
    """Everything after the last but one line feed."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 400))
        tail = file.read()
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def _digest(path: Path, length: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while length > 0 and (piece := file.read(min(length, 1 << 20))):
            digest.update(piece)
            length -= len(piece)
    return digest.hexdigest()


def _plain(cell: str) -> str:
    """Without the apostrophe that keeps spreadsheets from calculating."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(RISKY) else cell


def read_checkpoints(paths: "list[Path]") -> "list[dict]":
    """By their numbers; two of one number must be the same."""
    found: dict = {}
    for path in paths:
        for entry in json.loads(path.read_text(encoding="utf-8"))["checkpoints"]:
            number, seq = int(entry["number"]), int(entry["seq"])
            if found.setdefault(number, entry) != entry:
                raise DoesNotFit("checkpoint", seq, number)
    return [found[number] for number in sorted(found)]


def check_checkpoint(entry: dict, before: "dict | None", public_key: str) -> None:
    number, seq = int(entry["number"]), int(entry["seq"])
    signed = {k: v for k, v in entry.items() if k not in ("digest", "signature")}
    plain = json.dumps(
        signed, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    text = PREFIX + plain.encode()
    if hashlib.sha256(text).hexdigest() != entry["digest"]:
        raise DoesNotFit("checkpoint", seq, number)
    if public_key and entry["public_key"] != public_key:
        raise DoesNotFit("key", seq, number)
    key, signature = map(bytes.fromhex, (entry["public_key"], entry["signature"]))
    if not is_signed(text, signature, key):
        raise DoesNotFit("signature", seq, number)
    if before and int(before["number"]) == number - 1:
        grown = int(before["seq"]) < seq
        if entry["previous"] != before["digest"] or not grown:
            raise DoesNotFit("checkpoint", seq, number)
    if number == 1 and entry["previous"] != FIRST:
        raise DoesNotFit("checkpoint", seq, number)


def check(export: Path, kept: "list[dict]") -> "dict[str, int]":
    """What was checked; DoesNotFit at the first thing that is wrong."""
    wanted = {int(entry["seq"]): entry for entry in kept}
    previous, events, linked, met, run = None, 0, 0, 0, 0
    anchored = 0
    for event in events_of(export):
        seq = event["seq"]
        if hash_of(event) != event["hash"]:
            raise DoesNotFit("chain", seq)
        if previous is not None and seq <= previous["seq"]:
            raise DoesNotFit("chain", seq)
        follows = bool(previous and seq == previous["seq"] + 1)
        if previous and follows and event["prev_hash"] != previous["hash"]:
            raise DoesNotFit("chain", seq)
        if seq == 1 and event["prev_hash"] != FIRST:
            raise DoesNotFit("chain", seq)
        run = run + 1 if follows else 1
        linked += follows
        if entry := wanted.get(seq):
            if entry["hash"] != event["hash"]:
                raise DoesNotFit("short", seq, int(entry["number"]))
            # Everything that leads to this event without a gap is vouched for.
            met, anchored, run = met + 1, anchored + run, 0
        previous, events = event, events + 1
    return {"events": events, "linked": linked, "met": met, "anchored": anchored}


WORDS = {
    "file": "文件不完整或被改。The file was cut or changed.",
    "chain": "内容被改、缺少或次序不对。An event was changed, lost or moved.",
    "short": "与检查点签下的不同。It is not what the checkpoint has signed.",
    "checkpoint": "检查点被改或不相接。A checkpoint was changed or does not follow.",
    "signature": "检查点的签名不对。A checkpoint is not signed by its key.",
    "key": "检查点不是这把公钥签的。A checkpoint is of another public key.",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="核对导出的留痕。Check an export of the trail.",
    )
    parser.add_argument("export", type=Path)
    parser.add_argument("--checkpoints", type=Path, nargs="+", default=[])
    parser.add_argument("--public-key", default="", metavar="HEX")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _pairs(kept: "list[dict]") -> "Iterator[tuple]":
    """Each with the one before it."""
    before = None
    for entry in kept:
        yield before, entry
        before = entry


def run(options: argparse.Namespace) -> dict:
    try:
        kept = read_checkpoints(options.checkpoints)
        for before, entry in _pairs(kept):
            check_checkpoint(entry, before, options.public_key.lower())
        found = check(options.export, kept)
    except DoesNotFit as wrong:
        fault = {"kind": wrong.kind, "seq": wrong.seq, "checkpoint": wrong.checkpoint}
        return {"sound": False, "fault": fault}
    return {"sound": True, "checkpoints": len(kept), **found}


def told(answer: dict) -> str:
    if answer["sound"]:
        return (
            f"完好。Sound: {answer['events']} events, {answer['linked']} linked,"
            f" {answer['checkpoints']} signed checkpoints, {answer['met']} of them met,"
            f" {answer['anchored']} events vouched for by a checkpoint."
        )
    fault = answer["fault"]
    at = f"第 {fault['seq']} 条 event {fault['seq']}" if fault["seq"] else ""
    if fault["checkpoint"]:
        at += f"，检查点 checkpoint {fault['checkpoint']}"
    return f"{at} {WORDS[fault['kind']]}".strip()


def main() -> int:
    options = arguments()
    try:
        answer = run(options)
    except (OSError, ValueError, KeyError, TypeError, WrongUse) as error:
        sys.stderr.write(f"读不了。Cannot read: {type(error).__name__}: {error}\n")
        return 2
    sys.stdout.write((json.dumps(answer) if options.json else told(answer)) + "\n")
    return 0 if answer["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
