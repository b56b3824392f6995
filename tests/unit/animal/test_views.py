"""What the views let be seen: visibility on every read, and members' access as it stands now."""

from datetime import date
from typing import Any

import pytest

from reptidex.errors import ForbiddenError, InvalidError, NotFoundError
from reptidex.http.animal import animals, breeding, internal, lineage, marks, taxonomy
from reptidex.http.server.routes import Paging
from reptidex.streams.commands.animal_keeping import Mark
from reptidex.streams.core import OrgMemberChanged, OrgMemberRemoved
from reptidex.streams.values import Gene
from tests.unit.animal.asking import USER, Asker, plain

PASTEL = (Gene(locus="spider", alleles=("spider", "+")),)


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def test_a_private_animal_has_a_page_for_its_keepers_alone(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(notes="bites")
    seen = await ask(animals.get_animal, keepers.sam, animal_id=animal)

    assert seen.notes == "bites"
    for vivarium in (keepers.bea, ""):
        with pytest.raises(NotFoundError):
            await ask(animals.get_animal, vivarium, animal_id=animal)


async def test_a_public_animal_hides_its_keepers_notes_and_holds(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(notes="bites", visibility="public")
    await keepers.hold(animal)
    seen = plain(await ask(animals.get_animal, "", animal_id=animal))

    assert seen["code"] == "KIWI-0001"
    assert not {"notes", "held_by", "held_until"} & seen.keys()


async def test_a_hidden_ancestor_counts_and_is_not_named(keepers: Any, ask: Asker) -> None:
    secret = await keepers.animal("male", name="Secret")
    shown = await keepers.animal("female", name="Shown", visibility="lineage")
    young = {"born": "2024-01-01", "sire_id": secret, "dam_id": shown}
    brother = await keepers.animal("male", visibility="public", **young)
    sister = await keepers.animal("female", visibility="public", **young)
    child = await keepers.animal(born="2026-01-01", sire_id=brother, dam_id=sister, visibility="public")
    path = {"animal_id": child, "generations": "2"}
    mine = await ask(lineage.get_pedigree, keepers.sam, **path)
    theirs = await ask(lineage.get_pedigree, keepers.bea, **path)

    assert [place.name for place in mine.places[3:]] == ["Secret", "Shown", "Secret", "Shown"]
    assert [place.name for place in theirs.places[3:]] == ["", "Shown", "", "Shown"]
    assert theirs.places[3].hidden and theirs.places[3].animal_id is None
    assert mine.inbreeding == theirs.inbreeding == 0.25


@pytest.mark.parametrize("generations", ["0", "11", "-1", "two", "9" * 5000, "0001" + "9" * 5000, "000120", "٣"])
async def test_only_one_to_ten_generations_can_be_asked_for(keepers: Any, ask: Asker, generations: str) -> None:
    animal = await keepers.animal()

    with pytest.raises(InvalidError):
        await ask(lineage.get_pedigree, keepers.sam, animal_id=animal, generations=generations)


async def test_a_strangers_private_young_are_not_listed(keepers: Any, ask: Asker) -> None:
    stud = await keepers.animal("male", visibility="public")
    own = await keepers.animal(born="2024-01-01", sire_id=stud)
    theirs = await keepers.animal(born="2024-01-01", sire_id=stud, vivarium_id=keepers.bea)
    page = await ask(animals.list_offspring, keepers.sam, query=Paging(), animal_id=stud)

    assert [one.animal_id for one in page.items] == [own]
    assert theirs not in [one.animal_id for one in page.items]


async def test_animals_are_listed_by_what_is_asked(keepers: Any, ask: Asker) -> None:
    male = await keepers.animal("male", name="Kiwi 100%")
    await keepers.animal("female", name="Mango")
    by_sex = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(sex="male"))
    by_name = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(name="0%"))
    by_birth = await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter(born_from=date(2023, 1, 1)))

    assert [one.animal_id for one in by_sex.items] == [one.animal_id for one in by_name.items] == [male]
    assert by_birth.items == []


async def test_a_removed_member_is_turned_away_while_the_token_still_lives(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    removed = OrgMemberRemoved(vivarium_id=keepers.sam, user_id=USER, role="herpetologist")
    await keepers.harness.handle(removed, sequence=4)

    with pytest.raises(ForbiddenError):
        await ask(animals.list_animals, keepers.sam, query=animals.AnimalFilter())
    with pytest.raises(NotFoundError):
        await ask(animals.get_animal, keepers.sam, animal_id=animal)


async def test_a_demoted_member_may_read_and_not_write(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    changed = OrgMemberChanged(vivarium_id=keepers.sam, user_id=USER, role="keeper", previous_role="herpetologist")
    await keepers.harness.handle(changed, sequence=4)

    assert (await ask(animals.get_animal, keepers.sam, animal_id=animal)).animal_id == animal
    with pytest.raises(ForbiddenError):
        await ask(animals.archive_animal, keepers.sam, query=animals.Archive(), animal_id=animal)


async def test_other_services_read_product_data_with_welfare_flags(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal("male", genotype=PASTEL, morphs=("Spider",))
    await ask(marks.mark_animal, keepers.sam, Mark(kind="ring", value="R7", public=True), animal_id=animal)
    await ask(marks.mark_animal, keepers.sam, Mark(kind="tag", value="secret"), animal_id=animal)
    product = await ask(internal.get_product, animal_id=animal)

    assert [(mark.kind, mark.value) for mark in product.marks] == [("ring", "R7")]
    assert (product.cites.appendix, product.morphs) == ("II", ("Spider",))
    assert (product.morph, product.venomous, product.held_by) == ("Spider", False, None)
    assert [flag.severity for flag in product.welfare] == ["welfare"]


async def test_hatchlings_come_back_in_the_order_in_which_they_were_given(keepers: Any, ask: Asker) -> None:
    dam = await keepers.animal("female")
    new = breeding.NewClutch(dam_id=dam, laid_on=date(2026, 3, 1), laid=4)
    clutch = (await ask(breeding.record_clutch, keepers.sam, new)).clutch.clutch_id
    names = ("Ash", "Birch", "Cedar")
    hatch = breeding.Hatch(
        hatched_on=date(2026, 4, 28), hatchlings=tuple(breeding.NewHatchling(name=name) for name in names)
    )
    done = await ask(breeding.register_hatchlings, keepers.sam, hatch, clutch_id=clutch)

    assert [one.name for one in done.hatchlings] == list(names)
    assert [one.code for one in done.hatchlings] == ["KIWI-0002", "KIWI-0003", "KIWI-0004"]


async def test_morphs_are_found_by_any_of_their_names(ask: Asker) -> None:
    found = await ask(taxonomy.list_morphs, query=taxonomy.MorphFilter(name="pied"))

    assert [one.name for one in found.items] == ["Piebald"]
