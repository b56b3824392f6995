"""What goes with a person, and with an animal, that is erased; and what stays."""

from typing import Any

import pytest

from reptidex.streams.animal import AnimalArchived, AnimalTransferred
from reptidex.streams.core import AuthUserDeleted
from reptidex.tables.media.models import Profile
from tests.unit.media.conftest import picture
from tests.unit.media.test_renders import lineage

GONE: Any = {"reason": "requested"}


@pytest.mark.parametrize("order", ["news first", "gone first"])
async def test_a_person_who_is_gone_has_no_card_whatever_is_heard_of_them_later(studio: Any, order: str) -> None:
    older: dict[str, Any] = {"kind": "user", "profile_id": studio.user, "bio": "Sam lives in Ulm"}
    if order == "news first":
        await studio.known_as(studio.sam, "Sam Sand", 1, **older)
    await studio.harness.handle(AuthUserDeleted(user_id=studio.user, **GONE), sequence=5)
    await studio.known_as(studio.sam, "Sam Sand", 4, **older)

    assert [row for row in await studio.harness.stored() if "Sam" in repr(row)] == []
    assert (await studio.harness.get(Profile, studio.user)).visibility == "private"


async def test_pictures_of_a_person_who_is_gone_are_erased_and_the_animals_keep_theirs(studio: Any) -> None:
    own: dict[str, Any] = {"subject_kind": "user", "subject_id": studio.user, "name": "Sam at home.jpg"}
    avatar, loose = await studio.upload(picture(), **own), await studio.upload(picture(), name="Sam.jpg")
    home = await studio.upload(picture(), subject_kind="vivarium", subject_id=studio.sam, name="Sam's house.jpg")
    photo = await studio.upload(picture(), subject_kind="animal", subject_id=studio.animal, name="Sam's Kiwi.jpg")
    bill = await studio.upload(b"%PDF-1.7 bill for Sam Sand", subject_kind="animal", subject_id=studio.animal)
    await studio.known_as(studio.sam, "Sam Sand", 1, kind="user", profile_id=studio.user)
    await studio.harness.handle(lineage(studio))
    await studio.work()
    chart = (await studio.render("pedigree")).file_id

    await studio.harness.handle(AuthUserDeleted(user_id=studio.user, **GONE), sequence=5)
    told = await studio.harness.advance()
    await studio.work()

    assert {each.file_id: each.reason for each in told} == dict.fromkeys((avatar, loose, home, bill, chart), "erased")
    assert {place.split("/")[1] for place in studio.kept()} == {photo}
    assert [row for row in await studio.harness.stored() if "Sam" in repr(row)] == []


@pytest.mark.parametrize("reason", ["erased", "deceased", "mistake"])
async def test_files_of_an_animal_go_with_it_where_it_is_erased_and_papers_stay(studio: Any, reason: Any) -> None:
    same: dict[str, Any] = {"subject_kind": "animal", "subject_id": studio.animal}
    photo = await studio.upload(picture(), name="Kiwi.jpg", **same)
    record = await studio.upload(b"%PDF-1.7 health record", **same)
    elsewhere = await studio.upload(picture())
    await studio.harness.handle(studio.created())
    await studio.harness.handle(lineage(studio))
    await studio.work()
    chart, placeholder = [(await studio.render(each)).file_id for each in ("pedigree", "placeholder")]
    studio.ports.animal.has(studio.animal, studio.sam)
    await studio.harness.handle(
        AnimalTransferred(animal_id=studio.animal, from_vivarium_id=studio.bea, to_vivarium_id=studio.sam)
    )
    await studio.work()
    chart = (await studio.render("pedigree")).file_id
    paper = (await studio.render("certificate")).file_id

    await studio.harness.handle(AnimalArchived(animal_id=studio.animal, vivarium_id=studio.sam, reason=reason))
    told = await studio.harness.advance()
    await studio.work()

    erased = {photo, record, chart, placeholder} if reason == "erased" else set()
    assert {each.file_id: each.reason for each in told} == dict.fromkeys(erased, "erased")
    assert {file.file_id for file in await studio.files()} == {
        photo,
        record,
        chart,
        placeholder,
        elsewhere,
        paper,
    } - erased
    assert any("Kiwi" in repr(row) for row in await studio.harness.stored()) is (reason != "erased")


async def test_what_a_former_owner_uploaded_of_an_erased_animal_is_still_theirs(studio: Any) -> None:
    theirs = await studio.upload(picture(), subject_kind="animal", subject_id=studio.animal)
    await studio.work()
    await studio.harness.handle(AnimalArchived(animal_id=studio.animal, vivarium_id=studio.bea, reason="erased"))
    await studio.harness.advance()
    await studio.work()

    assert [file.file_id for file in await studio.files()] == [theirs]
