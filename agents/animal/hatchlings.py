"""Registers what hatched: one act for a clutch, one animal each."""

from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.clutches import counted, open_clutch, own_clutch, watch
from reptidex.agents.animal.descent import check_parents, descent_events, place_of, trait_events
from reptidex.agents.animal.history import ROLES, Word, by_record, note, overall, parent_of, standing_of, with_standing
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.numbering import claim_code, next_code
from reptidex.agents.animal.odds import hatched_with
from reptidex.agents.animal.proving import learn, reckoned_at_hatching
from reptidex.agents.animal.records import created, hatched, remarked, updated
from reptidex.agents.animal.registry import AnimalExistsError, first_ownership, own_animal
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.clutches import hatch_doubts
from reptidex.domain.lineage import ParentsRefusedError, Remark, excluded_before
from reptidex.errors import InvalidError
from reptidex.streams.animal import BreedingOffspringRecorded, BreedingOffspringResolved
from reptidex.streams.commands.animal import Done, Hatchling, RegisterHatchlings, ResolveSire
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus, Visibility
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.lineage import ParentRole
from reptidex.tables.animal.models import Animal, Collection
from reptidex.tables.animal.pedigrees import history_of
from reptidex.tables.animal.relatives import genotype_of
from reptidex.tables.animal.said import STRENGTH, resumed, said_of


@agent(RegisterHatchlings, prefetch={Clutch: "clutch_id", Collection: "vivarium_id"})
async def register_hatchlings(command: RegisterHatchlings, unit: Unit) -> AsyncIterator[Event]:
    """Register the hatchlings of a clutch in one act: all of them, or none."""
    clutch = await open_clutch(command.clutch_id, command.vivarium_id, unit)
    if not clutch.laid_on <= command.hatched_on <= unit.now.date():
        raise InvalidError("hatching comes after laying and not in the future", "/hatched_on")
    total = clutch.hatched + len(command.hatchlings)
    if total + clutch.slugs + clutch.dead_in_egg > clutch.laid:
        raise InvalidError(f"more hatched than the {clutch.laid} eggs laid allow", "/hatchlings")
    window = (clutch.due_from, clutch.due_until) if clutch.due_from and clutch.due_until else None
    remarks = hatch_doubts(command.hatched_on, window)
    after = counted(
        replace(
            clutch,
            hatched=total,
            status="hatched" if command.finished else "hatching",
            first_hatched_on=min(clutch.first_hatched_on or command.hatched_on, command.hatched_on),
            hatched_on=max(clutch.hatched_on or command.hatched_on, command.hatched_on),
            updated_at=unit.now,
        )
    )
    born: dict[str, list[Remark]] = {}
    stands: dict[str, dict[ParentRole, LineageStatus]] = {}
    # They may have been hidden or sold since they met.
    met = (clutch.dam_id, *clutch.candidate_sire_ids)
    for hatchling in command.hatchlings:
        animal = await _hatch(hatchling, clutch, command, unit)
        animal, stands[animal.animal_id] = await _recorded(animal, clutch, unit)
        born[animal.animal_id] = await check_parents(animal, None, unit, trusted=met)
        remarks += born[animal.animal_id]
        keep(None, animal, unit, "hatched")
        unit.put(first_ownership(animal, "hatched", unit))
        for reckoned in reckoned_at_hatching(animal, hatchling.genotype):
            unit.put(reckoned)
    learned = await learn([await unit.need(Animal, key) for key in born], unit)
    for key, doubts in born.items():
        # What the clutch says of its own young is in their first record: nobody has heard of them before.
        animal = replace(await unit.need(Animal, key), revision=1)
        unit.put(animal)
        yield created(animal, "hatched")
        for event in trait_events(animal, animal.genotype):
            yield event
        async for event in descent_events(animal, None, doubts, "registered", unit, standings=stands[key]):
            yield event
    for event in learned:
        if event.key not in born:
            yield event
    unit.put(after)
    watch(after, unit)
    unit.answer(Done(id=clutch.clutch_id, remarks=remarked(list(dict.fromkeys(remarks)))))
    yield BreedingOffspringRecorded(
        clutch_id=clutch.clutch_id,
        vivarium_id=clutch.vivarium_id,
        animal_ids=tuple(one.animal_id for one in command.hatchlings),
        hatched_on=command.hatched_on,
    )
    if command.finished:
        yield hatched(after)


async def _hatch(hatchling: Hatchling, clutch: Clutch, command: RegisterHatchlings, unit: Unit) -> Animal:
    if await unit.get(Animal, hatchling.animal_id) is not None:
        raise AnimalExistsError(hatchling.animal_id)
    sire_id = _sire(hatchling.sire_id, clutch.candidate_sire_ids)
    sire = await unit.need(Animal, sire_id) if sire_id else None
    dam = await unit.need(Animal, clutch.dam_id)
    species = need_species(clutch.species_id)
    genotype_of(species, hatchling.genotype, hatchling.sex)
    genes = hatched_with(species, sire, dam, hatchling)
    chosen = await claim_code(clutch.vivarium_id, hatchling.code, unit) if hatchling.code else ""
    visibility: Visibility = command.visibility
    animal = Animal(
        animal_id=hatchling.animal_id,
        vivarium_id=clutch.vivarium_id,
        code=chosen,
        name=hatchling.name,
        species_id=clutch.species_id,
        species=clutch.species,
        morphs=hatchling.morphs,
        genotype=tuple(genes.values()),
        sex=hatchling.sex,
        born_on=command.hatched_on,
        birth_precision="day",
        visibility=visibility,
        sire_id=sire_id,
        dam_id=clutch.dam_id,
        clutch_id=clutch.clutch_id,
        breeder_vivarium_id=clutch.vivarium_id,
        created_at=unit.now,
        updated_at=unit.now,
    )
    return animal if chosen else replace(animal, code=await next_code(clutch.vivarium_id, animal, unit))


