"""Questions about parents between keepers: somebody suggests a parent, somebody is named as one; the keeper asked decides."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.descendants import validated
from reptidex.agents.animal.descent import place_of
from reptidex.agents.animal.history import (
    Word,
    by_test,
    note,
    overall,
    parent_of,
    said_now,
    standing_of,
    with_standing,
)
from reptidex.agents.animal.journal import keep
from reptidex.agents.animal.lineage import change_parents
from reptidex.agents.animal.records import updated
from reptidex.domain.visibility import has_page, shows_name, sight
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_lineage import AnswerSuggestion, SuggestParent, WithdrawSuggestion
from reptidex.streams.contract import Event
from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.lineage import Act, Descent, ParentRole, Suggestion
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import open_suggestions


class SuggestionClosedError(DomainError):
    """The suggestion has been answered, taken back, or overtaken by what happened since."""

    title = "The suggestion is closed"

    def __init__(self, suggestion_id: str, state: str) -> None:
        super().__init__(f"the suggestion is {state}")
        self.suggestion_id, self.state = suggestion_id, state


class AskedAlreadyError(DomainError):
    """The same parent has been suggested already, or is named already."""

    title = "This has been suggested already"


def _pair(command: SuggestParent) -> tuple[str, ...]:
    return (command.animal_id, command.parent_id)


@agent(SuggestParent, prefetch={Animal: _pair})
async def suggest_parent(command: SuggestParent, unit: Unit) -> None:
    """Ask the keeper of an animal whether somebody is its parent."""
    animal, parent = await unit.get(Animal, command.animal_id), await unit.get(Animal, command.parent_id)
    # Whoever keeps the parent may ask about young that are not shown to everybody: he may have bred them.
    if animal is None or not _known_to(animal, parent, command.from_vivarium_id):
        raise NotFoundError("animal", command.animal_id)
    if parent is None or not shows_name(sight(parent.visibility, parent.vivarium_id, command.from_vivarium_id)):
        raise InvalidError(f"there is no animal {command.parent_id}", "/parent_id")
    if animal.vivarium_id == command.from_vivarium_id:
        raise InvalidError("it is your own animal: set its parents yourself", "/parent_id")
    if parent_of(animal, command.role) == parent.animal_id:
        raise AskedAlreadyError(f"this {command.role} is named already")
    for one in await unit.find(open_suggestions(animal.animal_id)):
        if (one.role, one.parent_id, one.from_vivarium_id) == (
            command.role,
            parent.animal_id,
            command.from_vivarium_id,
        ):
            raise AskedAlreadyError("you have suggested this parent already; its keeper has not answered yet")
    same = {name: getattr(command, name) for name in ("suggestion_id", "role", "evidence", "reference", "note")}
    unit.put(
        Suggestion(
            **same,
            animal_id=animal.animal_id,
            parent_id=parent.animal_id,
            asks="keeper",
            subject_id=animal.animal_id,
            from_vivarium_id=command.from_vivarium_id,
            actor=unit.cause.actor,
            at=unit.now,
        )
    )
    word = Word(
        vivarium_id=command.from_vivarium_id,
        evidence=command.evidence,
        reference=command.reference,
        note=command.note,
    )
    note(animal.animal_id, command.role, parent.animal_id, "suggested", None, word, unit)
    unit.answer(Done(id=command.suggestion_id))


def _known_to(animal: Animal, parent: Animal | None, vivarium_id: str) -> bool:
    bred = animal.breeder_vivarium_id == vivarium_id
    return bred or shows_name(sight(animal.visibility, animal.vivarium_id, vivarium_id))


async def _open(suggestion_id: str, animal_id: str, unit: Unit) -> Suggestion:
    """Return an open suggestion about an animal. Raises `NotFoundError`, `SuggestionClosedError`."""
    one = await unit.get(Suggestion, suggestion_id)
    if one is None or one.animal_id != animal_id:
        raise NotFoundError("suggestion", suggestion_id)
    return one


def _still_open(one: Suggestion) -> Suggestion:
    if one.state != "open":
        raise SuggestionClosedError(one.suggestion_id, one.state)
    return one


@agent(WithdrawSuggestion, prefetch={Suggestion: "suggestion_id"})
async def withdraw_suggestion(command: WithdrawSuggestion, unit: Unit) -> None:
    """Take a suggestion back."""
    one = await _open(command.suggestion_id, command.animal_id, unit)
    if one.from_vivarium_id != command.vivarium_id or one.asks != "keeper":
        raise NotFoundError("suggestion", command.suggestion_id)
    unit.put(replace(_still_open(one), state="withdrawn", decided_at=unit.now, decided_by=command.vivarium_id))
    word = Word(vivarium_id=command.vivarium_id)
    note(one.animal_id, one.role, one.parent_id, "withdrawn", None, word, unit)
    unit.answer(Done(id=one.suggestion_id))


@agent(AnswerSuggestion, prefetch={Suggestion: "suggestion_id", Animal: "animal_id", Descent: "animal_id"})
async def answer_suggestion(command: AnswerSuggestion, unit: Unit) -> AsyncIterator[Event]:
    """Agree to what was asked, or decline it, as the keeper of the animal that the question is about."""
    one = await _open(command.suggestion_id, command.animal_id, unit)
    subject = await unit.get(Animal, one.subject_id)
    if subject is None or subject.vivarium_id != command.vivarium_id:
        raise NotFoundError("suggestion", command.suggestion_id)
    _still_open(one)
    word = Word(vivarium_id=command.vivarium_id, evidence=one.evidence, reference=one.reference, note=command.note)
    unit.put(
        replace(
            one,
            state="confirmed" if command.agree else "declined",
            decided_at=unit.now,
            decided_by=command.vivarium_id,
            answer=command.note,
        )
    )
    unit.answer(Done(id=one.suggestion_id))
    animal = await unit.need(Animal, one.animal_id)
    if one.asks == "parent_keeper":
        async for event in _heard_from_parent(one, animal, command.agree, word, unit):
            yield event
    elif command.agree:
        async for event in _take_over(one, animal, word, unit):
            yield event
    else:
        note(one.animal_id, one.role, one.parent_id, "declined", None, word, unit)


async def _heard_from_parent(
    one: Suggestion, animal: Animal, agrees: bool, word: Word, unit: Unit
) -> AsyncIterator[Event]:
    """The keeper of a named parent has answered: the claim is confirmed, or disputed."""
    if parent_of(animal, one.role) != one.parent_id:
        raise SuggestionClosedError(one.suggestion_id, "overtaken: another parent is named by now")
    if agrees:
        events = await stand(animal, one.role, "confirmed", "confirmed", word, unit)
    else:
        events = await stand(animal, one.role, "disputed", "disputed", word, unit, by=word.vivarium_id)
    for event in events:
        yield event


async def _take_over(one: Suggestion, animal: Animal, word: Word, unit: Unit) -> AsyncIterator[Event]:
    """The keeper of an animal takes over a parent that somebody suggested; confirmed where the parent's keeper did."""
    parent = await unit.get(Animal, one.parent_id)
    if parent is None or not (
        parent.vivarium_id == one.from_vivarium_id
        or has_page(sight(parent.visibility, parent.vivarium_id, animal.vivarium_id))
        or shows_name(sight(parent.visibility, parent.vivarium_id, animal.vivarium_id))
    ):
        raise SuggestionClosedError(one.suggestion_id, "overtaken: the parent is not shown any more")
    agreed = parent.vivarium_id == one.from_vivarium_id
    if parent_of(animal, one.role) == one.parent_id:
        if agreed:
            for event in await stand(animal, one.role, "confirmed", "confirmed", word, unit):
                yield event
        return
    named = {"sire": (one.parent_id, animal.dam_id), "dam": (animal.sire_id, one.parent_id)}[one.role]
    after = replace(animal, sire_id=named[0], dam_id=named[1])
    roles: tuple[ParentRole, ...] = (one.role,) if agreed else ()
    async for event in change_parents(
        animal, after, "parents", word, unit, confirmed=roles, trusted=(one.parent_id,) if agreed else ()
    ):
        yield event


