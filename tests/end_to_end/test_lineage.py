"""A lineage between two keepers, over public HTTP: claimed, questioned, agreed to, and what follows for inbreeding."""

from typing import Any

from reptidex.platform.visitor import Visitor
from tests.end_to_end.conftest import Confirmed, World


async def species(who: Visitor, name: str) -> str:
    found = await who.call("animal", "GET", f"/species?name={name}")
    return found["items"][0]["species_id"] if isinstance(found, dict) else found[0]["species_id"]  # type: ignore[no-any-return]


async def animal(who: Visitor, sex: str, born: str, **more: Any) -> str:
    body = {"species_id": await species(who, "royal"), "sex": sex, "born_on": born, **more}
    return (await who.call("animal", "POST", "/animals", body, expect=201))["animal_id"]  # type: ignore[no-any-return]


async def parents(who: Visitor, child: str, sire: str | None, dam: str | None, expect: int = 200) -> Any:
    return await who.call("animal", "PUT", f"/animals/{child}/parents", {"sire_id": sire, "dam_id": dam}, expect=expect)


async def test_a_parent_of_another_keeper_is_claimed_and_agreed_to(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    stud = await animal(bea, "male", "2018-05-01", visibility="public", name="Rex")
    child = await animal(sam, "female", "2022-05-01", visibility="public")
    body = {"sire_id": stud, "dam_id": None, "note": "bought as his daughter"}
    claimed, step = await sam.exchange("animal", "PUT", f"/animals/{child}/parents", body)
    [question] = (await bea.call("animal", "GET", "/lineage/suggestions?state=open"))["items"]
    path = f"/lineage/suggestions/{question['suggestion_id']}"
    agreed, agreeing = await bea.exchange("animal", "POST", f"{path}/confirm", {"note": "from my clutch of 2022"})

    assert (claimed["lineage_status"], agreed["lineage_status"]) == ("claimed", "confirmed")
    await world.heard(step.request_id, "animal.updated", "lineage.updated", "lineage.validated")
    await world.heard(agreeing.request_id, "animal.updated", "lineage.validated")
    await bea.call("animal", "POST", f"{path}/decline", {}, expect=409)
    entries = (await sam.call("animal", "GET", f"/animals/{child}/lineage/history"))["items"]
    assert [(one["act"], one["standing"]) for one in entries] == [("claimed", "claimed"), ("confirmed", "confirmed")]
    assert entries[1]["actor"].endswith(bea.user_id)


async def test_inbreeding_is_refused_nowhere_and_explained_everywhere(world: World, confirmed: Confirmed) -> None:
    sam = await confirmed("Sam")
    sire, dam = await animal(sam, "male", "2016-05-01"), await animal(sam, "female", "2016-05-01")
    young = {"sire_id": sire, "dam_id": dam}
    brother, sister = (
        await animal(sam, "male", "2019-05-01", **young),
        await animal(sam, "female", "2019-05-01", **young),
    )
    trial = await sam.call("animal", "POST", "/lineage/trial-mating", {"sire_id": brother, "dam_id": sister})
    child = await animal(sam, "unknown", "2022-05-01", sire_id=brother, dam_id=sister)
    shown = await sam.call("animal", "GET", f"/animals/{child}/inbreeding?explain=true")
    circle = await parents(sam, sire, brother, None, expect=422)

    assert (trial["inbreeding_exact"], trial["above_limit"]) == ({"numerator": 1, "denominator": 4}, True)
    assert {one["contribution"] for one in shown["explained"]["common_ancestors"]} == {0.125}
    assert {one["part"] for one in shown["explained"]["founders"]} == {0.125}
    assert "own ancestor" in circle["detail"]
    group = await sam.call("animal", "GET", f"/lineage/diversity?species_id={await species(sam, 'royal')}")
    assert (group["animals"], group["founders"], group["effective_founders"]) == (5, 2, 2.0)
    wanted = {"species_id": await species(sam, "royal"), "limit": 3}
    mates = await sam.call("animal", "POST", "/lineage/mates", wanted)
    assert mates["pairs"][0]["inbreeding"] == 0 and mates["pairs"][0]["reasons"]


async def test_a_disputed_animal_is_not_offered_until_the_dispute_ends(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    stud = await animal(bea, "male", "2018-05-01", visibility="public")
    child = await animal(sam, "female", "2022-05-01", sire_id=stud)
    body = {"role": "sire", "note": "he was with nobody that year"}
    disputed = await bea.call("animal", "POST", f"/animals/{child}/lineage/dispute", body)
    blocked = await sam.call(
        "animal", "POST", f"/animals/{child}/lineage/resolve", {"role": "sire", "outcome": "withdrawn"}, expect=403
    )
    ended = await bea.call(
        "animal", "POST", f"/animals/{child}/lineage/resolve", {"role": "sire", "outcome": "withdrawn"}
    )

    assert (disputed["lineage_status"], ended["lineage_status"]) == ("disputed", "confirmed")
    assert blocked["status"] == 403


async def test_a_placeholder_is_linked_to_the_animal_it_stood_for(world: World, confirmed: Confirmed) -> None:
    sam, bea = await confirmed("Sam"), await confirmed("Bea")
    stand_in = await animal(sam, "male", "2015-05-01", placeholder=True, name="Rex of Bea's")
    child = await animal(sam, "female", "2022-05-01", sire_id=stand_in)
    real = await animal(bea, "male", "2015-05-01", visibility="public", name="Rex")
    linked, step = await sam.exchange("animal", "POST", f"/animals/{stand_in}/link", {"to_animal_id": real})
    await world.heard(step.request_id, "animal.updated", "lineage.updated", "animal.archived")

    assert linked["linked_to"] == real
    lineage = await sam.call("animal", "GET", f"/animals/{child}/lineage")
    assert (lineage["sire_id"], lineage["sire_standing"]) == (real, "claimed")
    assert len((await bea.call("animal", "GET", "/lineage/suggestions?state=open"))["items"]) == 1
    await sam.call("animal", "POST", f"/animals/{stand_in}/link", {"to_animal_id": real}, expect=422)
