"""A whole collection out and in: an empty vivarium gets the same registry, and the same file again changes nothing."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reptidex.http.animal import (
    animals,
    care,
    collection,
    imports,
    marks,
    provenance,
)
from reptidex.services.animal import SERVICE
from reptidex.streams.animal import BreedingClutchCreated, BreedingPaired
from reptidex.streams.commands.animal import (
    ArchiveAnimal,
    Changes,
    Done,
    Hatchling,
    PairAnimals,
    RecordClutch,
    RegisterHatchlings,
    UpdateAnimal,
)
from reptidex.streams.commands.animal_breeding import CandleClutch, IncubateClutch, NotePairing, OpenSeason
from reptidex.streams.commands.animal_care import Feeding, Medication, Shed, Visit, Weight
from reptidex.streams.commands.animal_keeping import KeepEnclosure, Mark, MoveAnimals, NewEnclosure, Provenance
from reptidex.streams.values import Money
from reptidex.tables.animal.models import Animal
from reptidex.testing import UnitHarness
from tests.unit.animal.asking import Asker
from tests.unit.animal.conftest import NOW, Keepers
from tests.unit.animal.test_genes import HET, lab_test, possible


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def exported(ask: Asker, vivarium: str) -> dict[str, Any]:
    answer = await ask(collection.export_collection, vivarium)
    return json.loads(b"".join([part async for part in answer.parts]))  # type: ignore[no-any-return]


async def taken(keepers: Any, ask: Asker, vivarium: str, file: Any, **query: Any) -> Any:
    """Send a file and let it run."""
    wanted = collection.CollectionImport(**query)
    job = await ask(collection.import_collection, vivarium, json.dumps(file).encode(), wanted)
    if job.import_id is None:
        return job
    await keepers.harness.advance(by=timedelta(seconds=1))
    return await ask(imports.get_import, vivarium, import_id=job.import_id)


def plain(file: dict[str, Any]) -> Any:
    """Return what a file says without the names that it makes up, in no order."""
    refs = {
        one["ref"]: f"{one['record']} {number}"
        for number, one in enumerate(
            sorted(
                (one for one in file["records"] if "ref" in one),
                key=lambda one: json.dumps({**one, "ref": ""}, sort_keys=True),
            )
        )
    }
    records = []
    for one in file["records"]:
        named = {
            key: refs.get(value, value) if key in ("ref", "enclosure", "pairing") and isinstance(value, str) else value
            for key, value in one.items()
        }
        records.append(json.dumps(named, sort_keys=True))
    return sorted(json.dumps(one, sort_keys=True) for one in file["animals"]), sorted(records)


async def furnish(keepers: Keepers, ask: Asker) -> None:
    """Give Sam a collection in which something of everything is."""
    handle, sam = keepers.harness.handle, keepers.sam
    sire = await keepers.animal("male", "2020-01-01", genotype=(possible(1, 2),), code="S-1")
    dam = await keepers.animal("female", "2020-01-01", genotype=(HET,), code="D-1", name="Kiwi")
    await ask(marks.mark_animal, sam, Mark(kind="microchip", value="985141000123456"), animal_id=dam)
    tub, rack = keepers.id(), keepers.id()
    for key, new in ((tub, NewEnclosure(name="Tub", capacity=1)), (rack, NewEnclosure(name="Rack", kind="rack"))):
        await handle(KeepEnclosure(enclosure_id=key, vivarium_id=sam, enclosure=new))
    await handle(MoveAnimals(vivarium_id=sam, animal_ids=(dam,), enclosure_id=rack))
    keepers.harness.now += timedelta(hours=1)
    await handle(MoveAnimals(vivarium_id=sam, animal_ids=(dam,), enclosure_id=tub))
    for entry in (
        Weight(on_day=date(2026, 1, 1), grams=500),
        Feeding(on_day=date(2026, 1, 2), prey="mouse", response="refused"),
        Feeding(on_day=date(2026, 1, 2), prey="mouse", response="refused"),
        Shed(on_day=date(2026, 1, 3)),
        Medication(on_day=date(2026, 1, 4), substance="fenbendazole", dose=25, unit="mg/kg", until=date(2026, 1, 8)),
        Visit(on_day=date(2026, 1, 5), veterinarian="Dr. Jo", cost=Money(amount=5000, currency="EUR")),
    ):
        await ask(care.record_health, sam, entry, animal_id=dam)
    bought = Provenance(direction="acquired", how="bought", on_day=date(2021, 1, 1), party="Jo", source_code="C")
    await ask(provenance.record_provenance, sam, bought, animal_id=dam)
    season = keepers.id()
    await handle(
        OpenSeason(
            season_id=season, vivarium_id=sam, name="2026", from_on=date(2025, 10, 1), until_on=date(2026, 12, 31)
        )
    )
    pairing = keepers.id()
    paired = PairAnimals(
        pairing_id=pairing,
        vivarium_id=sam,
        dam_id=dam,
        candidate_sire_ids=(sire,),
        season="2026",
        season_id=season,
        paired_on=date(2026, 1, 10),
    )
    await handle(paired)
    await handle(
        NotePairing(
            note_id=keepers.id(),
            pairing_id=pairing,
            vivarium_id=sam,
            kind="lock",
            on_day=date(2026, 1, 11),
            sire_id=sire,
        )
    )
    laid = RecordClutch(
        clutch_id=keepers.id(),
        vivarium_id=sam,
        dam_id=dam,
        pairing_id=pairing,
        laid_on=date(2026, 3, 1),
        laid=5,
    )
    clutch = (await keepers.harness.ask(laid, Done)).id
    await handle(
        IncubateClutch(clutch_id=clutch, vivarium_id=sam, method="incubator", since=date(2026, 3, 1), celsius=31.5)
    )
    await handle(CandleClutch(clutch_id=clutch, vivarium_id=sam, on_day=date(2026, 3, 8), good=4, bad=1, counts=True))
    young = tuple(Hatchling(animal_id=keepers.id()) for _ in range(3))
    await handle(
        RegisterHatchlings(
            clutch_id=clutch, vivarium_id=sam, hatched_on=date(2026, 4, 28), hatchlings=young, finished=False
        )
    )
    await handle(lab_test(keepers, young[0].animal_id, "albino", "+"))


async def test_an_empty_vivarium_gets_the_same_registry(keepers: Any, ask: Asker) -> None:
    await furnish(keepers, ask)
    file = await exported(ask, keepers.sam)
    dry = await ask(
        collection.import_collection, keepers.bea, json.dumps(file).encode(), collection.CollectionImport(dry_run=True)
    )
    before = len(keepers.harness.events)
    done = await taken(keepers, ask, keepers.bea, file)
    there = await exported(ask, keepers.bea)

    assert {one["record"] for one in file["records"]} == {
        "enclosure",
        "season",
        "pairing",
        "clutch",
        "care",
        "provenance",
        "test",
        "stay",
    }
    assert (dry.refused, dry.created, dry.total) == (0, len(file["animals"]) + len(file["records"]), dry.created)
    assert {(row.record, row.label) for row in dry.rows} >= {
        ("care", "D-1, weight of 2026-01-01"),
        ("enclosure", "Tub"),
    }
    assert (done.state, done.refused, done.created) == ("done", 0, dry.created)
    assert plain(there) == plain(file)
    told = [type(one.data) for one in keepers.harness.events[before:]]
    assert told.count(BreedingClutchCreated) == told.count(BreedingPaired) == 1
    young = [one for one in (await ask(animals_view, keepers.bea)) if one.clutch_id]
    assert [(one.lineage_status, one.breeder_vivarium_id) for one in young] == [("confirmed", keepers.bea)] * 3
    for vivarium in (keepers.sam, keepers.bea):
        again = await taken(keepers, ask, vivarium, file)
        assert (again.unchanged, again.created, again.updated) == (again.total, 0, 0)
    assert plain(await exported(ask, keepers.bea)) == plain(file)


async def test_what_was_bred_from_a_dam_sold_since_is_in_the_file(keepers: Any, ask: Asker) -> None:
    await furnish(keepers, ask)
    [dam] = [one for one in await ask(animals_view, keepers.sam) if one.code == "D-1"]
    public = UpdateAnimal(animal_id=dam.animal_id, vivarium_id=keepers.sam, changes=Changes(visibility="public"))
    for act in (public, keepers.paid(dam.animal_id)):
        await keepers.hold(dam.animal_id)
        await keepers.harness.handle(act)
    file = await exported(ask, keepers.sam)
    bred = [one for one in file["records"] if one["record"] in ("pairing", "clutch")]
    assert [(one["dam"], len(one.get("hatchlings", ()))) for one in bred] == [(dam.animal_id, 0), (dam.animal_id, 3)]
    again = await taken(keepers, ask, keepers.sam, file)
    assert (again.unchanged, again.refused) == (again.total, 0)

    third = keepers.id()
    await keepers.join(third, "Third")
    done = await taken(keepers, ask, third, file)
    assert (done.state, done.refused, done.created) == ("done", 0, len(file["animals"]) + len(file["records"]))
    young = [one for one in await ask(animals_view, third) if one.clutch_id]
    assert [(one.dam_id, one.lineage_status) for one in young] == [(dam.animal_id, "claimed")] * 3
    await keepers.harness.handle(
        UpdateAnimal(animal_id=dam.animal_id, vivarium_id=keepers.bea, changes=Changes(visibility="private"))
    )
    hidden = await exported(ask, keepers.sam)
    assert not [one for one in hidden["records"] if one["record"] in ("pairing", "clutch")]


async def test_a_clutch_in_a_file_binds_the_keeper_of_anothers_dam_to_nothing(keepers: Any, ask: Asker) -> None:
    dam = await keepers.animal("female", "2020-01-01", vivarium_id=keepers.bea, visibility="public")
    file = {"format": "reptidex-collection", "version": 1, "animals": [], "records": [CLUTCH | {"dam": dam}]}
    assert (await taken(keepers, ask, keepers.sam, file)).created == 1
    died = ArchiveAnimal(animal_id=dam, vivarium_id=keepers.bea, reason="deceased", died_on=date(2025, 12, 1))
    await keepers.harness.handle(died)

    assert (await keepers.row(dam)).died_on == date(2025, 12, 1)


async def animals_view(request: Any) -> list[Any]:
    request.query = animals.AnimalFilter()
    return (await animals.list_animals(request)).items  # type: ignore[no-any-return]


ANIMAL = {"code": "A-1", "species": "Python regius", "sex": "female", "born": "2024-01-01"}
OTHER = {"code": "A-2", "species": "Python regius", "sex": "male", "born": "2024-01-01"}
TUB = {
    "record": "enclosure",
    "ref": "t",
    "enclosure": {"name": "Tub", "capacity": 1},
    "opened_at": "2024-01-01T00:00:00Z",
}


CLUTCH = {"record": "clutch", "dam": "A-1", "laid_on": "2026-01-01", "laid": 4}
STAY = {"record": "stay", "animal": "A-1", "enclosure": "t", "since": "2025-01-01T00:00:00Z"}
ORIGIN = {"direction": "acquired", "how": "sold", "on_day": "2025-01-01"}
RESULTS = [{"locus": "x", "alleles": ["a", "b"]}]
SEASON = {"record": "season", "name": "x", "from_on": "2026-01-01", "until_on": "2025-01-01"}


def weighed(animal: str = "A-1", day: str = "2025-01-01", grams: int = 1) -> dict[str, Any]:
    return {"record": "care", "animal": animal, "entry": {"kind": "weight", "on_day": day, "grams": grams}}


@pytest.mark.parametrize(
    ("record", "rule", "field"),
    [
        (weighed("NOBODY"), "missing", "animal"),
        (weighed(day="2023-01-01"), "care", "on_day"),
        (weighed(grams=-1), "schema", "entry.grams"),
        ({"record": "provenance", "animal": "A-1", "provenance": ORIGIN}, "provenance", "how"),
        (
            {"record": "test", "animal": "A-1", "laboratory": "G", "tested_on": "2025-01-01", "results": RESULTS},
            "test",
            "results.0.locus",
        ),
        (STAY | {"enclosure": "nowhere"}, "stay", "enclosure"),
        (STAY | {"since": "2030-01-01T00:00:00Z"}, "stay", "since"),
        (CLUTCH | {"dam": "A-2"}, "clutch", "dam"),
        (CLUTCH | {"fertile": 5}, "clutch", "laid"),
        (CLUTCH | {"hatched": 1, "hatchlings": ["A-2"]}, "clutch", "hatchlings"),
        (CLUTCH | {"pairing": "none"}, "clutch", "pairing"),
        ({"record": "pairing", "ref": "p", "dam": "A-1", "sires": ["A-1"]}, "pairing", "sires"),
        (STAY | {"since": "2025-01-01T00:00:00"}, "schema", "since"),
        (CLUTCH | {"dam_genotype": [{"locus": "x", "alleles": ["a", "b"]}]}, "clutch", "genotype"),
        (CLUTCH | {"candlings": [{"on_day": "2026-01-02", "good": -1}]}, "schema", "candlings[0].good"),
        (SEASON, "season", "until_on"),
        ({"record": "dragon"}, "schema", "record"),
    ],
)
async def test_a_record_that_cannot_be_says_why(keepers: Any, ask: Asker, record: Any, rule: str, field: str) -> None:
    file = {"format": "reptidex-collection", "version": 1, "animals": [ANIMAL, OTHER], "records": [TUB, record]}
    said = await taken(keepers, ask, keepers.sam, file, dry_run=True)
    [row] = [row for row in said.rows if row.action == "refuse"]

    assert [(one.rule, one.field) for one in row.problems if one.severity == "error"] == [(rule, field)]
    assert row.line == 2 and row.problems[0].text and row.record
    done = await taken(keepers, ask, keepers.sam, file, on_error="skip")
    assert (done.state, done.refused, done.created) == ("done", 1, 3)


async def test_a_record_of_a_refused_animal_is_refused_with_it_and_a_full_place_takes_no_more(
    keepers: Any, ask: Asker
) -> None:
    bad = ANIMAL | {"code": "B-1", "external_ref": "BAD", "born": "2030-01-01"}
    records = [weighed("BAD"), STAY, STAY | {"animal": "A-2"}, TUB]
    said = await taken(keepers, ask, keepers.sam, {"animals": [ANIMAL, OTHER, bad], "records": records}, dry_run=True)
    rules = {(row.record, row.line): [one.rule for one in row.problems] for row in said.rows if row.action == "refuse"}

    assert rules == {("", 3): ["date"], ("care", 1): ["missing"], ("stay", 3): ["stay"]}


async def test_two_seasons_of_one_name_are_one(keepers: Any, ask: Asker) -> None:
    season = SEASON | {"until_on": "2026-12-31"}
    file = {"animals": [], "records": [season, season | {"notes": "another"}]}
    done = await taken(keepers, ask, keepers.sam, file, on_error="skip")
    again = await taken(keepers, ask, keepers.sam, file | {"records": [season | {"notes": "changed"}]})

    assert (done.created, done.refused, again.unchanged) == (1, 1, 1)


WEIGHTS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(1, 9)), max_size=12)
MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(weights=WEIGHTS, moves=MOVES, parents=st.lists(st.booleans(), min_size=2, max_size=2))
async def test_whatever_was_noted_comes_back(weights: Any, moves: Any, parents: list[bool]) -> None:
    async with await UnitHarness.open(SERVICE.agents, Animal, now=NOW) as harness:
        keepers, ask = Keepers(harness), Asker(harness)
        await keepers.join(keepers.sam, "Kiwi")
        await keepers.join(keepers.bea, "Bea")
        sire, dam = (
            await keepers.animal("male", "2018-01-01"),
            await keepers.animal("female", "2018-01-01", genotype=(HET,)),
        )
        named: dict[str, Any] = {"sire_id": sire if parents[0] else None, "dam_id": dam if parents[1] else None}
        herd = [sire, dam, *[await keepers.animal(born="2022-01-01", **named) for _ in range(2)]]
        tubs = [keepers.id() for _ in range(2)]
        for tub in tubs:
            new = NewEnclosure(name="Tub", location=tub[-2:])
            await harness.handle(KeepEnclosure(enclosure_id=tub, vivarium_id=keepers.sam, enclosure=new))
        for animal, day, grams in weights:
            await ask(
                care.record_health,
                keepers.sam,
                Weight(on_day=date(2026, 1, day), grams=grams),
                animal_id=herd[animal],
            )
        for animal, place in moves:
            harness.now += timedelta(minutes=1)
            where = tubs[place] if place < 2 else None
            await harness.handle(MoveAnimals(vivarium_id=keepers.sam, animal_ids=(herd[animal],), enclosure_id=where))
        file = await exported(ask, keepers.sam)
        done = await taken(keepers, ask, keepers.bea, file)
        assert done.refused == 0 and plain(await exported(ask, keepers.bea)) == plain(file)
        again = await taken(keepers, ask, keepers.bea, file)
        assert again.unchanged == again.total
