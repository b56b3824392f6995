"""The digest by which a pedigree is cited."""

from hashlib import sha256

import msgspec

from reptidex.domain.kinship import Pedigree
from reptidex.domain.pedigree import chart


def pedigree_digest(pedigree: Pedigree, animal_id: str, generations: int) -> str:
    """Return the SHA-256 of who stands in which place; names, owners and pictures do not enter it."""
    slots = chart(pedigree, animal_id, generations)
    return sha256(msgspec.json.encode([(slot.number, slot.animal) for slot in slots if slot.animal])).hexdigest()
