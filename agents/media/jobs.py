"""Asks for drawings: one job at a time for each drawing of each thing, and the last one asked for counts."""

from hashlib import sha256
from typing import Any

import msgspec

from reptidex.agents.agent import Unit
from reptidex.agents.media.effects import DrawEffect
from reptidex.agents.media.records import REQUESTED, job
from reptidex.streams.commands.media import Drawing
from reptidex.streams.contract import Event
from reptidex.tables.media.models import Render, VivariumName


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be drawn, and why."""

    drawing: Drawing
    subject_id: str
    vivarium_id: str
    """The owner as far as known; the drawing asks again."""
    reason: str
    of: str = ""
    """The order that a manifest is of; the subject otherwise."""
    job_id: str = ""
    by: str = ""
    """The person who asks for it; nobody where an event makes it due."""


PAPER = ("former_vivarium_id", "on_day", "order_id")
"""What a certificate says of its transfer."""


async def ask_for(wanted: Wanted, effect: type[DrawEffect], inputs: dict[str, Any], unit: Unit) -> list[Event]:
    """Ask for a drawing and return what says so; what an earlier job of it brings is void from now on."""
    values: dict[str, Any] = {"reason": wanted.reason}
    of = wanted.of or wanted.subject_id
    render_id, depth = Render.id_of(wanted.drawing, of), inputs.get("generations", 0)
    last = await unit.get(Render, render_id)
    render = Render(
        render_id=render_id,
        drawing=wanted.drawing,
        subject_id=wanted.subject_id,
        vivarium_id=wanted.vivarium_id,
        job_id=wanted.job_id or unit.new_id(),
        inputs_digest=sha256(msgspec.json.encode((wanted.drawing, of, unit.cause.id, inputs))).hexdigest(),
        file_id=last.file_id if last is not None and last.vivarium_id == wanted.vivarium_id else None,
        depth=depth,
        paper={name: inputs[name] for name in PAPER if name in inputs} if wanted.drawing == "certificate" else {},
        requested_at=unit.now,
        **values,
    )
    unit.put(render)
    same = {name: getattr(render, name) for name in ("subject_id", "render_id", "job_id", "vivarium_id")}
    unit.effect(effect(**same, file_id=unit.new_id(), **inputs))
    requested: Any = REQUESTED.get(wanted.drawing)
    if requested is None:
        return []
    return [requested(**job(render), **values, depth=depth, requested_by=wanted.by or None)]


async def names_of(unit: Unit, *vivarium_ids: str) -> dict[str, str]:
    """Return the names of the vivariums of which a public one has been heard."""
    found = [await unit.get(VivariumName, vivarium_id) for vivarium_id in vivarium_ids]
    return {one.vivarium_id: one.display_name for one in found if one is not None}
