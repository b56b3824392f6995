"""A private animal is named to nobody but its keepers: every route, asked by others, keeps its id and its code back."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from reptidex.http.server.binding import Bound, bind
from reptidex.services.animal import SERVICE
from reptidex.settings import Settings
from reptidex.streams.commands.animal import Changes, Done, SetParents, UpdateAnimal
from reptidex.streams.commands.animal_keeping import OfferAnimal, Offered, SettleOffer
from reptidex.testing.views import Person, Views
from tests.end_to_end.samples import sample
from tests.unit.animal import breeding_world as season
from tests.unit.animal.conftest import BALL, Keepers

EVE = "eeeeeeee-0000-7000-8000-000000000000"
PEOPLE = {
    "sam": Person("99999999-0000-7000-8000-000000000001", Keepers.sam),
    "bea": Person("99999999-0000-7000-8000-000000000002", Keepers.bea),
    "eve": Person("99999999-0000-7000-8000-000000000003", EVE, scope="admin"),
}
CODE = "HUSH"
SHOWN_TO_ALL = {
    "GET /animals/{animal_id}",
    "GET /animals/{animal_id}/offspring",
    "GET /animals/{animal_id}/genetics",
    "GET /animals/{animal_id}/lineage",
    "GET /animals/{animal_id}/lineage/history",
    "GET /animals/{animal_id}/pedigree/{generations}",
    "GET /animals/{animal_id}/inbreeding",
    "GET /animals/{animal_id}/kinship/{other_id}",
    "GET /animals/{animal_id}/common-ancestors/{other_id}",
}
"""Routes that tell everybody something of an animal whose ancestors are hidden."""
SHOWN_TO_KEEPERS = {
    "GET /animals",
    "GET /animals/export",
    "GET /animals/{animal_id}/history",
    "GET /lineage/export",
    "POST /lineage/trial-mating",
    "POST /lineage/diversity",
    "POST /lineage/mates",
    "POST /lineage/validate",
    "POST /genetics/predictions",
}


class Family(msgspec.Struct):
    """Sam's animals, and one that he gave to Bea."""

    hidden: dict[str, str]
    """Sam's private ones, by what they are to the others."""
    shown: list[str]
    """Public descendants of theirs: a daughter, a son, an inbred granddaughter."""
    given: str
    """A son that is Bea's now, by a hidden sire, as her own records say."""


@pytest.fixture
async def family(keepers: Keepers) -> Family:
    async def sams(sex: str, born: str, code: str = "", **more: Any) -> str:
        return await keepers.animal(sex, born, code=code or None, **more)

    grandsire = await sams("male", "2012-01-01", f"{CODE}-1")
    sire = await sams("male", "2015-01-01", f"{CODE}-2", sire_id=grandsire)
    dam = await sams("female", "2015-01-01", f"{CODE}-3")
    lineage = await sams("female", "2015-01-01", "LINE-1", visibility="lineage", sire_id=grandsire)
    parents = {"sire_id": sire, "visibility": "public"}
    daughter = await sams("female", "2018-01-01", dam_id=lineage, **parents)
    son = await sams("male", "2018-01-01", dam_id=dam, **parents)
    inbred = await sams("female", "2021-01-01", dam_id=daughter, **parents)
    young = await sams("female", "2022-01-01", f"{CODE}-4", sire_id=son, dam_id=daughter)
    given = await sams("male", "2019-01-01", visibility="public")
    set_parents = SetParents(animal_id=given, vivarium_id=keepers.sam, sire_id=sire, dam_id=dam)
    await keepers.harness.ask(set_parents, Done)
    await give(keepers, given)
    hidden = {"grandsire": grandsire, "sire": sire, "dam": dam, "young": young}
    return Family(hidden, [daughter, son, inbred], given)


async def give(keepers: Keepers, animal_id: str) -> None:
    """Hand an animal of Sam's over to Bea."""
    names = {"animal_id": animal_id, "vivarium_id": keepers.sam, "to_vivarium_id": keepers.bea}
    offered = await keepers.harness.ask(OfferAnimal(transfer_id=keepers.id(), **names), Offered)
    accept = SettleOffer(transfer_id=offered.transfer_id, animal_id=animal_id, vivarium_id=keepers.bea, how="accepted")
    await keepers.harness.ask(accept, Done)


@pytest.fixture
async def views(keepers: Keepers) -> AsyncIterator[Views]:
    served = await Views.open(SERVICE, keepers.harness, None, PEOPLE, settings=Settings(rate_limit_per_minute=100_000))
    yield served
    await served.client.close()


def _routes() -> Iterator[Bound]:
    for routes in SERVICE.views:
        for route in routes.routes:
            if not route.policy.services or route.policy.role:
                yield bind(route)


