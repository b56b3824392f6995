"""Puts animals together for breeding and foretells what they can give."""

from collections.abc import AsyncIterator, Collection, Sequence
from fractions import Fraction

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.odds import cross, looks, outcomes, polygenic, taken_for_granted, warnings
from reptidex.agents.animal.records import remarked
from reptidex.agents.animal.registry import checked_species
from reptidex.agents.animal.seasons import season_of
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.cross import Prediction
from reptidex.domain.lineage import Remark
from reptidex.domain.ownership import LEFT, GoneError
from reptidex.domain.visibility import has_page, sight
from reptidex.errors import InvalidError
from reptidex.streams.animal import BreedingPaired, GeneticsPredictionCompleted, GeneticsPredictionRequested
from reptidex.streams.commands.animal import Done, PairAnimals, Predicted, PredictGenetics
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene
from reptidex.tables.animal.breeding import Pairing
from reptidex.tables.animal.breeding_queries import pairings_of_dam
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of
from reptidex.tables.animal.relatives import ratio


async def breeding_animal(
    animal_id: str, vivarium_id: str, sex: str, pointer: str, unit: Unit, *, agreed: bool = False
) -> Animal:
    """Return an animal that this vivarium may name as a parent: its own, or another's public one, of the right sex.

    `agreed` says that it was named before, in a pairing; it may have been sold or hidden since. Raises `InvalidError`.
    """
    animal = await unit.get(Animal, animal_id)
    shown = animal is not None and has_page(sight(animal.visibility, animal.vivarium_id, vivarium_id))
    if animal is None or not (agreed or shown):
        raise InvalidError(f"there is no animal {animal_id}", pointer)
    if animal.sex not in (sex, "unknown"):
        raise InvalidError(f"{animal.code if shown else 'it'} is recorded as {animal.sex}; it must be {sex}", pointer)
    return animal


async def breeding_pair(
    dam_id: str, sire_ids: Sequence[str], vivarium_id: str, unit: Unit, *, agreed: Collection[str] = ()
) -> tuple[Animal, list[Animal]]:
    """Return a dam of this vivarium and her candidate sires, dead or alive. Raises `InvalidError`."""
    dam = await breeding_animal(dam_id, vivarium_id, "female", "/dam_id", unit, agreed=dam_id in agreed)
    if dam.vivarium_id != vivarium_id and dam_id not in agreed:
        raise InvalidError(f"there is no animal {dam_id} in this vivarium", "/dam_id")
    if len(set(sire_ids)) != len(sire_ids) or dam_id in sire_ids:
        raise InvalidError("each candidate is named once, and the dam is none", "/candidate_sire_ids")
    sires = []
    for place, sire_id in enumerate(sire_ids):
        pointer = f"/candidate_sire_ids/{place}"
        sire = await breeding_animal(sire_id, vivarium_id, "male", pointer, unit, agreed=sire_id in agreed)
        if sire.species_id != dam.species_id:
            raise InvalidError("sire and dam are of different species", pointer)
        sires.append(sire)
    return dam, sires


def paired(pairing: Pairing) -> BreedingPaired:
    """Say that a dam was put together with her sires."""
    inbreeding = pairing.predicted_inbreeding
    return BreedingPaired(
        pairing_id=pairing.pairing_id,
        vivarium_id=pairing.vivarium_id,
        dam_id=pairing.dam_id,
        candidate_sire_ids=pairing.candidate_sire_ids,
        species_id=pairing.species_id,
        season=pairing.season,
        paired_on=pairing.paired_on,
        predicted=pairing.outcomes,
        predicted_inbreeding=inbreeding.numerator / inbreeding.denominator,
        visibility=pairing.visibility,
    )


async def _doubts(pairing: Pairing, species: Species, animals: Sequence[Animal], unit: Unit) -> list[Remark]:
    """Say what is unusual about a new pairing; nothing of it is refused."""
    found: list[Remark] = []
    day = pairing.paired_on or unit.now.date()
    for one in animals:
        if one.born_on and species.maturity_days and (day - one.born_on).days < species.maturity_days:
            text = (
                f"{one.code} is {(day - one.born_on).days} days old then; {species.maturity_days} are the least usual"
            )
            found.append(Remark(rule="pairing.age", severity="warning", text=text, animal_ids=(one.animal_id,)))
        if one.sex == "unknown":
            text = f"the sex of {one.code} is not recorded"
            found.append(Remark(rule="pairing.sex", severity="warning", text=text, animal_ids=(one.animal_id,)))
    others = [one for one in await unit.find(pairings_of_dam(pairing.dam_id)) if one.pairing_id != pairing.pairing_id]
    if others:
        text = f"the dam is in {len(others)} other pairing(s) that are planned or under way"
        found.append(Remark(rule="pairing.dam", severity="note", text=text, animal_ids=(pairing.dam_id,)))
    return found


