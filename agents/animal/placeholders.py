"""Links a placeholder, an ancestor known by name only, to the animal as which it turns out to be registered."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descent import check_offspring, descent_events, for_keepers, place_of
from reptidex.agents.animal.history import ROLES, Word, overall, parent_of, standing_of, with_standing
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.proving import learn
from reptidex.agents.animal.records import remarked, updated
from reptidex.agents.animal.registry import own_animal
from reptidex.agents.animal.relinking import hand_on_inbreeding, hand_on_parents, relink_breeding
from reptidex.domain.lineage import ParentsRefusedError, Remark, excluded_before, two_sexes
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_lineage import LinkPlaceholder
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.lineage import Descent, LineageEntry, ParentRole
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import lines_of, places_of_young
from reptidex.tables.animal.queries import offspring_of
from reptidex.tables.animal.said import histories, resumed, said_of


def _both(command: LinkPlaceholder) -> tuple[str, ...]:
    return (command.animal_id, command.to_animal_id)


@agent(LinkPlaceholder, prefetch={Animal: _both, Descent: _both})
async def link_placeholder(command: LinkPlaceholder, unit: Unit) -> AsyncIterator[Event]:
    """Re-point all young of a placeholder to a registered animal, and archive the placeholder.

    The young may be other vivariums': who stands behind the name was the placeholder's keeper's to say. Each is checked as if
    its parent were set anew, and all are changed or none.
    """
    stand_in = await own_animal(command.animal_id, command.vivarium_id, unit)
    real = await _target(stand_in, command, unit)
    children = await unit.find(offspring_of([stand_in.animal_id]))
    places = {one.animal_id: one for one in await unit.find(places_of_young(stand_in.animal_id))}
    handed_on, remarks = await hand_on_parents(stand_in, real, command.vivarium_id, unit)
    for event in handed_on:
        yield event
    real = await unit.need(Animal, real.animal_id)
    handed_on, more = await hand_on_inbreeding(stand_in, real, command.vivarium_id, unit)
    for event in handed_on:
        yield event
    remarks += more
    await _check_circle(real, children, stand_in, unit)
    both = [*children, *await unit.find(offspring_of([real.animal_id]))]
    ids = (stand_in.animal_id, real.animal_id)
    if any(one.sire_id in ids for one in both) and any(one.dam_id in ids for one in both):
        raise ParentsRefusedError([replace(two_sexes("sire", real.animal_id), pointer="/to_animal_id")])
    # The young may be others', who need not know the animal: its name is not for their history.
    word = Word(vivarium_id=command.vivarium_id, note=f"{stand_in.code} was a placeholder", act="linked")
    repointed: list[tuple[Animal, Animal, dict[ParentRole, LineageStatus]]] = []
    told_of = await histories(unit, places)
    for before in children:
        history = told_of.get(before.animal_id, [])
        after, standings = _repointed(before, places.get(before.animal_id), stand_in.animal_id, real, history)
        after = replace(after, updated_at=unit.now)
        keep(before, after, unit, "parent linked")
        repointed.append((after, before, standings))
    doubts = await check_offspring(real, unit)
    for after, before, standings in repointed:
        yield updated(after, *[f"{role}_id" for role in ROLES if parent_of(after, role) != parent_of(before, role)])
        found = doubts.get(after.animal_id, [])
        remarks += found
        told = descent_events(after, before, found, "correction", unit, standings=standings, word=word)
        async for event in told:
            yield event
    for keeper in dict.fromkeys(after.vivarium_id for after, _, _ in repointed):
        young = [after for after, _, _ in repointed if after.vivarium_id == keeper]
        for event in await learn(young, unit, former=[stand_in.animal_id]):
            yield event
    breeders = {one.breeder_vivarium_id for one in children if one.breeder_vivarium_id}
    for event in await relink_breeding(stand_in.animal_id, real.animal_id, {stand_in.vivarium_id, *breeders}, unit):
        yield event
    unit.put(replace(await place_of(stand_in, unit), linked_to=real.animal_id))
    stand_in = await unit.need(Animal, stand_in.animal_id)
    gone = replace(
        stand_in, status="archived", archived_as="mistake", revision=stand_in.revision + 1, updated_at=unit.now
    )
    keep(stand_in, gone, unit, f"linked to {real.code}")
    unit.answer(Done(id=real.animal_id, remarks=remarked(list(dict.fromkeys(remarks)))))
    yield AnimalArchived(animal_id=stand_in.animal_id, vivarium_id=stand_in.vivarium_id, reason="mistake")


async def _target(stand_in: Animal, command: LinkPlaceholder, unit: Unit) -> Animal:
    """Return the animal that a placeholder stands for. Raises `InvalidError`."""
    if not stand_in.placeholder or stand_in.status == "archived":
        raise InvalidError("only a placeholder that has not been linked yet can be linked", "/animal_id")
    real = await unit.get(Animal, command.to_animal_id)
    if real is None or not shows_name(sight(real.visibility, real.vivarium_id, command.vivarium_id)):
        raise InvalidError(f"there is no animal {command.to_animal_id}", "/to_animal_id")
    if real.placeholder or real.animal_id == stand_in.animal_id:
        raise InvalidError("a placeholder is linked to a registered animal", "/to_animal_id")
    if real.species_id != stand_in.species_id:
        raise InvalidError("the animal is of another species than the placeholder", "/to_animal_id")
    if real.archived_as == "mistake":
        raise InvalidError("that record was archived as a mistake; restore it first", "/to_animal_id")
    if "unknown" not in (stand_in.sex, real.sex) and stand_in.sex != real.sex:
        raise InvalidError(f"the placeholder is {stand_in.sex}, the animal {real.sex}", "/to_animal_id")
    return real


async def _check_circle(real: Animal, children: list[Animal], stand_in: Animal, unit: Unit) -> None:
    """Raises `ParentsRefusedError` where one of the young is an ancestor of the animal, or the animal itself."""
    above = (await lines_of(unit, [real.animal_id])).rows
    circle = [child.animal_id for child in children if child.animal_id in above]
    if circle:
        text = "this would make young of the placeholder their own ancestors"
        error = Remark(
            rule="cycle", severity="error", text=text, pointer="/to_animal_id", animal_ids=tuple(sorted(circle))
        )
        raise ParentsRefusedError(await for_keepers([error], stand_in, unit))


def _repointed(
    child: Animal, place: Descent | None, stand_in: str, real: Animal, history: Sequence[LineageEntry]
) -> tuple[Animal, dict[ParentRole, LineageStatus]]:
    """Return a child with the registered animal as its parent, and how its parents' claims stand then.

    Raises `ParentsRefusedError` where a laboratory has excluded that parent.
    """
    named: dict[str, Any] = {}
    place = place or Descent(animal_id=child.animal_id, sire_id=child.sire_id, dam_id=child.dam_id)
    standings: dict[ParentRole, LineageStatus] = {}
    for role in ROLES:
        if parent_of(child, role) == stand_in:
            named[f"{role}_id"] = real.animal_id
            if said_of(history, role, real.animal_id).excluded:
                raise ParentsRefusedError([replace(excluded_before(role, real.animal_id), pointer="/to_animal_id")])
            standings[role] = resumed(history, role, real.animal_id, "claimed")
            place = with_standing(place, role, standings[role])
        elif said := standing_of(place, role):
            standings[role] = said
    after = replace(child, **named, lineage_status=overall(place), revision=child.revision + 1)
    return after, standings
