"""Forgets the files of an animal that its owner has erased."""

from reptidex.agents.agent import Unit, agent
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.commands.media import EraseFile
from reptidex.tables.media.models import Render, files_of_animal
from reptidex.tables.media.uploads import announced_of


@agent(AnimalArchived)
async def erase_animal(event: AnimalArchived, unit: Unit) -> None:
    """Delete an erased animal's photos, documents, chart and placeholder; papers prove a sale, and stay.

    One that died, or was entered by mistake, keeps what there is of it: it may be asked for, and may come back.
    """
    if event.reason != "erased":
        return
    files = {each.file_id for each in await unit.find(files_of_animal(event.animal_id, event.vivarium_id))}
    files |= {each.file_id for each in await unit.find(announced_of(event.animal_id, event.vivarium_id))}
    for file_id in sorted(files):
        unit.timer(f"file/{file_id}/erase", unit.now, EraseFile(file_id=file_id))
    for drawing in ("pedigree", "placeholder"):
        unit.delete(Render, Render.id_of(drawing, event.animal_id))
