"""Drawings follow lineages and owners; a late one never replaces a newer."""

from datetime import timedelta
from typing import Any

import pytest

from reptidex.errors import NotFoundError
from reptidex.streams.animal import AnimalTransferred, AnimalUpdated, LineageUpdated
from reptidex.streams.commands.media import AskRender
from reptidex.streams.commerce import OrderCompleted, OrderLine, PolicySnapshot
from reptidex.streams.media import (
    EmbedProfileCreated,
    EmbedProfileRefreshed,
    FileDeleted,
    FileProcessed,
    FileUploaded,
    RenderExportCompleted,
    RenderPedigreeCompleted,
    RenderPedigreeFailed,
    RenderPedigreeRequested,
)
from reptidex.streams.values import Money, Party
from reptidex.tables.media.models import Profile

ORDER = "dddddddd-0000-7000-8000-000000000000"


def lineage(studio: Any, *descendants: str) -> LineageUpdated:
    return LineageUpdated(
        animal_id=studio.animal, vivarium_id=studio.sam, generation=1, descendants=descendants, inbreeding_after=0.25
    )


def transfer(studio: Any) -> AnimalTransferred:
    return AnimalTransferred(
        animal_id=studio.animal, from_vivarium_id=studio.sam, to_vivarium_id=studio.bea, order_id=ORDER
    )


def order(studio: Any) -> OrderCompleted:
    price = Money(amount=100, currency="USD")
    nothing = Money(amount=0, currency="USD")
    line = OrderLine(animal_id=studio.animal, listing_id=ORDER, title="Kiwi", species="Python regius", price=price)
    return OrderCompleted(
        order_id=ORDER,
        transaction_id=ORDER,
        buyer=Party(vivarium_id=studio.bea, user_id=studio.user),
        seller=Party(vivarium_id=studio.sam, user_id=studio.user),
        lines=(line,),
        subtotal=price,
        shipping=nothing,
        tax=nothing,
        total=price,
        policy=PolicySnapshot(digest="e" * 64),
        status="completed",
        completed_at=studio.harness.now,
    )


async def test_a_new_animal_gets_a_picture_of_its_own(studio: Any) -> None:
    await studio.harness.handle(studio.created(), actor=f"user:{studio.user}")
    events = await studio.work()
    [file] = await studio.files()

    assert [type(event) for event in events] == [FileUploaded, FileProcessed]
    assert (file.made, file.subject_id, file.owner_id) == (True, studio.animal, studio.user)
    assert "K-1" in await studio.drawn("placeholder")


async def test_a_changed_lineage_is_drawn_anew(studio: Any) -> None:
    [requested] = await studio.harness.handle(lineage(studio), actor=f"user:{studio.user}")
    events = await studio.work()

    assert isinstance(requested, RenderPedigreeRequested) and (requested.reason, requested.depth) == ("lineage", 3)
    assert requested.requested_by is None
    assert isinstance(events[-1], RenderPedigreeCompleted) and events[-1].inputs_digest == requested.inputs_digest
    assert "F = 0.25" in await studio.drawn("pedigree")


async def test_the_older_chart_goes_when_the_new_one_is_there(studio: Any) -> None:
    await studio.harness.handle(lineage(studio))
    await studio.work()
    old = (await studio.render("pedigree")).file_id
    await studio.harness.handle(lineage(studio))
    events = await studio.work()

    assert [event.file_id for event in events if isinstance(event, FileDeleted)] == [old]
    assert len(studio.kept()) == 1


@pytest.mark.parametrize(
    ("visibility", "confidential", "viewers"),
    [("private", True, None), ("lineage", True, None), ("public", False, {"everybody": "true"})],
)
async def test_a_chart_that_others_may_read_is_drawn_as_others_see_it(
    studio: Any, visibility: str, confidential: bool, viewers: Any
) -> None:
    studio.ports.animal.has(studio.animal, studio.sam, visibility=visibility)
    await studio.harness.handle(lineage(studio))
    await studio.work()
    [chart] = await studio.files()

    assert chart.confidential is confidential
    assert studio.ports.animal.asked[-1] == (f"/internal/animals/{studio.animal}/pedigree/3", viewers)


async def test_a_chart_is_drawn_anew_when_its_animal_is_shown_or_hidden(studio: Any) -> None:
    updated: dict[str, Any] = {
        "code": "K-1",
        "species_id": "66526c3a-c179-584b-8f18-7a60362732a4",
        "species": "Python regius",
    }
    updated |= {"animal_id": studio.animal, "vivarium_id": studio.sam}
    shown = AnimalUpdated(**updated, visibility="public", changed=("visibility",))
    assert await studio.harness.handle(shown) == []
    await studio.harness.handle(lineage(studio))
    await studio.work()
    assert await studio.harness.handle(AnimalUpdated(**updated, changed=("notes",))) == []
    studio.ports.animal.has(studio.animal, studio.sam, visibility="public")
    await studio.harness.handle(shown)
    await studio.work()

    assert [file.confidential for file in await studio.files() if file.state == "ready"] == [False]


