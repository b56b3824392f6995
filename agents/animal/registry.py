"""Keeps the registry of animals: registering and changing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import check_offspring, check_parents, descent_events, examined, trait_events
from reptidex.agents.animal.exclusions import weigh_young_of
from reptidex.agents.animal.history import Word
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.laying import check_clutches
from reptidex.agents.animal.numbering import claim_code, next_code
from reptidex.agents.animal.odds import claimed
from reptidex.agents.animal.proving import learn, relearn
from reptidex.agents.animal.records import created, remarked, updated
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.lineage import Remark, refuse_errors
from reptidex.domain.ownership import GoneError, check_free
from reptidex.domain.registry.subspecies import checked_subspecies
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done, RegisterAnimal, UpdateAnimal
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene
from reptidex.tables.animal.genetics import ReckonedGene
from reptidex.tables.animal.lineage import LineageRules
from reptidex.tables.animal.models import Animal, Collection, Ownership
from reptidex.tables.animal.queries import with_references
from reptidex.tables.animal.relatives import genotype_of


class AnimalExistsError(DomainError):
    """An animal with this id is registered already."""

    title = "The animal is registered already"

    def __init__(self, animal_id: str) -> None:
        super().__init__(f"animal {animal_id} is registered already")
        self.animal_id = animal_id


async def own_animal(animal_id: str, vivarium_id: str, unit: Unit) -> Animal:
    """Return an animal of this vivarium. Raises `NotFoundError`, for another's animal too."""
    animal = await unit.get(Animal, animal_id)
    if animal is None or animal.vivarium_id != vivarium_id:
        raise NotFoundError("animal", animal_id)
    return animal


def first_ownership(animal: Animal, how: str, unit: Unit) -> Ownership:
    """Begin the history of an animal's owners."""
    values: Any = {"how": how}
    return Ownership(
        ownership_id=unit.new_id(),
        animal_id=animal.animal_id,
        number=1,
        vivarium_id=animal.vivarium_id,
        code=animal.code,
        since=unit.now,
        **values,
    )


def checked_species(species_id: str) -> str:
    """Return the scientific name of a species. Raises `InvalidError` for one that the catalogue lacks."""
    try:
        return need_species(species_id).scientific_name
    except NotFoundError as missing:
        raise InvalidError("the catalogue has no such species; GET /species lists them", "/species_id") from missing


async def claim_reference(vivarium_id: str, reference: str, unit: Unit) -> str:
    """Take a reference to where an animal was imported from. Raises `InvalidError` where another animal has it."""
    if await unit.find(with_references(vivarium_id, [reference.strip()])):
        raise InvalidError(f"another animal of this vivarium has the reference {reference.strip()}", "/external_ref")
    return reference.strip()


def check_birth(animal: Animal, unit: Unit) -> None:
    """Check an animal's dates. Raises `InvalidError`."""
    today = unit.now.date()
    if animal.born_on is not None and animal.born_on > today:
        raise InvalidError("an animal cannot be born in the future", "/born_on")
    if animal.died_on is not None and (animal.died_on > today or (animal.born_on and animal.died_on < animal.born_on)):
        raise InvalidError("an animal dies after its birth and not in the future", "/died_on")


def _named(command: RegisterAnimal) -> tuple[str, ...]:
    return tuple(one for one in (command.animal_id, command.sire_id, command.dam_id) if one)


@agent(RegisterAnimal, prefetch={Animal: _named, Collection: "vivarium_id", LineageRules: "vivarium_id"})
async def register_animal(command: RegisterAnimal, unit: Unit) -> AsyncIterator[Event]:
    """Register an animal, with its parents where they are known."""
    if await unit.get(Animal, command.animal_id) is not None:
        raise AnimalExistsError(command.animal_id)
    species = checked_species(command.species_id)
    genotype_of(need_species(command.species_id), command.genotype, command.sex)
    same = {"name", "species_id", "morphs", "genotype", "sex", "born_on", "birth_precision", "status", "visibility"}
    same |= {"animal_id", "vivarium_id", "placeholder", "sire_id", "dam_id", "notes", "phenotype"}
    animal = Animal(
        **{name: getattr(command, name) for name in same} | {"genotype": claimed(command.genotype)},
        code="",
        species=species,
        subspecies=checked_subspecies(need_species(command.species_id), command.subspecies),
        breeder_vivarium_id=None,
        created_at=unit.now,
        updated_at=unit.now,
    )
    if animal.placeholder:
        animal = replace(animal, visibility="lineage", status="external")
    if animal.born_on is not None and animal.birth_precision == "unknown":
        animal = replace(animal, birth_precision="day")
    check_birth(animal, unit)
    found, lines = await examined(animal, None, unit, hybrid=command.hybrid)
    remarks = refuse_errors(found)
    if command.external_ref:
        reference = await claim_reference(command.vivarium_id, command.external_ref, unit)
        animal = replace(animal, external_ref=reference)
    chosen = await claim_code(command.vivarium_id, command.code, unit) if command.code else None
    animal = replace(animal, code=chosen or await next_code(command.vivarium_id, animal, unit))
    keep(None, animal, unit, "registered")
    unit.put(first_ownership(animal, "registered", unit))
    unit.answer(Done(id=animal.animal_id, remarks=remarked(remarks)))
    yield created(animal, "placeholder" if animal.placeholder else "registered")
    for event in trait_events(animal, animal.genotype):
        yield event
    async for event in descent_events(animal, None, remarks, "registered", unit, hybrid=command.hybrid, lines=lines):
        yield event
    if animal.genotype or animal.morphs:
        for event in await learn([animal], unit):
            yield event


