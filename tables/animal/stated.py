"""What keepers stated of genes, apart from what was reckoned or tested: a file carries both, and only the former is compared.

The record of an animal shows one gene a locus. Where the platform reckoned it, or a laboratory found it, `ReckonedGene` keeps
what the keeper had stated.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.interchange.animals import AnimalEntry, GeneEntry
from reptidex.streams.values import Evidence, Gene, Ratio
from reptidex.tables.animal.genetics import ReckonedGene
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import CHUNK, Finder
from reptidex.tables.animal.relatives import genotype_of
from reptidex.tables.query import select

Reckoned = Mapping[str, ReckonedGene]
"""By `<animal>:<locus>`."""


async def reckoned_of(source: Finder, animal_ids: Iterable[str]) -> dict[str, ReckonedGene]:
    """Return what was reckoned of some animals."""
    ids, found = sorted(set(animal_ids)), dict[str, ReckonedGene]()
    for start in range(0, len(ids), CHUNK):
        rows = await source.find(select(ReckonedGene, ReckonedGene.c.animal_id.in_(ids[start : start + CHUNK])))
        found |= {one.reckoned_id: one for one in rows}
    return found


def stated_genes(animal: Animal, reckoned: Reckoned) -> tuple[tuple[Gene, ...], tuple[Gene, ...]]:
    """Return what the keeper stated of an animal's genes, and what its record shows instead or besides."""
    stated, over = [], []
    for gene in animal.genotype:
        known = reckoned.get(ReckonedGene.id_of(animal.animal_id, gene.locus))
        if known is None or known.gene != gene:
            stated.append(gene)
            continue
        over.append(gene)
        if known.stated is not None:
            stated.append(known.stated)
    return tuple(stated), tuple(over)


def written(gene: Gene) -> GeneEntry:
    """Write a gene as a file carries it."""
    chance = gene.probability
    return GeneEntry(
        locus=gene.locus,
        alleles=gene.alleles,
        evidence=gene.evidence,
        probability=f"{chance.numerator}/{chance.denominator}" if chance else None,
        inherited_from=gene.inherited_from,
    )


def said_genes(kind: Species, entry: AnimalEntry) -> tuple[Gene, ...]:
    """Return what an entry states of an animal's genes. Raises `InvalidError` for what cannot be.

    A laboratory's word is recorded as a test of its own; what a file says of one is a claim.
    """
    tested = {each.locus: each for each in entry.reckoned if each.evidence == "lab"}
    kept = [each for each in entry.genotype if each.locus not in tested]
    genes = tuple(_gene(each) for each in (*kept, *tested.values()))
    genotype_of(kind, genes, entry.sex)
    return genes


def brought(
    kind: Species, entry: AnimalEntry, said: Sequence[Gene], animal_id: str, *, orphan: bool
) -> tuple[tuple[Gene, ...], tuple[ReckonedGene, ...]]:
    """Return the genes of an animal that comes with a file, with what was reckoned of them elsewhere.

    It is reckoned anew here as far as its family is here. What an `orphan` has from parents who are not named becomes a claim:
    nothing here could say it again. Raises `InvalidError` for what cannot be.
    """
    stated = {gene.locus: gene for gene in said}
    genes, rows = dict(stated), list[ReckonedGene]()
    for each in entry.reckoned:
        if each.evidence == "lab":
            continue
        gene = _gene(each)
        if orphan and gene.evidence == "parentage" and gene.locus not in stated:
            genes[gene.locus] = gene
            continue
        genes[gene.locus] = gene
        key = ReckonedGene.id_of(animal_id, gene.locus)
        before = stated.get(gene.locus)
        rows.append(ReckonedGene(reckoned_id=key, animal_id=animal_id, locus=gene.locus, stated=before, gene=gene))
    found = tuple(genes.values())
    genotype_of(kind, found, entry.sex)
    return found, tuple(rows)


def restated(before: Animal, reckoned: Reckoned, said: Sequence[Gene]) -> tuple[Gene, ...]:
    """Return an animal's genes where a file states them anew: the same genes where it states what is stated already.

    What a laboratory found stays, and so does what was reckoned at loci of which nothing is stated.
    """
    if not said:
        return before.genotype
    stated = {gene.locus: gene for gene in stated_genes(before, reckoned)[0]}
    tested = {gene.locus for gene in before.genotype if gene.evidence == "lab"}
    fresh = {gene.locus: gene for gene in said if gene.locus not in tested}
    if fresh.keys() == stated.keys() - tested and all(_same(gene, stated[locus]) for locus, gene in fresh.items()):
        return before.genotype
    genes = []
    for gene in before.genotype:
        now = fresh.get(gene.locus)
        same = now is not None and gene.locus in stated and _same(now, stated[gene.locus])
        if gene.locus in tested or same or (now is None and gene.locus not in stated):
            genes.append(gene)
            fresh.pop(gene.locus, None)
    return (*genes, *fresh.values())


def _same(said: Gene, stated: Gene) -> bool:
    """Say whether two genes are one, wherever the knowledge comes from; what a file leaves open is not said otherwise."""
    plain = replace(stated, evidence=said.evidence, inherited_from=said.inherited_from)
    return said == plain and said.inherited_from in (None, stated.inherited_from)


def _gene(each: GeneEntry) -> Gene:
    evidence: Evidence = "claim" if each.evidence == "lab" else each.evidence
    chance = None
    if each.probability is not None:
        numerator, _, denominator = each.probability.partition("/")
        chance = Ratio(numerator=int(numerator), denominator=int(denominator))
    origin = each.inherited_from
    return Gene(locus=each.locus, alleles=each.alleles, evidence=evidence, probability=chance, inherited_from=origin)
