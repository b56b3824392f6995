"""How a search document is kept: the row first, the index behind it by an effect."""

from msgspec.structs import replace

from reptidex.agents.agent import Effect, Unit
from reptidex.tables.community.models import Document


class ShowDocument(Effect, frozen=True, kw_only=True):
    """Have the index show a document as it stands, or no longer. The index keeps the newest revision that it hears of."""

    document: Document


async def document(unit: Unit, kind: str, entity_id: str) -> Document:
    """Return the document of an entity as it stands; an empty one, in nobody's sight, where there is none yet."""
    key = f"{kind}:{entity_id}"
    known = await unit.get(Document, key)
    return known or Document(document_id=key, kind=kind, entity_id=entity_id, updated_at=unit.now)


def hide(known: Document, why: str, *, hidden: bool) -> Document:
    """Return a document that is hidden for a reason, or no more for that one; each reason hides it alone."""
    reasons = set(known.hidden.split()) - {why}
    return replace(known, hidden=" ".join(sorted(reasons | {why} if hidden else reasons)))


def keep(unit: Unit, changed: Document) -> Document:
    """Keep a changed document, and tell the index where that shows it or has to."""
    kept = replace(changed, revision=changed.revision + 1, updated_at=unit.now)
    if kept.visible or kept.told_visible:
        kept = replace(kept, told_visible=kept.visible, missed=False)
        unit.effect(ShowDocument(document=kept))
    unit.put(kept)
    return kept
