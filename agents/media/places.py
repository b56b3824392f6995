"""Where the renditions of an upload lie in the store."""

from reptidex.agents.media.pictures.worker import SIDES

PICTURES = tuple(f"{name}.webp" for name, _, _ in SIDES)
DOCUMENT = "original.pdf"


def place_of(file_id: str, name: str) -> str:
    """Return where a rendition lies, by its name with its suffix."""
    return f"files/{file_id}/{name}"


def places_of(file_id: str) -> tuple[str, ...]:
    """Return where anything of an upload can lie: what a processing that broke off may have left behind."""
    return tuple(place_of(file_id, name) for name in (*PICTURES, DOCUMENT))
