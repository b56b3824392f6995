"""Writes imports part by part: a part is one unit of work, read in a few round trips whatever its length."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import descent_events, limit_of, standing_event, trait_events
from reptidex.agents.animal.exclusions import weigh_young_of
from reptidex.agents.animal.history import ROLES, Word, overall, parent_of, with_standing
from reptidex.agents.animal.import_ending import note_failure, wait_for_parts
from reptidex.agents.animal.import_learning import learn_next
from reptidex.agents.animal.import_records import write_records
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.marks import row_of as mark_row
from reptidex.agents.animal.numbering import next_codes
from reptidex.agents.animal.placing import Known, place_all
from reptidex.agents.animal.records import created, findings, updated
from reptidex.agents.animal.registry import first_ownership
from reptidex.domain.codes import is_code
from reptidex.domain.lineage import Remark
from reptidex.errors import NotFoundError
from reptidex.streams.animal import LineageUpdated
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_import import BeginImport, ImportRow, RowOutcome, RunImport, StageImport
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.breeding_queries import laid_of
from reptidex.tables.animal.imports import Import, ImportPart
from reptidex.tables.animal.intake import Intake, Judged
from reptidex.tables.animal.lineage import Descent, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.models import Collection as AnimalCollection
from reptidex.tables.animal.pedigrees import placed, with_ancestors
from reptidex.tables.animal.queries import with_codes, with_references, young_of
from reptidex.tables.animal.said import Histories, histories, resumed
from reptidex.tables.animal.stated import reckoned_of
from reptidex.tables.versions import VersionRow


@agent(BeginImport, prefetch={Import: "import_id"})
async def begin_import(command: BeginImport, unit: Unit) -> None:
    """Begin an import whose rows follow."""
    values = {name: getattr(command, name) for name in ("import_id", "vivarium_id", "kind", "format", "species_id")}
    job = Import(
        **values,
        total=command.total,
        parts=command.parts,
        begun_by=unit.cause.actor,
        begun_at=unit.now,
    )
    unit.put(job)
    wait_for_parts(job, unit)
    unit.answer(Done(id=command.import_id))


def _part(command: StageImport | RunImport) -> tuple[str, ...]:
    return (ImportPart.id_of(command.import_id, command.part),)


@agent(StageImport, prefetch={Import: "import_id", ImportPart: _part})
async def stage_import(command: StageImport, unit: Unit) -> None:
    """Put a part by; once all are there, the first is written."""
    job = await _own(command.import_id, command.vivarium_id, unit)
    key = ImportPart.id_of(command.import_id, command.part)
    unit.answer(Done(id=command.import_id))
    if await unit.get(ImportPart, key) is not None:
        return
    job = replace(job, state="staging", problem="", finished_at=None, staged=job.staged + 1)
    unit.put(
        ImportPart(
            part_id=key,
            import_id=command.import_id,
            vivarium_id=command.vivarium_id,
            part=command.part,
            rows=command.rows,
        )
    )
    if job.staged == job.parts:
        job = replace(job, state="running")
        _run_next(job, 0, unit)
    else:
        wait_for_parts(job, unit)
    unit.put(job)


def _run_next(job: Import, part: int, unit: Unit) -> None:
    command = RunImport(import_id=job.import_id, vivarium_id=job.vivarium_id, part=part)
    unit.timer(f"import:{job.import_id}", unit.now, command)


async def _own(import_id: str, vivarium_id: str, unit: Unit) -> Import:
    job = await unit.get(Import, import_id)
    if job is None or job.vivarium_id != vivarium_id:
        raise NotFoundError("import", import_id)
    return job


@agent(RunImport, prefetch={Import: "import_id", ImportPart: _part, AnimalCollection: "vivarium_id"}, died=note_failure)
async def run_import(command: RunImport, unit: Unit) -> AsyncIterator[Event]:
    """Write a part: each row is judged again as things stand now, so that what changed meanwhile is refused with its reason."""
    job = await _own(command.import_id, command.vivarium_id, unit)
    part = await unit.need(ImportPart, ImportPart.id_of(command.import_id, command.part))
    if part.outcomes:
        return
    rows = [row for row in part.rows if row.record is None]
    touched = {each for row in rows for each in (row.animal_id, row.sire_id, row.dam_id) if each}
    known = await with_ancestors(unit, touched)
    taken = await _taken(job, rows, known.keys(), unit)
    limit = await limit_of(job.vivarium_id, unit)
    young = await young_of(unit, [row.animal_id for row in rows if row.animal_id in known])
    reckoned = await reckoned_of(unit, [row.animal_id for row in rows if row.animal_id in known])
    history = await histories(unit, [row.animal_id for row in rows if row.animal_id in known])
    laid = await laid_of(unit, [known[row.animal_id] for row in rows if row.animal_id in known])
    intake = Intake(
        job.vivarium_id, unit.now, known.values(), job.species_id, taken, limit, young, reckoned, history, laid
    )
    intake.expect(rows)
    await unit.get_many(VersionRow, [row.animal_id for row in rows if row.animal_id])
    judged, stands = await _filled([intake.judge(row) for row in rows], history, unit)
    judged = await _numbered(job, judged, unit)
    for each in judged:
        for event in _write(each, unit):
            yield event
    for event in await _descents(judged, stands, job, unit):
        yield event
    more, told = await write_records(job, [row for row in part.rows if row.record is not None], unit)
    for event in told:
        yield event
    outcomes = (*(each.outcome for each in judged), *more)
    refused = sum(each.action == "refuse" for each in outcomes)
    unit.put(replace(part, rows=(), outcomes=outcomes, refused=refused))
    job = _counted(replace(job, state="running", problem="", finished_at=None), outcomes)
    if command.part + 1 < job.parts:
        _run_next(job, command.part + 1, unit)
    else:
        job = replace(job, state="reckoning")
        learn_next(job, 0, unit)
    unit.put(job)


async def _taken(
    job: Import, rows: Sequence[ImportRow], known: Collection[str], unit: Unit
) -> dict[str, frozenset[str]]:
    """Return the codes and references that new rows want and that other animals have."""
    new = [row.entry for row in rows if row.animal_id not in known]
    codes = [each.code.strip().upper() for each in new if each.code]
    references = [each.external_ref for each in new if each.external_ref]
    by_code = await unit.find(with_codes(job.vivarium_id, codes)) if codes else []
    by_reference = await unit.find(with_references(job.vivarium_id, references)) if references else []
    return {
        "code": frozenset(one.code for one in by_code),
        "external_ref": frozenset(one.external_ref for one in by_reference if one.external_ref),
    }


async def _numbered(job: Import, judged: list[Judged], unit: Unit) -> list[Judged]:
    """Number what came without a code: a placeholder as in its studbook where that is free, the rest by the template."""
    new = [each.after for each in judged if each.after is not None and each.before is None]
    bare = [one for one in new if not one.code]
    chosen = {one.code for one in new if one.code}
    wanted = {one.animal_id: code for one in bare if (code := _preferred(one))}
    there = await unit.find(with_codes(job.vivarium_id, wanted.values())) if wanted else []
    free = set(wanted.values()) - {one.code for one in there} - chosen
    given: dict[str, str] = {}
    for animal_id, code in wanted.items():
        if code in free:
            given[animal_id] = code
            free.discard(code)
    rest = [one for one in bare if one.animal_id not in given]
    if rest:
        codes = await next_codes(job.vivarium_id, rest, unit, chosen | set(given.values()))
        given |= {one.animal_id: code for one, code in zip(rest, codes, strict=True)}
    return [_coded(each, given) for each in judged]


def _new_parents(each: Judged) -> dict[ParentRole, LineageStatus]:
    """Return how the parents that a row fills in stand: what a file says is a claim."""
    before, after = each.before, each.after
    if before is None or after is None:
        return {}
    return {role: "claimed" for role in ROLES if parent_of(before, role) != parent_of(after, role)}


async def _filled(
    judged: list[Judged], told: Histories, unit: Unit
) -> tuple[list[Judged], dict[str, dict[ParentRole, LineageStatus]]]:
    """Let lineages into which a parent was filled stand as their weaker parent does; say how each parent filled in stands."""
    touched = [each.before.animal_id for each in judged if each.before is not None and _new_parents(each)]
    places = await unit.get_many(Descent, touched) if touched else {}
    found, stands = list[Judged](), dict[str, dict[ParentRole, LineageStatus]]()
    for each in judged:
        if each.before is not None and each.after is not None and (fresh := _new_parents(each)):
            place = places.get(each.before.animal_id) or placed(each.before)
            said = stands[each.after.animal_id] = {
                role: resumed(told.get(each.after.animal_id, []), role, parent_of(each.after, role) or "", standing)
                for role, standing in fresh.items()
            }
            for role, standing in said.items():
                place = with_standing(place, role, standing)
            each = replace(each, after=replace(each.after, lineage_status=overall(place)))
        found.append(each)
    return found, stands


def _preferred(animal: Animal) -> str:
    """A placeholder is called as in its studbook, where that can be a code."""
    code = (animal.external_ref or "").strip().upper()
    return code if animal.placeholder and is_code(code) else ""


def _coded(each: Judged, given: dict[str, str]) -> Judged:
    if each.after is None or each.after.animal_id not in given:
        return each
    code = given[each.after.animal_id]
    return replace(each, after=replace(each.after, code=code), outcome=replace(each.outcome, code=code))


def _write(each: Judged, unit: Unit) -> list[Event]:
    after, before = each.after, each.before
    if after is None or after is before:
        return []
    said: list[Event] = []
    if before is None:
        keep(None, after, unit, "imported")
        unit.put(first_ownership(after, "imported", unit))
        for mark in each.marks:
            unit.put(mark_row(unit.new_id(), after, mark, unit))
        for gene in each.reckoned:
            unit.put(gene)
        said.append(created(after, "placeholder" if after.placeholder else "imported"))
        said += trait_events(after, after.genotype)
    else:
        keep(before, after, unit, "imported anew")
        said.append(updated(after, *each.outcome.changed))
        said += trait_events(after, [gene for gene in after.genotype if gene not in before.genotype])
        if after.genotype != before.genotype:
            weigh_young_of(after, Word(vivarium_id=after.vivarium_id), unit)
    return said


async def _descents(
    judged: Sequence[Judged], stands: Mapping[str, Mapping[ParentRole, LineageStatus]], job: Import, unit: Unit
) -> list[Event]:
    """Give all that is new its place in the pedigree, in one pass, and tell the lineages that came."""
    said: list[Event] = []
    new = [each for each in judged if each.after is not None and each.before is None]
    noticed = {
        each.after.animal_id: Known(
            findings=findings(_remarks(each)), hybrid=each.hybrid, given_inbreeding=each.given_inbreeding
        )
        for each in new
        if each.after
    }
    places = await place_all(
        [each.after for each in new if each.after], unit, Word(vivarium_id=job.vivarium_id), noticed
    )
    for each in judged:
        after, before = each.after, each.before
        if after is None or after is before:
            continue
        if before is not None and (after.sire_id, after.dam_id) != (before.sire_id, before.dam_id):
            said += [
                event
                async for event in descent_events(
                    after,
                    before,
                    _remarks(each),
                    "parents",
                    unit,
                    standings=stands[after.animal_id],
                    hybrid=each.hybrid or None,
                )
            ]
        elif before is None and (after.sire_id or after.dam_id):
            place = places[after.animal_id]
            said.append(
                LineageUpdated(
                    animal_id=after.animal_id,
                    vivarium_id=after.vivarium_id,
                    sire_id=after.sire_id,
                    dam_id=after.dam_id,
                    generation=place.generation,
                    inbreeding_after=place.inbreeding or 0.0,
                    reason="registered",
                )
            )
            said.append(standing_event(after, None, _remarks(each)))
    return said


def _remarks(each: Judged) -> list[Remark]:
    return [
        Remark(rule=one.rule, severity=one.severity, text=one.text)
        for one in each.outcome.problems
        if one.field in ("sire", "dam", "")
    ]


def _counted(job: Import, outcomes: Sequence[RowOutcome]) -> Import:
    counts = {"create": 0, "update": 0, "unchanged": 0, "refuse": 0}
    for each in outcomes:
        counts[each.action] += 1
    stand_ins = sum(each.placeholder and each.action == "create" for each in outcomes)
    return replace(
        job,
        done=job.done + len(outcomes),
        created=job.created + counts["create"],
        updated=job.updated + counts["update"],
        unchanged=job.unchanged + counts["unchanged"],
        refused=job.refused + counts["refuse"],
        placeholders=job.placeholders + stand_ins,
    )
