"""Registering, changing and archiving animals."""

from datetime import date
from typing import Any

import pytest
from msgspec import UNSET

from reptidex.agents.animal.numbering import CodeTakenError
from reptidex.agents.animal.registry import AnimalExistsError
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.animal import AnimalArchived, AnimalCreated, AnimalUpdated, GeneticsTraitRecorded
from reptidex.streams.commands.animal import ArchiveAnimal, Changes, RegisterAnimal, UpdateAnimal
from reptidex.streams.media import FileDeleted, MediaUploaded
from reptidex.streams.values import Gene, Variant
from reptidex.tables.animal.models import Ownership
from reptidex.tables.animal.queries import owners_of

ALBINO = Gene(locus="albino", alleles=("albino", "albino"), evidence="claim")


def update(keepers: Any, animal_id: str, **changes: Any) -> UpdateAnimal:
    return UpdateAnimal(animal_id=animal_id, vivarium_id=keepers.sam, changes=Changes(**changes))


async def test_animals_are_numbered_in_the_vivariums_own_sequence(keepers: Any) -> None:
    codes = [(await keepers.row(await keepers.animal())).code for _ in range(3)]

    assert codes == ["KIWI-0001", "KIWI-0002", "KIWI-0003"]


async def test_a_code_chosen_by_hand_is_skipped_by_the_sequence(keepers: Any) -> None:
    await keepers.animal(code="kiwi-0001")

    assert (await keepers.row(await keepers.animal())).code == "KIWI-0002"


async def test_a_taken_code_is_refused_in_the_same_vivarium_alone(keepers: Any) -> None:
    await keepers.animal(code="STAR-1")
    await keepers.animal(code="STAR-1", vivarium_id=keepers.bea)

    with pytest.raises(CodeTakenError):
        await keepers.animal(code="STAR-1")


async def test_a_registration_tells_the_record_and_its_traits(keepers: Any) -> None:
    await keepers.animal("male", genotype=(ALBINO,), morphs=("Albino",))
    said = [event.data for event in keepers.harness.events]

    assert [type(event) for event in said] == [AnimalCreated, GeneticsTraitRecorded]
    assert (said[0].species, said[0].code, said[0].how) == ("Python regius", "KIWI-0001", "registered")


async def test_the_first_owner_is_remembered(keepers: Any) -> None:
    animal = await keepers.animal()
    [owner] = await keepers.harness.find(owners_of(animal))

    assert isinstance(owner, Ownership)
    assert (owner.number, owner.vivarium_id, owner.until) == (1, keepers.sam, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"species_id": "99999999-0000-7000-8000-000000000000"},
        {"born": "2026-06-02"},
        {"genotype": (Gene(locus="albino", alleles=("mojave", "+")),)},
        {"genotype": (Gene(locus="nowhere", alleles=("albino", "+")),)},
        {"genotype": (ALBINO, ALBINO)},
        {"code": "no code!"},
        {"sire_id": "99999999-0000-7000-8000-000000000000"},
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_nothing(keepers: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        await keepers.animal(**wrong)

    assert keepers.harness.events == []
    assert (await keepers.row(await keepers.animal())).code == "KIWI-0001"


async def test_a_repeated_registration_under_the_same_id_is_refused(keepers: Any) -> None:
    animal = await keepers.animal()
    row = await keepers.row(animal)

    with pytest.raises(AnimalExistsError):
        await keepers.harness.handle(
            RegisterAnimal(animal_id=animal, vivarium_id=keepers.sam, species_id=row.species_id)
        )


async def test_only_what_is_named_changes(keepers: Any) -> None:
    animal = await keepers.animal("male", name="Kiwi")
    [event] = await keepers.harness.handle(update(keepers, animal, visibility="public"))
    row = await keepers.row(animal)

    assert isinstance(event, AnimalUpdated) and event.changed == ("visibility",)
    assert (row.name, row.sex, row.visibility, row.revision) == ("Kiwi", "male", "public", 2)


async def test_a_change_that_changes_nothing_says_nothing(keepers: Any) -> None:
    animal = await keepers.animal(name="Kiwi")

    assert await keepers.harness.handle(update(keepers, animal, name="Kiwi", sex=UNSET)) == []


async def test_anothers_animal_is_answered_like_an_absent_one(keepers: Any) -> None:
    animal = await keepers.animal(vivarium_id=keepers.bea, visibility="public")

    with pytest.raises(NotFoundError):
        await keepers.harness.handle(update(keepers, animal, name="Mine"))


async def test_a_sire_cannot_become_female(keepers: Any) -> None:
    sire = await keepers.animal("male")
    await keepers.animal(born="2024-01-01", sire_id=sire)

    with pytest.raises(ParentsRefusedError):
        await keepers.harness.handle(update(keepers, sire, sex="female"))


async def test_a_parent_cannot_become_younger_than_its_young(keepers: Any) -> None:
    sire = await keepers.animal("male")
    await keepers.animal(born="2024-01-01", sire_id=sire)

    with pytest.raises(ParentsRefusedError):
        await keepers.harness.handle(update(keepers, sire, born_on=date(2024, 6, 1)))

    assert (await keepers.row(sire)).born_on == date(2022, 5, 1)


async def test_an_archived_animal_stays_where_pedigrees_need_it(keepers: Any) -> None:
    animal = await keepers.animal("male")
    died = date(2026, 5, 1)
    [event] = await keepers.harness.handle(
        ArchiveAnimal(animal_id=animal, vivarium_id=keepers.sam, reason="deceased", died_on=died)
    )
    child = await keepers.animal(born="2025-01-01", sire_id=animal)

    assert event == AnimalArchived(animal_id=animal, vivarium_id=keepers.sam, reason="deceased", died_on=died)
    assert (await keepers.row(child)).sire_id == animal


async def test_a_photo_of_the_owner_is_shown_and_a_strangers_is_not(keepers: Any) -> None:
    animal = await keepers.animal()
    thumbnail = Variant(name="thumbnail", content_type="image/webp", size_bytes=9, digest="d" * 64)
    photo = {"subject_id": animal, "subject_kind": "animal", "kind": "image", "variants": (thumbnail,)}
    mine = MediaUploaded(vivarium_id=keepers.sam, file_id=keepers.id(), **photo)
    foreign = MediaUploaded(vivarium_id=keepers.bea, file_id=keepers.id(), **photo)
    [event] = await keepers.harness.handle(mine) + await keepers.harness.handle(foreign)

    assert event.photo_file_id == mine.file_id
    assert [one.file_id for one in (await keepers.row(animal)).photos] == [mine.file_id]


async def test_a_deleted_photo_gives_its_place_to_the_next(keepers: Any) -> None:
    animal = await keepers.animal()
    files = [keepers.id(), keepers.id()]
    for file_id in files:
        shown = {"subject_id": animal, "subject_kind": "animal", "vivarium_id": keepers.sam, "file_id": file_id}
        await keepers.harness.handle(MediaUploaded(kind="image", **shown))
    gone: dict[str, Any] = {
        "file_id": files[0],
        "vivarium_id": keepers.sam,
        "owner_id": keepers.sam,
        "subject_id": animal,
    }
    rest: dict[str, Any] = {"content_type": "image/webp", "size_bytes": 9, "digest": "d" * 64, "reason": "owner"}
    [event] = await keepers.harness.handle(FileDeleted(subject_kind="animal", kind="image", **gone, **rest))

    assert event.photo_file_id == files[1]
