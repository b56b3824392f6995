"""What somebody wants to hatch, as requests say it, and the words that answers about it share."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.chance import OutOfReachError, eggs_for
from reptidex.domain.genetics.loci import Pair, hazards
from reptidex.domain.genetics.looks import full_name
from reptidex.domain.genetics.reading import read_pair
from reptidex.domain.genetics.targets import Stock, Target
from reptidex.errors import InvalidError
from reptidex.streams.commands.animal import Morphs
from reptidex.streams.values import Gene, Sex, WelfareFlag
from reptidex.tables.animal.families import named_genes
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of, origins_of

NINE_TENTHS = Fraction(9, 10)


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to hatch: by the catalogue's names (morphs and combinations), by genes, or both."""

    morphs: Morphs = ()
    genotype: Annotated[tuple[Gene, ...], Meta(max_length=6)] = ()
    sex: Sex = "unknown"


def target_of(species: Species, wanted: Wanted) -> Target:
    """Read what is wanted. Raises `InvalidError`."""
    named, understood = named_genes(species, wanted.morphs)
    if not understood:
        raise InvalidError(
            f"the catalogue knows no such morph of {species.scientific_name}; GET /morphs lists them", "/target/morphs"
        )
    many = {name.casefold(): one for one in species.morphs for name in (one.name, *one.aliases)}
    for name in wanted.morphs:
        one = many.get(name.strip().casefold())
        if one is not None and not one.genotype:
            raise InvalidError(f"{one.name} is {one.inheritance}: no odds are given for it", "/target/morphs")
    pairs: dict[str, Pair] = dict(named)
    for place, gene in enumerate(wanted.genotype):
        locus = species.by_locus.get(gene.locus)
        pointer = f"/target/genotype/{place}"
        if locus is None:
            raise InvalidError(f"{gene.locus!r} is no locus of {species.scientific_name}", f"{pointer}/locus")
        if gene.probability is not None:
            raise InvalidError("a target is certain; leave the probability out", f"{pointer}/probability")
        pairs[gene.locus] = read_pair(locus, gene.alleles, wanted.sex)
    return Target(pairs=pairs, sex=wanted.sex)


def stock_of(species: Species, animals: Iterable[Animal]) -> list[Stock]:
    """Read animals as breeding stock; one whose record is older than the catalogue, and no longer readable, is left out."""
    found = []
    for one in animals:
        try:
            genotype = genotype_of(species, one.genotype, one.sex)
        except InvalidError:
            continue
        found.append(
            Stock(animal_id=one.animal_id, sex=one.sex, genotype=genotype, origins=origins_of(species, one.genotype))
        )
    return found


def genotype_name(species: Species, pairs: dict[str, Pair]) -> str:
    """Name pairs of alleles, locus by locus."""
    return ", ".join(full_name(species.locus(locus), pair) for locus, pair in pairs.items())


def flags_of(species: Species, pairs: dict[str, Pair]) -> tuple[WelfareFlag, ...]:
    """Return what these pairs of alleles do to their bearer."""
    return tuple(
        WelfareFlag(
            trait=full_name(species.locus(locus), pair),
            severity=hazard.severity,
            certainty=hazard.certainty,
            text=hazard.text,
            source=hazard.source,
        )
        for locus, pair in pairs.items()
        for hazard in hazards(species.locus(locus), pair)
    )


def eggs_or_none(share: Fraction, confidence: Fraction, wanted: int) -> int | None:
    """Return how many eggs it takes; None where nobody hatches so many, or no number does."""
    try:
        return eggs_for(share, confidence, wanted)
    except OutOfReachError:
        return None
