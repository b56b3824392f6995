"""The search index: a document per animal, offer and breeder, kept as rows, shown by the index after the commit."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.domain.messages import money_text
from reptidex.streams.animal import AnimalArchived, AnimalCreated, AnimalRecord, AnimalTransferred, AnimalUpdated
from reptidex.streams.commands.community import Follow as FollowCommand
from reptidex.streams.commands.community import RecordIndexed, RecordSearch
from reptidex.streams.commerce import (
    ListingRecord,
    MarketplaceListingCreated,
    MarketplaceListingExpired,
    MarketplaceListingPublished,
    MarketplaceListingSold,
    MarketplaceListingUpdated,
    MarketplaceListingWithdrawn,
)
from reptidex.streams.community import CommunityInteractionFollowed, SearchIndexed, SearchQueryPerformed
from reptidex.streams.contract import Command, Event
from reptidex.streams.core import ProfileUpdated
from reptidex.tables.community.models import Document, Follow


class ShowDocument(Effect, frozen=True, kw_only=True):
    """Bring the index up to a document as its row stands."""

    document_id: str


@carries_out(ShowDocument)
async def show_document(effect: ShowDocument, call: Call) -> Command | None:
    """Write the document's present state into the index, or take it out."""
    document = await call.ports.documents(effect.document_id)
    if document is None:
        return None
    await call.ports.show(document)
    gone = document.removed or not document.public
    return RecordIndexed(document_id=document.document_id, version=document.seen_version, removed=gone)


@agent(RecordIndexed, prefetch={Document: "document_id"})
async def record_indexed(command: RecordIndexed, unit: Unit) -> AsyncIterator[Event]:
    """Say that the index shows a document as it stands."""
    document = await unit.need(Document, command.document_id)
    if command.version <= document.indexed_version:
        return
    unit.put(replace(document, indexed_version=command.version))
    yield SearchIndexed(
        document_id=document.document_id,
        kind=document.kind,  # type: ignore[arg-type]  # stored as it was made
        entity_id=document.entity_id,
        vivarium_id=document.vivarium_id,
        version=command.version,
        removed=command.removed,
    )


async def _write(unit: Unit, document: Document) -> None:
    """Keep the newer state of a document and have the index show it."""
    known = await unit.get(Document, document.document_id)
    if known and known.seen_version >= document.seen_version:
        return
    unit.put(replace(document, indexed_version=known.indexed_version if known else 0))
    unit.effect(ShowDocument(document_id=document.document_id))


@agent(AnimalCreated, AnimalUpdated, prefetch={Document: lambda e: [f"animal:{e.animal_id}"]})
async def index_animal(event: AnimalRecord, unit: Unit) -> None:
    """Index an animal; only a public one is found."""
    facets = {"species": event.species, "sex": event.sex, "status": event.status, "lineage": event.lineage_status}
    await _write(
        unit,
        Document(
            document_id=f"animal:{event.animal_id}",
            kind="animal",
            entity_id=event.animal_id,
            animal_id=event.animal_id,
            vivarium_id=event.vivarium_id,
            title=event.name or event.code,
            text=" ".join([event.code, event.species, *event.morphs]),
            tags=list(event.morphs),
            facets=facets,
            public=event.visibility == "public" and event.status == "active",
            seen_version=unit.cause.version,
            updated_at=unit.cause.time,
        ),
    )


@agent(AnimalTransferred, AnimalArchived)
async def move_animal(event: AnimalTransferred | AnimalArchived, unit: Unit) -> None:
    """Show an animal under its new owner, or no longer."""
    document = await unit.get(Document, f"animal:{event.animal_id}")
    if document is None or document.seen_version >= unit.cause.version:
        return
    gone = isinstance(event, AnimalArchived)
    owner = document.vivarium_id if isinstance(event, AnimalArchived) else event.to_vivarium_id
    await _write(
        unit,
        replace(
            document,
            vivarium_id=owner,
            removed=gone,
            public=document.public and not gone,
            seen_version=unit.cause.version,
            updated_at=unit.cause.time,
        ),
    )