async def stand(
    animal: Animal,
    role: ParentRole,
    standing: LineageStatus,
    act: Act,
    word: Word,
    unit: Unit,
    by: str | None = None,
    final: bool = False,
) -> list[Event]:
    """Give the claim of a parent another standing, write down why, and tell how the lineage stands now.

    What a laboratory has said no word changes, only another finding does; and while somebody else disputes the parent, it stays
    disputed unless the word is `final`, the platform's: then only the history grows.
    """
    place = await place_of(animal, unit)
    said = await said_now(place, role, unit)
    if standing_of(place, role) == "tested" and act != "excluded":
        standing, by = "tested", None
    elif act != "supported" and (said.contradicted or by_test(place, role)):
        standing, by = "disputed", None
    elif act != "supported" and (others := [one for one in said.disputing if one != word.vivarium_id and not final]):
        standing, by = "disputed", others[0]
    note(animal.animal_id, role, parent_of(animal, role), act, standing, word, unit)
    place = with_standing(place, role, standing, by)
    unit.put(place)
    status = overall(place)
    if status == animal.lineage_status:
        return []
    after = replace(animal, lineage_status=status, revision=animal.revision + 1, updated_at=unit.now)
    keep(animal, after, unit, "claim decided")
    return [updated(after, "lineage_status"), validated(after, animal, place.findings)]
