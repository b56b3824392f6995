"""Rows as the rules of genetics and lineage want them."""

from collections.abc import Iterable
from fractions import Fraction

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.loci import Distribution, Hazard, hazards
from reptidex.domain.genetics.looks import name
from reptidex.domain.genetics.reading import read
from reptidex.domain.lineage import Relative
from reptidex.errors import InvalidError
from reptidex.streams.values import Gene, Ratio, WelfareFlag
from reptidex.tables.animal.models import Animal


def genotype_of(species: Species, genes: Iterable[Gene]) -> dict[str, Distribution]:
    """Read recorded genes.

    Raises `InvalidError` for a locus or an allele that the species lacks, and for a locus named twice.
    """
    loci, known = species.by_locus, dict[str, Distribution]()
    for gene in genes:
        if gene.locus not in loci:
            raise InvalidError(f"{gene.locus!r} is no locus of {species.scientific_name}", "/genotype")
        if gene.locus in known:
            raise InvalidError(f"{gene.locus!r} is recorded twice", "/genotype")
        known[gene.locus] = read(loci[gene.locus], gene.alleles, fraction(gene.probability))
    return known


def relative(animal: Animal) -> Relative:
    """Return what the rules of lineage need to know of an animal."""
    whole = [gene for gene in animal.genotype if len(gene.alleles) == 2]
    return Relative(
        animal_id=animal.animal_id,
        species_id=animal.species_id,
        sex=animal.sex,
        born_on=animal.born_on,
        birth_precision=animal.birth_precision,
        vivarium_id=animal.vivarium_id,
        placeholder=animal.placeholder,
        died_on=animal.died_on,
        genotype=genotype_of(need_species(animal.species_id), whole),
    )


def flags(found: Iterable[tuple[str, Hazard]]) -> tuple[WelfareFlag, ...]:
    """Put hazards, each with the name of the trait, into the words of the contracts."""
    return tuple(
        WelfareFlag(trait=trait, severity=it.severity, certainty=it.certainty, text=it.text, source=it.source)
        for trait, it in found
    )


def welfare_of(species: Species, animal: Animal) -> tuple[WelfareFlag, ...]:
    """Return the hazards that an animal bears by what is recorded of it; a possible one counts."""
    found = []
    for locus, known in genotype_of(species, animal.genotype).items():
        entry = species.locus(locus)
        found += [(name(entry, pair), hazard) for pair in known for hazard in hazards(entry, pair)]
    return flags(found)


def fraction(ratio: Ratio | None) -> Fraction | None:
    """Turn a ratio of the contracts into a fraction."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio else None


def ratio(value: Fraction) -> Ratio:
    """Turn a fraction into a ratio of the contracts."""
    return Ratio(numerator=value.numerator, denominator=value.denominator)
