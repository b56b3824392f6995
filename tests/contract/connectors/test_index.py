"""Every search index keeps the promises of its port: the twin, and tantivy."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reptidex.connectors.index.memory import MemoryIndex, distance
from reptidex.connectors.index.port import IndexDocument, IndexQuery, SearchIndex
from reptidex.connectors.index.tantivy import TantivyIndex
from reptidex.errors import UnavailableError

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def document(key: str, title: str, **more: Any) -> IndexDocument:
    """Return a public offer."""
    return IndexDocument(
        document_id=key, kind=key.partition(":")[0], entity_id=key, title=title, **{"updated_at": NOON, **more}
    )


SHELF = (
    document(
        "listing:1",
        "Ball python Pastel Clown",
        text="proven breeder from Königsberg",
        tags=("Pastel", "Clown"),
        facets={"species": "Python regius", "sex": "male"},
        price=45_000,
        updated_at=NOON,
    ),
    document(
        "listing:2",
        "Corn snake Ghost",
        text="feeds well on pinkies",
        tags=("Ghost",),
        facets={"species": "Pantherophis guttatus", "sex": "female"},
        price=9_000,
        updated_at=NOON + timedelta(days=1),
    ),
    document(
        "animal:3",
        "Kiwi",
        text="a ball python kept for pleasure",
        tags=("Pastel",),
        facets={"species": "Python regius", "sex": "female"},
        updated_at=NOON + timedelta(days=2),
    ),
    document("breeder:4", "Pythons of the North", text="ball and blood", updated_at=NOON + timedelta(days=3)),
)


@pytest.fixture(params=["memory", "tantivy"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SearchIndex]:
    made: SearchIndex = MemoryIndex() if request.param == "memory" else TantivyIndex(tmp_path / "index")
    await made.upsert(SHELF)
    yield made
    await made.aclose()


async def ids(index: SearchIndex, **query: Any) -> list[str]:
    """Return the ids that a query finds, in order."""
    return [hit.document_id for hit in (await index.search(IndexQuery(**query))).hits]


async def test_a_word_is_found_in_titles_before_texts(index: SearchIndex) -> None:
    found = await ids(index, text="python")

    assert set(found) == {"listing:1", "animal:3", "breeder:4"}
    assert found.index("listing:1") < found.index("animal:3")


async def test_every_word_must_be_there(index: SearchIndex) -> None:
    assert set(await ids(index, text="ball pleasure")) == {"animal:3"}


async def test_case_and_accents_do_not_matter(index: SearchIndex) -> None:
    assert await ids(index, text="KONIGSBERG") == ["listing:1"]


async def test_the_last_word_may_be_unfinished(index: SearchIndex) -> None:
    assert await ids(index, text="corn sna") == ["listing:2"]


@pytest.mark.parametrize("typo", ["gohst", "gost", "ghosst", "ghist"])
async def test_one_typing_error_is_forgiven_and_said(index: SearchIndex, typo: str) -> None:
    found = await index.search(IndexQuery(text=typo))

    assert ([hit.document_id for hit in found.hits], found.corrected) == (["listing:2"], True)


async def test_a_right_word_is_not_called_corrected(index: SearchIndex) -> None:
    assert not (await index.search(IndexQuery(text="ghost"))).corrected


async def test_nonsense_finds_nothing(index: SearchIndex) -> None:
    found = await index.search(IndexQuery(text="zzzzqqqq"))

    assert (found.total, found.hits, found.corrected) == (0, [], False)


@pytest.mark.parametrize("text", ['"', "a AND (", "*", "title:", "\\", "-", "~2", "😀"])
async def test_signs_of_query_languages_do_no_harm(index: SearchIndex, text: str) -> None:
    assert (await index.search(IndexQuery(text=text))).total >= 0


@pytest.mark.parametrize("species", ["Python regius", "python REGIUS"])
async def test_facets_filter_without_regard_to_case(index: SearchIndex, species: str) -> None:
    assert set(await ids(index, facets={"species": species})) == {"listing:1", "animal:3"}


async def test_filters_hold_together(index: SearchIndex) -> None:
    found = await ids(index, facets={"species": "Python regius"}, tag="pastel", kinds=("animal",))

    assert found == ["animal:3"]


@pytest.mark.parametrize(
    ("price", "expected"),
    [((10_000, None), {"listing:1"}), ((None, 9_000), {"listing:2"}), ((9_000, 45_000), {"listing:1", "listing:2"})],
)
async def test_a_price_range_includes_its_ends(
    index: SearchIndex, price: tuple[int | None, int | None], expected: set[str]
) -> None:
    assert set(await ids(index, price=price)) == expected


async def test_sorting_by_price_puts_what_has_none_last(index: SearchIndex) -> None:
    up, down = await ids(index, sort="price", tag=None), await ids(index, sort="-price")

    assert (up[:2], down[:2]) == (["listing:2", "listing:1"], ["listing:1", "listing:2"])


async def test_the_newest_come_first_when_asked(index: SearchIndex) -> None:
    assert await ids(index, sort="newest") == ["breeder:4", "animal:3", "listing:2", "listing:1"]


async def test_pages_follow_each_other_without_gap(index: SearchIndex) -> None:
    pages = [await ids(index, sort="newest", offset=offset, limit=2) for offset in (0, 2, 4)]

    assert pages == [["breeder:4", "animal:3"], ["listing:2", "listing:1"], []]


async def test_facets_count_everything_that_was_found(index: SearchIndex) -> None:
    facets = (await index.search(IndexQuery(limit=1))).facets

    assert facets["species"] == {"Python regius": 2, "Pantherophis guttatus": 1}
    assert (facets["tags"], facets["kind"]) == (
        {"Pastel": 2, "Clown": 1, "Ghost": 1},
        {"listing": 2, "animal": 1, "breeder": 1},
    )


async def test_a_newer_version_replaces_an_older_one_and_not_the_reverse(index: SearchIndex) -> None:
    await index.upsert([document("animal:9", "Newest", version=3)])
    await index.upsert([document("animal:9", "Older", version=2)])

    assert (await ids(index, text="newest"), await ids(index, text="older")) == (["animal:9"], [])


async def test_writes_in_one_breath_keep_the_newest(index: SearchIndex) -> None:
    versions = [3, 1, 5, 4, 2]
    await asyncio.gather(*(index.upsert([document("animal:9", f"state{v}", version=v)]) for v in versions))

    assert (await ids(index, text="state5"), await index.count()) == (["animal:9"], 5)


async def test_what_is_deleted_is_found_no_more(index: SearchIndex) -> None:
    await index.delete(["listing:1", "nobody"])

    assert ("listing:1" in await ids(index), await index.count()) == (False, 3)


async def test_a_cleared_index_is_empty_and_nowhere(index: SearchIndex) -> None:
    await index.upsert([], position="17")
    await index.clear()

    assert (await index.count(), await index.position()) == (0, "")


async def test_suggestions_complete_titles_once(index: SearchIndex) -> None:
    await index.upsert([document("animal:8", "Kiwi")])

    assert (await index.suggest("ki"), await index.suggest("ball py"), await index.suggest("")) == (
        ["Kiwi"],
        ["Ball python Pastel Clown"],
        [],
    )


async def test_the_position_is_kept_with_the_documents(tmp_path: Path) -> None:
    first = TantivyIndex(tmp_path)
    await first.upsert(SHELF, position="events.0:42")
    await first.aclose()
    del first
    again = TantivyIndex(tmp_path)

    assert (await again.position(), await again.count()) == ("events.0:42", 4)
    await again.aclose()


async def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = TantivyIndex(tmp_path)

    with pytest.raises(UnavailableError):
        TantivyIndex(tmp_path)
    await first.aclose()


async def test_a_damaged_index_is_begun_afresh(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("damaged")
    fresh = TantivyIndex(tmp_path)

    assert await fresh.count() == 0
    await fresh.aclose()


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("ghost", "gohst", 1), ("ghost", "ghost", 0), ("", "abc", 3), ("ca", "abc", 3)]
)
def test_the_distance_between_words_counts_a_swap_once(one: str, other: str, edits: int) -> None:
    assert distance(one, other) == edits


async def test_changes_that_come_together_share_a_commit(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    batches: list[int] = []
    commit = index._commit

    async def counted(batch: Any) -> None:
        batches.append(len(batch))
        await commit(batch)

    index._commit = counted  # type: ignore[method-assign]
    slots = asyncio.Semaphore(16)

    async def show(number: int) -> None:
        async with slots:
            await index.upsert([document(f"animal:{number}", f"Kiwi {number}")])

    await asyncio.gather(*(show(number) for number in range(160)))

    assert sum(batches) == 160
    assert len(batches) <= 20
    await index.aclose()