@agent(
    MarketplaceListingCreated,
    MarketplaceListingUpdated,
    MarketplaceListingPublished,
    prefetch={Document: lambda e: [f"listing:{e.listing_id}"]},
)
async def index_listing(event: ListingRecord, unit: Unit) -> None:
    """Index an offer; only a published one is found."""
    facets = {"species": event.species, "sex": event.sex, "status": event.status, "category": event.category}
    facets |= {"lineage": event.lineage_status}
    price = money_text(event.price.amount, event.price.currency)
    await _write(
        unit,
        Document(
            document_id=f"listing:{event.listing_id}",
            kind="listing",
            entity_id=event.listing_id,
            animal_id=event.animal_id,
            vivarium_id=event.vivarium_id,
            title=event.title,
            text=" ".join([event.species, event.category, price, *event.morphs]),
            tags=list(event.morphs),
            facets={name: value for name, value in facets.items() if value},
            price=event.price.amount,
            currency=event.price.currency,
            public=event.status == "published" and event.visibility == "public",
            seen_version=unit.cause.version,
            updated_at=unit.cause.time,
        ),
    )


@agent(
    MarketplaceListingSold,
    MarketplaceListingWithdrawn,
    MarketplaceListingExpired,
    prefetch={Document: lambda e: [f"listing:{e.listing_id}"]},
)
async def take_off_shelf(
    event: MarketplaceListingSold | MarketplaceListingWithdrawn | MarketplaceListingExpired, unit: Unit
) -> None:
    """Take an offer that ended out of the index."""
    document = await unit.get(Document, f"listing:{event.listing_id}")
    if document is None or document.seen_version >= unit.cause.version:
        return
    await _write(
        unit,
        replace(
            document,
            removed=True,
            public=False,
            seen_version=unit.cause.version,
            updated_at=unit.cause.time,
        ),
    )


@agent(ProfileUpdated, prefetch={Document: lambda e: [f"breeder:{e.profile_id}"]})
async def index_breeder(event: ProfileUpdated, unit: Unit) -> None:
    """Index a breeder by the public profile."""
    await _write(
        unit,
        Document(
            document_id=f"breeder:{event.profile_id}",
            kind="breeder",
            entity_id=event.profile_id,
            vivarium_id=event.vivarium_id,
            title=event.display_name,
            text=" ".join(part for part in (event.bio, event.location) if part),
            facets={"profile": event.kind},
            public=event.visibility == "public",
            seen_version=unit.cause.version,
            updated_at=unit.cause.time,
        ),
    )


@agent(RecordSearch)
async def record_search(command: RecordSearch, unit: Unit) -> AsyncIterator[Event]:
    """Publish the shape of a search."""
    yield SearchQueryPerformed(
        session_id=command.session_id,
        query_id=command.query_id,
        scope=command.scope,
        terms=command.terms,
        facets=command.facets,
        results=command.results,
        latency_ms=command.latency_ms,
        corrected=command.corrected,
    )


@agent(FollowCommand)
async def follow(command: FollowCommand, unit: Unit) -> AsyncIterator[Event]:
    """Keep, or drop, somebody's interest in a target."""
    key = f"{command.user_id}:{command.target_kind}:{command.target_id}"
    known = await unit.get(Follow, key)
    if (known is not None) == command.following:
        return
    if command.following:
        unit.put(
            Follow(
                follow_id=key,
                user_id=command.user_id,
                target_kind=command.target_kind,
                target_id=command.target_id,
                since=unit.now,
            )
        )
    else:
        unit.delete(Follow, key)
    yield CommunityInteractionFollowed(
        user_id=command.user_id,
        target_kind=command.target_kind,
        target_id=command.target_id,
        following=command.following,
    )
