"""Animals and offers as they are found."""

from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Prefetch, Unit, agent
from reptidex.agents.community.documents import document, hide, keep
from reptidex.domain.messages import money_text
from reptidex.errors import NotFoundError
from reptidex.streams.animal import AnimalArchived, AnimalCreated, AnimalRecord, AnimalTransferred, AnimalUpdated
from reptidex.streams.commands.community_index import HideAnimal, IndexAnimal
from reptidex.streams.commerce import (
    ListingRecord,
    MarketplaceListingCreated,
    MarketplaceListingExpired,
    MarketplaceListingPublished,
    MarketplaceListingSold,
    MarketplaceListingUpdated,
    MarketplaceListingWithdrawn,
)
from reptidex.tables.community.models import ERASED, Document


def _animal(message: Any) -> list[str]:
    return [f"animal:{message.animal_id}"]


def _listing(message: Any) -> list[str]:
    return [f"listing:{message.listing_id}"]


ANIMAL: Prefetch = {Document: _animal}
LISTING: Prefetch = {Document: _listing}


@agent(AnimalCreated, AnimalUpdated, prefetch=ANIMAL)
async def index_animal(event: AnimalRecord, unit: Unit) -> None:
    """Index an animal; only a public one is found."""
    known, version = await document(unit, "animal", event.animal_id), unit.cause.version
    if known.seen_version >= version or known.erased:
        return
    known = _described(
        known,
        code=event.code,
        name=event.name,
        species=event.species,
        morphs=list(event.morphs),
        facets={"sex": event.sex, "status": event.status, "lineage": event.lineage_status},
        public=event.visibility == "public" and event.status == "active",
    )
    if version > known.owner_version:
        known = replace(known, vivarium_id=event.vivarium_id, owner_version=version)
    keep(unit, replace(known, seen_version=version))


def _described(
    known: Document, *, code: str, name: str, species: str, morphs: list[str], facets: dict[str, str], public: bool
) -> Document:
    return replace(
        known,
        animal_id=known.entity_id,
        title=name or " ".join([*morphs, species]).strip() or code,
        text=" ".join([code, species, *morphs]),
        tags=morphs,
        facets={"species": species} | facets,
        public=public,
    )


@agent(AnimalTransferred, prefetch=ANIMAL)
async def move_animal(event: AnimalTransferred, unit: Unit) -> None:
    """Show an animal under its new owner."""
    known, version = await document(unit, "animal", event.animal_id), unit.cause.version
    if version > known.owner_version and not known.erased:
        keep(unit, replace(known, vivarium_id=event.to_vivarium_id, owner_version=version))


@agent(AnimalArchived, prefetch=ANIMAL)
async def drop_animal(event: AnimalArchived, unit: Unit) -> None:
    """Take an animal that is gone out of the index; of one that is erased its words go too, and older news brings none back."""
    known, version = await document(unit, "animal", event.animal_id), unit.cause.version
    if version <= known.ended_version:
        return
    if event.reason == "erased":
        known = replace(
            hide(known, ERASED, hidden=True),
            animal_id=None,
            vivarium_id=None,
            title="",
            text="",
            tags=[],
            facets={},
            public=False,
            seen_version=0,
            owner_version=0,
        )
    keep(unit, replace(known, ended_version=version))


@agent(IndexAnimal, prefetch=ANIMAL)
async def index_animal_by_hand(command: IndexAnimal, unit: Unit) -> None:
    """Index an animal as its registry describes it, unless an event has told something newer meanwhile."""
    known = await document(unit, "animal", command.animal_id)
    if known.version == command.seen_version and not known.erased:
        known = _described(
            known,
            code=command.code,
            name=command.name,
            species=command.species,
            morphs=list(command.morphs),
            facets={"sex": command.sex, "status": command.status, "lineage": command.lineage_status},
            public=command.visibility == "public" and command.status == "active",
        )
        known = replace(known, vivarium_id=command.vivarium_id)
    unit.answer(keep(unit, hide(known, "admin", hidden=False)))


@agent(HideAnimal, prefetch=ANIMAL)
async def hide_animal(command: HideAnimal, unit: Unit) -> None:
    """Take an animal out of the index by hand."""
    known = await document(unit, "animal", command.animal_id)
    if not known.revision:
        raise NotFoundError("document", known.document_id)
    hidden = hide(known, "admin", hidden=True)
    if hidden != known:
        keep(unit, hidden)


@agent(MarketplaceListingCreated, MarketplaceListingUpdated, MarketplaceListingPublished, prefetch=LISTING)
async def index_listing(event: ListingRecord, unit: Unit) -> None:
    """Index an offer; only a published one is found."""
    known, version = await document(unit, "listing", event.listing_id), unit.cause.version
    if known.seen_version >= version:
        return
    facets = {"species": event.species, "sex": event.sex, "status": event.status, "category": event.category}
    facets |= {"lineage": event.lineage_status}
    price = money_text(event.price.amount, event.price.currency)
    changed = replace(
        known,
        animal_id=event.animal_id,
        vivarium_id=event.vivarium_id,
        title=event.title,
        text=" ".join([event.species, event.category, price, *event.morphs]),
        tags=list(event.morphs),
        facets={name: value for name, value in facets.items() if value},
        price=event.price.amount,
        currency=event.price.currency,
        public=event.status == "published" and event.visibility == "public",
        seen_version=version,
        owner_version=version,
    )
    keep(unit, changed)


@agent(MarketplaceListingSold, MarketplaceListingWithdrawn, MarketplaceListingExpired, prefetch=LISTING)
async def drop_listing(
    event: MarketplaceListingSold | MarketplaceListingWithdrawn | MarketplaceListingExpired, unit: Unit
) -> None:
    """Take an offer that ended out of the index."""
    known, version = await document(unit, "listing", event.listing_id), unit.cause.version
    if version > known.ended_version:
        keep(unit, replace(known, ended_version=version))
