"""Records that would contradict one another are refused by whatever way they come, and what is gone stays gone."""

from datetime import date, timedelta
from typing import Any

import pytest

from reptidex.agents.animal.offers import SettledError
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.domain.ownership import GoneError
from reptidex.errors import InvalidError
from reptidex.http.animal import imports, suggestions
from reptidex.streams.commands.animal import ArchiveAnimal, Changes, Done, SetParents, UpdateAnimal
from reptidex.streams.commands.animal_keeping import OfferAnimal, SettleOffer
from reptidex.streams.commands.animal_lineage import LinkPlaceholder
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.pedigrees import history_of
from reptidex.tables.animal.queries import with_references
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_breeding import clutch_of, hatch
from tests.unit.animal.test_imports import finished, send


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def named(keepers: Any, animal: str, sire: str | None, dam: str | None = None, note: str = "") -> None:
    change = SetParents(animal_id=animal, vivarium_id=keepers.sam, sire_id=sire, dam_id=dam, note=note)
    await keepers.harness.handle(change)


async def linked(keepers: Any, stand_in: str, real: str) -> None:
    await keepers.harness.ask(LinkPlaceholder(animal_id=stand_in, vivarium_id=keepers.sam, to_animal_id=real), Done)


async def test_a_file_gives_no_dam_that_the_clutch_denies(keepers: Any, ask: Asker) -> None:
    clutch, _, [sire] = await clutch_of(keepers)
    command = hatch(keepers, clutch, 1)
    await keepers.harness.handle(command)
    child = command.hatchlings[0].animal_id
    await named(keepers, child, sire)
    other = await keepers.animal("female")
    file = f"external_ref,species,dam\n{child},Python regius,{other}\n".encode()
    for dry in (True, False):
        job = await send(ask, keepers.sam, file, dry_run=dry)
        assert [(one.rule, one.field) for row in job.rows for one in row.problems] == [("slot", "dam")]


async def test_nobody_is_sire_and_dam_whose_sex_is_not_recorded(keepers: Any) -> None:
    both = await keepers.animal()
    await keepers.animal(born="2024-07-01", dam_id=both)
    with pytest.raises(ParentsRefusedError) as refusal:
        await keepers.animal(born="2024-07-01", sire_id=both)
    assert [one.rule for one in refusal.value.remarks] == ["sex"]

    stand_in = await keepers.animal("male", placeholder=True)
    await keepers.animal(born="2024-07-01", sire_id=stand_in)
    with pytest.raises(ParentsRefusedError):
        await linked(keepers, stand_in, both)


async def test_who_was_registered_by_mistake_is_named_as_no_new_parent(keepers: Any) -> None:
    wrong, stand_in = await keepers.animal("male"), await keepers.animal("male", placeholder=True)
    child, other = await keepers.animal(born="2024-07-01"), await keepers.animal(born="2024-07-01")
    await named(keepers, other, wrong)
    await keepers.harness.handle(ArchiveAnimal(animal_id=wrong, vivarium_id=keepers.sam, reason="mistake"))
    await linked(keepers, stand_in, await keepers.animal("male"))
    for gone in (wrong, stand_in):
        with pytest.raises(InvalidError):
            await named(keepers, child, gone)

    await named(keepers, other, wrong, await keepers.animal("female"))  # where he stands, he stays


@pytest.mark.parametrize("own", [True, False])
async def test_the_next_edition_of_a_studbook_means_the_animal_that_a_placeholder_was_linked_to(
    keepers: Any, ask: Asker, own: bool
) -> None:
    async def imported(rows: bytes) -> Any:
        wanted = imports.PedigreeImport(species="Python regius")
        job = await ask(imports.import_pedigree, keepers.sam, b"id,sire,dam,sex\n" + rows, wanted)
        return await finished(keepers, ask, job, keepers.sam)

    await imported(b"101,0,0,M\n102,101,0,F\n")
    [stand_in] = await keepers.harness.find(with_references(keepers.sam, ["101"]))
    keeper = {} if own else {"vivarium_id": keepers.bea, "visibility": "public"}
    real = await keepers.animal("male", "2018-05-01", **keeper)
    await linked(keepers, stand_in.animal_id, real)
    ended = await imported(b"101,0,0,M\n102,101,0,F\n103,101,0,F\n")
    young = await keepers.harness.find(with_references(keepers.sam, ["102", "103"]))

    assert (ended.state, ended.refused) == ("done", 0)
    assert [one.sire_id for one in young] == [real, real]


