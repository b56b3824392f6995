"""Keeps the cards of people and vivariums fresh."""

from collections.abc import AsyncIterator
from hashlib import sha256

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.streams.commands.media import EraseFile
from reptidex.streams.contract import Event
from reptidex.streams.core import AuthUserDeleted, ProfileUpdated
from reptidex.streams.media import EmbedProfileCreated, EmbedProfileRefreshed
from reptidex.tables.media.models import Profile, VivariumName, files_by, files_to_erase
from reptidex.tables.media.uploads import announced_by


@agent(ProfileUpdated, prefetch={Profile: "profile_id", VivariumName: "vivarium_id"})
async def refresh_card(event: ProfileUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Make a profile's card, or make it anew; older news than what is known changes nothing."""
    known = await unit.get(Profile, event.profile_id)
    version = unit.cause.version
    if known is not None and known.seen_version >= version:
        return
    await _name_vivarium(event, unit)
    shown = (event.display_name, event.bio, event.location, event.website, event.visibility)
    cache_key = sha256(msgspec.json.encode(shown)).hexdigest()[:32]
    unit.put(
        Profile(
            profile_id=event.profile_id,
            kind=event.kind,
            vivarium_id=event.vivarium_id,
            display_name=event.display_name,
            bio=event.bio,
            location=event.location,
            website=event.website,
            visibility=event.visibility,
            cache_key=cache_key,
            seen_version=version,
        )
    )
    record = {"profile_id": event.profile_id, "kind": event.kind, "vivarium_id": event.vivarium_id}
    if known is None:
        yield EmbedProfileCreated(**record, cache_key=cache_key)  # type: ignore[arg-type]
    elif known.cache_key != cache_key:
        yield EmbedProfileRefreshed(**record, cache_key=cache_key)  # type: ignore[arg-type]


async def _name_vivarium(event: ProfileUpdated, unit: Unit) -> None:
    """Keep the name that papers give to a vivarium; one that is not public is not named."""
    known = await unit.get(VivariumName, event.vivarium_id)
    if known is not None and known.kind == "org" and event.kind == "user":
        return
    if event.visibility == "public":
        unit.put(VivariumName(vivarium_id=event.vivarium_id, display_name=event.display_name, kind=event.kind))
    elif known is not None:
        unit.delete(VivariumName, event.vivarium_id)


@agent(AuthUserDeleted, prefetch={Profile: "user_id"})
async def forget_card(event: AuthUserDeleted, unit: Unit) -> None:
    """Take down the card of a person who is gone, their name from drawings, and their pictures of themselves.

    Photos of animals stay; what they were called does not. An empty card stays, so that older news of the profile, which may
    come later, brings nothing back.
    """
    profile = await unit.get(Profile, event.user_id)
    vivarium_id = profile.vivarium_id if profile is not None else ""
    gone = Profile(
        profile_id=event.user_id,
        kind="user",
        vivarium_id="",
        display_name="",
        visibility="private",
        cache_key="",
        seen_version=max(unit.cause.version, profile.seen_version if profile is not None else 0),
    )
    unit.put(gone)
    name = await unit.get(VivariumName, vivarium_id) if vivarium_id else None
    if name is not None and name.kind == "user":
        unit.delete(VivariumName, vivarium_id)
    erased = {each.file_id for each in await unit.find(files_to_erase(event.user_id, vivarium_id))}
    named = {each.file_id for each in await unit.find(files_by(event.user_id))}
    for upload in await unit.find(announced_by(event.user_id)):
        (named if upload.state == "arrived" else erased).add(upload.file_id)
    for file_id in sorted(erased | named):
        erase = EraseFile(file_id=file_id, keep=file_id not in erased)
        unit.timer(f"file/{file_id}/erase", unit.now, erase)