@pytest.mark.parametrize(
    ("changed", "more", "said"),
    [("name", {"name": "Fig"}, "Fig"), ("lineage_status", {"lineage_status": "disputed"}, "disputed")],
)
async def test_a_chart_is_drawn_anew_when_what_it_says_of_its_animal_changes(
    studio: Any, changed: str, more: Any, said: str
) -> None:
    await studio.harness.handle(lineage(studio))
    await studio.work()
    studio.ports.animal.has(studio.animal, studio.sam, **more)
    studio.ports.animal.says(studio.animal, **more)
    await studio.harness.handle(studio.updated(changed, **more))
    await studio.work()

    assert said in await studio.drawn("pedigree")


async def test_a_placeholder_bears_the_code_of_its_animal_under_the_new_owner(studio: Any) -> None:
    await studio.harness.handle(studio.created())
    await studio.work()
    moved = studio.updated("vivarium_id", "code", vivarium_id=studio.bea, code="B-77")
    await studio.harness.handle(moved)
    await studio.work()

    assert "B-77" in await studio.drawn("placeholder")
    assert (await studio.render("placeholder")).vivarium_id == studio.bea
    assert len(studio.kept()) == 1


async def test_a_drawing_that_was_overtaken_is_thrown_away(studio: Any) -> None:
    await studio.harness.handle(lineage(studio))
    await studio.harness.handle(lineage(studio))
    events = await studio.work()

    assert len([event for event in events if isinstance(event, RenderPedigreeCompleted)]) == 1
    assert len(studio.kept()) == 1


async def test_descendants_with_a_chart_are_drawn_anew_too(studio: Any) -> None:
    child, stranger = studio.id(), studio.id()
    studio.ports.animal.has(child, studio.bea)
    about = LineageUpdated(animal_id=child, vivarium_id=studio.bea, generation=1)
    await studio.harness.handle(about)
    await studio.work()
    said = await studio.harness.handle(lineage(studio, child, stranger))

    assert [event.subject_id for event in said] == [studio.animal, child]


async def test_after_a_transfer_chart_and_certificate_name_the_new_owner(studio: Any) -> None:
    await studio.known_as(studio.sam, "Kiwi Reptiles")
    await studio.known_as(studio.bea, "Bea & Boas")
    studio.ports.animal.has(studio.animal, studio.bea)
    await studio.harness.handle(transfer(studio))
    events = await studio.work()

    assert [type(event) for event in events if "Completed" in type(event).__name__] == [
        RenderPedigreeCompleted,
        RenderExportCompleted,
    ]
    assert "Bea &amp; Boas" in await studio.drawn("pedigree")
    assert "Kiwi Reptiles" in await studio.drawn("certificate")
    assert {file.vivarium_id for file in await studio.files(studio.bea)} == {studio.bea}


async def test_a_certificate_is_for_its_owner_alone(studio: Any) -> None:
    studio.ports.animal.has(studio.animal, studio.bea, visibility="public")
    await studio.harness.handle(transfer(studio))
    await studio.work()
    confidential = {file.name: file.confidential for file in await studio.files(studio.bea)}

    assert confidential == {"pedigree.svg": False, "certificate.svg": True}


async def test_a_completed_order_gets_its_shipping_manifest(studio: Any) -> None:
    await studio.known_as(studio.sam, "Kiwi Reptiles")
    await studio.harness.handle(order(studio))
    await studio.work()
    paper = await studio.drawn("manifest", ORDER)

    assert "Kiwi Reptiles" in paper and studio.bea in paper
    assert "Python regius · not venomous · Kiwi" in paper


async def test_an_animal_that_is_gone_fails_the_drawing_with_a_reason(studio: Any) -> None:
    studio.ports.animal.answers.clear()
    await studio.harness.handle(lineage(studio))
    [failed] = await studio.work()

    assert isinstance(failed, RenderPedigreeFailed) and failed.reason == "missing"
    assert (await studio.render("pedigree")).status == "failed"


async def test_when_the_neighbour_stays_away_the_drawing_fails_as_unavailable(studio: Any) -> None:
    await studio.harness.handle(lineage(studio))
    [failed] = await studio.harness.fail_effects("repti-animal does not answer: TimeoutError")

    assert failed.reason == "unavailable"