async def test_an_offer_is_not_accepted_after_its_time(keepers: Any) -> None:
    animal, offer = await keepers.animal(), keepers.id()
    offered = OfferAnimal(transfer_id=offer, animal_id=animal, vivarium_id=keepers.sam, to_vivarium_id=keepers.bea)
    await keepers.harness.handle(offered)
    keepers.harness.now += timedelta(days=31)
    with pytest.raises(SettledError, match="lapsed"):
        await keepers.harness.handle(
            SettleOffer(transfer_id=offer, animal_id=animal, vivarium_id=keepers.bea, how="accepted")
        )


async def test_what_was_erased_is_gone_and_not_written_anew(keepers: Any) -> None:
    animal, sire = await keepers.animal(external_ref="Jo Doe"), await keepers.animal("male", "2015-01-01")
    await named(keepers, animal, sire, note="call 555-0199")
    await keepers.harness.handle(ArchiveAnimal(animal_id=animal, vivarium_id=keepers.sam, reason="erased"))
    row = await keepers.row(animal)
    assert (row.external_ref, row.sire_id) == (None, sire)
    assert [one.note for one in await keepers.harness.find(history_of(animal))] == [""]
    with pytest.raises(GoneError):
        changes = Changes(name="Jo", visibility="public")
        await keepers.harness.handle(UpdateAnimal(animal_id=animal, vivarium_id=keepers.sam, changes=changes))


async def test_a_birth_that_is_taken_back_is_not_known_to_the_day(keepers: Any) -> None:
    animal = await keepers.animal()
    for born, precision in ((None, "unknown"), (date(2020, 1, 1), "day")):
        changes = Changes(born_on=born)
        await keepers.harness.handle(UpdateAnimal(animal_id=animal, vivarium_id=keepers.sam, changes=changes))
        assert (await keepers.row(animal)).birth_precision == precision


async def family_of_placeholder(keepers: Any) -> tuple[str, str, str, str]:
    """A placeholder with its own parents, and its young by its half-sister: F is 1/8."""
    up = await keepers.animal("male", "2010-05-01", placeholder=True)
    mother = await keepers.animal("female", "2010-05-01", placeholder=True)
    stand_in = await keepers.animal("male", "2015-05-01", placeholder=True, sire_id=up, dam_id=mother)
    sister = await keepers.animal("female", "2015-05-01", sire_id=up)
    return stand_in, up, mother, await keepers.animal(born="2022-05-01", sire_id=stand_in, dam_id=sister)


async def test_a_link_cuts_no_pedigree_off(keepers: Any) -> None:
    stand_in, up, mother, child = await family_of_placeholder(keepers)
    real = await keepers.animal("male", "2015-05-01")
    assert (await keepers.harness.get(Descent, child)).inbreeding == 1 / 8
    await linked(keepers, stand_in, real)

    row = await keepers.row(real)
    assert (row.sire_id, row.dam_id, row.lineage_status) == (up, mother, "claimed")
    assert (await keepers.harness.get(Descent, child)).inbreeding == 1 / 8


async def test_the_parents_of_a_placeholder_are_suggested_to_another_keeper(keepers: Any, ask: Asker) -> None:
    stand_in, up, mother, child = await family_of_placeholder(keepers)
    real = await keepers.animal("male", "2015-05-01", vivarium_id=keepers.bea, visibility="public")
    await linked(keepers, stand_in, real)
    wanted = suggestions.SuggestionsWanted(state="open")
    asked = (await ask(suggestions.list_suggestions, keepers.bea, query=wanted)).items
    parents = {one.role: one for one in asked if one.asks == "keeper"}
    assert {role: one.parent.animal_id for role, one in parents.items()} == {"sire": up, "dam": mother}

    for one in parents.values():
        body = suggestions.Answer(note="yes")
        await ask(suggestions.confirm_suggestion, keepers.bea, body, suggestion_id=one.suggestion_id)
    assert (await keepers.harness.get(Descent, child)).inbreeding == 1 / 8
