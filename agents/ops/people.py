"""Who is who for administrators: users and vivariums in their newest state."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.streams.core import AuthUserCreated, AuthUserDeleted, AuthUserUpdated, OrgCreated, OrgUpdated
from reptidex.tables.ops.models import Organization, Person


@agent(AuthUserCreated, prefetch={Person: "user_id"})
async def list_person(event: AuthUserCreated, unit: Unit) -> None:
    """Show a new user to the administrators; what was heard of the person before stays."""
    known = await unit.get(Person, event.user_id)
    if known is None:
        person = Person(user_id=event.user_id, display_name=event.display_name, registered_at=unit.cause.time)
        unit.put(replace(person, seen_version=unit.cause.version))
    else:
        name = "" if known.status == "deleted" else known.display_name or event.display_name
        unit.put(replace(known, display_name=name, registered_at=unit.cause.time))


@agent(AuthUserUpdated, prefetch={Person: "user_id"})
async def follow_person(event: AuthUserUpdated, unit: Unit) -> None:
    """Follow a user's name and status."""
    if event.display_name is None and event.status is None:
        return
    known, version = await unit.get(Person, event.user_id), unit.cause.version
    if known is None:
        known = Person(user_id=event.user_id, display_name="", registered_at=unit.cause.time)
    if version <= known.seen_version or known.status == "deleted":
        return
    name = known.display_name if event.display_name is None else event.display_name
    status = known.status if event.status is None else event.status
    unit.put(replace(known, display_name=name, status=status, seen_version=version))


@agent(AuthUserDeleted, prefetch={Person: "user_id"})
async def forget_person(event: AuthUserDeleted, unit: Unit) -> None:
    """Take a deleted user's name off the list; older news does not bring it back."""
    known = await unit.get(Person, event.user_id)
    gone = known or Person(user_id=event.user_id, display_name="", registered_at=unit.cause.time)
    unit.put(replace(gone, display_name="", status="deleted", seen_version=unit.cause.version))


@agent(OrgCreated, OrgUpdated, prefetch={Organization: "vivarium_id"})
async def list_organization(event: OrgCreated | OrgUpdated, unit: Unit) -> None:
    """Show a vivarium to the administrators, in its newest state."""
    known = await unit.get(Organization, event.vivarium_id)
    if known and known.seen_version >= unit.cause.version:
        if isinstance(event, OrgCreated):
            unit.put(replace(known, created_at=unit.cause.time))  # what was heard before could not know it
        return
    unit.put(
        Organization(
            vivarium_id=event.vivarium_id,
            name=event.name,
            kind=event.kind,
            plan=event.plan,
            status=event.status,
            created_at=known.created_at if known else unit.cause.time,
            seen_version=unit.cause.version,
        )
    )
