"""The generations of the search index: one that is searched, and at times the next one that is built beside it."""

import logging
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from reptidex.connectors.index.port import Found, IndexDocument, IndexQuery, SearchIndex

log = logging.getLogger(__name__)

NAME = re.compile(r"search-([0-9]+)")
READY = "ready"
"""The position that is written into a generation when all rows are in it."""


class Generations:
    """Indexes by number. What is shown goes into the one that is searched and into the one that is built."""

    def __init__(self, folder: Path, open_index: Callable[[str], SearchIndex]) -> None:
        """Take the folder of all indexes, and what opens (or makes) one in it by its name."""
        self._folder, self._open = folder, open_index
        self.live: tuple[int, SearchIndex] | None = None
        self.building: tuple[int, SearchIndex] | None = None

    async def open(self) -> None:
        """Take up what is there: the newest generation that was completed, and a newer one that was not."""
        numbers = sorted(int(found[1]) for each in self._folder.glob("*") if (found := NAME.fullmatch(each.name)))
        for number in reversed(numbers):
            index = self._open(f"search-{number}")
            if await index.position() == READY:
                self.live = (number, index)
            elif self.building is None and self.live is None:
                self.building = (number, index)
            else:
                await self._throw_away(number, index)
            if self.live is not None:
                break
        await self._sweep()

    @property
    def number(self) -> int:
        """The generation that is searched; 0 where none is complete."""
        return self._number(self.live)

    async def show(self, documents: Sequence[IndexDocument]) -> None:
        """Show documents as they stand; older versions than those there change nothing."""
        for place in (self.live, self.building):
            if place is not None:
                await place[1].upsert(documents)

    async def begin(self, number: int) -> None:
        """Begin a generation, in place of one that was begun and never finished."""
        if number == self._number(self.building) or number <= self._number(self.live):
            return
        if self.building is not None:
            await self._throw_away(*self.building)
        self.building = (number, self._open(f"search-{number}"))

    async def fill(self, number: int, documents: Sequence[IndexDocument]) -> bool:
        """Bring documents into the generation that is built; False where that one is not there (any more).

        One that was lost is not begun here: what had been brought into it before would be missing.
        """
        if self.building is None or self.building[0] != number:
            return number == self.number
        await self.building[1].upsert(documents)
        return True

    async def finish(self, number: int) -> bool:
        """Search the generation that was built from now on, and throw the one before away; False where it is not there."""
        if self.building is None or self.building[0] != number:
            return number == self.number
        await self.building[1].upsert((), position=READY)
        before, self.live, self.building = self.live, self.building, None
        if before is not None:
            await self._throw_away(*before)
        return True

    async def search(self, query: IndexQuery) -> Found:
        """Search; while the very first generation is built, what it has so far."""
        place = self.live or self.building
        return await place[1].search(query) if place else Found(total=0, hits=[], facets={})

    async def suggest(self, prefix: str, limit: int) -> list[str]:
        """Return titles that begin as the words do."""
        place = self.live or self.building
        return await place[1].suggest(prefix, limit) if place else []

    async def aclose(self) -> None:
        """Close what is open."""
        for place in (self.live, self.building):
            if place is not None:
                await place[1].aclose()

    @staticmethod
    def _number(place: tuple[int, SearchIndex] | None) -> int:
        return place[0] if place else 0

    async def _throw_away(self, number: int, index: SearchIndex) -> None:
        await index.aclose()
        shutil.rmtree(self._folder / f"search-{number}", ignore_errors=True)
        log.info("generation %d of the search index is thrown away", number)

    async def _sweep(self) -> None:
        kept = {self._number(self.live), self._number(self.building)}
        for each in self._folder.glob("*"):
            found = NAME.fullmatch(each.name)
            if found and int(found[1]) not in kept:
                shutil.rmtree(each, ignore_errors=True)
