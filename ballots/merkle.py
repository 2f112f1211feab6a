"""Merkle tree hash of RFC 6962, section 2.1, over a stream in constant memory (T67)."""

import hashlib
from collections.abc import Iterable

LEAF, NODE = b"\x00", b"\x01"


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root, 32 bytes, over the leaves in the order given; SHA-256("") for none.

    The stack holds the roots of full subtrees, largest first: at most one per binary
    digit of the number of leaves.
    """
    stack: list[bytes] = []
    for count, data in enumerate(leaves):
        node = leaf_hash(data)
        # Trailing ones of the count are full subtrees that this leaf completes.
        while count & 1:
            node = node_hash(stack.pop(), node)
            count >>= 1
        stack.append(node)
    if not stack:
        return hashlib.sha256().digest()
    node = stack.pop()
    while stack:
        node = node_hash(stack.pop(), node)
    return node
