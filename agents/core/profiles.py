"""Public profiles of people and vivariums; every change publishes the whole, so that readers need no history."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.core.vivariums import open_for_change
from reptidex.errors import DomainError, NotFoundError
from reptidex.streams import core as events
from reptidex.streams.commands.core_vivariums import ChangeProfile
from reptidex.streams.contract import Event
from reptidex.tables.core.vivariums import Profile, Vivarium
from reptidex.tables.query import select

FIELDS = ("display_name", "slug", "bio", "location", "website", "avatar_file_id", "visibility")


class SlugTakenError(DomainError):
    """Another profile has this public name."""

    title = "The name is taken"

    def __init__(self, slug: str) -> None:
        super().__init__(f"another profile is called {slug!r}")
        self.slug = slug


async def _profile(unit: Unit, profile_id: str) -> Profile:
    """Return a profile; a personal vivarium has none of its own until it is first written."""
    known = await unit.get(Profile, profile_id)
    if known is not None and known.kind == "user":
        return known
    if await unit.get(Vivarium, profile_id) is None:
        raise NotFoundError("profile", profile_id)
    vivarium = await open_for_change(unit, profile_id)
    return known or Profile(
        profile_id=profile_id, kind="org", vivarium_id=profile_id, display_name=vivarium.name, updated_at=unit.now
    )


def profile_updated(profile: Profile, *changed: str) -> events.ProfileUpdated:
    """Return the event that carries the whole of a profile."""
    whole: dict[str, Any] = {name: getattr(profile, name) for name in ("profile_id", "kind", "vivarium_id", *FIELDS)}
    return events.ProfileUpdated(**whole, changed=changed)


@agent(ChangeProfile, prefetch={Profile: "profile_id", Vivarium: "profile_id"})
async def change_profile(command: ChangeProfile, unit: Unit) -> AsyncIterator[Event]:
    """Change what the public may read."""
    profile = await _profile(unit, command.profile_id)
    given = {name: value for name in FIELDS if (value := getattr(command, name)) is not None}
    changed = {name: value for name, value in given.items() if value != getattr(profile, name)}
    if slug := changed.get("slug"):
        others = await unit.find(select(Profile, Profile.c.slug == slug))
        if any(other.profile_id != profile.profile_id for other in others):
            raise SlugTakenError(slug)
    if changed:
        profile = replace(profile, **changed, updated_at=unit.now)
        unit.put(profile)
        yield profile_updated(profile, *changed)
    unit.answer(profile)
