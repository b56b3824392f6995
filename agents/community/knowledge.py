"""Breeders, species, morphs and written pages as they are found, and what moderators hide."""

from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.documents import document, hide, keep
from reptidex.streams.animal import (
    MorphRecord,
    SpeciesRecord,
    TaxonomyMorphAdded,
    TaxonomyMorphUpdated,
    TaxonomySpeciesAdded,
    TaxonomySpeciesUpdated,
)
from reptidex.streams.core import AuthUserDeleted, AuthUserUpdated, OrgUpdated, ProfileUpdated
from reptidex.streams.media import ContentPublished
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.community.models import Document

DOCUMENTS = {"animal": "animal", "listing": "listing", "vivarium": "breeder", "user": "breeder", "content": "content"}
"""The kind of document that shows a subject of moderation; posts are hidden where they are kept."""


def _breeder(event: ProfileUpdated) -> list[str]:
    return [f"breeder:{event.profile_id}"]


@agent(ProfileUpdated, prefetch={Document: _breeder})
async def index_breeder(event: ProfileUpdated, unit: Unit) -> None:
    """Index a breeder by the public profile; one who is gone does not come back by older words."""
    known, version = await document(unit, "breeder", event.profile_id), unit.cause.version
    if max(known.seen_version, known.ended_version) >= version:
        return
    changed = replace(
        known,
        vivarium_id=event.vivarium_id,
        title=event.display_name,
        text=" ".join(part for part in (event.slug, event.bio, event.location) if part),
        facets={"profile": event.kind},
        public=event.visibility == "public",
        seen_version=version,
    )
    keep(unit, changed)


@agent(AuthUserDeleted, prefetch={Document: lambda e: [f"breeder:{e.user_id}"]})
async def forget_breeder(event: AuthUserDeleted, unit: Unit) -> None:
    """Take the profile of a deleted user out of the index, and its words out of the row."""
    known = await document(unit, "breeder", event.user_id)
    blank = replace(known, vivarium_id=None, title="", text="", facets={}, public=False, seen_version=0)
    keep(unit, replace(blank, ended_version=unit.cause.version))


@agent(
    TaxonomySpeciesAdded,
    TaxonomySpeciesUpdated,
    prefetch={Document: lambda e: [f"species:{e.species_id}"]},
)
async def index_species(event: SpeciesRecord, unit: Unit) -> None:
    """Index a species by its names."""
    names = " ".join([*event.common_names, event.family])
    await _index(unit, "species", event.species_id, event.scientific_name, names, {"species": event.scientific_name})


@agent(
    TaxonomyMorphAdded,
    TaxonomyMorphUpdated,
    prefetch={Document: lambda e: [f"morph:{e.morph_id}"]},
)
async def index_morph(event: MorphRecord, unit: Unit) -> None:
    """Index a morph by its names and how it is inherited."""
    text = " ".join([*event.aliases, event.super_name, event.inheritance, event.locus])
    await _index(unit, "morph", event.morph_id, event.name, text, {})


@agent(ContentPublished, prefetch={Document: lambda e: [f"content:{e.content_id}"]})
async def index_content(event: ContentPublished, unit: Unit) -> None:
    """Index a written page by its title; its words stay at repti-media."""
    await _index(unit, "content", event.content_id, event.title, f"{event.slug} {event.kind}", {"category": event.kind})


async def _index(unit: Unit, kind: str, entity_id: str, title: str, text: str, facets: dict[str, str]) -> None:
    known, version = await document(unit, kind, entity_id), unit.cause.version
    if version > known.seen_version:
        changed = replace(known, title=title, text=text, facets=facets, public=True, seen_version=version)
        keep(unit, changed)


def _subject(event: Any) -> list[str]:
    kind = DOCUMENTS.get(event.subject_kind)
    return [f"{kind}:{event.subject_id}"] if kind else []


@agent(AdminModerationDecided, prefetch={Document: _subject})
async def hide_moderated(event: AdminModerationDecided, unit: Unit) -> None:
    """Hide what a moderator hides, removes or suspends, and show what one keeps after all."""
    kind = DOCUMENTS.get(event.subject_kind)
    if kind is None or event.decision == "warn":
        return
    known = await document(unit, kind, event.subject_id)
    decided = hide(known, "moderation", hidden=event.decision != "keep")
    if decided != known:
        keep(unit, decided)


@agent(AuthUserUpdated, OrgUpdated, prefetch={Document: lambda e: [f"breeder:{_whose(e)}"]})
async def hide_suspended(event: AuthUserUpdated | OrgUpdated, unit: Unit) -> None:
    """Hide a breeder whose account or vivarium is suspended, and show one who is back."""
    if event.status is None:
        return
    known = await document(unit, "breeder", _whose(event))
    stands = hide(known, "suspended", hidden=event.status != "active")
    if stands != known:
        keep(unit, stands)


def _whose(event: AuthUserUpdated | OrgUpdated) -> str:
    return event.user_id if isinstance(event, AuthUserUpdated) else event.vivarium_id