@agent(PairAnimals, prefetch={Pairing: "pairing_id", Animal: lambda c: (c.dam_id, *c.candidate_sire_ids)})
async def pair_animals(command: PairAnimals, unit: Unit) -> AsyncIterator[Event]:
    """Put a dam together with one or more sires, or plan to, and predict each candidate's young."""
    dam, sires = await breeding_pair(command.dam_id, command.candidate_sire_ids, command.vivarium_id, unit)
    for one in (dam, *sires):
        if one.status in LEFT:
            raise GoneError(one.animal_id, one.status)
    if command.paired_on and not command.planned and command.paired_on > unit.now.date():
        raise InvalidError("a pairing in the future is a plan", "/paired_on")
    season, season_id = await season_of(command.season, command.season_id, command.vivarium_id, unit)
    species = need_species(dam.species_id)
    predictions = [cross(species, sire.genotype, dam.genotype) for sire in sires]
    lines = (await lines_of(unit, [dam.animal_id, *command.candidate_sire_ids])).ancestry()
    closest = max((lines.kinship(sire.animal_id, dam.animal_id).fraction for sire in sires), default=Fraction(0))
    pairing = Pairing(
        pairing_id=command.pairing_id,
        vivarium_id=command.vivarium_id,
        dam_id=dam.animal_id,
        candidate_sire_ids=command.candidate_sire_ids,
        species_id=dam.species_id,
        season=season,
        season_id=season_id,
        status="planned" if command.planned else "active",
        paired_on=command.paired_on,
        visibility=command.visibility,
        outcomes=outcomes(predictions[0]) if len(sires) == 1 else (),
        egg_loss=ratio(max(one.egg_loss for one in predictions)),
        warnings=tuple(dict.fromkeys(flag for one in predictions for flag in warnings(one))),
        notes=tuple(dict.fromkeys(_notes(species, [*sires, dam], predictions))),
        predicted_inbreeding=ratio(closest),
        remark=command.remark,
        created_at=unit.now,
        updated_at=unit.now,
    )
    remarks = await _doubts(pairing, species, [dam, *sires], unit)
    unit.put(pairing)
    unit.answer(Done(id=pairing.pairing_id, remarks=remarked(remarks)))
    if pairing.status == "active":
        yield paired(pairing)
    for sire, prediction in zip(sires, predictions, strict=True):
        for event in _prediction_events(
            pairing.pairing_id, pairing.vivarium_id, pairing.species_id, prediction, sire, dam, unit
        ):
            yield event


def _notes(species: Species, parents: Sequence[Animal], predictions: Sequence[Prediction]) -> list[str]:
    notes = [note for one in predictions for note in one.notes]
    notes += taken_for_granted(species, *(one.genotype for one in parents))
    return notes + list(polygenic(species, (morph for one in parents for morph in one.morphs)))


def _prediction_events(
    pairing_id: str, vivarium_id: str, species_id: str, prediction: Prediction, sire: Animal, dam: Animal, unit: Unit
) -> list[Event]:
    prediction_id = unit.new_id()
    return [
        GeneticsPredictionRequested(
            pairing_id=pairing_id,
            prediction_id=prediction_id,
            vivarium_id=vivarium_id,
            species_id=species_id,
            sire_genotype=sire.genotype,
            dam_genotype=dam.genotype,
            sire_id=sire.animal_id,
            dam_id=dam.animal_id,
        ),
        _completed(pairing_id, prediction_id, vivarium_id, species_id, prediction),
    ]


def _completed(
    pairing_id: str, prediction_id: str, vivarium_id: str, species_id: str, prediction: Prediction
) -> GeneticsPredictionCompleted:
    return GeneticsPredictionCompleted(
        pairing_id=pairing_id,
        prediction_id=prediction_id,
        vivarium_id=vivarium_id,
        species_id=species_id,
        outcomes=outcomes(prediction),
        egg_loss=ratio(prediction.egg_loss),
        warnings=warnings(prediction),
        notes=tuple(note[:2000] for note in prediction.notes),
    )


@agent(PredictGenetics)
async def predict_genetics(command: PredictGenetics, unit: Unit) -> AsyncIterator[Event]:
    """Work out what two genotypes, or two animals, can give, for somebody who only tries an idea."""
    checked_species(command.species_id)
    species = need_species(command.species_id)
    sire = await _tried(command.sire_id, command.sire_genotype, "male", command, unit)
    dam = await _tried(command.dam_id, command.dam_genotype, "female", command, unit)
    father, mother = (sire.genotype if sire else command.sire_genotype), (dam.genotype if dam else command.dam_genotype)
    prediction = cross(species, father, mother)
    morphs = [*command.morphs, *(name for one in (sire, dam) if one for name in one.morphs)]
    notes = (*prediction.notes, *taken_for_granted(species, father, mother), *polygenic(species, morphs))
    prediction = msgspec.structs.replace(prediction, notes=notes)
    together: Fraction | None = None
    if sire and dam:
        lines = (await lines_of(unit, [sire.animal_id, dam.animal_id])).ancestry()
        together = lines.kinship(sire.animal_id, dam.animal_id).fraction
    unit.answer(
        Predicted(
            prediction_id=command.prediction_id,
            outcomes=outcomes(prediction) if prediction.outcomes else (),
            looks=looks(prediction, command.eggs),
            egg_loss=ratio(prediction.egg_loss),
            warnings=warnings(prediction),
            notes=notes,
            classes=prediction.classes,
            steps=prediction.steps,
            inbreeding=ratio(together) if together is not None else None,
        )
    )
    yield GeneticsPredictionRequested(
        pairing_id=command.prediction_id,
        prediction_id=command.prediction_id,
        vivarium_id=command.vivarium_id,
        species_id=command.species_id,
        sire_genotype=tuple(father),
        dam_genotype=tuple(mother),
        sire_id=command.sire_id,
        dam_id=command.dam_id,
    )
    yield _completed(command.prediction_id, command.prediction_id, command.vivarium_id, command.species_id, prediction)


async def _tried(
    animal_id: str | None, genotype: Sequence[Gene], sex: str, command: PredictGenetics, unit: Unit
) -> Animal | None:
    """Return the animal that somebody named instead of a genotype. Raises `InvalidError` where both are given."""
    if animal_id is None:
        return None
    pointer = "/sire_id" if sex == "male" else "/dam_id"
    if genotype:
        raise InvalidError("name an animal or give a genotype, not both", pointer)
    animal = await breeding_animal(animal_id, command.vivarium_id, sex, pointer, unit)
    if animal.species_id != command.species_id:
        raise InvalidError(f"{animal.code} is of another species", pointer)
    return animal
