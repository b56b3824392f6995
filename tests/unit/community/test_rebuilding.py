"""The generations of the index."""

import shutil
from unittest.mock import patch

from reptidex.agents.community import rebuilding
from reptidex.agents.community.generations import Generations
from reptidex.agents.community.index import indexed
from reptidex.streams.animal import AnimalArchived
from reptidex.streams.commands.community_index import INDEX, CheckIndex, RebuildIndex
from reptidex.tables.community.models import Document, IndexState
from reptidex.tables.query import select
from tests.unit.community.town import ANIMAL, VIVARIUM, Town, hatchling, profile, uid


async def _state(town: Town) -> IndexState:
    state = await town.harness.get(IndexState, INDEX)
    assert state is not None
    return state


async def test_the_first_start_completes_the_first_generation(real_town: Town) -> None:
    assert (await _state(real_town)).generation == 1
    assert real_town.ports.index.number == 1


async def test_a_restart_takes_the_index_up_as_it_is(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.ports.index.aclose()
    await real_town.open_index()

    assert (await _state(real_town)).generation == 1
    assert await real_town.titles() == ["Kiwi"]


async def test_an_index_that_was_lost_is_built_from_the_rows(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.hear(profile())
    await real_town.ports.index.aclose()
    shutil.rmtree(real_town.folder)
    await real_town.open_index()

    assert await real_town.titles() == ["Kiwi", "Sam Sand"]
    assert (await _state(real_town)).generation == 2


async def test_an_index_of_another_database_is_replaced(real_town: Town) -> None:
    await real_town.harness.put(IndexState(generation=7))
    await real_town.ports.index.aclose()
    await real_town.open_index()

    assert real_town.ports.index.number == 8


async def test_a_rebuild_in_many_stretches_holds_everything(real_town: Town) -> None:
    for number in range(7):
        await real_town.hear(hatchling(animal_id=uid(100 + number), name=f"Nr. {number}"))
    with patch.object(rebuilding, "STRETCH", 2):
        await real_town.hear(RebuildIndex())

    assert (await real_town.search()).total == 7
    assert (await _state(real_town)).documents == 7
    assert [each.name for each in real_town.folder.iterdir()] == ["search-2"]


async def test_what_changes_while_an_index_is_built_is_right_in_it(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.harness.handle(RebuildIndex())
    await real_town.harness.carry_out(real_town.ports)  # begun; the rows are read, and the stretch waits
    gone = AnimalArchived(animal_id=ANIMAL, vivarium_id=VIVARIUM, reason="mistake")
    await real_town.hear(gone, 2)

    assert real_town.ports.index.number == 2
    assert await real_town.titles() == []


async def test_the_old_index_is_searched_while_the_new_one_is_built(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.harness.handle(RebuildIndex())
    await real_town.harness.carry_out(real_town.ports)

    assert real_town.ports.index.building is not None
    assert await real_town.titles() == ["Kiwi"]


async def test_a_second_rebuild_takes_the_place_of_the_first(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.harness.handle(RebuildIndex())
    await real_town.harness.carry_out(real_town.ports)
    await real_town.hear(RebuildIndex())

    assert (await _state(real_town)).generation == 3
    assert [each.name for each in real_town.folder.iterdir()] == ["search-3"]


async def test_what_is_left_of_an_older_build_does_not_harm_the_newer(real_town: Town) -> None:
    for number in range(4):
        await real_town.hear(hatchling(animal_id=uid(100 + number), name=f"Nr. {number}"))
    index = real_town.ports.index
    rows = [indexed(each) for each in await real_town.harness.find(select(Document))]
    await index.begin(7)
    await index.begin(8)
    await index.fill(8, rows[:2])
    await index.fill(7, rows[:1])
    await index.fill(8, rows[2:])
    await index.finish(7)
    await index.finish(8)

    assert (index.number, (await real_town.search()).total) == (8, 4)


async def test_a_build_whose_index_was_lost_half_way_is_not_taken_for_whole(real_town: Town) -> None:
    for number in range(4):
        await real_town.hear(hatchling(animal_id=uid(100 + number), name=f"Nr. {number}"))
    with patch.object(rebuilding, "STRETCH", 2):
        await real_town.harness.handle(RebuildIndex())
        for _ in range(2):  # begun, and the first stretch of two
            await real_town.harness.carry_out(real_town.ports)
        await real_town.ports.index.aclose()
        shutil.rmtree(real_town.folder)
        real_town.ports.index = Generations(real_town.folder, real_town._index)
        await real_town.ports.index.open()
        await real_town.settle()  # what was under way is carried out before the look at the start
        await real_town.hear(CheckIndex())

    assert (await real_town.search()).total == 4
    assert (await _state(real_town)).generation == real_town.ports.index.number


async def test_a_build_that_a_kill_cut_short_goes_on_at_the_next_start(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.harness.handle(RebuildIndex())
    await real_town.harness.carry_out(real_town.ports)
    await real_town.ports.index.aclose()
    await real_town.open_index()

    assert real_town.ports.index.building is None
    assert await real_town.titles() == ["Kiwi"]


async def test_a_build_that_fails_leaves_the_old_index(real_town: Town) -> None:
    await real_town.hear(hatchling())
    await real_town.harness.handle(RebuildIndex())
    await real_town.harness.fail_effects("the disk is full")

    assert ((await _state(real_town)).generation, (await _state(real_town)).building) == (1, 0)
    assert await real_town.titles() == ["Kiwi"]
