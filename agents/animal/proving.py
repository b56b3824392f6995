"""Learns from hatchlings what their parents carry: one visual recessive proves both."""

from collections.abc import Sequence

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.records import updated
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.loci import WILD
from reptidex.streams.animal import GeneticsTraitProven
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene
from reptidex.tables.animal.models import Animal


async def prove_parents(hatchling: Animal, unit: Unit) -> list[Event]:
    """Record for each parent of the same vivarium what this hatchling proves it to carry, and tell it."""
    said: list[Event] = []
    for parent_id in (hatchling.sire_id, hatchling.dam_id):
        parent = await unit.get(Animal, parent_id) if parent_id else None
        if parent is None or parent.vivarium_id != hatchling.vivarium_id:
            continue
        proven = _proven(hatchling, parent.genotype)
        if not proven:
            continue
        loci = {gene.locus for gene in proven}
        kept = tuple(gene for gene in parent.genotype if gene.locus not in loci)
        after = replace(parent, genotype=(*kept, *proven), revision=parent.revision + 1, updated_at=unit.now)
        keep(parent, after, unit, "proven by offspring")
        said.append(updated(after, "genotype"))
        said += [
            GeneticsTraitProven(
                animal_id=after.animal_id,
                vivarium_id=after.vivarium_id,
                locus=gene.locus,
                alleles=gene.alleles,
                evidence="offspring",
                offspring_id=hatchling.animal_id,
            )
            for gene in proven
        ]
    return said


def _proven(hatchling: Animal, recorded: Sequence[Gene]) -> list[Gene]:
    """Name the alleles that a parent must carry and of which its record is not certain.

    A record that is certain and disagrees is left alone: the check of the lineage has said so, and a person must decide.
    """
    known = {gene.locus: gene for gene in recorded}
    loci = need_species(hatchling.species_id).by_locus
    found = []
    for gene in hatchling.genotype:
        allele = loci[gene.locus].find(gene.alleles[0])
        double = len(gene.alleles) == 2 and gene.alleles[0] == gene.alleles[1]
        if allele is None or not allele.hidden or not double or gene.probability is not None:
            continue
        before = known.get(gene.locus)
        if before is None or before.probability is not None:
            found.append(Gene(locus=gene.locus, alleles=(allele.allele, WILD), evidence="offspring"))
    return found
