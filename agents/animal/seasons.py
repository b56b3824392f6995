"""Keeps a vivarium's breeding seasons."""

from msgspec import UNSET
from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import ChangeSeason, OpenSeason, RemoveSeason
from reptidex.tables.animal.breeding import Season
from reptidex.tables.animal.breeding_queries import pairings_named, pairings_of_season, season_named


class SeasonTakenError(DomainError):
    """The vivarium has a season of this name."""

    title = "The season exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"this vivarium has a season {name!r}")
        self.name, self.pointer = name, "/name"


class SeasonUsedError(DomainError):
    """The season has pairings, so it cannot be removed."""

    title = "The season has pairings"

    def __init__(self, name: str) -> None:
        super().__init__(f"season {name!r} has pairings; move or cancel them first")
        self.name = name


async def own_season(season_id: str, vivarium_id: str, unit: Unit) -> Season:
    """Return a season of this vivarium. Raises `NotFoundError`, for another's season too."""
    season = await unit.get(Season, season_id)
    if season is None or season.vivarium_id != vivarium_id:
        raise NotFoundError("season", season_id)
    return season


async def season_of(name: str, season_id: str | None, vivarium_id: str, unit: Unit) -> tuple[str, str | None]:
    """Return the name and the id of the season that was asked for; a mere name need not have a season of its own.

    Raises `InvalidError`.
    """
    if season_id:
        season = await unit.get(Season, season_id)
        if season is None or season.vivarium_id != vivarium_id:
            raise InvalidError(f"there is no season {season_id} in this vivarium", "/season_id")
        if name and name != season.name:
            raise InvalidError(f"season {season_id} is called {season.name!r}", "/season")
        return season.name, season.season_id
    if not name.strip():
        raise InvalidError("a pairing belongs to a season: give its name or its id", "/season")
    found = await unit.find(season_named(vivarium_id, name))
    return name, found[0].season_id if found else None


def _check(season: Season) -> None:
    if season.until_on < season.from_on:
        raise InvalidError("a season ends after it begins", "/until_on")
    if not season.name.strip():
        raise InvalidError("a season has a name", "/name")


@agent(OpenSeason, prefetch={Season: "season_id"})
async def open_season(command: OpenSeason, unit: Unit) -> None:
    """Open a season; pairings that named it before it had an object of its own become its own."""
    if await unit.find(season_named(command.vivarium_id, command.name)):
        raise SeasonTakenError(command.name)
    names = [name for name in command.__struct_fields__ if name in Season.__struct_fields__]
    season = Season(**{name: getattr(command, name) for name in names}, created_at=unit.now, updated_at=unit.now)
    _check(season)
    unit.put(season)
    for pairing in await unit.find(pairings_named(command.vivarium_id, command.name)):
        unit.put(replace(pairing, season_id=season.season_id))
    unit.answer(Done(id=season.season_id))


@agent(ChangeSeason, prefetch={Season: "season_id"})
async def change_season(command: ChangeSeason, unit: Unit) -> None:
    """Change a season; a new name becomes that of its pairings too."""
    before = await own_season(command.season_id, command.vivarium_id, unit)
    wanted = {name: getattr(command, name) for name in command.__struct_fields__ if name in Season.__struct_fields__}
    changed = {name: value for name, value in wanted.items() if value is not UNSET and value != getattr(before, name)}
    unit.answer(Done(id=before.season_id))
    if not changed:
        return
    after = replace(before, **changed, updated_at=unit.now)
    _check(after)
    if after.name != before.name:
        if await unit.find(season_named(after.vivarium_id, after.name)):
            raise SeasonTakenError(after.name)
        for pairing in await unit.find(pairings_of_season(after.season_id)):
            unit.put(replace(pairing, season=after.name))
    unit.put(after)


@agent(RemoveSeason, prefetch={Season: "season_id"})
async def remove_season(command: RemoveSeason, unit: Unit) -> None:
    """Remove a season that nothing belongs to."""
    season = await own_season(command.season_id, command.vivarium_id, unit)
    if await unit.find(pairings_of_season(season.season_id, limit=1)):
        raise SeasonUsedError(season.name)
    unit.delete(Season, season.season_id)
    unit.answer(Done(id=season.season_id))
