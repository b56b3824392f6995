"""An animal's family as the rules of genetics want it: who is kin, and what is recorded of each at a locus."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement

import msgspec
from sqlalchemy import or_

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.family import Record
from reptidex.domain.genetics.loci import ABSENT, WILD, Locus, Pair
from reptidex.domain.genetics.looks import look
from reptidex.domain.genetics.reading import read, read_pair
from reptidex.errors import InvalidError
from reptidex.streams.values import Gene
from reptidex.tables.animal.genetics import GeneticTest, ReckonedGene
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import CHUNK, Finder, fetch
from reptidex.tables.animal.relatives import fraction
from reptidex.tables.query import select

MOST_RELATIVES = 240
MOST_STEPS = 6
"""Steps of kin (parent or young) that are followed; each costs two round trips."""
PLAIN_NAMES = {"normal", "wild type", "wildtype", "classic", "wild"}


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Animals that are kin of one another, with what was tested and reckoned of them."""

    animals: dict[str, Animal]
    tests: dict[str, list[GeneticTest]]
    """The tests that stand, by animal, oldest first."""
    reckoned: dict[str, ReckonedGene]
    """By `<animal>:<locus>`."""
    whole: bool
    """False where there are more relatives than are reckoned with."""
    near: frozenset[str]
    """Of whom all parents and young are there."""


async def family_of(source: Finder, animal_ids: Iterable[str]) -> Family:
    """Gather the kin of some animals: ancestors, young, mates and theirs, as far as the bounds allow."""
    animals = await fetch(source, animal_ids)
    whole, near, level = True, set[str](), list(animals.values())
    for _ in range(MOST_STEPS):
        parents = {parent for one in level for parent in (one.sire_id, one.dam_id) if parent} - animals.keys()
        fresh = await fetch(source, parents)
        fresh |= {one.animal_id: one for one in await _young(source, level) if one.animal_id not in animals}
        room = max(0, MOST_RELATIVES - len(animals))
        if len(fresh) <= room:
            near |= {one.animal_id for one in level}
        if not fresh:
            break
        if len(fresh) > room:
            whole = False
            first = sorted(
                fresh.values(), key=lambda one: (one.animal_id not in parents, not one.genotype, one.animal_id)
            )
            fresh = {one.animal_id: one for one in first[:room]}
        animals |= fresh
        level = list(fresh.values())
    else:
        whole = whole and not level
    ids = list(animals)
    tests: dict[str, list[GeneticTest]] = {}
    reckoned: dict[str, ReckonedGene] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        table = GeneticTest.c
        standing = select(
            GeneticTest, table.animal_id.in_(chunk), table.withdrawn_at.is_(None), order=("tested_on", "test_id")
        )
        for test in await source.find(standing):
            tests.setdefault(test.animal_id, []).append(test)
        known = await source.find(select(ReckonedGene, ReckonedGene.c.animal_id.in_(chunk)))
        reckoned |= {one.reckoned_id: one for one in known}
    return Family(animals=animals, tests=tests, reckoned=reckoned, whole=whole, near=frozenset(near))


async def _young(source: Finder, parents: Sequence[Animal]) -> list[Animal]:
    ids = [one.animal_id for one in parents]
    found: list[Animal] = []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        either = or_(Animal.c.sire_id.in_(chunk), Animal.c.dam_id.in_(chunk))
        found += await source.find(select(Animal, either, limit=4 * MOST_RELATIVES))
    return found


def named_genes(species: Species, names: Iterable[str]) -> tuple[dict[str, Pair], bool]:
    """Return what the catalogue's names among an animal's morphs mean, and whether all of them were understood."""
    known: dict[str, dict[str, Pair]] = {}
    for morph in species.morphs:
        known |= dict.fromkeys((name.casefold() for name in (morph.name, *morph.aliases)), morph.genotype)
    for combo in species.combos:
        known |= dict.fromkeys((name.casefold() for name in (combo.name, *combo.aliases)), combo.genotype)
    found: dict[str, Pair] = {}
    understood = True
    for name in names:
        genotype = known.get(name.strip().casefold())
        if genotype is not None:
            found |= {locus: species.locus(locus).pair(*pair) for locus, pair in genotype.items()}
        elif name.strip().casefold() not in PLAIN_NAMES:
            understood = False
    return found, understood


