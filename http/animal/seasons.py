"""Breeding seasons of a vivarium, and how far each has come."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.brood import RatesView, rates
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_breeding import ChangeSeason, OpenSeason, RemoveSeason, SeasonName
from reptidex.streams.values import Count, LongText
from reptidex.tables.animal.breeding import Season
from reptidex.tables.animal.breeding_queries import clutches_of_pairings, pairings_of_season, seasons_of
from reptidex.tables.animal.queries import CHUNK

routes = Routes("breeding")


class NewSeason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A season to open."""

    name: SeasonName
    from_on: date
    until_on: date
    clutches_wanted: Count | None = None
    hatchlings_wanted: Count | None = None
    notes: LongText = ""


class SeasonChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changed of a season; what is left out stays, null takes a target away."""

    name: SeasonName | UnsetType = UNSET
    from_on: date | UnsetType = UNSET
    until_on: date | UnsetType = UNSET
    clutches_wanted: Count | UnsetType | None = UNSET
    hatchlings_wanted: Count | UnsetType | None = UNSET
    notes: LongText | UnsetType = UNSET


class SeasonView(msgspec.Struct, frozen=True, kw_only=True):
    """A season."""

    season_id: str
    name: str
    from_on: date
    until_on: date
    clutches_wanted: int | None
    hatchlings_wanted: int | None
    notes: str
    created_at: datetime
    updated_at: datetime


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what was hoped for is there."""

    wanted: int | None
    reached: int
    share: Annotated[float | None, Meta(description="None without a target")]


class SeasonSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A season in figures."""

    season: SeasonView
    pairings: dict[str, int]
    """How many stand how: planned, active, ended, cancelled."""
    clutches: dict[str, int]
    """How many stand how: incubating, hatching, hatched, lost."""
    rates: RatesView
    target_clutches: Progress
    target_hatchlings: Progress


def season_view(season: Season) -> SeasonView:
    """Show a season."""
    return SeasonView(**{name: getattr(season, name) for name in SeasonView.__struct_fields__})


async def own_season(request: Request[Any, Any], vivarium_id: str) -> Season:
    """Return the season of the path if it is this vivarium's. Raises `NotFoundError`."""
    season = await request.read.get(Season, request.path["season_id"])
    if season is None or season.vivarium_id != vivarium_id:
        raise NotFoundError("season", request.path["season_id"])
    return season


def _progress(wanted: int | None, reached: int) -> Progress:
    return Progress(wanted=wanted, reached=reached, share=reached / wanted if wanted else None)


@routes.post("/seasons", policy=member("handler"), status=201, errors=(409, 422))
async def open_season(request: Request[NewSeason, None]) -> SeasonView:
    """Open a breeding season."""
    vivarium_id = await admit(request, "handler")
    values = msgspec.structs.asdict(request.body)
    done = await request.ask(OpenSeason(season_id=request.new_id(), vivarium_id=vivarium_id, **values), Done)
    return season_view(await request.read.need(Season, done.id))


@routes.get("/seasons", policy=member("keeper"))
async def list_seasons(request: Request[None, Paging]) -> Page[SeasonView]:
    """List the vivarium's seasons, latest first."""
    vivarium_id = await admit(request, "keeper")
    rows, cursor = await request.read.page(seasons_of(vivarium_id), request.query)
    return Page(items=[season_view(row) for row in rows], next=cursor)


@routes.get("/seasons/{season_id}", policy=member("keeper"), errors=(404,))
async def get_season(request: Request[None, None]) -> SeasonView:
    """Show a season."""
    return season_view(await own_season(request, await admit(request, "keeper")))


@routes.put("/seasons/{season_id}", policy=member("handler"), errors=(404, 409, 422))
async def change_season(request: Request[SeasonChanges, None]) -> SeasonView:
    """Change what is named; the rest stays."""
    season = await own_season(request, await admit(request, "handler"))
    values = msgspec.structs.asdict(request.body)
    command = ChangeSeason(season_id=season.season_id, vivarium_id=season.vivarium_id, **values)
    done = await request.ask(command, Done)
    return season_view(await request.read.need(Season, done.id))


@routes.delete("/seasons/{season_id}", policy=member("curator"), errors=(404, 409))
async def remove_season(request: Request[None, None]) -> SeasonView:
    """Remove a season that has no pairing; the answer is what it was."""
    season = await own_season(request, await admit(request, "curator"))
    await request.ask(RemoveSeason(season_id=season.season_id, vivarium_id=season.vivarium_id), Done)
    return season_view(season)


@routes.get("/seasons/{season_id}/summary", policy=member("keeper", cost=3), errors=(404,))
async def season_summary(request: Request[None, None]) -> SeasonSummary:
    """Sum up a season: how its pairings and clutches stand, its rates, and how far its targets are reached."""
    season = await own_season(request, await admit(request, "keeper"))
    pairings = await request.read.find(pairings_of_season(season.season_id))
    clutches = []
    for start in range(0, len(pairings), CHUNK):
        some = [one.pairing_id for one in pairings[start : start + CHUNK]]
        clutches += await request.read.find(clutches_of_pairings(some))
    figures = rates(clutches)
    states = ("incubating", "hatching", "hatched", "lost")
    return SeasonSummary(
        season=season_view(season),
        pairings={
            status: sum(one.status == status for one in pairings)
            for status in ("planned", "active", "ended", "cancelled")
        },
        clutches={status: sum(one.status == status for one in clutches) for status in states},
        rates=figures,
        target_clutches=_progress(season.clutches_wanted, len(clutches)),
        target_hatchlings=_progress(season.hatchlings_wanted, figures.hatched),
    )
