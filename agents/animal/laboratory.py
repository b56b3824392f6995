"""Records what laboratories find: the strongest evidence there is, and what it contradicts is said."""

from collections.abc import AsyncIterator
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import standing_event
from reptidex.agents.animal.exclusions import weigh_young_of, weighed
from reptidex.agents.animal.history import Word
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.proving import relearn
from reptidex.agents.animal.records import remarked, updated
from reptidex.agents.animal.registry import own_animal
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.cells import at_locus
from reptidex.domain.genetics.family import Record
from reptidex.domain.genetics.loci import ABSENT, WILD, Distribution, Locus, Pair
from reptidex.domain.genetics.looks import full_name
from reptidex.domain.genetics.reading import read_pair
from reptidex.domain.lineage import Remark
from reptidex.errors import NotFoundError
from reptidex.streams.animal import GeneticsTraitProven, GeneticsTraitRecorded
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_genetics import RecordTest, WithdrawTest
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene
from reptidex.tables.animal.families import Family, called, family_of, records, stated, tested
from reptidex.tables.animal.genetics import GeneticTest, ReckonedGene, Tested
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.record_checks import check_tested, checked_results

_WHOLE = Fraction(1)


class _Conflict(msgspec.Struct, frozen=True):
    """Something that a result contradicts."""

    text: str
    with_test: bool
    """Whether it is an earlier test of the same animal: then neither is believed over the other."""


@agent(RecordTest, prefetch={Animal: "animal_id", GeneticTest: "test_id"})
async def record_test(command: RecordTest, unit: Unit) -> AsyncIterator[Event]:
    """Record a laboratory's result; the animal's record follows it unless an earlier test says otherwise."""
    remarks, events = await tested_anew(command, unit)
    unit.answer(Done(id=command.test_id, remarks=remarked(remarks)))
    for event in events:
        yield event


async def tested_anew(command: RecordTest, unit: Unit) -> tuple[list[Remark], list[Event]]:
    """Keep a test and have the animal's record follow it; return what it contradicts and what is to be told.

    Raises `InvalidError`, `NotFoundError`.
    """
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    check_tested(command.laboratory, command.tested_on, animal, unit.now.date())
    species = need_species(animal.species_id)
    pairs = checked_results(species, command.results, animal)
    family = await family_of(unit, [animal.animal_id])
    results, remarks = [], list[Remark]()
    for locus, pair in pairs.items():
        conflicts = _conflicts(species, locus, pair, animal, family)
        against = any(one.with_test for one in conflicts)
        remarks += [
            Remark(rule="genotype", severity="warning", text=one.text, animal_ids=(animal.animal_id,))
            for one in conflicts
        ]
        results.append(
            Tested(
                locus=locus.locus,
                alleles=pair,
                status="disputed" if against else "tested",
                conflicts=tuple(one.text for one in conflicts),
            )
        )
    same = ("test_id", "animal_id", "vivarium_id", "laboratory", "method", "reference", "tested_on")
    test = GeneticTest(
        **{name: getattr(command, name) for name in (*same, "document_file_id", "notes", "recorded_by")},
        results=tuple(results),
        recorded_at=unit.now,
    )
    unit.put(test)
    believed = {
        one.locus: Gene(locus=one.locus, alleles=one.alleles, evidence="lab")
        for one in results
        if one.status == "tested"
    }
    events = _told(animal, test, family)
    return remarks, [*events, *[event async for event in _follow(animal, believed, test, unit)]]


def _conflicts(species: Species, locus: Locus, pair: Pair, animal: Animal, family: Family) -> list[_Conflict]:
    """List what a result contradicts: an earlier test, what the keeper claimed, what tested parents or young allow."""
    found = []
    said = full_name(locus, pair)
    earlier = tested(family, animal.animal_id, locus.locus)
    if earlier is not None and read_pair(locus, earlier[1], animal.sex) != pair:
        test, alleles = earlier
        other = full_name(locus, read_pair(locus, alleles, animal.sex))
        text = f"{locus.name}: {test.laboratory} found {other} on {test.tested_on}, this test says {said}; one of them is wrong"
        found.append(_Conflict(text, True))
    known = records(species, family, locus)
    mine = known[animal.animal_id]
    gene = stated(family, animal, locus.locus)
    if earlier is None and mine.pairs and pair not in mine.pairs and gene is not None:
        found.append(
            _Conflict(
                f"{locus.name}: its record said {' or '.join(full_name(locus, one) for one in mine.pairs)}", False
            )
        )
    names = called(
        family.animals, [key for key, one in family.animals.items() if one.vivarium_id == animal.vivarium_id]
    )
    sire, dam = known.get(animal.sire_id or ""), known.get(animal.dam_id or "")
    if (sire or dam) and pair not in at_locus(locus, _may(locus, sire, "male"), _may(locus, dam, "female")):
        whose = " and ".join(names.get(one.animal_id, "its other parent") for one in (sire, dam) if one and one.pairs)
        found.append(_Conflict(f"{locus.name}: by their records, {whose} cannot give {said}", False))
    for child in known.values():
        if animal.animal_id not in (child.sire_id, child.dam_id) or not child.pairs:
            continue
        mate = known.get((child.dam_id if child.sire_id == animal.animal_id else child.sire_id) or "")
        own: Distribution = {pair: _WHOLE}
        sides = (
            (own, _may(locus, mate, "female"))
            if child.sire_id == animal.animal_id
            else (_may(locus, mate, "male"), own)
        )
        if not set(child.pairs) & at_locus(locus, *sides).keys():
            text = f"{locus.name}: its young {names.get(child.animal_id, '')} cannot come from {said}".replace(
                "  ", " "
            )
            found.append(_Conflict(text, False))
    return found