def _asked(bound: Bound, subject: str, family: Family) -> tuple[str, dict[str, str], Any]:
    """Return path, query and body that ask a route about an animal, for as much as it tells."""
    daughter, son, inbred = family.shown
    ids = {"animal_id": subject, "other_id": inbred, "sire_id": son, "dam_id": daughter, "generations": "6"}
    ids |= {"species_id": BALL}
    path = bound.route.path
    for name in bound.parameters:
        path = path.replace(f"{{{name}}}", ids.get(name, daughter))
    fields = set() if bound.query is type(None) else set(bound.query.__struct_fields__)
    query = {"explain": "true", "archived": "true"} | ids
    body: Any = None
    if bound.body not in (type(None), bytes):
        body = msgspec.to_builtins(sample(bound.body, ids))
        named = set(getattr(bound.body, "__struct_fields__", ()))
        body |= {key: [subject, *family.shown] for key in ("animal_ids", "with_ids") if key in named}
        body |= {key: ids[key] for key in ("sire_id", "dam_id", "species_id") if key in named}
        if bound.route.path == "/lineage/mates":
            body.pop("animal_id", None)
    if bound.route.path == "/lineage/export":
        fields.discard("animal_id")
    return path, {key: value for key, value in query.items() if key in fields}, body


async def _walk(views: Views, who: str, family: Family, *, writes: bool) -> tuple[set[str], dict[str, str]]:
    """Ask every route as somebody. Return those that answered with something, and what of the hidden each gave away."""
    answered, told = set[str](), dict[str, str]()
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    for bound in _routes():
        method, path = bound.route.method, bound.route.path
        harmless = method == "GET" or (method == "POST" and path.startswith(("/lineage/", "/genetics/")))
        if not (harmless or writes):
            continue
        for subject in (*family.shown, family.given):
            at, query, body = _asked(bound, subject, family)
            async with views.client.request(method, at, params=query, json=body, headers=headers) as answer:
                text = (await answer.read()).decode(errors="replace")
            assert answer.status not in (429, 500), (method, at, text)
            if answer.status == 200 and len(text) > 2:
                answered.add(f"{method} {path}")
            for name, animal_id in family.hidden.items():
                if animal_id in text or CODE in text:
                    told[f"{method} {at} as {who or 'nobody'}"] = f"{name}: {text[:600]}"
    return answered, told


@pytest.mark.parametrize("who", ["", "eve", "bea"])
async def test_no_route_names_a_private_animal_to_others(views: Views, family: Family, who: str) -> None:
    answered, told = await _walk(views, who, family, writes=who == "eve")

    assert told == {}
    assert answered >= SHOWN_TO_ALL
    if who == "bea":
        assert answered >= SHOWN_TO_KEEPERS


async def test_their_own_keepers_are_told_all_of_it(views: Views, family: Family) -> None:
    _, told = await _walk(views, "sam", family, writes=False)

    walked = {each.split("?")[0] for each in told}
    assert len(walked) > 10


async def test_a_hidden_parent_is_said_to_be_there_and_stays_when_it_is_left_out(views: Views, family: Family) -> None:
    path, parents = f"/animals/{family.given}", f"/animals/{family.given}/parents"
    _, record = await views.call("GET", path, "bea")
    _, lineage = await views.call("GET", f"{path}/lineage", "bea")
    _, journal = await views.call("GET", f"{path}/history", "bea")
    status, changed = await views.call("PUT", parents, "bea", {"dam_id": None})
    _, again = await views.call("GET", path, "bea")

    assert (record["sire_hidden"], record["dam_hidden"], "sire_id" in record) == (True, True, False)
    assert [place.get("hidden") for place in lineage["pedigree"]["places"][1:3]] == [True, True]
    assert (lineage["sire_id"], lineage["dam_id"]) == (None, None)
    told = {each["field"]: each["after"] for row in journal["items"] for each in row.get("fields", [])}
    assert (told["sire_id"], told["dam_id"]) == ("hidden", "hidden")
    assert (status, changed.get("sire_hidden"), changed.get("dam_hidden")) == (200, True, None)
    assert (again["sire_hidden"], "dam_hidden" in again) == (True, False)


async def test_a_refused_circle_does_not_name_those_in_between(views: Views, keepers: Keepers, family: Family) -> None:
    # Bea's own animal would descend from itself, through a private animal of Sam's.
    between = await keepers.animal("female", "2021-06-01", sire_id=family.given)
    end = await keepers.animal("male", "2023-06-01", dam_id=between, visibility="public")
    status, problem = await views.call("PUT", f"/animals/{family.given}/parents", "bea", {"sire_id": end})

    assert status == 422 and "its own ancestor" in problem["detail"]
    assert between not in msgspec.json.encode(problem).decode()


async def test_a_hatchling_that_went_and_was_hidden_is_not_shown_to_its_breeder(views: Views, keepers: Keepers) -> None:
    clutch = await season.clutch(keepers, await season.pairing(keepers))
    hatch = season.hatch(keepers, clutch, (), ())
    await keepers.harness.handle(hatch)
    gone, kept = (one.animal_id for one in hatch.hatchlings)
    await give(keepers, gone)
    _, hidden = await views.call("GET", f"/clutches/{clutch}/offspring", "sam")
    show = UpdateAnimal(animal_id=gone, vivarium_id=keepers.bea, changes=Changes(visibility="public"))
    await keepers.harness.ask(show, Done)
    _, shown = await views.call("GET", f"/clutches/{clutch}/offspring", "sam")

    assert [one["animal_id"] for one in hidden["items"]] == [kept]
    assert {one["animal_id"] for one in shown["items"]} == {gone, kept}
