"""The Merkle tree of the audit trail, against its own laws, RFC 9162's form and another implementation."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_inclusion

from reptidex.domain import merkle

ENTRIES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def _grown(entries: list[bytes]) -> list[bytes]:
    frontier: list[bytes] = []
    for size, entry in enumerate(entries):
        frontier = merkle.append(frontier, size, merkle.leaf_digest(entry))
    return frontier


def _other(entries: list[bytes]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return tree


def _rooted(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 9162 section 2.1.1 defines it, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + _rooted(leaves[:split]) + _rooted(leaves[split:])).digest()


@given(ENTRIES)
def test_the_frontiers_root_is_the_root_of_the_definition_and_of_pymerkle(entries: list[bytes]) -> None:
    leaves = [merkle.leaf_digest(entry) for entry in entries]

    assert merkle.root(_grown(entries)) == _rooted(leaves) == merkle.root_of(leaves) == _other(entries).get_root()


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


@given(ENTRIES, st.data())
def test_every_leafs_proof_leads_to_the_root(entries: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    leaves = [merkle.leaf_digest(entry) for entry in entries]
    proof = merkle.inclusion_proof(leaves, place)

    assert merkle.verify_inclusion(leaves[place], place, len(leaves), proof, merkle.root_of(leaves))


@given(ENTRIES, st.data())
def test_pymerkle_believes_our_root_under_its_own_proof(entries: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    proof = _other(entries).prove_inclusion(place + 1)

    verify_inclusion(merkle.leaf_digest(entries[place]), merkle.root(_grown(entries)), proof)


@given(ENTRIES, st.data())
def test_a_proof_of_another_leaf_place_root_or_length_is_not_believed(
    entries: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    leaves = [merkle.leaf_digest(entry) for entry in entries]
    proof, root = merkle.inclusion_proof(leaves, place), merkle.root_of(leaves)
    wrong = merkle.leaf_digest(b"another entry than any")

    assert not merkle.verify_inclusion(wrong, place, len(leaves), proof, root)
    assert not merkle.verify_inclusion(leaves[place], place, len(leaves), proof, wrong)
    assert not merkle.verify_inclusion(leaves[place], place, len(leaves), [*proof, wrong], root)
    assert not merkle.verify_inclusion(leaves[place], len(leaves), len(leaves), proof, root)
    assert not merkle.verify_inclusion(leaves[place], -1, len(leaves), proof, root)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20))
def test_packed_digests_are_unpacked_as_they_were(digests: list[bytes]) -> None:
    assert merkle.unpack(merkle.pack(digests)) == digests


def _tiled(leaves: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Grow a tree leaf by leaf; return the roots of its whole tiles as they were noticed, and the frontier."""
    frontier: list[bytes] = []
    tiles = []
    for size, leaf in enumerate(leaves):
        if tile := merkle.tile_root(frontier, size, leaf):
            tiles.append(tile)
        frontier = merkle.append(frontier, size, leaf)
    return tiles, frontier


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 769, 1025, 1500])
def test_the_proof_by_tiles_is_the_proof_of_the_whole_tree(size: int) -> None:
    leaves = [merkle.leaf_digest(str(number).encode()) for number in range(size)]
    tiles, frontier = _tiled(leaves)
    rest = leaves[len(tiles) * merkle.TILE :]
    roots = [*tiles, *([merkle.root_of(rest)] if rest else [])]

    for place in {0, size // 3, size // 2, max(0, size - 257), size - 1}:
        first = place - place % merkle.TILE
        proof = merkle.tiled_proof(roots, leaves[first : first + merkle.TILE], place)
        assert proof == merkle.inclusion_proof(leaves, place)
        assert merkle.verify_inclusion(leaves[place], place, size, proof, merkle.root(frontier))
