"""What repti-media does outside its database, as it is stored until it is done."""

from reptidex.agents.agent import Effect
from reptidex.domain.drawing.facts import Line
from reptidex.streams.media import DrawingFailure

PATIENT = 24
"""Attempts over more than an hour, for which a neighbour may be away (the engine waits up to five minutes between two)."""


class ProcessUpload(Effect, frozen=True, kw_only=True):
    """Look into an upload, make its renditions anew, and take it out of quarantine."""

    file_id: str
    vivarium_id: str
    place: str
    kind: str
    content_type: str


class FinaliseUpload(Effect, frozen=True, kw_only=True):
    """Check what was sent straight to the store against what was announced, and keep it."""

    file_id: str
    place: str
    content_type: str
    digest: str


class RemoveStored(Effect, frozen=True, kw_only=True):
    """Delete objects from the store."""

    places: tuple[str, ...]
    rounds: int = 0
    """How often it has been begun anew."""


class DrawEffect(Effect, frozen=True, kw_only=True):
    """A drawing to be made and stored."""

    subject_id: str
    render_id: str
    job_id: str
    file_id: str
    vivarium_id: str


class DrawPlaceholder(DrawEffect, frozen=True, kw_only=True):
    """Draw the picture that stands for an animal without photos."""

    code: str
    species: str


class DrawPedigree(DrawEffect, frozen=True, kw_only=True):
    """Ask repti-animal for a pedigree and draw it."""

    generations: int
    names: dict[str, str] = {}
    """Names of the vivariums that may own it, by id."""


class DrawCertificate(DrawEffect, frozen=True, kw_only=True):
    """Ask repti-animal for an animal and draw the certificate of its owner."""

    former_vivarium_id: str
    names: dict[str, str] = {}
    on_day: str
    order_id: str = ""


class DrawManifest(DrawEffect, frozen=True, kw_only=True):
    """Draw the manifest of an order's shipment."""

    order_id: str
    shipper: str
    consignee: str
    on_day: str
    lines: tuple[Line, ...]


FailureReason = DrawingFailure
