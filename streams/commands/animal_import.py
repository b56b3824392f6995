"""Imports: a file's rows are put by in parts, then written part by part, each in one unit of work."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.reading import Problem
from reptidex.streams.commands.animal_collection import Carried
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Count, Id, Text

Action = Literal["create", "update", "unchanged", "refuse"]


class ImportRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a file, with the animals that its names mean."""

    line: int
    animal_id: str
    entry: AnimalEntry
    sire_id: str | None = None
    dam_id: str | None = None
    made: bool = False
    """Whether it is only named as a parent, and gets a placeholder."""
    record: Carried | None = None
    """Something else than an animal; `animal_id` is then the id of the record that it is, or becomes."""
    names: dict[str, str] = {}
    """What the record names, by the file's words: the ids of animals, of its enclosure, its pairing."""
    problems: tuple[Problem, ...] = ()
    """What was found when the file was checked."""


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of one row: what would happen in a dry run, what happened in an import."""

    line: int
    action: Action
    label: str = ""
    """The animal's code, reference or name in the file."""
    record: str = ""
    """What kind of record it is; empty for an animal."""
    animal_id: str | None = None
    code: str = ""
    """The code that it has now."""
    placeholder: bool = False
    changed: tuple[str, ...] = ()
    """Which fields an update changes."""
    problems: tuple[Problem, ...] = ()


@command(key="vivarium_id", service="animal")
class BeginImport(Command, frozen=True, kw_only=True):
    """Begin an import that has been checked; answers `Done`."""

    import_id: Id
    vivarium_id: Id
    kind: Literal["animals", "pedigree", "care", "collection"]
    format: Text
    species_id: Id | None = None
    """That of rows without one of their own."""
    total: Count
    parts: Count


@command(key="vivarium_id", service="animal")
class StageImport(Command, frozen=True, kw_only=True):
    """Put a part of an import by; answers `Done`. With the last part the import runs."""

    import_id: Id
    vivarium_id: Id
    part: Count
    rows: Annotated[tuple[ImportRow, ...], Meta(max_length=500)]


@command(key="vivarium_id", service="animal")
class AbandonImport(Command, frozen=True, kw_only=True):
    """Give an import up of which not all parts have come."""

    import_id: Id
    vivarium_id: Id


@command(key="vivarium_id", service="animal")
class RunImport(Command, frozen=True, kw_only=True):
    """Write a part of an import, and have the next one written."""

    import_id: Id
    vivarium_id: Id
    part: Count


@command(key="vivarium_id", service="animal")
class LearnImport(Command, frozen=True, kw_only=True):
    """Reckon what animals of a written part and their parents carry, from the row `start` on, and have the next reckoned."""

    import_id: Id
    vivarium_id: Id
    part: Count
    start: Count = 0
