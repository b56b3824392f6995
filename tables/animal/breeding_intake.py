"""What an import does with records of breeding: seasons, pairings, clutches and what hatched from them."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import asdict, replace

from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.clutches import Counts, check_counts, due
from reptidex.errors import InvalidError
from reptidex.streams.commands.animal_collection import CarriedClutch, CarriedPairing, CarriedSeason
from reptidex.streams.commands.animal_import import ImportRow
from reptidex.tables.animal.breeding import BreedingNote, Clutch, Pairing, Season
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of
from reptidex.tables.row import Row


class Scene(msgspec.Struct, kw_only=True):
    """What records are judged against; those that pass are added to it."""

    vivarium_id: str
    now: datetime
    animals: dict[str, Animal]
    there: dict[tuple[type[Row], str], Row]
    new_id: Callable[[], str]
    actor: str | None = None


def season_from(row: ImportRow, record: CarriedSeason, scene: Scene) -> Season:
    """Make a season. Raises `InvalidError`."""
    if record.until_on < record.from_on:
        raise InvalidError("a season ends after it begins", "/until_on")
    if any(isinstance(one, Season) and one.name == record.name for one in scene.there.values()):
        raise InvalidError(f"there is a season {record.name} already", "/name")
    values = asdict(record) | {"created_at": scene.now, "updated_at": scene.now}
    return Season(season_id=row.animal_id, vivarium_id=scene.vivarium_id, **values)


def pairing_from(row: ImportRow, record: CarriedPairing, scene: Scene) -> list[Row]:
    """Make a pairing and what was seen of it. Raises `InvalidError`."""
    dam, sires = _pair(row, record, scene)
    season = scene.there.get((Season, row.names.get(f"season {record.season}", "")))
    values = {name: value for name, value in asdict(record).items() if name not in ("ref", "dam", "sires", "seen")}
    pairing = Pairing(
        **values,
        pairing_id=row.animal_id,
        vivarium_id=scene.vivarium_id,
        dam_id=dam.animal_id,
        candidate_sire_ids=tuple(one.animal_id for one in sires),
        species_id=dam.species_id,
        season_id=season.key if season else None,
        created_at=scene.now,
        updated_at=scene.now,
    )
    notes = [
        BreedingNote(
            note_id=scene.new_id(),
            pairing_id=row.animal_id,
            vivarium_id=scene.vivarium_id,
            kind=one.kind,
            on_day=one.on_day,
            sire_id=row.names[one.sire] if one.sire else None,
            text=one.text,
            recorded_by=scene.actor,
            recorded_at=scene.now,
        )
        for one in record.seen
    ]
    return [pairing, *notes]


def _pair(row: ImportRow, record: CarriedPairing | CarriedClutch, scene: Scene) -> tuple[Animal, list[Animal]]:
    dam = scene.animals[row.names[record.dam]]
    sires = [scene.animals[row.names[one]] for one in record.sires]
    for pointer, sex, animals in (("/dam", "female", [dam]), ("/sires", "male", sires)):
        for one in animals:
            if one.sex not in (sex, "unknown"):
                raise InvalidError(f"{one.code} is recorded as {one.sex}; it must be {sex}", pointer)
    if any(one.species_id != dam.species_id for one in sires):
        raise InvalidError("sire and dam are of different species", "/sires")
    return dam, sires


def clutch_from(row: ImportRow, record: CarriedClutch, scene: Scene) -> tuple[Clutch, list[tuple[Animal, Animal]]]:
    """Make a clutch, and its hatchlings as they were and as they will be. Raises `InvalidError`."""
    dam, sires = _pair(row, record, scene)
    today, species = scene.now.date(), need_species(dam.species_id)
    last = record.hatched_on or record.laid_on
    if not record.laid_on <= (record.first_hatched_on or record.laid_on) <= last <= today:
        raise InvalidError("a clutch is laid, then hatches, and not in the future", "/laid_on")
    if (dam.died_on and record.laid_on > dam.died_on) or (dam.born_on and record.laid_on <= dam.born_on):
        raise InvalidError("a clutch is laid while its dam lives", "/laid_on")
    genotype_of(species, record.dam_genotype, "female")
    for genes in record.sire_genotypes.values():
        genotype_of(species, genes, "male")
    young = [scene.animals[row.names[one]] for one in record.hatchlings]
    if len(young) > record.hatched:
        raise InvalidError(f"{len(young)} hatchlings are named, and {record.hatched} hatched", "/hatchlings")
    for one in young:
        _check_young(one, dam, sires)
    if record.pairing and (Pairing, row.names.get(f"pairing {record.pairing}", "")) not in scene.there:
        raise InvalidError("there is no such pairing in the file", "/pairing")
    window = due(record.laid_on, None if species.live_bearing else species.incubation_days)
    named = ("dam", "sires", "pairing", "hatchlings", "fertile", "sire_genotypes")
    values = {name: value for name, value in asdict(record).items() if name not in named}
    clutch = Clutch(
        **values,
        clutch_id=row.animal_id,
        vivarium_id=scene.vivarium_id,
        pairing_id=row.names.get(f"pairing {record.pairing}"),
        dam_id=dam.animal_id,
        candidate_sire_ids=tuple(one.animal_id for one in sires),
        species_id=dam.species_id,
        species=dam.species,
        kind="litter" if species.live_bearing else "eggs",
        fertile=record.fertile or 0,
        fertile_counted=record.fertile is not None,
        due_from=window[0] if window else None,
        due_until=window[1] if window else None,
        sire_genotypes={row.names[name]: genes for name, genes in record.sire_genotypes.items() if name in row.names},
        created_at=scene.now,
        updated_at=scene.now,
    )
    counts = Counts(**{name: getattr(clutch, name) for name in Counts.__struct_fields__})
    clutch = replace(clutch, fertile=check_counts(counts).fertile)
    changed = [(one, replace(one, clutch_id=clutch.clutch_id, breeder_vivarium_id=scene.vivarium_id)) for one in young]
    return clutch, changed


def _check_young(young: Animal, dam: Animal, sires: list[Animal]) -> None:
    """Raises `InvalidError` for an animal that cannot have hatched from such a clutch."""
    if young.clutch_id is not None:
        raise InvalidError(f"{young.code} is of another clutch already", "/hatchlings")
    if young.dam_id != dam.animal_id:
        raise InvalidError(f"{young.code} is not recorded as young of {dam.code}", "/hatchlings")
    if young.sire_id is not None and young.sire_id not in {one.animal_id for one in sires}:
        raise InvalidError(f"the sire of {young.code} is none of the clutch's", "/hatchlings")
