"""The twin of the search engine: the same answers by reading every document."""

from collections import Counter
from collections.abc import Iterable, Sequence

from reptidex.connectors.index.port import (
    COUNTED,
    FACETS,
    MOST_WORDS,
    Found,
    IndexDocument,
    IndexQuery,
    errors_forgiven,
    fold,
    hit_of,
    words_of,
)

TITLE, TAG, TEXT = 3.0, 2.0, 1.0
INF = float("inf")


class MemoryIndex:
    """`SearchIndex` in memory."""

    def __init__(self) -> None:
        self._documents: dict[str, IndexDocument] = {}
        self._position = ""

    async def upsert(self, documents: Sequence[IndexDocument], *, position: str = "") -> None:
        """Keep documents."""
        for document in documents:
            known = self._documents.get(document.document_id)
            if known is None or document.version >= known.version:
                self._documents[document.document_id] = document
        self._position = position or self._position

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget documents."""
        for key in ids:
            self._documents.pop(key, None)

    async def clear(self) -> None:
        """Forget everything."""
        self._documents.clear()
        self._position = ""

    async def search(self, query: IndexQuery) -> Found:
        """Search by reading every document."""
        wanted = words_of(query.text)[:MOST_WORDS]
        if query.text.strip() and not wanted:
            return Found(total=0, hits=[], facets={})
        scored = list(self._matching(query, wanted, forgiving=False))
        corrected = not scored and bool(wanted)
        if corrected:
            scored = list(self._matching(query, wanted, forgiving=True))
        scored.sort(key=lambda pair: _place(query, *pair))
        page = scored[query.offset : query.offset + query.limit]
        return Found(
            total=len(scored),
            hits=[hit_of(document, score) for score, document in page],
            facets=_counts([document for _, document in scored]),
            corrected=corrected and bool(scored),
        )

    async def suggest(self, prefix: str, limit: int = 10) -> list[str]:
        """Return titles."""
        wanted = words_of(prefix)
        titles = sorted({d.title for d in self._documents.values()})
        matching = [t for t in titles if wanted and all(any(w.startswith(p) for w in words_of(t)) for p in wanted)]
        return matching[:limit]

    async def count(self) -> int:
        """Count."""
        return len(self._documents)

    async def position(self) -> str:
        """Return the last position."""
        return self._position

    async def aclose(self) -> None:
        """Nothing is open."""

    def _matching(
        self, query: IndexQuery, wanted: list[str], *, forgiving: bool
    ) -> Iterable[tuple[float, IndexDocument]]:
        for document in self._documents.values():
            if not _filtered(document, query):
                continue
            scores = [_score(document, word, word is wanted[-1], forgiving) for word in wanted]
            if all(scores):
                yield (sum(scores) if scores else 1.0), document


def _score(document: IndexDocument, word: str, last: bool, forgiving: bool) -> float:
    best = 0.0
    for weight, text in ((TITLE, document.title), (TAG, " ".join(document.tags)), (TEXT, document.text)):
        for have in words_of(text):
            if have == word:
                best = max(best, weight)
            elif (last and have.startswith(word)) or (forgiving and distance(have, word) <= errors_forgiven(word)):
                best = max(best, weight / 2)
    return best


def distance(one: str, other: str) -> int:
    """Return the edits from one word to another; swapping two neighbours is one (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _filtered(document: IndexDocument, query: IndexQuery) -> bool:
    least, most = query.price
    priced = document.price if document.price is not None else None
    return (
        (not query.kinds or document.kind in query.kinds)
        and all(fold(document.facets.get(name, "")) == fold(value) for name, value in query.facets.items())
        and (query.tag is None or fold(query.tag) in {fold(tag) for tag in document.tags})
        and (least is None or (priced is not None and priced >= least))
        and (most is None or (priced is not None and priced <= most))
    )


def _place(query: IndexQuery, score: float, document: IndexDocument) -> tuple[float, str]:
    match query.sort:
        case "price":
            return INF if document.price is None else document.price, document.document_id
        case "-price":
            return INF if document.price is None else -document.price, document.document_id
        case "newest":
            return -document.updated_at.timestamp(), document.document_id
        case _:
            return -score, document.document_id


def _counts(documents: list[IndexDocument]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "tags", *FACETS)}
    for document in documents:
        counted["kind"][document.kind] += 1
        counted["tags"].update(set(document.tags))
        for name in FACETS:
            if value := document.facets.get(name):
                counted[name][value] += 1
    return {name: dict(counter.most_common(COUNTED)) for name, counter in counted.items() if counter}


__all__ = ["MemoryIndex", "distance"]
