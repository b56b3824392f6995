"""Finds out which records of a file are there already, and which animals, places and pairings they mean."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from reptidex.domain.interchange.animals import AnimalEntry
from reptidex.domain.interchange.reading import Numbered
from reptidex.streams.commands.animal_collection import (
    ORDER,
    Carried,
    CarriedClutch,
    CarriedEnclosure,
    CarriedPairing,
    CarriedSeason,
    CarriedStay,
    animals_in,
    kind_of,
)
from reptidex.streams.commands.animal_import import ImportRow
from reptidex.tables.animal.carried import (
    recognised_by,
    renamed,
)
from reptidex.tables.animal.carried_queries import known_by, rows_there
from reptidex.tables.animal.queries import Finder
from reptidex.tables.row import Row

Names = Callable[[str], str | None]
"""Which animal a word of the file means."""


async def matched_rows(
    source: Finder,
    vivarium_id: str,
    records: Sequence[Numbered[Carried]],
    names: Names,
    own: AbstractSet[str],
    others: AbstractSet[str],
    new_id: Callable[[], str],
) -> tuple[list[ImportRow], list[Row]]:
    """Return records as rows of an import, in the order in which they can be written, and the rows that are there.

    A record that says the same as a row is that row, each row once. `own` are the vivarium's animals, `others`
    those of others that may be named.
    """
    kinds = {kind_of(one.entry) for one in records}
    mentioned = {names(name) or "" for one in records for name in animals_in(one.entry)}
    there = await rows_there(source, vivarium_id, kinds, mentioned & own, mentioned & (own | others))
    ids = [new_id() for _ in records]
    return await asyncio.to_thread(_matched, records, names, there, iter(ids)), there


def _matched(
    records: Sequence[Numbered[Carried]], names: Names, there: Sequence[Row], ids: Iterator[str]
) -> list[ImportRow]:
    free: dict[object, list[Row]] = {}
    for row in there:
        free.setdefault(known_by(row), []).append(row)
    said: dict[str, str] = {}
    rows: list[ImportRow] = []
    for each in sorted(records, key=lambda one: (ORDER.index(kind_of(one.entry)), one.line)):
        record = each.entry
        meant = {name: found for name in animals_in(record) if (found := names(name)) is not None}
        meant |= {key: said[key] for key in _refers_to(record) if key in said}
        alike = free.get(recognised_by(renamed(record, meant)))
        record_id = alike.pop(0).key if alike else next(ids)
        said |= dict.fromkeys(_called(record), record_id)
        rows.append(ImportRow(line=each.line, animal_id=record_id, entry=AnimalEntry(), record=record, names=meant))
    return rows


def _called(record: Carried) -> tuple[str, ...]:
    """Return the name that a file gives to a record; animals may be called the same."""
    match record:
        case CarriedEnclosure() | CarriedPairing():
            return (f"{kind_of(record)} {record.ref}",)
        case CarriedSeason():
            return (f"season {record.name}",)
    return ()


def _refers_to(record: Carried) -> tuple[str, ...]:
    match record:
        case CarriedStay():
            return (f"enclosure {record.enclosure}",)
        case CarriedClutch():
            return (f"pairing {record.pairing}",)
        case CarriedPairing():
            return (f"season {record.season}",)
    return ()
