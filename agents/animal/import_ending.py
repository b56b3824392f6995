"""How imports end that do not come to their end: a part that cannot be written or reckoned, a sender who is gone."""

from datetime import timedelta

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.errors import DomainError, ReptidexError
from reptidex.streams.commands.animal_import import AbandonImport, LearnImport, RunImport
from reptidex.tables.animal.imports import Import

PATIENCE = timedelta(hours=1)
"""So long an import waits for its sender's next part."""


def wait_for_parts(job: Import, unit: Unit) -> None:
    """Have the import end as failed if its sender falls silent; the timer that runs it takes this one's place."""
    command = AbandonImport(import_id=job.import_id, vivarium_id=job.vivarium_id)
    unit.timer(f"import:{job.import_id}", unit.now + PATIENCE, command)


@agent(AbandonImport, prefetch={Import: "import_id"})
async def abandon_import(command: AbandonImport, unit: Unit) -> None:
    """End an import whose sender has fallen silent before all of it was here; nothing of it was written."""
    job = await unit.need(Import, command.import_id)
    if job.state == "staging":
        said = (
            f"its sender fell silent after {job.staged} of {job.parts} parts; nothing was imported, send the file again"
        )
        unit.put(replace(job, state="failed", problem=said, finished_at=unit.now))


async def note_failure(command: RunImport | LearnImport, problem: Exception, unit: Unit) -> None:
    """End an import as failed, in the transaction that keeps its dead letter; that letter, sent on, takes it up again."""
    job = await unit.get(Import, command.import_id)
    if job is None:
        return
    part = f"part {command.part + 1} of {job.parts}"
    if isinstance(command, RunImport):
        what = f"{part} could not be written"
        stands = f"{job.done} of {job.total} rows were done before and stay"
    else:
        what = f"what the animals of {part} tell of genes could not be worked out"
        stands = "all rows are written and stay"
    said = f"{what}: {_reason(problem)}; {stands}. It is kept for the platform's operators, who can take it up again"
    unit.put(replace(job, state="failed", problem=said, finished_at=unit.now))


def _reason(problem: Exception) -> str:
    """Say what went wrong as far as it is an owner's to know: what is no rule of ours may quote the database, or others' data."""
    if isinstance(problem, DomainError):
        return str(problem)
    if isinstance(problem, ReptidexError):
        return problem.title[:1].lower() + problem.title[1:]
    return f"a defect of ours ({type(problem).__name__})"