async def test_a_chart_can_be_asked_for(studio: Any) -> None:
    command = AskRender(
        job_id=studio.id(), subject_id=studio.animal, vivarium_id=studio.sam, drawing="pedigree", generations=2
    )
    [requested] = await studio.harness.handle(command, actor=f"user:{studio.user}")
    await studio.work()

    assert (requested.reason, requested.depth, requested.requested_by) == ("asked", 2, studio.user)
    assert (await studio.render("pedigree")).status == "completed"


async def test_there_is_no_certificate_without_a_transfer(studio: Any) -> None:
    command = AskRender(job_id=studio.id(), subject_id=studio.animal, vivarium_id=studio.sam, drawing="certificate")

    with pytest.raises(NotFoundError):
        await studio.harness.handle(command)


async def test_a_certificate_that_is_asked_for_again_says_the_same_of_the_transfer(studio: Any) -> None:
    await studio.known_as(studio.sam, "Kiwi Reptiles")
    studio.ports.animal.has(studio.animal, studio.bea)
    await studio.harness.handle(transfer(studio), at=studio.harness.now - timedelta(days=400))
    await studio.work()
    first = await studio.drawn("certificate")
    again = AskRender(job_id=studio.id(), subject_id=studio.animal, vivarium_id=studio.bea, drawing="certificate")
    for _ in range(2):
        await studio.harness.handle(again)
        await studio.work()

    assert all(said in first for said in (ORDER, "Kiwi Reptiles", "2025"))
    assert await studio.drawn("certificate") == first


async def test_who_passed_an_animal_on_before_the_certificate_was_drawn_gets_none_of_the_next_owner(
    studio: Any,
) -> None:
    studio.ports.animal.has(studio.animal, studio.user)
    await studio.harness.handle(transfer(studio))
    await studio.work()

    assert (await studio.render("certificate")).status == "failed"
    assert [file.name for file in await studio.files(studio.user)] == ["pedigree.svg"]


async def test_the_last_chart_is_found_while_the_next_cannot_be_drawn(studio: Any) -> None:
    await studio.harness.handle(lineage(studio))
    await studio.work()
    last = (await studio.render("pedigree")).file_id
    await studio.harness.handle(lineage(studio))
    meanwhile = (await studio.render("pedigree")).file_id
    await studio.harness.fail_effects("repti-animal does not answer: TimeoutError")

    assert last is not None
    assert (meanwhile, (await studio.render("pedigree")).file_id) == (last, last)


async def test_a_chart_stays_as_deep_as_it_was_asked_for(studio: Any) -> None:
    command = AskRender(
        job_id=studio.id(), subject_id=studio.animal, vivarium_id=studio.sam, drawing="pedigree", generations=2
    )
    await studio.harness.handle(command)
    await studio.work()
    [requested] = await studio.harness.handle(lineage(studio))

    assert requested.depth == 2


async def test_a_profile_gets_a_card_and_keeps_it_fresh(studio: Any) -> None:
    [created] = await studio.known_as(studio.sam, "Kiwi", 1)
    [refreshed] = await studio.known_as(studio.sam, "Kiwi Reptiles", 3)
    same = await studio.known_as(studio.sam, "Kiwi Reptiles", 4)
    late = await studio.known_as(studio.sam, "Kiwi the Old", 2)

    assert isinstance(created, EmbedProfileCreated) and isinstance(refreshed, EmbedProfileRefreshed)
    assert created.cache_key != refreshed.cache_key
    assert same == late == []
    assert (await studio.harness.get(Profile, studio.sam)).display_name == "Kiwi Reptiles"


async def test_a_personal_vivarium_goes_by_its_owners_name(studio: Any) -> None:
    await studio.known_as(studio.sam, "Sam the Person", kind="user", profile_id=studio.user)
    await studio.harness.handle(lineage(studio))
    await studio.work()
    before = await studio.drawn("pedigree")
    await studio.known_as(studio.sam, "Kiwi Reptiles")
    await studio.known_as(studio.sam, "Sam Again", 2, kind="user", profile_id=studio.user)
    await studio.harness.handle(lineage(studio))
    await studio.work()

    assert "Sam the Person" in before
    assert "Kiwi Reptiles" in await studio.drawn("pedigree")


async def test_a_name_that_is_not_public_is_on_no_paper(studio: Any) -> None:
    await studio.known_as(studio.sam, "Sam", kind="user", profile_id=studio.user)
    await studio.known_as(studio.sam, "Secret Sam", 2, kind="user", profile_id=studio.user, visibility="private")
    await studio.harness.handle(lineage(studio))
    await studio.work()

    assert "Sam" not in await studio.drawn("pedigree")
