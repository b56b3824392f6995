"""The digest by which a pedigree is cited."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from reptidex.domain.pedigree import chart
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import pedigree_of


def pedigree_digest(animals: Mapping[str, Animal], animal_id: str, generations: int) -> str:
    """Return the SHA-256 of who stands in which place; names, owners and pictures do not enter it."""
    slots = chart(pedigree_of(animals), animal_id, generations)
    return sha256(msgspec.json.encode([(slot.number, slot.animal) for slot in slots if slot.animal])).hexdigest()
