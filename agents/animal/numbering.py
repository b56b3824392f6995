"""Hands out the codes of a vivarium's animals."""

from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.agents.animal.access import collection_of
from reptidex.domain.codes import code, is_code
from reptidex.errors import DomainError, InvalidError
from reptidex.tables.animal.queries import with_code


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


async def next_code(vivarium_id: str, unit: Unit) -> str:
    """Take the next code of the vivarium's sequence, past those that were chosen by hand."""
    collection = await collection_of(vivarium_id, unit)
    number = collection.next_number
    while await unit.find(with_code(vivarium_id, code(collection.prefix, number))):
        number += 1
    unit.put(replace(collection, next_number=number + 1, prefix_chosen=True))
    return code(collection.prefix, number)
