"""Sealing: marks and words into boxes of one size (T28). PyNaCl lives here only."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nacl import bindings, exceptions

from audit import crypto
from ballots.errors import PayloadRefused, WordsTooLong

ALGORITHM = "X25519-XSalsa20-Poly1305"
VERSION = 1
PAPER_SIZE, WORDS_SIZE = 512, 2048  # padded
OVERHEAD = bindings.crypto_box_SEALBYTES
SEALED_PAPER, SEALED_WORDS = PAPER_SIZE + OVERHEAD, WORDS_SIZE + OVERHEAD
LENGTH_BYTES = 2
MOST_ITEMS = 64
MOST_LEVEL = 99
MOST_CHARACTERS, MOST_BYTES = 500, 2000
ASSISTED = ("none", "family", "volunteer", "agency")
P = TypeVar("P", "Paper", "Words")


@dataclass(frozen=True, slots=True)
class KeyPair:
    public: bytes
    private: bytes

    def __repr__(self) -> str:
        return f"KeyPair({self.public.hex()[:8]})"


def key_pair(private: bytes) -> KeyPair:
    """The public key derived from the private one, 32 bytes each (T37)."""
    return KeyPair(bytes(bindings.crypto_scalarmult_base(private)), private)


# What was said prints nowhere, not even in the trace of a fault: no repr (T51).
@dataclass(frozen=True, slots=True, repr=False)
class Paper:
    """The marks for one slot: 1..99 a level, 0 说不清, None blank.

    Names the slot, never the subject. `assisted` is who helped (T124).
    """

    items: tuple[int | None, ...] = ()
    slot: int = 0
    assisted: str = "none"
    bands: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.items) > MOST_ITEMS:
            message = f"{len(self.items)} items, at most {MOST_ITEMS}"
            raise PayloadRefused(message)
        for item in self.items:
            if item is not None and not 0 <= item <= MOST_LEVEL:
                message = f"an item outside 0..{MOST_LEVEL}"
                raise PayloadRefused(message)
        if self.assisted not in ASSISTED:
            message = "an unknown kind of helper"
            raise PayloadRefused(message)


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """Free words for one slot: at most 500 characters and 2,000 bytes."""

    text: str = ""
    question: int = 0
    slot: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", tidy(self.text))
        if len(self.text) > MOST_CHARACTERS or len(self.text.encode()) > MOST_BYTES:
            raise WordsTooLong(len(self.text))


def tidy(text: str) -> str:
    """One kind of line end, no control characters: they grow when written as JSON."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    )


@dataclass(frozen=True, slots=True)
class Ballot:
    papers: tuple[Paper, ...]
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class SealedBallot:
    """What an envelope holds: P x 560 and T x 2,096 bytes, and their digest."""

    papers: bytes
    texts: bytes

    def digest(self, box: bytes) -> bytes:
        return envelope_digest(box, self.papers, self.texts)


def envelope_digest(box: bytes, papers: bytes, texts: bytes) -> bytes:
    return crypto.digest("envelope.v1", box, papers, texts)


def seal_ballot(
    public_key: bytes, ballot: Ballot, *, paper_slots: int, text_slots: int
) -> SealedBallot:
    """Every slot is filled, an empty one too: number and length tell nothing (T28)."""
    papers = _by_slot(ballot.papers, paper_slots)
    words = _by_slot(ballot.words, text_slots)
    return SealedBallot(
        b"".join(
            _seal(
                public_key,
                paper_payload(papers.get(slot, Paper(slot=slot))),
                PAPER_SIZE,
            )
            for slot in range(paper_slots)
        ),
        b"".join(
            _seal(
                public_key, words_payload(words.get(slot, Words(slot=slot))), WORDS_SIZE
            )
            for slot in range(text_slots)
        ),
    )


def paper_payload(paper: Paper) -> bytes:
    return _canonical(
        {
            "v": VERSION,
            "slot": paper.slot,
            "items": paper.items,
            "assisted": paper.assisted,
            "bands": dict(paper.bands),
        }
    )


def words_payload(words: Words) -> bytes:
    return _canonical(
        {
            "v": VERSION,
            "slot": words.slot,
            "question": words.question,
            "text": words.text,
        }
    )


def open_paper(keys: KeyPair, sealed: bytes) -> Paper | None:
    """The marks, or None when the bytes do not open or do not validate (T52)."""
    found = _read(_unsealed(keys, sealed))
    if found is None or found.keys() != {"v", "slot", "items", "assisted", "bands"}:
        return None
    items, bands = found["items"], found["bands"]
    if not isinstance(items, list) or not isinstance(bands, dict):
        return None
    if not all(item is None or type(item) is int for item in items):
        return None
    if type(found["slot"]) is not int:
        return None
    try:
        return Paper(
            items=tuple(items),
            slot=found["slot"],
            assisted=found["assisted"],
            bands=tuple(sorted((str(k), str(v)) for k, v in bands.items())),
        )
    except PayloadRefused:
        return None


def open_words(keys: KeyPair, sealed: bytes) -> Words | None:
    """The words, or None when the bytes do not open or do not validate (T52)."""
    padded = _unsealed(keys, sealed)
    if padded == NO_WORDS:
        return Words()
    found = _read(padded)
    if found is None or found.keys() != {"v", "slot", "question", "text"}:
        return None
    if type(found["slot"]) is not int or type(found["question"]) is not int:
        return None
    if not isinstance(found["text"], str):
        return None
    try:
        return Words(text=found["text"], question=found["question"], slot=found["slot"])
    except PayloadRefused:
        return None


def pieces(sealed: bytes, size: int) -> list[bytes]:
    """The slots of an envelope, one after the other."""
    return [sealed[at : at + size] for at in range(0, len(sealed), size)]


def _by_slot(parts: Sequence[P], slots: int) -> dict[int, P]:
    found = {part.slot: part for part in parts}
    if len(found) != len(parts) or not all(0 <= slot < slots for slot in found):
        message = f"slots {[part.slot for part in parts]} of {slots}"
        raise PayloadRefused(message)
    return found


def _canonical(payload: dict[str, object]) -> bytes:
    return json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _seal(public_key: bytes, payload: bytes, size: int) -> bytes:
    """Length (2 bytes), payload, zeros up to `size`; then a libsodium sealed box."""
    if len(payload) > size - LENGTH_BYTES:
        message = f"{len(payload)} bytes in a slot of {size}"
        raise PayloadRefused(message)
    return bytes(bindings.crypto_box_seal(_padded(payload, size), public_key))


def _padded(payload: bytes, size: int) -> bytes:
    return (len(payload).to_bytes(LENGTH_BYTES, "big") + payload).ljust(size, b"\0")


def _unsealed(keys: KeyPair, sealed: bytes) -> bytes | None:
    """Still padded; None when the bytes do not open."""
    try:
        return bytes(bindings.crypto_box_seal_open(sealed, keys.public, keys.private))
    except exceptions.CryptoError:
        return None


def _read(padded: bytes | None) -> dict[str, Any] | None:
    if padded is None:
        return None
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    try:
        found = json.loads(padded[LENGTH_BYTES : LENGTH_BYTES + length].decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("v") != VERSION:
        return None
    return found


# Most households write nothing: what that looks like once it is unsealed.
NO_WORDS = _padded(words_payload(Words()), WORDS_SIZE)
