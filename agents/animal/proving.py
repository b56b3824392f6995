"""Learns from hatchlings what their parents carry, and from parents what their young may.

A visual recessive young proves both parents; young that do not show it lower the odds (Bayes' rule over the whole family).
What is reckoned is kept beside what the keeper had said (`ReckonedGene`), and every reckoning begins anew from what was said.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.exclusions import weigh_young_of
from reptidex.agents.animal.history import Word
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.records import updated
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.explain import odds
from reptidex.domain.genetics.family import Belief, Record, believe, believe_each, believe_whole
from reptidex.domain.genetics.leading import TangledError
from reptidex.domain.genetics.loci import ABSENT, WILD, Locus, Pair
from reptidex.domain.genetics.looks import look
from reptidex.domain.genetics.reading import recordable
from reptidex.streams.animal import GeneticsTraitProven, GeneticsTraitRecorded
from reptidex.streams.commands.animal_genetics import RelearnKin, TakeBackProof
from reptidex.streams.contract import Event
from reptidex.streams.values import Evidence, Gene
from reptidex.tables.animal.families import Family, family_of, loci_told, named_genes, records, stated, tested
from reptidex.tables.animal.genetics import ReckonedGene
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import ratio

KIN = 20
"""Kin that are reckoned in one unit of work where the family cannot be reckoned whole."""


class _Learned(msgspec.Struct, frozen=True):
    """One gene of an animal as the family now says it is."""

    locus: str
    gene: Gene | None
    """None where what was reckoned is taken back and nothing is stated."""
    reason: str
    offspring_id: str | None = None
    taken_back: bool = False
    """Whether the record says again what the keeper stated: what else it said no longer follows from anything."""


async def learn(young: Sequence[Animal], unit: Unit, former: Iterable[str | None] = ()) -> list[Event]:
    """Reckon anew what the parents of some young carry, the `former` ones too, and what all kin of theirs may.

    It is stored, and what changed is told. Only animals of the young's own vivarium are touched, and never what their keeper is
    certain of.
    """
    named = [*(parent for one in young for parent in (one.sire_id, one.dam_id)), *former]
    parents = list(dict.fromkeys(parent for parent in named if parent))
    known = [await unit.get(Animal, parent) for parent in parents]
    if not any(one.genotype or one.morphs for one in [*young, *known] if one is not None):
        return []
    return await relearn([*parents, *(one.animal_id for one in young)], young[0].vivarium_id, unit)


async def relearn(
    animal_ids: Sequence[str], vivarium_id: str, unit: Unit, *, alone: bool = False, brought: bool = False
) -> list[Event]:
    """Reckon anew what some animals carry, and, unless `alone`, what their kin may.

    What was reckoned and follows from nothing any more is taken back; where a file `brought` it, it stays as the keeper's claim.
    Of a family that is not here whole, or cannot be reckoned whole, only kin of whom a chance is recorded or was reckoned follow:
    of the former those whose parents and young are here; of the latter in units of their own, each as costly as the animals.
    """
    family = await family_of(unit, animal_ids)
    kin = () if alone else sorted(family.animals if family.whole else _moving(family) & family.near)
    asked = [key for key in dict.fromkeys([*animal_ids, *kin]) if key in family.animals]
    said: list[Event] = []
    later: dict[str, None] = {}
    for species_id in sorted({one.species_id for one in family.animals.values()}):
        mine = [
            family.animals[key]
            for key in asked
            if family.animals[key].species_id == species_id and family.animals[key].vivarium_id == vivarium_id
        ]
        said += _species(need_species(species_id), family, mine, set(animal_ids), later, unit, brought)
    for one in family.animals.values() if not alone else ():
        if one.animal_id in animal_ids and one.vivarium_id != vivarium_id and _proven(family, one):
            command = TakeBackProof(vivarium_id=one.vivarium_id, animal_id=one.animal_id)
            unit.timer(f"proof:{one.animal_id}", unit.now, command)
    waiting = list(later)
    for start in range(0, len(waiting), KIN):
        some = tuple(waiting[start : start + KIN])
        unit.timer(f"relearn:{some[0]}", unit.now, RelearnKin(vivarium_id=vivarium_id, animal_ids=some))
    return said


def _moving(family: Family) -> set[str]:
    """Return of whom in a family a chance is recorded, or something was reckoned before."""
    chances = {key for key, one in family.animals.items() if any(gene.probability for gene in one.genotype)}
    return chances | {known.animal_id for known in family.reckoned.values()}


@agent(RelearnKin)
async def relearn_kin(command: RelearnKin, unit: Unit) -> AsyncIterator[Event]:
    """Reckon anew what some animals carry whose kin told something."""
    for event in await relearn(command.animal_ids, command.vivarium_id, unit, alone=True):
        yield event


def _proven(family: Family, animal: Animal) -> list[Gene]:
    """Return what the record of an animal says that its young proved."""
    reckoned = [family.reckoned.get(ReckonedGene.id_of(animal.animal_id, gene.locus)) for gene in animal.genotype]
    return [
        gene
        for gene, known in zip(animal.genotype, reckoned, strict=True)
        if known is not None and known.gene == gene and gene.evidence == "offspring" and gene.probability is None
    ]


@agent(TakeBackProof, prefetch={Animal: "animal_id"})
async def take_back_proof(command: TakeBackProof, unit: Unit) -> AsyncIterator[Event]:
    """Take back what was proven of an animal by young whom another vivarium keeps, once none of its young carries it.

    Nothing else is recorded: what another's records say besides moves nothing here, true or false.
    """
    animal = await unit.need(Animal, command.animal_id)
    if animal.vivarium_id != command.vivarium_id:
        return
    family, species, lost = await family_of(unit, [animal.animal_id]), need_species(animal.species_id), []
    for gene in _proven(family, animal):
        locus = species.locus(gene.locus)
        known = records(species, family, locus)
        mutants = set(gene.alleles) - {WILD, ABSENT}
        told = {allele for child in _children(known, animal.animal_id) for pair in child.pairs for allele in pair}
        belief = believe(locus, known, animal.animal_id)
        if not mutants & told and animal.animal_id in family.near and all(belief.carries(one) != 1 for one in mutants):
            why = f"{locus.name}: none of its young proves any more what was reckoned before"
            lost.append(_Learned(locus.locus, stated(family, animal, locus.locus), why, taken_back=True))
    for event in _store(animal, lost, family, unit):
        yield event


def _species(
    species: Species,
    family: Family,
    mine: Sequence[Animal],
    first: Collection[str],
    later: dict[str, None],
    unit: Unit,
    brought: bool,
) -> list[Event]:
    """Reckon animals of one species; of those that come `first` alone, with the others put `later`, where it costs too much."""
    learned: dict[str, list[_Learned]] = {one.animal_id: [] for one in mine}
    moving = _moving(family)
    for locus in loci_told(species, family):
        known = records(species, family, locus)
        open_ = [one for one in mine if _is_open(species, locus, known, family, one)]
        try:
            beliefs = believe_whole(locus, known, {one.animal_id: None for one in open_})
        except TangledError:
            beliefs = believe_each(locus, known, [one.animal_id for one in open_ if one.animal_id in first])
            later |= {one.animal_id: None for one in open_ if one.animal_id in moving and one.animal_id not in first}
        for one in open_:
            belief = beliefs.get(one.animal_id)
            found = _learn(locus, known, family, one, belief, asked=one.animal_id in first) if belief else None
            if found is not None:
                learned[one.animal_id].append(found)
    said: list[Event] = []
    for one in mine:
        said += _store(one, learned[one.animal_id], family, unit, brought)
    return said


def _lapsed(locus: Locus, family: Family, animal: Animal, belief: Belief, *, asked: bool) -> bool:
    """Say whether what was reckoned of an animal follows from nothing any more.

    Of a family that is not here whole only its young can say that, of one whose young proved it.
    """
    now = next((gene for gene in animal.genotype if gene.locus == locus.locus), None)
    known = family.reckoned.get(ReckonedGene.id_of(animal.animal_id, locus.locus))
    if now is None or known is None or known.gene != now or now.evidence == "lab":
        return False
    if belief.carries(next((one for one in now.alleles if one not in (WILD, ABSENT)), WILD)) == 1:
        return False
    return family.whole or (asked and animal.animal_id in family.near and now.evidence == "offspring")


def _is_open(species: Species, locus: Locus, known: dict[str, Record], family: Family, animal: Animal) -> bool:
    """Say whether something may be reckoned of an animal at a locus: nobody is certain, and something tells of it, or did."""
    said = stated(family, animal, locus.locus)
    certain = said is not None and said.probability is None
    if (
        certain
        or tested(family, animal.animal_id, locus.locus)
        or locus.locus in named_genes(species, animal.morphs)[0]
    ):
        return False
    record = known[animal.animal_id]
    tells = record.shows is not None or record.tells or bool(_children(known, animal.animal_id))
    return tells or ReckonedGene.id_of(animal.animal_id, locus.locus) in family.reckoned


def _learn(
    locus: Locus, known: dict[str, Record], family: Family, animal: Animal, belief: Belief, *, asked: bool
) -> _Learned | None:
    """Return what is to be recorded of an animal at a locus; None where its record stays as it is."""
    now = next((gene for gene in animal.genotype if gene.locus == locus.locus), None)
    said = stated(family, animal, locus.locus)
    gene = _gene(locus, belief, known[animal.animal_id], said, now, known)
    if gene is not None and said is not None and (gene.alleles, gene.probability) == (said.alleles, said.probability):
        gene = said
    if gene is None and _lapsed(locus, family, animal, belief, asked=asked):
        why = f"{locus.name}: what was reckoned before no longer follows from the record of any relative"
        return _Learned(locus.locus, said, why, taken_back=True)
    if gene is None or gene == now:
        return None
    falls = now is not None and now.probability is None and gene.probability is not None
    if falls and not family.whole and not (asked and animal.animal_id in family.near):
        return None  # who proved it may be among the kin who are not here
    return _Learned(
        locus.locus,
        gene,
        f"{locus.name}: {odds(locus, belief.pairs)}, reckoned over {belief.relatives} relatives",
        _star(locus, known, animal, gene),
    )


def _children(known: dict[str, Record], animal_id: str) -> list[Record]:
    return [record for record in known.values() if animal_id in (record.sire_id, record.dam_id)]


def _gene(
    locus: Locus, belief: Belief, record: Record, said: Gene | None, now: Gene | None, known: dict[str, Record]
) -> Gene | None:
    """Return the gene that a belief comes to; None where it is nothing to record."""
    mutants = {allele for pair in belief.pairs for allele in pair} - {WILD, ABSENT}
    if len(mutants) != 1 or (now is None and said is None and not mutants):
        return None
    [allele] = mutants
    carriers = [pair for pair in belief.pairs if allele in pair]
    chance = belief.carries(allele)
    if len(carriers) != 1 or (chance != 1 and look(locus, carriers[0])):
        return None
    parents = known.keys() & {record.sire_id, record.dam_id}
    evidence: Evidence = "parentage" if parents and not _children(known, record.animal_id) else "clutch"
    if chance == 1:
        evidence = "offspring" if _children(known, record.animal_id) else "parentage"
    # An animal of which nothing was recorded is left so, unless its own young or parents say something certain or its
    # parents make it a possible het: an ancestor that merely might carry something stays as its keeper has it.
    if now is None and chance != 1 and not parents:
        return None
    return Gene(
        locus=locus.locus,
        alleles=carriers[0],
        evidence=evidence,
        probability=None if chance == 1 else ratio(recordable(chance)),
        inherited_from=said.inherited_from if said else None,
    )


def _star(locus: Locus, known: dict[str, Record], animal: Animal, gene: Gene) -> str | None:
    """Name the young that proves its parent, if one does."""
    if gene.probability is not None or gene.evidence != "offspring":
        return None
    showing = [
        one.animal_id
        for one in _children(known, animal.animal_id)
        if any(set(pair) <= set(gene.alleles) - {WILD} and look(locus, pair) for pair in one.pairs)
    ]
    return min(showing) if showing else None


def _store(
    animal: Animal, learned: Sequence[_Learned], family: Family, unit: Unit, brought: bool = False
) -> list[Event]:
    for one in learned:
        if one.taken_back:
            unit.delete(ReckonedGene, ReckonedGene.id_of(animal.animal_id, one.locus))
    learned = [one for one in learned if not (brought and one.taken_back)]
    if not learned:
        return []
    fresh = {one.locus: one.gene for one in learned}
    genes = [fresh.pop(gene.locus, gene) for gene in animal.genotype]
    kept = tuple(gene for gene in (*genes, *fresh.values()) if gene is not None)
    after = replace(animal, genotype=kept, revision=animal.revision + 1, updated_at=unit.now)
    keep(animal, after, unit, "genes reckoned")
    # What its young were doubted for may be explained now, or no longer.
    if any(one.taken_back or (one.gene and one.gene.probability is None) for one in learned):
        weigh_young_of(after, Word(vivarium_id=after.vivarium_id), unit)
    for one in learned:
        if one.gene is None or one.taken_back:
            continue
        key = ReckonedGene.id_of(animal.animal_id, one.locus)
        before = stated(family, animal, one.locus)
        unit.put(
            ReckonedGene(reckoned_id=key, animal_id=animal.animal_id, locus=one.locus, stated=before, gene=one.gene)
        )
    return [updated(after, "genotype"), *(_told(after, one.gene, one) for one in learned if one.gene is not None)]


def reckoned_at_hatching(animal: Animal, recorded: Sequence[Gene]) -> list[ReckonedGene]:
    """Return what of a hatchling's genes came from its parents alone, so that it can be reckoned anew.

    What shows is left as a record: it was there to be seen.
    """
    loci = need_species(animal.species_id).by_locus
    said = {gene.locus for gene in recorded}
    return [
        ReckonedGene(
            reckoned_id=ReckonedGene.id_of(animal.animal_id, gene.locus),
            animal_id=animal.animal_id,
            locus=gene.locus,
            gene=gene,
        )
        for gene in animal.genotype
        if gene.evidence == "parentage" and gene.locus not in said and not look(loci[gene.locus], _pair(gene))
    ]


def _pair(gene: Gene) -> Pair:
    return gene.alleles[0], gene.alleles[-1]


def _told(animal: Animal, gene: Gene, one: _Learned) -> Event:
    if gene.probability is None and not one.taken_back:
        return GeneticsTraitProven(
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            locus=gene.locus,
            alleles=gene.alleles,
            evidence=gene.evidence,
            offspring_id=one.offspring_id,
            reason=one.reason[:2000],
        )
    return GeneticsTraitRecorded(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        locus=gene.locus,
        alleles=gene.alleles,
        evidence=gene.evidence,
        posterior=gene.probability,
        reason=one.reason[:2000],
    )
