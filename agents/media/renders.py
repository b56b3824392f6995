"""Keeps pedigree charts, certificates and manifests in step with lineages and owners."""

from collections.abc import AsyncIterator

from reptidex.agents.agent import Unit, agent
from reptidex.agents.media.effects import DrawCertificate, DrawManifest, DrawPedigree, DrawPlaceholder
from reptidex.agents.media.jobs import Wanted, ask_for, names_of
from reptidex.agents.media.records import person
from reptidex.domain.drawing.facts import Line
from reptidex.errors import NotFoundError
from reptidex.streams.animal import AnimalCreated, AnimalRecord, AnimalTransferred, AnimalUpdated, LineageUpdated
from reptidex.streams.commands.media import AskRender, RedrawChart, RenderStarted
from reptidex.streams.commerce import OrderCompleted
from reptidex.streams.contract import Event
from reptidex.tables.media.models import File, Render, VivariumName

DEPTH = 3
"""Generations of a chart that nobody asked for otherwise."""
MOST_DESCENDANTS = 200
"""Charts re-drawn for one change of a lineage; later ones are re-drawn when they are asked for."""


ON_CHARTS = {"visibility", "name", "code", "sex", "lineage_status"}
ON_PLACEHOLDERS = {"code", "species", "species_id"}
"""What a drawing says of its animal, and who may read it."""


@agent(AnimalCreated, prefetch={Render: lambda e: [Render.id_of("placeholder", e.animal_id)]})
async def make_placeholder(event: AnimalCreated, unit: Unit) -> None:
    """Draw a picture that stands for a new animal until it has a photo."""
    await _placeholder(event, unit)


async def _placeholder(event: AnimalRecord, unit: Unit) -> None:
    wanted = Wanted(drawing="placeholder", subject_id=event.animal_id, vivarium_id=event.vivarium_id, reason="photo")
    await ask_for(wanted, DrawPlaceholder, {"code": event.code, "species": event.species}, unit)


async def _chart(unit: Unit, animal_id: str, vivarium_id: str, reason: str, *owners: str) -> list[Event]:
    """Ask for the chart of an animal, as deep as the last one; `owners` may own it besides."""
    last = await unit.get(Render, Render.id_of("pedigree", animal_id))
    wanted = Wanted(drawing="pedigree", subject_id=animal_id, vivarium_id=vivarium_id, reason=reason)
    depth = last.depth if last is not None and last.depth else DEPTH
    inputs = {"generations": depth, "names": await names_of(unit, vivarium_id, *owners)}
    return await ask_for(wanted, DrawPedigree, inputs, unit)


def _charts(event: LineageUpdated) -> list[str]:
    return [Render.id_of("pedigree", one) for one in (event.animal_id, *event.descendants[:MOST_DESCENDANTS])]


