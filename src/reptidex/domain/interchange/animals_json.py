"""Animals as JSON, with a published schema: `{"format": "reptidex-animals", "version": 1, "animals": [...]}`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.animals import AnimalEntry, Animals
from reptidex.domain.interchange.json_list import read_list

NAME: Literal["reptidex-animals"] = "reptidex-animals"
VERSION = 1


class AnimalsFile(msgspec.Struct, frozen=True, kw_only=True):
    """Animals of a vivarium."""

    format: Literal["reptidex-animals"] = NAME
    version: Annotated[int, Meta(ge=1)] = VERSION
    animals: tuple[AnimalEntry, ...]


def read_animals_json(raw: bytes) -> Animals:
    """Read animals. One that breaks the schema is a problem of its own. Raises `UnreadableError`."""
    return read_list(raw, NAME, VERSION, "animals", AnimalEntry)


HEAD = f'{{"format":"{NAME}","version":{VERSION},"animals":['
TAIL = "\n]}\n"


def written(animals: Iterable[AnimalEntry], *, first: bool) -> Iterator[str]:
    """Write entries one by one, for a file that is sent as it is read."""
    for one in animals:
        yield ("\n" if first else ",\n") + msgspec.json.encode(one).decode()
        first = False
