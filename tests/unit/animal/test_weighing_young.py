"""A parent tested after its young: the young are weighed anew, whoever keeps them, and told only where that changes something."""

from datetime import timedelta
from typing import Any

from reptidex.agents.animal import exclusions
from reptidex.http.animal import animals
from reptidex.streams.animal import AnimalUpdated, LineageValidated
from reptidex.streams.commands.animal import Changes, UpdateAnimal
from reptidex.streams.commands.animal_genetics import WithdrawTest
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_genes import HET, VISUAL, hatched, lab_test


async def standings(keepers: Any, animal_id: str) -> tuple[str | None, str | None, str]:
    place = await keepers.harness.get(Descent, animal_id)
    return place.sire_standing, place.dam_standing, (await keepers.row(animal_id)).lineage_status


async def weighed(keepers: Any) -> list[Any]:
    """Let what follows a change of genes happen; return what is told."""
    return await keepers.harness.advance(by=timedelta(seconds=1))  # type: ignore[no-any-return]


async def test_a_parent_that_is_tested_after_its_young_disputes_them_until_that_test_is_withdrawn(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    _, [young, sibling] = await hatched(keepers, sire, dam, 2)
    await keepers.harness.handle(lab_test(keepers, young, "albino", "albino"))
    await weighed(keepers)
    test = lab_test(keepers, sire, "+", "+")
    await keepers.harness.handle(test)
    told = await weighed(keepers)

    assert await standings(keepers, young) == ("disputed", "confirmed", "disputed")
    for asked, found in (({"lineage_status": "disputed"}, {young}), ({"sire_id": sire}, {young, sibling})):
        page = await Asker(keepers.harness)(animals.list_animals, keepers.sam, query=animals.AnimalFilter(**asked))
        assert {one.animal_id for one in page.items} == found
    assert (await standings(keepers, sibling))[2] == "confirmed"
    [judged] = [event for event in told if isinstance(event, LineageValidated)]
    assert (judged.animal_id, judged.status, judged.previous_status) == (young, "disputed", "confirmed")
    assert [(one.rule, one.severity) for one in judged.findings][-1] == ("genotype", "error")
    assert [event.animal_id for event in told if isinstance(event, AnimalUpdated)] == [young]

    await keepers.harness.handle(
        WithdrawTest(test_id=test.test_id, animal_id=sire, vivarium_id=keepers.sam, reason="mixed up")
    )
    told = await weighed(keepers)
    assert await standings(keepers, young) == ("confirmed", "confirmed", "confirmed")
    assert [event.status for event in told if isinstance(event, LineageValidated)] == ["confirmed"]


async def test_the_young_of_another_vivarium_are_weighed_too(keepers: Any) -> None:
    sire = await keepers.animal("male", visibility="public")
    young = await keepers.animal(born="2025-05-01", vivarium_id=keepers.bea, sire_id=sire)
    test = lab_test(keepers, young, "albino", "albino")
    await keepers.harness.handle(type(test)(**{**_fields(test), "vivarium_id": keepers.bea}))
    await keepers.harness.handle(lab_test(keepers, sire, "+", "+"))
    await weighed(keepers)

    assert (await standings(keepers, young))[0] == "disputed"


def _fields(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


async def test_a_parent_whose_recorded_genes_change_is_doubted_and_nobody_is_disputed(keepers: Any) -> None:
    sire, dam = await keepers.animal("male", genotype=(HET,)), await keepers.animal("female", genotype=(HET,))
    young = await keepers.animal(born="2025-05-01", sire_id=sire, dam_id=dam, genotype=(VISUAL,))
    await weighed(keepers)
    wild = Changes(genotype=(type(HET)(locus="albino", alleles=("+", "+")),))
    await keepers.harness.handle(UpdateAnimal(animal_id=sire, vivarium_id=keepers.sam, changes=wild))
    told = await weighed(keepers)
    await keepers.harness.handle(
        UpdateAnimal(animal_id=sire, vivarium_id=keepers.sam, changes=Changes(genotype=(HET,)))
    )
    cleared = await weighed(keepers)

    rules = [[(one.rule, one.severity) for one in event.findings] for event in (*told, *cleared)]
    assert rules == [[("genotype", "warning")], []]
    assert (await standings(keepers, young))[2] == "claimed"


async def test_however_many_young_are_weighed_page_by_page(keepers: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(exclusions, "YOUNG", 2)
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    _, young = await hatched(keepers, sire, dam, 5)
    for one in young:
        await keepers.harness.handle(lab_test(keepers, one, "albino", "albino"))
    await weighed(keepers)
    await keepers.harness.handle(lab_test(keepers, sire, "+", "+"))
    told = await weighed(keepers)

    assert {(await standings(keepers, one))[0] for one in young} == {"disputed"}
    assert sorted(event.animal_id for event in told if isinstance(event, LineageValidated)) == sorted(young)
    assert await weighed(keepers) == []
