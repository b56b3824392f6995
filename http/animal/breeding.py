"""Pairings, clutches and what hatches from them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from reptidex.domain.breeding.stages import Foretold
from reptidex.domain.clutches import hatch_rate
from reptidex.errors import NotFoundError
from reptidex.http.animal.access import admit
from reptidex.http.animal.brood import ClutchFacts, RatesView, clutch_facts, expected, rates
from reptidex.http.animal.shapes import AnimalView
from reptidex.http.animal.showing import all_shown
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Page, Paging, Request, Routes
from reptidex.streams.commands.animal import (
    Done,
    Genes,
    Hatchling,
    Morphs,
    PairAnimals,
    RecordClutch,
    RegisterHatchlings,
    Remarked,
    ResolveSire,
    UpdateClutch,
)
from reptidex.streams.commands.animal_breeding import ChangePairing
from reptidex.streams.values import Count, Evidence, Id, LongText, Outcome, Ratio, Sex, Text, Visibility, WelfareFlag
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.breeding_queries import (
    ClutchesWanted,
    PairingsWanted,
    clutches_of_pairings,
    clutches_wanted,
    notes_of,
    pairings_wanted,
)
from reptidex.tables.animal.queries import fetch, hatchlings_seen

routes = Routes("breeding")
Sires = Annotated[tuple[Id, ...], Meta(max_length=8)]


class NewPairing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dam and the sires she is put together with."""

    dam_id: Id
    sire_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=8)]
    """More than one where she meets several: each clutch then names its candidates."""
    season: Annotated[str, Meta(max_length=20)] = ""
    """The season's name; left out: that of `season_id`. A name without a season of its own will do."""
    season_id: Id | None = None
    paired_on: date | None = None
    planned: bool = False
    """Whether they have not met yet."""
    visibility: Visibility = "private"
    remark: LongText = ""


class PairingChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changed of a pairing; what is left out stays."""

    status: Literal["planned", "active", "ended", "cancelled"] | UnsetType = UNSET
    season: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    season_id: Id | UnsetType = UNSET
    paired_on: date | UnsetType = UNSET
    ended_on: date | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    remark: LongText | UnsetType = UNSET


class PairingFilter(Paging, frozen=True, kw_only=True):
    """Which of the vivarium's pairings."""

    season_id: Id | None = None
    season: Text | None = None
    status: Literal["planned", "active", "ended", "cancelled"] | None = None
    dam_id: Id | None = None
    species_id: Id | None = None


class NewClutch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clutch that was laid, or a litter."""

    dam_id: Id
    pairing_id: Id | None = None
    candidate_sire_ids: Sires = ()
    """Left out: those of the pairing."""
    laid_on: date
    laid: Annotated[int, Meta(ge=1, le=500)]
    fertile: Count | None = None
    """Left out where nobody has counted them: the figure then follows from what hatches or dies."""
    slugs: Count = 0
    visibility: Visibility = "private"


class ClutchFilter(Paging, frozen=True, kw_only=True):
    """Which of the vivarium's clutches."""

    pairing_id: Id | None = None
    dam_id: Id | None = None
    species_id: Id | None = None
    status: Literal["incubating", "hatching", "hatched", "lost"] | None = None
    laid_from: date | None = None
    laid_until: date | None = None


class ClutchChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changed of a clutch; what is left out stays."""

    laid_on: date | None = None
    laid: Annotated[int, Meta(ge=1, le=500)] | None = None
    fertile: Count | None = None
    slugs: Count | None = None
    dead_in_egg: Count | None = None
    """Of a litter: stillborn."""
    candidate_sire_ids: Sires | None = None
    lost: bool = False
    finished: bool = False
    """Whether no more will hatch."""
    visibility: Visibility | None = None


class NewHatchling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One animal that hatched."""

    code: Text | None = None
    name: Text = ""
    sex: Sex = "unknown"
    morphs: Morphs = ()
    genotype: Genes = ()
    sire_id: Id | None = None
    """Which candidate sired it, where there are several and it is known."""


class Hatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that hatched on a day."""

    hatched_on: date
    hatchlings: Annotated[tuple[NewHatchling, ...], Meta(min_length=1, max_length=100)]
    finished: bool = True
    """False while more may hatch."""
    visibility: Visibility = "private"


class Sired(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which candidate sired these hatchlings."""

    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)]
    sire_id: Id | None
    evidence: Evidence = "claim"
    reference: Text = ""
    """The laboratory's report; needed where the evidence is `lab`."""