def stated(family: Family, animal: Animal, locus: str) -> Gene | None:
    """Return what an animal's keeper recorded at a locus; what the platform reckoned from it is left out."""
    gene = next((one for one in animal.genotype if one.locus == locus), None)
    reckoned = family.reckoned.get(ReckonedGene.id_of(animal.animal_id, locus))
    return reckoned.stated if reckoned is not None and reckoned.gene == gene else gene


def tested(family: Family, animal_id: str, locus: str) -> tuple[GeneticTest, tuple[str, ...]] | None:
    """Return the latest test that stands of an animal at a locus, with the alleles it found."""
    for test in reversed(family.tests.get(animal_id, [])):
        for result in test.results:
            if result.locus == locus and result.status == "tested":
                return test, result.alleles
    return None


def loci_told(species: Species, family: Family) -> list[Locus]:
    """Return the loci of which some record of a family says something, in the species' order."""
    told = {gene.locus for one in family.animals.values() for gene in one.genotype}
    told |= {result.locus for tests in family.tests.values() for test in tests for result in test.results}
    for one in family.animals.values():
        if one.morphs:
            told |= named_genes(species, one.morphs)[0].keys()
    return [locus for locus in species.loci if locus.locus in told]


def records(species: Species, family: Family, locus: Locus) -> dict[str, Record]:
    """Return what is recorded of every member of a family at one locus; another species' are left out."""
    return {
        one.animal_id: _record(species, family, one, locus)
        for one in family.animals.values()
        if one.species_id == species.species_id
    }


def _record(species: Species, family: Family, animal: Animal, locus: Locus) -> Record:
    bare = Record(
        animal_id=animal.animal_id,
        sex=animal.sex,
        sire_id=animal.sire_id,
        dam_id=animal.dam_id,
    )
    if animal.archived_as == "mistake":
        return bare
    known = tested(family, animal.animal_id, locus.locus)
    gene = stated(family, animal, locus.locus)
    named, understood = named_genes(species, animal.morphs)
    try:
        if known is not None:
            pair = read_pair(locus, known[1], animal.sex)
            return msgspec.structs.replace(bare, pairs=(pair,), firm=True)
        if gene is not None:
            return _said(bare, locus, gene, animal)
    except InvalidError:
        # What was recorded under an older catalogue or before the sex was known says nothing now.
        return bare
    if locus.locus in named:
        pair = locus.normal(animal.sex) if animal.sex == locus.single_in else named[locus.locus]
        return msgspec.structs.replace(bare, pairs=_looking_like(locus, pair), shows=look(locus, pair), firm=True)
    described = understood and not animal.placeholder and _described(family, animal)
    return msgspec.structs.replace(bare, shows="" if described else None)


def _described(family: Family, animal: Animal) -> bool:
    """Say whether its keeper has looked at an animal; what was reckoned or tested of it says nothing of how else it looks."""
    return bool(animal.clutch_id or animal.morphs) or any(
        stated(family, animal, gene.locus) is not None for gene in animal.genotype
    )


def _said(bare: Record, locus: Locus, gene: Gene, animal: Animal) -> Record:
    if gene.probability is not None:
        prior = read(locus, gene.alleles, fraction(gene.probability), animal.sex)
        looks = {look(locus, pair) for pair in prior}
        return msgspec.structs.replace(bare, prior=prior, shows=looks.pop() if len(looks) == 1 else None)
    pair = read_pair(locus, gene.alleles, animal.sex)
    if len(gene.alleles) == 1 and ABSENT not in pair:
        having = [one for one in _pairs(locus) if pair[0] in one]
        return msgspec.structs.replace(bare, pairs=tuple(having))
    alike = _looking_like(locus, pair)
    return msgspec.structs.replace(bare, pairs=(pair,), shows=look(locus, pair), firm=alike == (pair,))


def _pairs(locus: Locus) -> list[Pair]:
    alleles = [*(allele.allele for allele in locus.alleles), WILD]
    return [locus.pair(one, two) for one, two in combinations_with_replacement(alleles, 2)]


def _looking_like(locus: Locus, pair: Pair) -> tuple[Pair, ...]:
    """Return every pair that shows what this one shows, itself included."""
    if ABSENT in pair:
        return (pair,)
    shown = look(locus, pair)
    return tuple(one for one in _pairs(locus) if look(locus, one) == shown)


def called(animals: Mapping[str, Animal], shown: Iterable[str]) -> dict[str, str]:
    """Return what to call the animals that may be named: their code, and their name where they have one."""
    return {key: f"{animals[key].code} {animals[key].name}".strip() for key in shown if key in animals}
