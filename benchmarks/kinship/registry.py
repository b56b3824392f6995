"""Registries made by chance, alike in every run: so many animals over so many generations."""

import random

import msgspec

from reptidex.domain.kinship import Parents

SHAPES = {"breeders": (0.02, 0.1), "open": (0.1, 0.3), "everybody": (0.48, 0.48)}
"""What share of a generation become sires and dams of the next: few popular studs, an open population, nearly all."""


class Made(msgspec.Struct, frozen=True):
    """A registry: animals by id, oldest first."""

    pedigree: dict[str, Parents]
    last: list[str]
    """The animals of the last generation."""


def make(animals: int, generations: int, shape: str, seed: int = 1) -> Made:
    """Make a registry whose generations do not overlap, each animal of a random sire and a random dam of the one before."""
    chance, (sires, dams) = random.Random(seed), SHAPES[shape]
    each = animals // generations
    pedigree: dict[str, Parents] = {}
    before: list[str] = []
    for generation in range(generations):
        now = [f"{generation:08x}-0000-7000-8000-{number:012x}" for number in range(each)]
        fathers = chance.sample(before[::2], max(1, int(each * sires))) if before else []
        mothers = chance.sample(before[1::2], max(1, int(each * dams))) if before else []
        for animal in now:
            pedigree[animal] = (chance.choice(fathers), chance.choice(mothers)) if before else (None, None)
        before = now
    return Made(pedigree, before)