async def _recorded(animal: Animal, clutch: Clutch, unit: Unit) -> tuple[Animal, dict[ParentRole, LineageStatus]]:
    """Return a hatchling with the standing of its lineage, and of each parent; `claimed` as long as several may be the sire."""
    stands: dict[ParentRole, LineageStatus] = {
        role: await by_record(clutch, role, parent, unit) for role in ROLES if (parent := parent_of(animal, role))
    }
    undecided = animal.sire_id is None and bool(clutch.candidate_sire_ids)
    return replace(animal, lineage_status="claimed" if undecided else min(stands.values(), key=STRENGTH.index)), stands


def _sire(named: str | None, candidates: Sequence[str]) -> str | None:
    """Return the sire: the one named, or the only one there is; None while several may be. Raises `InvalidError`."""
    if named is not None and named not in candidates:
        raise InvalidError("the sire is none of the clutch's candidates", "/hatchlings")
    return named or (candidates[0] if len(candidates) == 1 else None)


@agent(ResolveSire, prefetch={Clutch: "clutch_id", Animal: "animal_ids"})
async def resolve_sire(command: ResolveSire, unit: Unit) -> AsyncIterator[Event]:
    """Say which candidate sired some hatchlings of a clutch."""
    clutch = await own_clutch(command.clutch_id, command.vivarium_id, unit)
    if command.sire_id is not None and command.sire_id not in clutch.candidate_sire_ids:
        raise InvalidError("the sire is none of the clutch's candidates", "/sire_id")
    if command.sire_id is None and clutch.candidate_sire_ids and command.evidence != "lab":
        raise InvalidError("that no candidate took part is for a laboratory to say", "/evidence")
    if command.evidence == "lab" and not command.reference:
        raise InvalidError("a laboratory's finding needs its reference", "/reference")
    word = Word(vivarium_id=command.vivarium_id, evidence=command.evidence, reference=command.reference)
    resolved, former = list[Animal](), list[str | None]()
    for animal_id in command.animal_ids:
        before = await own_animal(animal_id, command.vivarium_id, unit)
        if before.clutch_id != clutch.clutch_id:
            raise InvalidError(f"{before.code} is not of this clutch", "/animal_ids")
        after, sired = await _resolved(before, clutch, command, word, unit)
        doubts = await check_parents(after, replace(before, sire_id=command.sire_id), unit)
        keep(before, after, unit, "sire resolved")
        yield updated(after, "sire_id", "lineage_status")
        async for event in descent_events(after, before, doubts, "resolved", unit, standings=sired, word=word):
            yield event
        former.append(before.sire_id)
        resolved.append(after)
    for event in await learn(resolved, unit, former):
        yield event
    unit.answer(Done(id=clutch.clutch_id))
    yield BreedingOffspringResolved(
        clutch_id=clutch.clutch_id,
        vivarium_id=clutch.vivarium_id,
        animal_ids=command.animal_ids,
        dam_id=clutch.dam_id,
        sire_id=command.sire_id,
        evidence=command.evidence,
    )


async def _resolved(
    before: Animal, clutch: Clutch, command: ResolveSire, word: Word, unit: Unit
) -> tuple[Animal, dict[ParentRole, LineageStatus]]:
    """Return a hatchling with its sire, and how that stands; the breeder's word ends no dispute, about sire or dam.

    Raises `ParentsRefusedError` for a sire whom a laboratory has excluded.
    """
    lab, place = command.evidence == "lab", await place_of(before, unit)
    sire_id, named = command.sire_id, before.sire_id
    standing: LineageStatus | None = None
    if sire_id is not None and sire_id != named:
        history = await unit.find(history_of(before.animal_id))
        if said_of(history, "sire", sire_id).excluded and not lab:
            raise ParentsRefusedError([excluded_before("sire", sire_id)])
        recorded = await by_record(clutch, "sire", sire_id, unit)
        standing = resumed(history, "sire", sire_id, "tested" if lab else recorded)
    elif sire_id is not None:
        standing = standing_of(place, "sire")
        if lab and standing not in ("disputed", "tested"):
            standing = "tested"
            note(before.animal_id, "sire", sire_id, "supported", standing, word, unit)
            unit.put(with_standing(place, "sire", standing))
    settled = with_standing(place, "sire", standing)
    after = replace(
        before,
        sire_id=sire_id,
        lineage_status=overall(settled),
        revision=before.revision + 1,
        updated_at=unit.now,
    )
    return after, {"sire": standing} if standing else {}
