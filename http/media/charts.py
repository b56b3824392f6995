"""Whether a stored chart may still be given: each ancestor that it names, and its owner, has to be shown to its readers now."""

from typing import Any

import msgspec

from reptidex.errors import NotFoundError
from reptidex.http.server.routes import Request
from reptidex.tables.media.models import CHART, File, VivariumName


class ShownPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of a place in a pedigree: who stands there, where that is shown."""

    animal_id: str | None = None


class ShownPedigree(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of repti-animal's answer."""

    places: tuple[ShownPlace, ...]


async def outdated(request: Request[Any, Any], file: File) -> bool:
    """Tell whether a file is a chart that names somebody who is not shown any more to those who may read it.

    What it was drawn for is what is asked of repti-animal: its owner's eyes, or everybody's. Raises `UnavailableError` while
    repti-animal does not answer: whom a chart may name is then not known.
    """
    if not file.made or file.name != CHART:
        return False
    if not file.depth:
        return True
    if file.names_owner and await request.read.get(VivariumName, file.vivarium_id) is None:
        return True
    if not file.shows:
        return False
    path = f"/internal/animals/{file.subject_id}/pedigree/{file.depth}"
    viewers = None if file.confidential else {"everybody": "true"}
    try:
        found = await request.ports.animal.get(path, ShownPedigree, viewers)
    except NotFoundError:
        return True
    return not {place.animal_id for place in found.places}.issuperset(file.shows)
