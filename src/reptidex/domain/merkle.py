"""An append-only Merkle tree by its frontier (RFC 9162 section 2.1): append and root in O(log n), proofs from the leaves.

The frontier of a tree with n leaves holds the roots of its perfect subtrees, largest first: one per set bit of n.
"""

from collections.abc import Sequence
from hashlib import sha256

Digest = bytes
LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()
TILE = 256
"""A power of two: the roots of so many leaves each are kept, so that a proof needs the leaves of two tiles at most."""


def leaf_digest(entry: bytes) -> Digest:
    """Return the hash of a leaf: `SHA-256(0x00 || entry)`."""
    return sha256(b"\x00" + entry).digest()


def node_digest(left: Digest, right: Digest) -> Digest:
    """Return the hash of an inner node: `SHA-256(0x01 || left || right)`."""
    return sha256(b"\x01" + left + right).digest()


def append(frontier: Sequence[Digest], size: int, leaf: Digest) -> list[Digest]:
    """Return the frontier after one more leaf; `size` is the number of leaves before."""
    grown = [*frontier, leaf]
    while size & 1:
        right, left = grown.pop(), grown.pop()
        grown.append(node_digest(left, right))
        size >>= 1
    return grown


def root(frontier: Sequence[Digest]) -> Digest:
    """Return the root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    result = frontier[-1]
    for left in reversed(frontier[:-1]):
        result = node_digest(left, result)
    return result


def inclusion_proof(leaves: Sequence[Digest], place: int) -> list[Digest]:
    """Return the audit path of the leaf at `place` (0-based), bottom up."""
    if len(leaves) <= 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if place < split:
        return [*inclusion_proof(leaves[:split], place), root_of(leaves[split:])]
    return [*inclusion_proof(leaves[split:], place - split), root_of(leaves[:split])]


def pack(digests: Sequence[Digest]) -> bytes:
    """Write digests one behind the other."""
    return b"".join(digests)


def unpack(packed: bytes) -> list[Digest]:
    """Read what `pack` wrote."""
    return [packed[place : place + LENGTH] for place in range(0, len(packed), LENGTH)]


def tile_root(frontier: Sequence[Digest], size: int, leaf: Digest) -> Digest | None:
    """Return the root of the tile that a leaf completes, given the frontier before it; None where it completes none."""
    if size % TILE != TILE - 1:
        return None
    return root([*frontier[-(TILE.bit_length() - 1) :], leaf])


def tiled_proof(roots: Sequence[Digest], leaves: Sequence[Digest], place: int) -> list[Digest]:
    """Return the audit path of a leaf from the roots of all tiles (the last may be of fewer leaves) and its own tile's leaves.

    It is the path of the whole tree: a tree of more than one tile is split at a multiple of the tile, as a tree of the tiles'
    roots is.
    """
    return [*inclusion_proof(leaves, place % TILE), *inclusion_proof(roots, place // TILE)]


def root_of(leaves: Sequence[Digest]) -> Digest:
    """Return the root of a whole list of leaves."""
    frontier: list[Digest] = []
    for size, leaf in enumerate(leaves):
        frontier = append(frontier, size, leaf)
    return root(frontier)


def verify_inclusion(leaf: Digest, place: int, size: int, proof: Sequence[Digest], expected: Digest) -> bool:
    """Tell whether the proof leads from the leaf to the root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= place < size:
        return False
    node, last, result = place, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = node_digest(step, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_digest(result, step)
        node, last = node >> 1, last >> 1
    return last == 0 and result == expected
