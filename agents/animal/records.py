"""An animal's row as the events that carry its whole public record."""

from collections.abc import Sequence
from typing import Any, Literal

from reptidex.domain.lineage import Remark
from reptidex.streams.animal import AnimalCreated, AnimalUpdated, BreedingClutchHatched, ClutchRecord, Finding
from reptidex.streams.commands.animal import Remarked
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.models import Animal

_SHARED = (
    *("animal_id", "vivarium_id", "code", "name", "species_id", "species", "morphs", "genotype", "sex", "born_on"),
    *("birth_precision", "status", "visibility", "sire_id", "dam_id", "clutch_id", "breeder_vivarium_id"),
    *("lineage_status", "subspecies", "phenotype"),
)
How = Literal["registered", "hatched", "imported", "placeholder"]


def _record(animal: Animal) -> dict[str, Any]:
    shown = next((photo.file_id for photo in animal.photos if photo.primary), None)
    return {name: getattr(animal, name) for name in _SHARED} | {"photo_file_id": shown}


def created(animal: Animal, how: How) -> AnimalCreated:
    """Say that an animal was registered."""
    return AnimalCreated(**_record(animal), how=how)


def updated(animal: Animal, *changed: str) -> AnimalUpdated:
    """Say that an animal's record changed."""
    return AnimalUpdated(**_record(animal), changed=changed)


def clutch_record(clutch: Clutch) -> dict[str, Any]:
    """Return the fields that every event about a clutch carries."""
    return {name: getattr(clutch, name) for name in ClutchRecord.__struct_fields__}


def hatched(clutch: Clutch) -> BreedingClutchHatched:
    """Say that a clutch has finished hatching."""
    last = clutch.hatched_on or clutch.laid_on
    record = clutch_record(clutch)
    return BreedingClutchHatched(**record, hatched_on=last, hatched=clutch.hatched, dead_in_egg=clutch.dead_in_egg)


def findings(remarks: Sequence[Remark]) -> tuple[Finding, ...]:
    """Turn the remarks of a check into those of the contract."""
    return tuple(
        Finding(rule=one.rule, severity=one.severity, text=one.text, animal_ids=one.animal_ids) for one in remarks
    )


def remarked(remarks: Sequence[Remark]) -> tuple[Remarked, ...]:
    """Turn the remarks of a check into those of an answer."""
    return tuple(
        Remarked(rule=one.rule, severity=one.severity, text=one.text, animal_ids=one.animal_ids) for one in remarks
    )
