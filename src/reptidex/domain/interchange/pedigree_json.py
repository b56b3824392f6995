"""A pedigree as JSON, with a published schema: `{"format": "reptidex-pedigree", "version": 1, "individuals": [...]}`."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.json_list import read_list
from reptidex.domain.interchange.pedigree import Individual, Pedigree

NAME: Literal["reptidex-pedigree"] = "reptidex-pedigree"
VERSION = 1


class PedigreeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A pedigree. An individual's parents are named by their ids; one that is named only as a parent is a founder."""

    format: Literal["reptidex-pedigree"] = NAME
    version: Annotated[int, Meta(ge=1)] = VERSION
    individuals: tuple[Individual, ...]


def read_pedigree_json(raw: bytes) -> Pedigree:
    """Read a pedigree. An individual that breaks the schema is a problem of its own. Raises `UnreadableError`."""
    return read_list(raw, NAME, VERSION, "individuals", Individual)


def write_pedigree_json(individuals: Iterable[Individual]) -> str:
    """Write a pedigree."""
    file: Any = PedigreeFile(individuals=tuple(individuals))
    return msgspec.json.format(msgspec.json.encode(file), indent=2).decode() + "\n"
