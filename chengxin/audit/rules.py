"""Pure: the canonical bytes of an entry, the Merkle tree over them (RFC 6962), the chain of checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
LEAF, NODE = b"\x00", b"\x01"


def leaf_hash(content: bytes) -> bytes:
    """RFC 6962: a leaf is hashed with the prefix 0x00."""
    return hashlib.sha256(LEAF + content).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962 over leaf hashes, computed level by level.

    Pairing neighbours and carrying an odd one up gives the same tree as splitting at the largest power of two.
    """
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    sha256 = hashlib.sha256
    while len(level) > 1:
        carried = level[-1:] if len(level) % 2 else []
        level = [sha256(NODE + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + carried
    return level[0]


def digests(content: bytes) -> dict[str, str]:
    """SHA-256 and, where this Python offers it, SM3 of the content, each under the algorithm's name."""
    found = {"sha256": hashlib.sha256(content).hexdigest()}
    if "sm3" in hashlib.algorithms_available:
        found["sm3"] = hashlib.new("sm3", content).hexdigest()
    return found


def checkpoint_content(number: int, from_xid: int, until_xid: int, entries: int, root: bytes, previous: str) -> bytes:
    """What a checkpoint signs: its place, the range it seals, the root, and the digest of the checkpoint before it."""
    return f"chengxin-checkpoint-1\n{number}\n{from_xid}\n{until_xid}\n{entries}\n{root.hex()}\n{previous}\n".encode()
