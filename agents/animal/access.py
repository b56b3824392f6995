"""Opens a newcomer's collection and keeps track of who may see whose animals. The order of arrival does not matter."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.domain.codes import FALLBACK, prefix_of
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, OrgMemberAdded, OrgMemberChanged, OrgMemberRemoved
from reptidex.tables.animal.models import Access, Collection
from reptidex.tables.animal.queries import accesses_of


def _access_key(event: OrgMemberAdded | OrgMemberChanged | OrgMemberRemoved) -> tuple[str, ...]:
    return (Access.id_of(event.vivarium_id, event.user_id),)


async def collection_of(vivarium_id: str, unit: Unit) -> Collection:
    """Return a vivarium's collection, opened now where nothing has been heard of the vivarium yet."""
    known = await unit.get(Collection, vivarium_id)
    if known is None:
        known = Collection(vivarium_id=vivarium_id, prefix=FALLBACK, opened_at=unit.now)
        unit.put(known)
    return known


@agent(AuthUserCreated, prefetch={Collection: "vivarium_id"})
async def open_personal_collection(event: AuthUserCreated, unit: Unit) -> None:
    """Open a newcomer's personal collection, and make the template of its codes from their name."""
    collection = replace(await collection_of(event.vivarium_id, unit), owner_id=event.user_id)
    if not collection.prefix_chosen:
        collection = replace(collection, prefix=prefix_of(event.display_name), prefix_chosen=True)
    unit.put(collection)


@agent(OrgMemberAdded, OrgMemberChanged, prefetch={Collection: "vivarium_id", Access: _access_key})
async def grant_access(event: OrgMemberAdded | OrgMemberChanged, unit: Unit) -> None:
    """Give a member access to the vivarium's animals in their role."""
    await collection_of(event.vivarium_id, unit)
    await _note(event, unit, active=True)


@agent(OrgMemberRemoved, prefetch={Access: _access_key})
async def end_access(event: OrgMemberRemoved, unit: Unit) -> None:
    """End a former member's access, at once and whatever their token still says."""
    await _note(event, unit, active=False)


async def _note(event: OrgMemberAdded | OrgMemberChanged | OrgMemberRemoved, unit: Unit, *, active: bool) -> None:
    """Note how a membership stands, unless something newer was heard of it."""
    key, version = Access.id_of(event.vivarium_id, event.user_id), unit.cause.version
    known = await unit.get(Access, key)
    if known is None or known.seen_version < version:
        unit.put(
            Access(
                access_id=key,
                vivarium_id=event.vivarium_id,
                user_id=event.user_id,
                role=event.role,
                active=active,
                seen_version=version,
            )
        )


@agent(AuthUserDeleted)
async def forget_person(event: AuthUserDeleted, unit: Unit) -> None:
    """End every access of a person who is gone; lineage stays, since animals name vivariums and never people."""
    for access in await unit.find(accesses_of(event.user_id)):
        unit.put(replace(access, active=False))
        collection = await unit.get(Collection, access.vivarium_id)
        if collection is not None and collection.owner_id == event.user_id:
            unit.put(replace(collection, owner_id=None))
