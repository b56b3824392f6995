"""Hands out the codes of a vivarium's animals after its template."""

from collections.abc import Collection as Codes
from collections.abc import Sequence

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.access import collection_of
from reptidex.domain.catalogue.shelf import need_species, species
from reptidex.domain.codes import is_code
from reptidex.domain.registry.templates import Facts, Scope, checked, scope_of
from reptidex.errors import DomainError, InvalidError
from reptidex.streams.commands.animal import Done
from reptidex.streams.commands.animal_keeping import SetNumbering
from reptidex.tables.animal.keeping import Counter
from reptidex.tables.animal.models import Animal, Collection
from reptidex.tables.animal.queries import CHUNK, with_code, with_codes

_MOST_AT_ONCE = CHUNK
_FEWEST_AT_ONCE = 16


class CodeTakenError(DomainError):
    """Another animal of the vivarium has this code."""

    title = "The code is taken"

    def __init__(self, taken: str) -> None:
        super().__init__(f"another animal of this vivarium has the code {taken}")
        self.code, self.pointer = taken, "/code"


async def claim_code(vivarium_id: str, wanted: str, unit: Unit) -> str:
    """Take a code that somebody chose.

    Raises `InvalidError` for a text that is no code, `CodeTakenError`.
    """
    chosen = wanted.strip().upper()
    if not is_code(chosen):
        raise InvalidError("a code has capitals, digits and dashes, at most 32 in all", "/code")
    if await unit.find(with_code(vivarium_id, chosen)):
        raise CodeTakenError(chosen)
    return chosen


def facts_of(animal: Animal, collection: Collection) -> Facts:
    """Return what a template may say of an animal."""
    letters = collection.species_codes.get(animal.species_id) or need_species(animal.species_id).code
    return Facts(species=letters, born_on=animal.born_on, sex=animal.sex)


async def next_code(vivarium_id: str, animal: Animal, unit: Unit) -> str:
    """Take the next code of a vivarium for an animal, past those that were chosen by hand."""
    [taken] = await next_codes(vivarium_id, [animal], unit)
    return taken


async def next_codes(vivarium_id: str, animals: Sequence[Animal], unit: Unit, reserved: Codes[str] = ()) -> list[str]:
    """Take the next codes of a vivarium for animals, in their order; a round trip for each sequence that they draw on.

    `reserved` are codes that somebody chose and that no row has yet.
    """
    collection = await collection_of(vivarium_id, unit)
    scopes = [
        scope_of(collection.template, facts_of(one, collection), prefix=collection.prefix, today=unit.now.date())
        for one in animals
    ]
    drawn = {scope: await _draw(vivarium_id, scope, scopes.count(scope), unit, reserved) for scope in set(scopes)}
    unit.put(replace(collection, prefix_chosen=True))
    return [drawn[scope].pop(0) for scope in scopes]


async def _draw(vivarium_id: str, scope: Scope, wanted: int, unit: Unit, reserved: Codes[str]) -> list[str]:
    key = Counter.id_of(vivarium_id, scope.name)
    counter = await unit.get(Counter, key) or Counter(counter_id=key, vivarium_id=vivarium_id)
    number, found, span = counter.next_number, list[str](), max(_FEWEST_AT_ONCE, wanted)
    while len(found) < wanted:
        span = min(span, _MOST_AT_ONCE)
        codes = [scope.code(each) for each in range(number, number + span)]
        taken = {one.code for one in await unit.find(with_codes(vivarium_id, codes))} | set(reserved)
        for code in codes:
            number += 1
            if code not in taken:
                found.append(code)
            if len(found) == wanted:
                break
        span *= 2
    unit.put(replace(counter, next_number=number))
    return found


@agent(SetNumbering, prefetch={Collection: "vivarium_id"})
async def set_numbering(command: SetNumbering, unit: Unit) -> None:
    """Set how a vivarium's animals are numbered from now on; codes that were given stay."""
    collection = await collection_of(command.vivarium_id, unit)
    if command.template is not None:
        collection = replace(collection, template=checked(command.template))
    if command.prefix is not None:
        collection = replace(collection, prefix=_letters(command.prefix, "/prefix"), prefix_chosen=True)
    if command.species_codes is not None:
        for species_id in command.species_codes:
            if species_id not in species():
                raise InvalidError(f"the catalogue has no species {species_id}", "/species_codes")
        letters = {one: _letters(code, "/species_codes") for one, code in command.species_codes.items()}
        collection = replace(collection, species_codes=letters)
    unit.put(collection)
    unit.answer(Done(id=command.vivarium_id))


def _letters(text: str, pointer: str) -> str:
    letters = text.strip().upper()
    if not (1 <= len(letters) <= 5 and letters.isascii() and letters.isalnum()):
        raise InvalidError("one to five letters or digits", pointer)
    return letters
