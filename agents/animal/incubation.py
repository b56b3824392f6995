"""Keeps what happens to eggs while they lie: where, how warm, and what candling shows."""

from collections.abc import AsyncIterator
from datetime import date

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.clutches import counted, open_clutch
from reptidex.agents.animal.records import clutch_record
from reptidex.errors import InvalidError
from reptidex.streams.animal import BreedingClutchUpdated
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import CandleClutch, Candling, IncubateClutch, Incubation
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch

MOST_ENTRIES = 60
"""So many moves, and so many candlings, are kept of a clutch: a row is read whole."""


async def _eggs(command: IncubateClutch | CandleClutch, unit: Unit) -> Clutch:
    clutch = await open_clutch(command.clutch_id, command.vivarium_id, unit)
    if clutch.kind == "litter":
        raise InvalidError("a litter has no eggs that lie", "")
    return clutch


def _check_day(day: date, clutch: Clutch, unit: Unit, pointer: str) -> None:
    if not clutch.laid_on <= day <= unit.now.date():
        raise InvalidError("eggs lie from the day they were laid, and not in the future", pointer)


@agent(IncubateClutch, prefetch={Clutch: "clutch_id"})
async def incubate_clutch(command: IncubateClutch, unit: Unit) -> None:
    """Record where and how eggs lie from a day on; an entry of the same day is replaced."""
    clutch = await _eggs(command, unit)
    _check_day(command.since, clutch, unit, "/since")
    if command.celsius_low is not None and (command.celsius is None or command.celsius_low > command.celsius):
        raise InvalidError("the low of a cycle lies below its high", "/celsius_low")
    names = Incubation.__struct_fields__
    entry = Incubation(**{name: getattr(command, name) for name in names})
    kept = [one for one in clutch.incubation if one.since != entry.since]
    if len(kept) >= MOST_ENTRIES:
        raise InvalidError(f"a clutch keeps {MOST_ENTRIES} moves", "/since")
    moves = tuple(sorted([*kept, entry], key=lambda one: one.since))
    unit.put(replace(clutch, incubation=moves, updated_at=unit.now))
    unit.answer(Done(id=clutch.clutch_id))


@agent(CandleClutch, prefetch={Clutch: "clutch_id"})
async def candle_clutch(command: CandleClutch, unit: Unit) -> AsyncIterator[Event]:
    """Record what candling showed; an entry of the same day is replaced."""
    before = await _eggs(command, unit)
    _check_day(command.on_day, before, unit, "/on_day")
    if command.good + command.doubtful + command.bad > before.laid:
        raise InvalidError(f"more eggs were candled than the {before.laid} laid", "/good")
    entry = Candling(**{name: getattr(command, name) for name in Candling.__struct_fields__})
    kept = [one for one in before.candlings if one.on_day != entry.on_day]
    if len(kept) >= MOST_ENTRIES:
        raise InvalidError(f"a clutch keeps {MOST_ENTRIES} candlings", "/on_day")
    after = replace(before, candlings=tuple(sorted([*kept, entry], key=lambda one: one.on_day)), updated_at=unit.now)
    if command.counts:
        fertile = command.good + command.doubtful
        after = counted(replace(after, fertile=fertile, slugs=command.bad, fertile_counted=True))
    unit.put(after)
    unit.answer(Done(id=after.clutch_id))
    changed = [name for name in ("fertile", "slugs") if getattr(after, name) != getattr(before, name)]
    if changed:
        yield BreedingClutchUpdated(**clutch_record(after), changed=tuple(changed))
