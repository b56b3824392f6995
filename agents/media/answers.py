"""What repti-media reads of the answers of repti-animal; fields that it does not need are passed over."""

import msgspec


class AnimalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An animal as repti-animal has it now."""

    animal_id: str
    vivarium_id: str
    code: str
    name: str = ""
    species: str
    morph: str = ""
    sex: str
    birth: str | None = None
    status: str
    visibility: str = "private"
    lineage_status: str
    inbreeding: float = 0.0


class PlaceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a pedigree."""

    number: int
    generation: int
    known: bool
    hidden: bool = False
    animal_id: str | None = None
    code: str = ""
    name: str = ""
    morphs: tuple[str, ...] = ()
    sex: str = ""
    born_on: str | None = None


class PedigreeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A pedigree as its owner sees it."""

    animal_id: str
    generations: int
    lineage_status: str
    inbreeding: float
    completeness: tuple[float, ...] = ()
    places: tuple[PlaceFacts, ...]