class PairingView(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing with what it can give; shares are exact and of live young."""

    pairing_id: str
    vivarium_id: str
    dam_id: str
    sire_ids: tuple[str, ...]
    species_id: str
    season: str
    season_id: str | None
    status: str
    paired_on: date | None
    ended_on: date | None
    visibility: str
    remark: str
    outcomes: tuple[Outcome, ...]
    egg_loss: Ratio
    warnings: tuple[WelfareFlag, ...]
    notes: tuple[str, ...]
    predicted_inbreeding: Ratio
    """The highest among the candidates."""
    expected: tuple[Foretold, ...] = ()
    """What is to be expected next, from what was noted and from the species' calendar; where one pairing is asked for."""
    remarks: tuple[Remarked, ...] = ()
    """What was unusual; in answers to changes alone."""
    created_at: datetime


class ClutchView(msgspec.Struct, frozen=True, kw_only=True):
    """A clutch; the hatch rate is hatched / fertile eggs."""

    clutch: ClutchFacts
    hatch_rate: float | None
    rates: RatesView
    remarks: tuple[Remarked, ...] = ()
    """What was unusual; in answers to changes alone."""


class HatchView(msgspec.Struct, frozen=True, kw_only=True):
    """What was registered."""

    clutch: ClutchFacts
    hatchlings: list[AnimalView]
    remarks: tuple[Remarked, ...]


def _values(body: Any) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.__struct_fields__}


def pairing_view(
    pairing: Pairing, expected: Sequence[Foretold] = (), remarks: tuple[Remarked, ...] = ()
) -> PairingView:
    """Show a pairing."""
    shown = [name for name in PairingView.__struct_fields__ if name in Pairing.__struct_fields__]
    same = {name: getattr(pairing, name) for name in shown}
    return PairingView(**same, sire_ids=pairing.candidate_sire_ids, expected=tuple(expected), remarks=remarks)


def clutch_view(clutch: Clutch, remarks: tuple[Remarked, ...] = ()) -> ClutchView:
    """Show a clutch with its rates."""
    rate = hatch_rate(clutch.hatched, clutch.fertile)
    return ClutchView(
        clutch=clutch_facts(clutch),
        hatch_rate=float(rate) if rate is not None else None,
        rates=rates([clutch]),
        remarks=remarks,
    )


async def own_clutch(request: Request[Any, Any], vivarium_id: str) -> Clutch:
    """Return the clutch of the path if it is this vivarium's. Raises `NotFoundError`."""
    clutch = await request.read.get(Clutch, request.path["clutch_id"])
    if clutch is None or clutch.vivarium_id != vivarium_id:
        raise NotFoundError("clutch", request.path["clutch_id"])
    return clutch


async def own_pairing(request: Request[Any, Any], vivarium_id: str) -> Pairing:
    """Return the pairing of the path if it is this vivarium's. Raises `NotFoundError`."""
    pairing = await request.read.get(Pairing, request.path["pairing_id"])
    if pairing is None or pairing.vivarium_id != vivarium_id:
        raise NotFoundError("pairing", request.path["pairing_id"])
    return pairing


async def _shown(request: Request[Any, Any], pairing: Pairing, remarks: tuple[Remarked, ...] = ()) -> PairingView:
    notes = await request.read.find(notes_of(pairing.pairing_id))
    laid = await request.read.find(clutches_of_pairings([pairing.pairing_id]))
    return pairing_view(pairing, expected(pairing, notes, laid), remarks)


@routes.post("/pairings", policy=member("handler"), status=201, errors=(409, 422))
async def create_pairing(request: Request[NewPairing, None]) -> PairingView:
    """Put a dam together with one or more sires; the answer holds what they can give, in exact fractions."""
    vivarium_id = await admit(request, "handler")
    values = _values(request.body)
    sires = values.pop("sire_ids")
    command = PairAnimals(pairing_id=request.new_id(), vivarium_id=vivarium_id, candidate_sire_ids=sires, **values)
    done = await request.ask(command, Done)
    return pairing_view(await request.read.need(Pairing, done.id), remarks=done.remarks)


@routes.get("/pairings", policy=member("keeper"))
async def list_pairings(request: Request[None, PairingFilter]) -> Page[PairingView]:
    """List the vivarium's pairings."""
    vivarium_id = await admit(request, "keeper")
    wanted = PairingsWanted(**{name: getattr(request.query, name) for name in PairingsWanted.__struct_fields__})
    rows, cursor = await request.read.page(pairings_wanted(vivarium_id, wanted), request.query)
    return Page(items=[pairing_view(row) for row in rows], next=cursor)


@routes.get("/pairings/{pairing_id}", policy=member("keeper"), errors=(404,))
async def get_pairing(request: Request[None, None]) -> PairingView:
    """Show a pairing of the vivarium, with what is to be expected next."""
    return await _shown(request, await own_pairing(request, await admit(request, "keeper")))


