"""Merkle tree hash against RFC 6962 (T67)."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ballots import merkle

# The reference leaves of Certificate Transparency and the roots of their prefixes.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]


def recursive(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 2.1 writes it down."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = recursive(leaves[:split]), recursive(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_root_of_the_reference_leaves():
    assert merkle.root(LEAVES).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


def test_root_of_nothing_is_the_hash_of_nothing():
    assert merkle.root([]).hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_stream_gives_the_recursive_root(leaves: list[bytes]):
    assert merkle.root(iter(leaves)) == recursive(leaves)
