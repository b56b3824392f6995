"""Rows as the rules of genetics and lineage want them."""

from collections.abc import Iterable
from fractions import Fraction

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.chromosomes import Origin
from reptidex.domain.genetics.loci import Distribution, Hazard, Sex, hazards
from reptidex.domain.genetics.looks import name
from reptidex.domain.genetics.reading import read
from reptidex.domain.lineage import Relative
from reptidex.errors import InvalidError
from reptidex.streams.values import Gene, Ratio, WelfareFlag
from reptidex.tables.animal.models import Animal


def genotype_of(species: Species, genes: Iterable[Gene], sex: Sex = "unknown") -> dict[str, Distribution]:
    """Read recorded genes.

    Raises `InvalidError` for a locus or an allele that the species lacks, for a locus named twice, and for copies that an
    animal of this sex cannot have.
    """
    loci, known = species.by_locus, dict[str, Distribution]()
    for gene in genes:
        if gene.locus not in loci:
            raise InvalidError(f"{gene.locus!r} is no locus of {species.scientific_name}", "/genotype")
        if gene.locus in known:
            raise InvalidError(
                f"{loci[gene.locus].name} is recorded twice: an animal has two alleles at a locus, both in one entry",
                "/genotype",
            )
        known[gene.locus] = read(loci[gene.locus], gene.alleles, fraction(gene.probability), sex)
    return known


def origins_of(species: Species, genes: Iterable[Gene]) -> dict[str, Origin]:
    """Return from which parent the first allele of each recorded pair came, where that is recorded.

    The pair's order is that of the catalogue, whatever order it was recorded in.
    """
    found: dict[str, Origin] = {}
    for gene in genes:
        if gene.inherited_from is not None and len(gene.alleles) == 2:
            kept = species.locus(gene.locus).pair(*gene.alleles) == gene.alleles
            other: Origin = "dam" if gene.inherited_from == "sire" else "sire"
            found[gene.locus] = gene.inherited_from if kept else other
    return found


def relative(animal: Animal) -> Relative:
    """Return what the rules of lineage need to know of an animal."""
    loci = need_species(animal.species_id).by_locus
    whole = [one for one in animal.genotype if len(one.alleles) == 2 or loci[one.locus].single_in == animal.sex]
    return Relative(
        animal_id=animal.animal_id,
        species_id=animal.species_id,
        sex=animal.sex,
        born_on=animal.born_on,
        birth_precision=animal.birth_precision,
        vivarium_id=animal.vivarium_id,
        placeholder=animal.placeholder,
        died_on=animal.died_on,
        genotype=genotype_of(need_species(animal.species_id), whole, animal.sex),
        tested=frozenset(gene.locus for gene in whole if gene.evidence == "lab"),
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
    for locus, known in genotype_of(species, animal.genotype, animal.sex).items():
        entry = species.locus(locus)
        found += [(name(entry, pair), hazard) for pair in known for hazard in hazards(entry, pair)]
    return flags(found)


def fraction(ratio: Ratio | None) -> Fraction | None:
    """Turn a ratio of the contracts into a fraction."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio else None


def ratio(value: Fraction) -> Ratio:
    """Turn a fraction into a ratio of the contracts."""
    return Ratio(numerator=value.numerator, denominator=value.denominator)
