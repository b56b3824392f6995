"""Search on tantivy: one directory, one writer, many readers.

Writes that wait at the same time share a commit (a commit costs tens of milliseconds, a document microseconds).
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tantivy as engine

from reptidex.connectors.index.port import (
    COUNTED,
    FACETS,
    MOST_WORDS,
    Found,
    IndexDocument,
    IndexQuery,
    hit_of,
    words_of,
)
from reptidex.connectors.index.tantivy_queries import Queries
from reptidex.connectors.index.tantivy_schema import (
    POSITION,
    document_of,
    open_index,
    position_document,
)
from reptidex.errors import UnavailableError

log = logging.getLogger(__name__)
HEAP = 15_000_000
"""The least that tantivy takes: what it has taken it keeps, though there be one document in an hour."""
GONE = -1
T = TypeVar("T")
Change = Callable[[Any], None]


class TantivyIndex:
    """`SearchIndex` on tantivy. A directory that cannot be read, or is of another schema, is begun afresh."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = open_index(folder)
        except ValueError as problem:
            log.warning("the search index in %s is begun afresh: %s", folder, problem)
            shutil.rmtree(folder)
            folder.mkdir(parents=True)
            self._index = open_index(folder)
        try:
            self._writer = self._index.writer(heap_size=HEAP, num_threads=1)
        except ValueError as problem:
            raise UnavailableError("index", "another process writes it") from problem
        self._queries = Queries(self._index.schema)
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="index")
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._committing = asyncio.Lock()
        self._uncommitted: dict[str, int] = {}
        """Versions written since the last commit, which searches do not see yet."""

    async def upsert(self, documents: Sequence[IndexDocument], *, position: str = "") -> None:
        """Write documents in place of their older versions."""

        def change(writer: Any) -> None:
            newest = {document.document_id: document for document in sorted(documents, key=lambda d: d.version)}
            known = self._versions(list(newest)) | self._uncommitted
            for key, document in newest.items():
                if document.version >= known.get(key, document.version):
                    self._uncommitted[key] = document.version
                    writer.delete_documents_by_term("id", key)
                    writer.add_document(document_of(document))
            if position:
                writer.delete_documents_by_term("mark", POSITION)
                writer.add_document(position_document(position))

        await self._change(change)

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete documents."""

        def change(writer: Any) -> None:
            for key in ids:
                self._uncommitted[key] = GONE
                writer.delete_documents_by_term("id", key)

        await self._change(change)

    async def clear(self) -> None:
        """Delete everything."""

        def change(writer: Any) -> None:
            for key in self._uncommitted:
                self._uncommitted[key] = GONE
            writer.delete_all_documents()

        await self._change(change)

    async def search(self, query: IndexQuery) -> Found:
        """Search in a thread."""
        return await self._in_thread(self._search, query)

    async def suggest(self, prefix: str, limit: int = 10) -> list[str]:
        """Return titles, by score and then by the alphabet."""
        return await self._in_thread(self._suggest, prefix, limit)

    async def count(self) -> int:
        """Count the documents, without the position's."""
        found: Any = self._index.searcher().search(self._queries.documents(), 1)
        return int(found.count)

    async def position(self) -> str:
        """Read the position."""
        searcher: Any = self._index.searcher()
        found = searcher.search(engine.Query.term_query(self._index.schema, "mark", POSITION), 1)
        return bytes(searcher.doc(found.hits[0][1]).get_first("source")).decode() if found.hits else ""

    async def aclose(self) -> None:
        """End the writer; what was committed stays."""
        async with self._committing:
            await self._in_thread(self._writer.wait_merging_threads)
            self._threads.shutdown()

    async def _change(self, change: Change) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        async with self._committing:
            # Who was committed while waiting for the turn leaves the rest to whoever waits for it: else each commits one.
            if not done.done():
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        await done

    async def _commit(self, batch: list[tuple[Change, asyncio.Future[None]]]) -> None:
        def commit() -> None:
            self._uncommitted.clear()
            try:
                for change, _ in batch:
                    change(self._writer)
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise
            self._index.reload()

        problem: Exception | None = None
        try:
            await self._in_thread(commit)
        except (ValueError, OSError) as failure:
            problem = UnavailableError("index", str(failure))
        for _, done in batch:
            if done.done():
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)

    def _versions(self, ids: list[str]) -> dict[str, int]:
        searcher: Any = self._index.searcher()
        found = searcher.search(engine.Query.term_set_query(self._index.schema, "id", ids), max(len(ids), 1))
        documents = (searcher.doc(place) for _, place in found.hits)
        return {document.get_first("id"): document.get_first("version") for document in documents}

    def _search(self, query: IndexQuery) -> Found:
        wanted = words_of(query.text)[:MOST_WORDS]
        if query.text.strip() and not wanted:
            return Found(total=0, hits=[], facets={})
        searcher: Any = self._index.searcher()
        asked = self._queries.of(query, wanted, forgiving=False)
        found = self._page(searcher, asked, query)
        corrected = False
        if not found.count and wanted:
            asked = self._queries.of(query, wanted, forgiving=True)
            found = self._page(searcher, asked, query)
            corrected = bool(found.count)
        hits = []
        for score, place in found.hits:
            source = bytes(searcher.doc(place).get_first("source"))
            relevance = score if query.sort == "relevance" else 0.0
            hits.append(hit_of(msgspec.json.decode(source, type=IndexDocument), relevance))
        counts = self._counts(searcher, asked) if found.count else {}
        return Found(total=found.count, hits=hits, facets=counts, corrected=corrected)

    def _page(self, searcher: Any, asked: Any, query: IndexQuery) -> Any:
        fields = {"price": "price", "-price": "price", "newest": "updated"}
        options: dict[str, Any] = {}
        if query.sort in fields:
            ascending = query.sort == "price"
            options["order_by_field"] = fields[query.sort]
            options["order"] = engine.Order.Asc if ascending else engine.Order.Desc
        return searcher.search(asked, max(query.limit, 1), offset=query.offset, **options)

    def _counts(self, searcher: Any, asked: Any) -> dict[str, dict[str, int]]:
        places = {"kind": "kind", "tags": "tags", **{name: f"facets.{name}" for name in FACETS}}
        terms = {name: {"terms": {"field": place, "size": COUNTED}} for name, place in places.items()}
        answer = searcher.aggregate(asked, terms)
        counted = {
            name: {bucket["key"]: int(bucket["doc_count"]) for bucket in answer[name]["buckets"]} for name in places
        }
        return {name: values for name, values in counted.items() if values}

    def _suggest(self, prefix: str, limit: int) -> list[str]:
        wanted = words_of(prefix)
        if not wanted:
            return []
        searcher: Any = self._index.searcher()
        found = searcher.search(self._queries.titles(wanted), limit * 4)
        scored: dict[str, float] = {}
        for score, place in found.hits:
            document = msgspec.json.decode(bytes(searcher.doc(place).get_first("source")), type=IndexDocument)
            scored.setdefault(document.title, score)
        return sorted(scored, key=lambda title: (-scored[title], title))[:limit]

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