@agent(LineageUpdated, prefetch={Render: _charts})
async def redraw_lineage(event: LineageUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Draw the pedigree anew of an animal whose lineage changed, and of its descendants that have a chart."""
    owners = {event.animal_id: event.vivarium_id}
    for descendant in event.descendants[:MOST_DESCENDANTS]:
        chart = await unit.get(Render, Render.id_of("pedigree", descendant))
        if chart is not None:
            owners[descendant] = chart.vivarium_id
    for animal_id, vivarium_id in owners.items():
        for said in await _chart(unit, animal_id, vivarium_id, "lineage"):
            yield said


def _outdated(event: AnimalUpdated) -> list[str]:
    """Name the drawings that say what has changed; the chart of an animal with another owner is drawn for the transfer."""
    changed = set(event.changed)
    charts = ON_CHARTS & changed and "vivarium_id" not in changed
    drawings = [*(["pedigree"] if charts else []), *(["placeholder"] if ON_PLACEHOLDERS & changed else [])]
    return [Render.id_of(drawing, event.animal_id) for drawing in drawings]  # type: ignore[arg-type]  # two of them


@agent(AnimalUpdated, prefetch={Render: _outdated})
async def redraw_changed(event: AnimalUpdated, unit: Unit) -> AsyncIterator[Event]:
    """Draw anew what says something else of an animal than is true now, or is for other readers; what was never drawn is not."""
    for key in _outdated(event):
        last = await unit.get(Render, key)
        if last is None:
            continue
        if last.drawing == "placeholder":
            await _placeholder(event, unit)
            continue
        for said in await _chart(unit, event.animal_id, event.vivarium_id, "asked"):
            yield said


@agent(RedrawChart, prefetch={File: "file_id", Render: lambda c: [Render.id_of("pedigree", c.subject_id)]})
async def redraw_outdated(command: RedrawChart, unit: Unit) -> AsyncIterator[Event]:
    """Draw a chart anew that a reader could not be given; the first who asks has it done."""
    chart = await unit.get(Render, Render.id_of("pedigree", command.subject_id))
    file = await unit.get(File, command.file_id)
    if file is None or file.state != "ready" or (chart is not None and chart.status == "requested"):
        return
    for said in await _chart(unit, command.subject_id, chart.vivarium_id if chart else file.vivarium_id, "asked"):
        yield said


@agent(
    AnimalTransferred,
    prefetch={
        VivariumName: lambda e: (e.from_vivarium_id, e.to_vivarium_id),
        Render: lambda e: [Render.id_of(drawing, e.animal_id) for drawing in ("pedigree", "certificate")],
    },
)
async def redraw_for_new_owner(event: AnimalTransferred, unit: Unit) -> AsyncIterator[Event]:
    """Draw the pedigree with the new owner, and the certificate of the transfer."""
    for said in await _chart(unit, event.animal_id, event.to_vivarium_id, "transfer", event.from_vivarium_id):
        yield said
    papers = {
        "former_vivarium_id": event.from_vivarium_id,
        "on_day": unit.cause.time.date().isoformat(),
        "order_id": event.order_id or "",
        "names": await names_of(unit, event.from_vivarium_id, event.to_vivarium_id),
    }
    wanted = Wanted(
        drawing="certificate", subject_id=event.animal_id, vivarium_id=event.to_vivarium_id, reason="transfer"
    )
    for said in await ask_for(wanted, DrawCertificate, papers, unit):
        yield said


@agent(OrderCompleted, prefetch={VivariumName: lambda e: (e.seller.vivarium_id, e.buyer.vivarium_id)})
async def draw_manifest(event: OrderCompleted, unit: Unit) -> AsyncIterator[Event]:
    """Draw the manifest that must travel with the package (50 CFR 14.81)."""
    seller, buyer = event.seller.vivarium_id, event.buyer.vivarium_id
    names = await names_of(unit, seller, buyer)
    counted: dict[tuple[str, bool], list[str]] = {}
    for line in event.lines:
        counted.setdefault((line.species, line.venomous), []).append(line.title)
    lines = tuple(
        Line(species=species, venomous=venomous, count=len(titles), details=", ".join(titles))
        for (species, venomous), titles in counted.items()
    )
    inputs = {
        "order_id": event.order_id,
        "shipper": names.get(seller, seller),
        "consignee": names.get(buyer, buyer),
        "on_day": event.completed_at.date().isoformat(),
        "lines": lines,
    }
    if event.lines:
        wanted = Wanted(
            drawing="manifest",
            subject_id=event.lines[0].animal_id,
            vivarium_id=seller,
            reason="order",
            of=event.order_id,
        )
        for said in await ask_for(wanted, DrawManifest, inputs, unit):
            yield said


@agent(
    AskRender,
    prefetch={VivariumName: "vivarium_id", Render: lambda c: [Render.id_of(c.drawing, c.subject_id)]},
)
async def ask_render(command: AskRender, unit: Unit) -> AsyncIterator[Event]:
    """Draw what a keeper asks for; whose the animal is has been asked of repti-animal.

    A certificate says again what it said of the transfer, by the names that the two sides go by now.
    """
    animal_id, owner = command.subject_id, command.vivarium_id
    unit.answer(RenderStarted(job_id=command.job_id))
    wanted = Wanted(
        drawing=command.drawing,
        subject_id=animal_id,
        vivarium_id=owner,
        reason="asked",
        job_id=command.job_id,
        by=person(unit.cause, ""),
    )
    if command.drawing == "pedigree":
        chart = {"generations": command.generations, "names": await names_of(unit, owner)}
        for said in await ask_for(wanted, DrawPedigree, chart, unit):
            yield said
        return
    last = await unit.get(Render, Render.id_of("certificate", animal_id))
    if last is None or last.vivarium_id != owner or not last.paper:
        raise NotFoundError("certificate", animal_id)
    names = await names_of(unit, owner, last.paper["former_vivarium_id"])
    for said in await ask_for(wanted, DrawCertificate, last.paper | {"names": names}, unit):
        yield said