def _may(locus: Locus, record: Record | None, sex: str) -> Distribution:
    """Return what a parent may carry as far as its record says; of one that says nothing, anything."""
    if record is not None and record.pairs:
        return dict.fromkeys(record.pairs, _WHOLE)
    alleles = [*(one.allele for one in locus.alleles), WILD]
    if locus.single_in == sex:
        return {(one, ABSENT): _WHOLE for one in alleles}
    return {locus.pair(one, two): _WHOLE for one in alleles for two in alleles}


def _told(animal: Animal, test: GeneticTest, family: Family) -> list[Event]:
    said: list[Event] = []
    for result in test.results:
        reason = f"{test.laboratory}, {test.tested_on}" + "".join(f"; {one}" for one in result.conflicts)
        if result.status == "tested":
            said.append(
                GeneticsTraitProven(
                    animal_id=animal.animal_id,
                    vivarium_id=animal.vivarium_id,
                    locus=result.locus,
                    alleles=result.alleles,
                    evidence="lab",
                    test_id=test.test_id,
                    reason=reason[:2000],
                )
            )
            continue
        gene = next((one for one in animal.genotype if one.locus == result.locus), None)
        said.append(
            GeneticsTraitRecorded(
                animal_id=animal.animal_id,
                vivarium_id=animal.vivarium_id,
                locus=result.locus,
                alleles=gene.alleles if gene else result.alleles,
                evidence=gene.evidence if gene else "lab",
                posterior=gene.probability if gene else None,
                reason=f"disputed: {reason}"[:2000],
            )
        )
    return said


async def _follow(animal: Animal, believed: dict[str, Gene], test: GeneticTest, unit: Unit) -> AsyncIterator[Event]:
    """Have an animal's record, its lineage's standing and its kin follow what a test found."""
    if not believed:
        return
    kept = [gene for gene in animal.genotype if gene.locus not in believed]
    after = replace(animal, genotype=(*kept, *believed.values()), revision=animal.revision + 1, updated_at=unit.now)
    for locus, gene in believed.items():
        before = await unit.get(ReckonedGene, ReckonedGene.id_of(animal.animal_id, locus))
        was = next((one for one in animal.genotype if one.locus == locus), None)
        if before is not None and before.gene == was:
            was = before.stated
        key = ReckonedGene.id_of(animal.animal_id, locus)
        unit.put(ReckonedGene(reckoned_id=key, animal_id=animal.animal_id, locus=locus, stated=was, gene=gene))
    for event in await _written(after, animal, "tested", _word(test), unit):
        yield event
    kin = [after.animal_id, *(parent for parent in (after.sire_id, after.dam_id) if parent)]
    for event in await relearn(kin, after.vivarium_id, unit):
        yield event


def _word(test: GeneticTest) -> Word:
    return Word(vivarium_id=test.vivarium_id, evidence="lab", reference=test.reference)


async def _written(after: Animal, before: Animal, action: str, word: Word, unit: Unit) -> list[Event]:
    """Write an animal whose genes were tested, and tell it; its parents stand as its tests now say."""
    after, remarks = await weighed(after, before, word, unit)
    keep(before, after, unit, action)
    weigh_young_of(after, word, unit)
    if after.lineage_status == before.lineage_status:
        return [updated(after, "genotype")]
    return [updated(after, "genotype", "lineage_status"), standing_event(after, before, remarks)]


@agent(WithdrawTest, prefetch={Animal: "animal_id", GeneticTest: "test_id"})
async def withdraw_test(command: WithdrawTest, unit: Unit) -> AsyncIterator[Event]:
    """Take a test back; the animal's record says again what it said before, or what another test says."""
    animal = await own_animal(command.animal_id, command.vivarium_id, unit)
    test = await unit.get(GeneticTest, command.test_id)
    if test is None or test.animal_id != animal.animal_id:
        raise NotFoundError("genetic test", command.test_id)
    unit.answer(Done(id=test.test_id))
    if test.withdrawn_at is not None:
        return
    unit.put(replace(test, withdrawn_at=unit.now, withdrawn_because=command.reason))
    family = await family_of(unit, [animal.animal_id])
    genes = {gene.locus: gene for gene in animal.genotype}
    for result in test.results:
        before = family.reckoned.get(ReckonedGene.id_of(animal.animal_id, result.locus))
        if before is None or before.gene != genes.get(result.locus) or before.gene.evidence != "lab":
            continue
        genes.pop(result.locus)
        other = tested(family, animal.animal_id, result.locus)
        if other is not None:
            gene = Gene(locus=result.locus, alleles=other[1], evidence="lab")
            genes[result.locus] = gene
            unit.put(replace(before, gene=gene))
            continue
        if before.stated is not None:
            genes[result.locus] = before.stated
        unit.delete(ReckonedGene, before.reckoned_id)
    after = replace(animal, genotype=tuple(genes.values()), revision=animal.revision + 1, updated_at=unit.now)
    for event in await _written(after, animal, "test withdrawn", _word(test), unit):
        yield event
    kin = [after.animal_id, *(parent for parent in (after.sire_id, after.dam_id) if parent)]
    for event in await relearn(kin, after.vivarium_id, unit):
        yield event
