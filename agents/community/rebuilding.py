"""The next generation of the index: begun, filled from the rows stretch by stretch, and searched once it is whole."""

from msgspec.structs import replace

from reptidex.agents.agent import Call, Effect, Unit, agent, carries_out
from reptidex.agents.community.index import ATTEMPTS, indexed
from reptidex.streams.commands.community_index import FillIndex, RebuildIndex, RecordGeneration
from reptidex.streams.contract import Command
from reptidex.tables.community import queries
from reptidex.tables.community.models import Document, IndexState

STRETCH = 250
"""So many documents are brought into a generation at a time: one effect, one commit of the index."""


class BeginGeneration(Effect, frozen=True, kw_only=True):
    """Make an empty index beside the one that is searched."""

    generation: int


class FillGeneration(Effect, frozen=True, kw_only=True):
    """Bring a stretch of documents into it."""

    generation: int
    documents: list[Document]


class FinishGeneration(Effect, frozen=True, kw_only=True):
    """Search it from now on."""

    generation: int


def give_up(effect: BeginGeneration | FillGeneration | FinishGeneration, cause: str) -> Command:
    """Say that the generation could not be built; the one before it is searched on."""
    return RecordGeneration(generation=effect.generation, failed=True)


@agent(RebuildIndex, prefetch={IndexState: "index"})
async def rebuild_index(command: RebuildIndex, unit: Unit) -> None:
    """Begin the next generation. One that is being built already is given up for it."""
    state, found = await unit.get(IndexState, command.index) or IndexState(), command.found
    if found and found == state.generation:
        return
    latest = max(state.generation, state.building, found or 0)
    state = replace(state, building=latest + 1, filled=0, began_at=unit.now)
    unit.put(state)
    # Rows are read only once the index takes changes as well: what changes from then on reaches it either way.
    unit.effect(BeginGeneration(generation=state.building))
    unit.answer(state)


@carries_out(BeginGeneration, attempts=ATTEMPTS, failed=give_up)
async def begin_generation(effect: BeginGeneration, call: Call) -> Command | None:
    """Begin it."""
    await call.ports.index.begin(effect.generation)
    return FillIndex(generation=effect.generation)


@agent(FillIndex, prefetch={IndexState: "index"})
async def fill_index(command: FillIndex, unit: Unit) -> None:
    """Bring the next stretch of rows into the generation that is built; one that was given up meanwhile is left alone."""
    state = await unit.get(IndexState, command.index)
    if state is None or state.building != command.generation:
        return
    unit.put(replace(state, filled=state.filled + command.filled))
    stretch = await unit.find(queries.documents_after(command.after, STRETCH))
    if stretch:
        unit.effect(FillGeneration(generation=command.generation, documents=stretch))
    else:
        unit.effect(FinishGeneration(generation=command.generation))


@carries_out(FillGeneration, attempts=ATTEMPTS, failed=give_up)
async def fill_generation(effect: FillGeneration, call: Call) -> Command | None:
    """Fill it with what can be found of the stretch. A generation that was lost half-way (a new disk) is given up."""
    visible = [indexed(each) for each in effect.documents if each.visible]
    if not await call.ports.index.fill(effect.generation, visible):
        return RecordGeneration(generation=effect.generation, failed=True)
    last = effect.documents[-1].document_id
    return FillIndex(generation=effect.generation, after=last, filled=len(visible))


@carries_out(FinishGeneration, attempts=ATTEMPTS, failed=give_up)
async def finish_generation(effect: FinishGeneration, call: Call) -> Command | None:
    """Finish it."""
    there = await call.ports.index.finish(effect.generation)
    return RecordGeneration(generation=effect.generation, failed=not there)


@agent(RecordGeneration, prefetch={IndexState: "index"})
async def record_generation(command: RecordGeneration, unit: Unit) -> None:
    """Keep which generation is searched."""
    state = await unit.get(IndexState, command.index)
    if state is None or state.building != command.generation:
        return
    state = replace(state, building=0)
    if not command.failed:
        state = replace(state, generation=command.generation, documents=state.filled, ready_at=unit.now)
    unit.put(state)