@agent(UpdateAnimal, prefetch={Animal: "animal_id"})
async def update_animal(command: UpdateAnimal, unit: Unit) -> AsyncIterator[Event]:
    """Change an animal's record; what contradicts its parents or its young is refused."""
    before = await own_animal(command.animal_id, command.vivarium_id, unit)
    if before.archived_as == "erased":
        raise GoneError(before.animal_id, "erased: nothing is recorded of it any more")
    wanted = {name: value for name, value in asdict(command.changes).items() if value is not UNSET}
    if isinstance(wanted.get("code"), str) and wanted["code"].strip().upper() != before.code:
        wanted["code"] = await claim_code(command.vivarium_id, wanted["code"], unit)
    else:
        wanted.pop("code", None)
    if wanted.get("external_ref") and wanted["external_ref"] != before.external_ref:
        wanted["external_ref"] = await claim_reference(command.vivarium_id, wanted["external_ref"], unit)
    if "subspecies" in wanted:
        wanted["subspecies"] = checked_subspecies(need_species(before.species_id), wanted["subspecies"])
    tested = list[Remark]()
    if "genotype" in wanted:
        said = claimed(wanted["genotype"], before.genotype)
        wanted["genotype"], tested = await _beside_tests(before, said, unit)
    changed = sorted(name for name, value in wanted.items() if getattr(before, name) != value)
    unit.answer(Done(id=before.animal_id, remarks=remarked(tested)))
    if not changed:
        return
    if "status" in changed:
        check_free(before.animal_id, before.status, before.held_by)
    after = replace(before, **wanted, revision=before.revision + 1, updated_at=unit.now)
    if after.born_on is None:
        after = replace(after, birth_precision="unknown")
    elif after.birth_precision == "unknown":
        after = replace(after, birth_precision="day")
    check_birth(after, unit)
    remarks = []
    if {"genotype", "sex"} & set(changed):
        genotype_of(need_species(after.species_id), after.genotype, after.sex)
    if {"sex", "born_on", "birth_precision", "genotype"} & set(changed):
        remarks = await check_parents(after, before, unit)
        await check_offspring(after, unit)
    if {"sex", "born_on"} & set(changed):
        await check_clutches(after, unit)
    if "genotype" in changed:
        weigh_young_of(after, Word(vivarium_id=command.vivarium_id), unit)
    keep(before, after, unit)
    unit.answer(Done(id=after.animal_id, remarks=remarked([*tested, *remarks])))
    yield updated(after, *changed)
    for event in trait_events(after, [gene for gene in after.genotype if gene not in before.genotype]):
        yield event
    if {"genotype", "morphs", "sex"} & set(changed):
        kin = [after.animal_id, *(parent for parent in (after.sire_id, after.dam_id) if parent)]
        for event in await relearn(kin, after.vivarium_id, unit):
            yield event


async def _beside_tests(before: Animal, said: Sequence[Gene], unit: Unit) -> tuple[tuple[Gene, ...], list[Remark]]:
    """Return the genes that a record shows once its keeper states some, and what is to be said of it.

    What a laboratory found stays until its test is withdrawn; what the keeper states there is kept under it.
    """
    found = {gene.locus: gene for gene in before.genotype if gene.evidence == "lab"}
    claims, remarks = {gene.locus: gene for gene in said}, list[Remark]()
    for locus, gene in found.items():
        claim, under = claims.get(locus), await unit.get(ReckonedGene, ReckonedGene.id_of(before.animal_id, locus))
        if claim == gene or under is None:
            continue
        unit.put(replace(under, stated=claim))
        if claim is None or (claim.alleles, claim.probability) != (gene.alleles, None):
            text = f"{locus}: a laboratory found {'/'.join(gene.alleles)}; that stands until its test is withdrawn"
            remarks.append(Remark(rule="genotype", severity="warning", text=text, animal_ids=(before.animal_id,)))
    shown = [found.pop(gene.locus, gene) for gene in said]
    return (*shown, *found.values()), remarks