@routes.put("/pairings/{pairing_id}", policy=member("handler"), errors=(404, 409, 422))
async def change_pairing(request: Request[PairingChanges, None]) -> PairingView:
    """Change how a pairing stands; a planned one becomes active when the animals meet."""
    pairing = await own_pairing(request, await admit(request, "handler"))
    command = ChangePairing(pairing_id=pairing.pairing_id, vivarium_id=pairing.vivarium_id, **_values(request.body))
    done = await request.ask(command, Done)
    return await _shown(request, await request.read.need(Pairing, done.id), done.remarks)


@routes.post("/clutches", policy=member("handler"), status=201, errors=(409, 422))
async def record_clutch(request: Request[NewClutch, None]) -> ClutchView:
    """Record a clutch; the days on which it is due follow from the species."""
    vivarium_id = await admit(request, "handler")
    command = RecordClutch(clutch_id=request.new_id(), vivarium_id=vivarium_id, **_values(request.body))
    done = await request.ask(command, Done)
    return clutch_view(await request.read.need(Clutch, done.id), done.remarks)


@routes.get("/clutches", policy=member("keeper"))
async def list_clutches(request: Request[None, ClutchFilter]) -> Page[ClutchView]:
    """List the vivarium's clutches."""
    vivarium_id = await admit(request, "keeper")
    wanted = ClutchesWanted(**{name: getattr(request.query, name) for name in ClutchesWanted.__struct_fields__})
    rows, cursor = await request.read.page(clutches_wanted(vivarium_id, wanted), request.query)
    return Page(items=[clutch_view(row) for row in rows], next=cursor)


@routes.get("/clutches/{clutch_id}", policy=member("keeper"), errors=(404,))
async def get_clutch(request: Request[None, None]) -> ClutchView:
    """Show a clutch of the vivarium."""
    return clutch_view(await own_clutch(request, await admit(request, "keeper")))


@routes.put("/clutches/{clutch_id}", policy=member("handler"), errors=(404, 409, 422))
async def update_clutch(request: Request[ClutchChanges, None]) -> ClutchView:
    """Change a clutch's counts, or write it off."""
    clutch = await own_clutch(request, await admit(request, "handler"))
    values = _values(request.body)
    await request.ask(UpdateClutch(clutch_id=clutch.clutch_id, vivarium_id=clutch.vivarium_id, **values), Done)
    return clutch_view(await request.read.need(Clutch, clutch.clutch_id))


@routes.post("/clutches/{clutch_id}/hatchlings", policy=member("handler"), status=201, errors=(404, 409, 422))
async def register_hatchlings(request: Request[Hatch, None]) -> HatchView:
    """Register everything that hatched in one act: all of it, or nothing."""
    clutch = await own_clutch(request, await admit(request, "handler"))
    body = request.body
    hatchlings = tuple(Hatchling(animal_id=request.new_id(), **_values(one)) for one in body.hatchlings)
    command = RegisterHatchlings(
        clutch_id=clutch.clutch_id,
        vivarium_id=clutch.vivarium_id,
        hatched_on=body.hatched_on,
        hatchlings=hatchlings,
        finished=body.finished,
        visibility=body.visibility,
    )
    done = await request.ask(command, Done)
    animals = await fetch(request.read, [one.animal_id for one in hatchlings])
    return HatchView(
        clutch=clutch_facts(await request.read.need(Clutch, clutch.clutch_id)),
        hatchlings=await all_shown(request.read, [animals[one.animal_id] for one in hatchlings], clutch.vivarium_id),
        remarks=done.remarks,
    )


@routes.get("/clutches/{clutch_id}/offspring", policy=member("keeper"), errors=(404,))
async def list_hatchlings(request: Request[None, Paging]) -> Page[AnimalView]:
    """List the animals that hatched from a clutch, wherever they are now, as far as the caller may see them."""
    clutch = await own_clutch(request, await admit(request, "keeper"))
    rows, cursor = await request.read.page(hatchlings_seen(clutch.clutch_id, clutch.vivarium_id), request.query)
    return Page(items=await all_shown(request.read, rows, clutch.vivarium_id), next=cursor)


@routes.post("/clutches/{clutch_id}/sire", policy=member("handler"), errors=(404, 422))
async def resolve_sire(request: Request[Sired, None]) -> ClutchView:
    """Say which candidate sired some of the hatchlings."""
    clutch = await own_clutch(request, await admit(request, "handler"))
    values = _values(request.body)
    await request.ask(ResolveSire(clutch_id=clutch.clutch_id, vivarium_id=clutch.vivarium_id, **values), Done)
    return clutch_view(await request.read.need(Clutch, clutch.clutch_id))
