"""An animal's place in the pedigree of all: figures kept with each change, for all who descend from it."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.agents.animal.archive import NotArchivedError
from reptidex.domain.catalogue.shelf import find_species
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.errors import InvalidError
from reptidex.http.animal import claims, founders, history, kinship, lineage
from reptidex.http.animal.founders import FounderInbreeding, Link, RulesBody
from reptidex.http.animal.kinship import Depth
from reptidex.http.server.routes import Paging
from reptidex.streams.animal import AnimalArchived, AnimalUpdated, LineageUpdated, LineageValidated
from reptidex.streams.commands.animal import ArchiveAnimal, Done, SetParents, ValidateLineage
from reptidex.streams.commands.animal_keeping import RestoreAnimal
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.pedigrees import lines_of
from tests.unit.animal.asking import Asker, plain


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def place(keepers: Any, animal: str) -> Descent:
    found = await keepers.harness.get(Descent, animal)
    assert found is not None
    return found  # type: ignore[no-any-return]


def parents(keepers: Any, animal: str, sire: str | None, dam: str | None, **more: Any) -> SetParents:
    return SetParents(animal_id=animal, vivarium_id=keepers.sam, sire_id=sire, dam_id=dam, **more)


async def inbred(keepers: Any) -> tuple[str, str, str, str]:
    """Two founders without a link, the young of each with a third, and young of those two."""
    one, two = await keepers.animal("male", "2018-05-01"), await keepers.animal("male", "2018-05-01")
    dam, other = await keepers.animal("female", "2018-05-01"), await keepers.animal("female", "2018-05-01")
    son = await keepers.animal("male", "2020-05-01", sire_id=one, dam_id=dam)
    daughter = await keepers.animal("female", "2020-05-01", sire_id=two, dam_id=other)
    grandchild = await keepers.animal(born="2022-05-01", sire_id=son, dam_id=daughter)
    return one, two, other, grandchild


async def test_figures_follow_a_change_far_up_the_pedigree(keepers: Any) -> None:
    one, two, _, grandchild = await inbred(keepers)
    assert (await place(keepers, grandchild)).inbreeding == 0.0
    grandfather = await keepers.animal("male", "2010-05-01")
    grandmother = await keepers.animal("female", "2010-05-01")
    await keepers.harness.handle(parents(keepers, one, grandfather, grandmother))
    events = await keepers.harness.handle(parents(keepers, two, grandfather, grandmother))

    after = await place(keepers, grandchild)
    assert (after.inbreeding, after.generation, after.equivalents) == (1 / 16, 3, 3 - 0.5)
    [told] = [event for event in events if isinstance(event, LineageUpdated)]
    assert grandchild in told.descendants and len(told.descendants) == 2


async def test_descendants_whose_standing_changes_are_told_one_by_one(keepers: Any, ask: Asker) -> None:
    one, two, _, grandchild = await inbred(keepers)
    await ask(founders.set_rules, keepers.sam, RulesBody(inbreeding_limit=0.05))
    up = (await keepers.animal("male", "2010-05-01"), await keepers.animal("female", "2010-05-01"))
    await keepers.harness.handle(parents(keepers, one, *up))
    events = await keepers.harness.handle(parents(keepers, two, *up))
    back = await keepers.harness.handle(parents(keepers, two, None, None))

    told = {event.animal_id: event for event in events if isinstance(event, LineageValidated)}
    assert set(told) == {two, grandchild}
    assert [finding.rule for finding in told[grandchild].findings] == ["inbreeding"]
    cleared = {event.animal_id: event for event in back if isinstance(event, LineageValidated)}
    assert cleared[grandchild].findings == ()


async def test_a_change_costs_the_same_queries_however_many_descend(keepers: Any, monkeypatch: Any) -> None:
    counts = []
    for young in (2, 40):
        sire, dam = await keepers.animal("male", "2015-05-01"), await keepers.animal("female", "2015-05-01")
        for _ in range(young):
            await keepers.animal(born="2020-05-01", sire_id=sire, dam_id=dam)
        asked: list[Any] = []
        find, load = keepers.harness.runner.store.find, keepers.harness.runner.store.load

        async def counted(*arguments: Any, _to: Any = find, _asked: Any = asked, **more: Any) -> Any:
            _asked.append(arguments)
            return await _to(*arguments, **more)

        async def loaded(*arguments: Any, _to: Any = load, _asked: Any = asked, **more: Any) -> Any:
            _asked.append(arguments)
            return await _to(*arguments, **more)

        monkeypatch.setattr(keepers.harness.runner.store, "find", counted)
        monkeypatch.setattr(keepers.harness.runner.store, "load", loaded)
        up = await keepers.animal("male", "2010-05-01")
        asked.clear()
        await keepers.harness.handle(parents(keepers, sire, up, None))
        counts.append(len(asked))
        monkeypatch.undo()

    assert counts[0] == counts[1] <= 8


async def test_a_registration_reads_its_own_ancestors_and_nobody_else(keepers: Any, monkeypatch: Any) -> None:
    sire, dam, other, grandchild = await inbred(keepers)
    for _ in range(30):
        await keepers.animal(born="2020-05-01", sire_id=sire)
    store, rows = keepers.harness.runner.store, list[str]()
    find = store.find

    async def counted(*arguments: Any, **more: Any) -> Any:
        found = await find(*arguments, **more)
        rows.extend(row.animal_id for row in found if isinstance(row, Descent))
        return found

    monkeypatch.setattr(store, "find", counted)
    young = await keepers.animal(born="2026-01-01", dam_id=grandchild)

    assert len(set(rows)) == 7 and young not in rows
    assert {sire, dam, other, grandchild} <= set(rows)


async def test_a_death_that_contradicts_the_young_is_refused(keepers: Any) -> None:
    dam = await keepers.animal("female", "2015-05-01")
    await keepers.animal(born="2024-07-01", dam_id=dam)
    early = ArchiveAnimal(animal_id=dam, vivarium_id=keepers.sam, reason="deceased", died_on=date(2020, 1, 1))
    with pytest.raises(ParentsRefusedError):
        await keepers.harness.handle(early)

    assert (await keepers.row(dam)).status == "active"


async def test_a_founders_given_inbreeding_reaches_its_descendants(keepers: Any, ask: Asker) -> None:
    sire, dam = await keepers.animal("male", "2018-05-01"), await keepers.animal("female", "2018-05-01")
    young = {"born": "2020-05-01", "sire_id": sire, "dam_id": dam}
    child = await keepers.animal(
        born="2022-05-01", sire_id=await keepers.animal("male", **young), dam_id=await keepers.animal("female", **young)
    )
    await ask(founders.set_founder_inbreeding, keepers.sam, FounderInbreeding(inbreeding=1.0), animal_id=sire)

    assert (await place(keepers, child)).inbreeding == 3 / 8
    shown = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(explain=True), animal_id=child)
    assert (shown.inbreeding, shown.inbreeding_exact.numerator) == (3 / 8, 3)
    with pytest.raises(InvalidError):
        await ask(founders.set_founder_inbreeding, keepers.sam, FounderInbreeding(inbreeding=0.5), animal_id=child)


async def test_a_hybrid_says_so_and_only_then_passes(keepers: Any) -> None:
    corn = next(find_species("Pantherophis guttatus")).species_id
    sire, child = await keepers.animal("male", species_id=corn), await keepers.animal(born="2024-07-01")
    with pytest.raises(ParentsRefusedError):
        await keepers.harness.handle(parents(keepers, child, sire, None))
    done = await keepers.harness.ask(parents(keepers, child, sire, None, hybrid=True), Done)

    assert "hybrid" in [remark.rule for remark in done.remarks]
    assert (await place(keepers, child)).hybrid
    await keepers.harness.handle(ValidateLineage(animal_id=child, vivarium_id=keepers.sam))
    assert (await keepers.row(child)).lineage_status == "claimed"


async def test_a_parent_that_had_died_too_early_is_refused(keepers: Any) -> None:
    dam = await keepers.animal("female", "2010-05-01")
    died = ArchiveAnimal(animal_id=dam, vivarium_id=keepers.sam, reason="deceased", died_on=date(2020, 1, 1))
    await keepers.harness.handle(died)
    child = await keepers.animal(born="2024-07-01")

    with pytest.raises(ParentsRefusedError) as refusal:
        await keepers.harness.handle(parents(keepers, child, None, dam))
    assert [remark.rule for remark in refusal.value.remarks] == ["dead"]


async def test_animals_of_an_older_database_are_placed_from_their_rows(keepers: Any, ask: Asker) -> None:
    one, _, _, grandchild = await inbred(keepers)
    row = await keepers.row(grandchild)
    places = [await place(keepers, each) for each in (grandchild, row.sire_id, row.dam_id)]
    session = await keepers.harness.database.session()
    statements = keepers.harness.database.statements(Descent)
    bare = [replace(each, inbreeding=None, generation=0, equivalents=0.0) for each in places[1:]]
    await session.commit([statements.remove([grandchild]), statements.write(bare)])
    await session.close()
    keepers.harness.runner.forget()

    lines = await lines_of(keepers.harness, [grandchild])
    assert one in lines.rows and len(lines.rows) == 7
    shown = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(), animal_id=grandchild)
    assert (shown.longest_line, shown.complete_generations) == (2, 2.0)
    young = await keepers.animal(born="2026-01-01", dam_id=row.dam_id)
    assert (await place(keepers, young)).generation == 2


async def test_a_placeholder_is_linked_and_its_young_get_the_real_parent(keepers: Any, ask: Asker) -> None:
    stand_in = await keepers.animal("male", "2015-05-01", placeholder=True)
    brother = await keepers.animal("male", "2020-05-01", sire_id=stand_in)
    sister = await keepers.animal("female", "2020-05-01", sire_id=stand_in)
    grandchild = await keepers.animal(born="2022-05-01", sire_id=brother, dam_id=sister)
    real = await keepers.animal("male", "2015-05-01", vivarium_id=keepers.bea, visibility="public")
    keepers.harness.events.clear()
    linked = await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=real), animal_id=stand_in)
    events = [event.data for event in keepers.harness.events]

    assert linked.linked_to == real
    assert [(await keepers.row(one)).sire_id for one in (brother, sister)] == [real, real]
    assert (await place(keepers, stand_in)).linked_to == real
    assert (await keepers.row(stand_in)).status == "archived"
    assert {event.animal_id for event in events if isinstance(event, AnimalUpdated)} == {brother, sister}
    told = [event for event in events if isinstance(event, LineageUpdated)]
    assert {event.animal_id for event in told} == {brother, sister}
    assert all(event.descendants == (grandchild,) for event in told)
    assert isinstance(events[-1], AnimalArchived)
    assert (await place(keepers, grandchild)).inbreeding == 1 / 8
    with pytest.raises(NotArchivedError):
        await keepers.harness.handle(RestoreAnimal(animal_id=stand_in, vivarium_id=keepers.sam, reason="oops"))


async def test_the_inbreeding_of_a_founder_is_in_its_journal_and_goes_with_a_link(keepers: Any, ask: Asker) -> None:
    stand_in, real = await keepers.animal("male", placeholder=True), await keepers.animal("male")
    hers = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    second, theirs = await keepers.animal("male", placeholder=True), Link(to_animal_id=hers)
    child = await keepers.animal("female", "2024-05-01", sire_id=stand_in)
    grandchild = await keepers.animal(born="2026-01-01", sire_id=real, dam_id=child)
    for one in (stand_in, second):
        await ask(founders.set_founder_inbreeding, keepers.sam, FounderInbreeding(inbreeding=0.25), animal_id=one)
    await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=real), animal_id=stand_in)
    left = await ask(founders.link_placeholder, keepers.sam, theirs, animal_id=second)
    page = await ask(history.list_changes, keepers.sam, query=Paging(), animal_id=real)
    [change] = [field for one in page.items for field in one.fields if one.action == "inbreeding given"]

    assert (change.field, change.before, change.after) == ("founder_inbreeding", None, 0.25)
    # Kinship of a sire with his own daughter: half of his with himself.
    assert [(await place(keepers, one)).inbreeding for one in (real, grandchild)] == [0.25, 1.25 / 4]
    assert (await place(keepers, hers)).given_inbreeding is None and [one.rule for one in left.remarks] == [
        "inbreeding"
    ]


async def test_a_link_to_a_hidden_animal_names_it_to_nobody(keepers: Any, ask: Asker) -> None:
    stand_in = await keepers.animal("male", "2015-05-01", placeholder=True)
    real = await keepers.animal("male", "2015-05-01")
    young = await keepers.animal(born="2020-05-01", vivarium_id=keepers.bea, sire_id=stand_in)
    await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=real), animal_id=stand_in)
    said = await ask(claims.get_history, keepers.bea, query=Paging(), animal_id=young)

    assert {one.act for one in said.items} == {"claimed", "linked"}
    assert (await keepers.row(real)).code not in str(plain(said)) and all(one.parent.name == "" for one in said.items)


async def test_what_a_link_makes_doubtful_is_said_of_the_young_concerned(keepers: Any, ask: Asker) -> None:
    stand_in = await keepers.animal("male", "2015-05-01", placeholder=True)
    real = await keepers.animal("male", "2015-05-01")
    early = await keepers.animal(born="2018-05-01", sire_id=stand_in)
    late = await keepers.animal(born="2021-05-01", sire_id=stand_in)
    died = ArchiveAnimal(animal_id=real, vivarium_id=keepers.sam, reason="deceased", died_on=date(2019, 5, 1))
    await keepers.harness.ask(died, Done)
    await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=real), animal_id=stand_in)
    rules = [[one.rule for one in (await place(keepers, young)).findings] for young in (early, late)]

    assert rules == [[], ["stored_sperm"]]


async def test_a_link_that_would_close_a_circle_or_contradict_the_young_is_refused(keepers: Any, ask: Asker) -> None:
    ages = {"born_on": None, "birth_precision": "unknown"}
    stand_in = await keepers.animal("male", placeholder=True, **ages)
    child = await keepers.animal("male", sire_id=stand_in, **ages)
    grandchild = await keepers.animal("male", sire_id=child, **ages)
    late = await keepers.animal("male", "2025-05-01")
    dated = await keepers.animal(born="2022-05-01", sire_id=stand_in)
    for wrong in (grandchild, late):
        with pytest.raises(ParentsRefusedError):
            await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=wrong), animal_id=stand_in)

    assert (await keepers.row(dated)).sire_id == stand_in
    with pytest.raises(InvalidError):
        await ask(founders.link_placeholder, keepers.sam, Link(to_animal_id=grandchild), animal_id=child)


async def test_a_lineage_shows_how_it_stands(keepers: Any, ask: Asker) -> None:
    _, _, _, grandchild = await inbred(keepers)
    row = await keepers.row(grandchild)
    shown = await ask(lineage.get_lineage, keepers.sam, animal_id=row.sire_id)

    assert (shown.generations, shown.complete_generations, shown.descendants) == (1, 1.0, 1)
    assert (shown.sire_standing, shown.dam_standing, shown.known_ancestors) == ("claimed", "claimed", 2)
