"""Searching, in words of no engine: documents with words, tags, facets and a price.

The index is derived state: it can be thrown away and rebuilt from the service's own rows, or from the log.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Sort = Literal["relevance", "price", "-price", "newest"]
FACETS = ("species", "sex", "status", "lineage", "category")
"""The facets whose values are counted in every answer, besides `kind` and `tags`."""
COUNTED = 20
"""The most values of a facet that an answer counts."""
WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 40
MOST_WORDS = 12


class IndexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What can be found. `document_id` is its key: a newer `version` replaces an older one."""

    document_id: str
    kind: str
    entity_id: str
    animal_id: str | None = None
    vivarium_id: str | None = None
    title: str
    text: str = ""
    tags: tuple[str, ...] = ()
    facets: dict[str, str] = {}
    price: int | None = None
    """In minor units of `currency`."""
    currency: str = ""
    updated_at: datetime
    version: int = 0


class IndexQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for. Every word and every filter must hold; filters ignore case and accents."""

    text: str = ""
    """The last word may be unfinished. Where nothing is found, one typing error a word is forgiven (two in long words)."""
    kinds: tuple[str, ...] = ()
    facets: Mapping[str, str] = {}
    tag: str | None = None
    price: tuple[int | None, int | None] = (None, None)
    """At least, at most."""
    sort: Sort = "relevance"
    """Documents without a price come last by price, either way."""
    offset: int = 0
    limit: int = 20


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was found."""

    document_id: str
    kind: str
    entity_id: str
    animal_id: str | None
    vivarium_id: str | None
    title: str
    tags: tuple[str, ...]
    facets: dict[str, str]
    price: int | None
    currency: str
    score: float


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page of hits, how many there are in all, and how all of them spread over the facets."""

    total: int
    hits: list[Hit]
    facets: dict[str, dict[str, int]]
    corrected: bool = False
    """Typing errors were forgiven."""


class SearchIndex(Protocol):
    """An index of documents. What a write returned for is found by the next search."""

    async def upsert(self, documents: Sequence[IndexDocument], *, position: str = "") -> None:
        """Write documents, all or none, in place of older versions; older ones than those there change nothing.

        `position` is kept in the same commit, for a feeder that wants to go on where it stopped.
        """

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete documents; deleting what is not there is no error."""

    async def clear(self) -> None:
        """Delete everything, the position too."""

    async def search(self, query: IndexQuery) -> Found:
        """Search."""

    async def suggest(self, prefix: str, limit: int = 10) -> list[str]:
        """Return titles whose words begin as these do, best first, each once."""

    async def count(self) -> int:
        """Return how many documents there are; 0 in a fresh index, which wants to be rebuilt."""

    async def position(self) -> str:
        """Return the last position that was written, or nothing."""

    async def aclose(self) -> None:
        """Close the index."""


def hit_of(document: IndexDocument, score: float) -> Hit:
    """Return a document as it is shown."""
    values = {name: getattr(document, name) for name in Hit.__struct_fields__ if name != "score"}
    return Hit(score=round(score, 4), **values)


def fold(text: str) -> str:
    """Return text without case and accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    return [word for word in WORD.findall(fold(text)) if len(word) <= LONGEST_WORD]


def errors_forgiven(word: str) -> int:
    """Return how many typing errors a word of this length may have."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2
