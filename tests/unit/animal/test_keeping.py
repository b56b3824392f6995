"""Codes, marks, enclosures, origins, care: what keepers note of their animals."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from reptidex.agents.animal.enclosures import EnclosureFullError, OccupiedError
from reptidex.domain.ownership import GoneError
from reptidex.domain.registry.templates import DEFAULT
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import (
    animals,
    breeding,
    care,
    care_overview,
    enclosures,
    history,
    marks,
    numbering,
    provenance,
    transfers,
)
from reptidex.http.server.routes import Paging
from reptidex.streams.animal import AnimalUpdated
from reptidex.streams.commands.animal import Changes
from reptidex.streams.commands.animal_care import Feeding, Medication, Note, Weight
from reptidex.streams.commands.animal_keeping import Mark, NewEnclosure, Provenance
from reptidex.streams.values import Money
from tests.unit.animal.asking import Asker
from tests.unit.animal.conftest import BALL

CHIP = "985141000123456"


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def test_codes_follow_the_template_with_a_sequence_for_each_species_and_year(keepers: Any, ask: Asker) -> None:
    new = numbering.NewNumbering(template="{species}-{year}-{seq:04}", species_codes={BALL: "BP"})
    await ask(numbering.set_numbering, keepers.sam, new)
    born = ["2022-05-01", "2023-05-01", "2022-06-01"]
    codes = [(await keepers.row(await keepers.animal(born=day))).code for day in born]
    preview = numbering.Preview(species_id=BALL, born_on=date(2022, 1, 1), count=2)

    assert codes == ["BP-2022-0001", "BP-2023-0001", "BP-2022-0002"]
    assert (await ask(numbering.preview_numbering, keepers.sam, preview)).codes == ("BP-2022-0003", "BP-2022-0004")


async def test_a_sequence_passes_over_hundreds_of_codes_taken_by_hand(keepers: Any) -> None:
    for number in range(1, 40):
        await keepers.animal(code=f"KIWI-{number:04d}")

    assert (await keepers.row(await keepers.animal())).code == "KIWI-0040"


async def test_a_wrong_template_changes_nothing(keepers: Any, ask: Asker) -> None:
    with pytest.raises(InvalidError):
        await ask(numbering.set_numbering, keepers.sam, numbering.NewNumbering(template="KIWI"))

    assert (await ask(numbering.show_numbering, keepers.sam)).template == DEFAULT


async def test_a_chip_that_another_animal_carries_is_a_warning(keepers: Any, ask: Asker) -> None:
    first, second = await keepers.animal(), await keepers.animal(vivarium_id=keepers.bea)
    chip = Mark(kind="microchip", value="985 141 000 123 456")
    mine = await ask(marks.mark_animal, keepers.sam, chip, animal_id=first)
    theirs = await ask(marks.mark_animal, keepers.bea, chip, animal_id=second)

    assert mine.value == CHIP and mine.remarks == ()
    [remark] = theirs.remarks
    assert (remark.rule, remark.animal_ids) == ("chip_twice", ())
    found = await ask(marks.find_by_chip, keepers.sam, query=marks.ChipWanted(chip=CHIP))
    assert [one.animal_id for one in found] == [first]


async def test_outsiders_see_the_marks_that_are_shown(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(visibility="public")
    await ask(marks.mark_animal, keepers.sam, Mark(kind="microchip", value=CHIP), animal_id=animal)
    ring = await ask(marks.mark_animal, keepers.sam, Mark(kind="ring", value="R 7", public=True), animal_id=animal)

    assert [one.mark_id for one in await ask(marks.list_marks, "", animal_id=animal)] == [ring.mark_id]
    assert len(await ask(marks.list_marks, keepers.sam, animal_id=animal)) == 2


async def test_a_mark_is_corrected_and_ended(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    tag = await ask(marks.mark_animal, keepers.sam, Mark(kind="tag", value="A1"), animal_id=animal)
    ended = Mark(kind="tag", value="A2", since=date(2026, 1, 1), until=date(2026, 5, 1))
    after = await ask(marks.correct_mark, keepers.sam, ended, animal_id=animal, mark_id=tag.mark_id)

    assert (after.value, after.until) == ("A2", date(2026, 5, 1))
    with pytest.raises(InvalidError):
        wrong = Mark(kind="tag", value="A2", since=date(2026, 5, 1), until=date(2026, 1, 1))
        await ask(marks.correct_mark, keepers.sam, wrong, animal_id=animal, mark_id=tag.mark_id)


async def test_an_animal_is_in_one_enclosure_and_its_stays_are_kept(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    rack, tub = [
        (await ask(enclosures.open_enclosure, keepers.sam, NewEnclosure(name=name, capacity=1))).enclosure_id
        for name in ("Rack 1", "Tub 2")
    ]
    for place in (rack, tub):
        await ask(enclosures.move_animals, keepers.sam, enclosures.Move(animal_ids=(animal,), enclosure_id=place))
    stays = await ask(enclosures.list_stays_of, keepers.sam, query=Paging(), animal_id=animal)
    shown = await ask(enclosures.list_enclosures, keepers.sam, query=enclosures.EnclosureFilter())

    assert {(one.enclosure_id, one.until is None) for one in stays.items} == {(rack, False), (tub, True)}
    assert [(one.name, one.occupants, one.free) for one in shown.items] == [("Rack 1", 0, 1), ("Tub 2", 1, 0)]
    inside = await ask(enclosures.get_enclosure, keepers.sam, enclosure_id=tub)
    assert [one.animal_id for one in inside.animals] == [animal]


async def test_a_full_enclosure_takes_nobody_and_an_occupied_one_is_not_closed(keepers: Any, ask: Asker) -> None:
    two = (await keepers.animal(), await keepers.animal())
    tub = (await ask(enclosures.open_enclosure, keepers.sam, NewEnclosure(name="Tub", capacity=1))).enclosure_id
    with pytest.raises(EnclosureFullError):
        await ask(enclosures.move_animals, keepers.sam, enclosures.Move(animal_ids=two, enclosure_id=tub))
    await ask(enclosures.move_animals, keepers.sam, enclosures.Move(animal_ids=two[:1], enclosure_id=tub))
    with pytest.raises(OccupiedError):
        await ask(enclosures.close_enclosure, keepers.sam, enclosure_id=tub)
    await ask(enclosures.move_animals, keepers.sam, enclosures.Move(animal_ids=two[:1], enclosure_id=None))

    assert (await ask(enclosures.close_enclosure, keepers.sam, enclosure_id=tub)).closed_at is not None
    assert (await keepers.row(two[0])).enclosure_id is None
    with pytest.raises(NotFoundError):
        await ask(enclosures.get_enclosure, keepers.bea, enclosure_id=tub)


async def test_an_animal_that_dies_leaves_its_enclosure(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    tub = (await ask(enclosures.open_enclosure, keepers.sam, NewEnclosure(name="Tub"))).enclosure_id
    await ask(enclosures.move_animals, keepers.sam, enclosures.Move(animal_ids=(animal,), enclosure_id=tub))
    await ask(animals.archive_animal, keepers.sam, query=animals.Archive(reason="deceased"), animal_id=animal)

    assert (await ask(enclosures.get_enclosure, keepers.sam, enclosure_id=tub)).occupants == 0


async def test_an_animal_that_is_sold_elsewhere_leaves_its_enclosure_and_every_offer(keepers: Any, ask: Asker) -> None:
    sold, dead, stud = await keepers.animal("female"), await keepers.animal(), await keepers.animal("male")
    tub = (await ask(enclosures.open_enclosure, keepers.sam, NewEnclosure(name="Tub"))).enclosure_id
    into = enclosures.Move(animal_ids=(sold,), enclosure_id=tub)
    await ask(enclosures.move_animals, keepers.sam, into)
    for one in (sold, dead):
        await ask(transfers.offer_animal, keepers.sam, transfers.Gift(to_vivarium_id=keepers.bea), animal_id=one)
    gone = Provenance(direction="disposed", how="sold", on_day=date(2026, 5, 1), source_code="C")
    await ask(provenance.record_provenance, keepers.sam, gone, animal_id=sold)
    await ask(animals.archive_animal, keepers.sam, query=animals.Archive(reason="deceased"), animal_id=dead)
    offers = (await ask(transfers.list_transfers, keepers.bea, query=transfers.TransferFilter())).items

    assert (await ask(enclosures.get_enclosure, keepers.sam, enclosure_id=tub)).occupants == 0
    assert {offer.state for offer in offers} == {"lapsed"} and len(offers) == 2
    with pytest.raises(GoneError):
        await ask(enclosures.move_animals, keepers.sam, into)
    with pytest.raises(GoneError):
        await ask(breeding.create_pairing, keepers.sam, breeding.NewPairing(dam_id=sold, sire_ids=(stud,)))


async def test_where_an_animal_came_from_is_noted_and_never_published(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    said = len(keepers.harness.events)
    origin = Provenance(
        direction="acquired",
        how="bought",
        on_day=date(2023, 1, 1),
        party="Jo Doe, Hamm",
        price=Money(amount=30_000, currency="EUR"),
    )
    noted = await ask(provenance.record_provenance, keepers.sam, origin, animal_id=animal)
    [row] = await ask(provenance.list_provenance, keepers.sam, animal_id=animal)

    assert [remark.rule for remark in noted.remarks] == ["cites_source"]
    assert (row.party, row.price) == ("Jo Doe, Hamm", Money(amount=30_000, currency="EUR"))
    assert keepers.harness.events[said:] == []
    page = await ask(history.list_changes, keepers.sam, query=Paging(), animal_id=animal)
    assert "Jo Doe" not in str(page)


async def test_an_animal_that_was_sold_elsewhere_gets_that_status(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    sold = Provenance(direction="disposed", how="sold", on_day=date(2026, 5, 1), party="Al", source_code="C")
    await ask(provenance.record_provenance, keepers.sam, sold, animal_id=animal)
    last = keepers.harness.events[-1].data

    assert isinstance(last, AnimalUpdated) and (last.status, last.changed) == ("sold", ("status",))
    with pytest.raises(InvalidError):
        wrong = Provenance(direction="disposed", how="bred", on_day=date(2026, 5, 1))
        await ask(provenance.record_provenance, keepers.sam, wrong, animal_id=animal)


async def test_care_is_noted_filtered_corrected_and_struck_out(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    path = {"animal_id": animal}
    days = [date(2026, 1, 1), date(2026, 3, 1)]
    for day, grams in zip(days, (1000.0, 1200.0), strict=True):
        await ask(care.record_health, keepers.sam, Weight(on_day=day, grams=grams), **path)
    meal = await ask(care.record_health, keepers.sam, Feeding(on_day=days[1], prey="rat"), **path)
    weights = await ask(care.list_health, keepers.sam, query=care.CareFilter(kind=["weight"]), **path)
    wrong = weights.items[0].record_id
    await ask(care.correct_health, keepers.sam, Weight(on_day=days[1], grams=1100.5), record_id=wrong, **path)
    await ask(care.remove_health, keepers.sam, query=care.Removal(reason="twice"), record_id=meal.record_id, **path)
    grown = await ask(care.show_growth, keepers.sam, query=care.Span(), **path)
    left = await ask(care.list_health, keepers.sam, query=care.CareFilter(since=days[1]), **path)
    every = await ask(care.list_health, keepers.sam, query=care.CareFilter(removed=True), **path)

    assert (grown.latest.grams, grown.latest.change_grams) == (1100.5, 100.5)
    assert [one.entry.on_day for one in left.items] == [days[1]]
    assert [one.removed_because for one in every.items if one.record_id == meal.record_id] == ["twice"]
    with pytest.raises(InvalidError):
        await ask(care.correct_health, keepers.sam, Note(on_day=days[1]), record_id=wrong, **path)
    with pytest.raises(NotFoundError):
        await ask(care.remove_health, keepers.sam, query=care.Removal(reason="x"), record_id=meal.record_id, **path)


@pytest.mark.parametrize(
    "entry",
    [
        Weight(on_day=date(2021, 1, 1), grams=5),
        Weight(on_day=date(2026, 6, 2), grams=5),
        Medication(on_day=date(2026, 5, 2), substance="fenbendazole", dose=5),
        Medication(on_day=date(2026, 5, 2), substance="fenbendazole", until=date(2026, 5, 1)),
    ],
)
async def test_care_that_cannot_be_is_refused(keepers: Any, ask: Asker, entry: Any) -> None:
    animal = await keepers.animal()

    with pytest.raises(InvalidError):
        await ask(care.record_health, keepers.sam, entry, animal_id=animal)


async def test_care_is_seen_at_a_glance_and_exported(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    path = {"animal_id": animal}
    for day, response in ((1, "accepted"), (8, "refused"), (15, "regurgitated")):
        meal = Feeding(on_day=date(2026, 5, day), prey="=rat", response=response)  # type: ignore[arg-type]
        await ask(care.record_health, keepers.sam, meal, **path)
    ahead = date(2999, 1, 1)
    dose = Medication(on_day=date(2026, 5, 2), substance="fenbendazole", until=ahead, withdrawal_until=ahead)
    await ask(care.record_health, keepers.sam, dose, **path)
    seen = await ask(care_overview.show_care, keepers.sam, **path)
    files = {}
    for kind in ("csv", "json"):
        asked = care_overview.CareExport(format=kind)
        answer = await ask(care_overview.export_care, keepers.sam, query=asked)
        files[kind] = b"".join([part async for part in answer.parts])

    assert (seen.last_ate_on, seen.refused_since) == (date(2026, 5, 1), 2)
    assert (len(seen.courses), seen.withdrawal_until, set(seen.last)) == (1, ahead, {"feeding", "medication"})
    assert len(files["csv"].splitlines()) == 5 and b"KIWI-0001" in files["csv"]
    assert len(msgspec.json.decode(files["json"])["records"]) == 4


async def test_one_evenings_feeding_is_noted_for_all_or_for_none(keepers: Any, ask: Asker) -> None:
    mine = [await keepers.animal() for _ in range(3)]
    foreign = await keepers.animal(vivarium_id=keepers.bea)
    meal = Feeding(on_day=date(2026, 5, 1), prey="mouse")
    with pytest.raises(NotFoundError):
        await ask(care.record_for_many, keepers.sam, care.ForMany(animal_ids=(*mine, foreign), entry=meal))
    await ask(care.record_for_many, keepers.sam, care.ForMany(animal_ids=tuple(mine), entry=meal))

    for animal in mine:
        assert len((await ask(care.list_health, keepers.sam, query=care.CareFilter(), animal_id=animal)).items) == 1


async def test_an_offered_animal_moves_when_it_is_accepted_with_its_care_and_without_notes(
    keepers: Any, ask: Asker
) -> None:
    animal = await keepers.animal(notes="bites", external_ref="42")
    await ask(care.record_health, keepers.sam, Weight(on_day=date(2026, 1, 1), grams=9), animal_id=animal)
    offer = await ask(transfers.offer_animal, keepers.sam, transfers.Gift(to_vivarium_id=keepers.bea), animal_id=animal)
    assert (offer.state, (await keepers.row(animal)).vivarium_id) == ("offered", keepers.sam)
    incoming = await ask(transfers.list_transfers, keepers.bea, query=transfers.TransferFilter())
    assert [one.transfer_id for one in incoming.items] == [offer.transfer_id]

    with pytest.raises(NotFoundError):
        await ask(transfers.accept_transfer, keepers.sam, transfer_id=offer.transfer_id)
    done = await ask(transfers.accept_transfer, keepers.bea, transfer_id=offer.transfer_id)
    row = await keepers.row(animal)
    [weight] = (await ask(care.list_health, keepers.bea, query=care.CareFilter(), animal_id=animal)).items
    owners = await ask(transfers.list_owners, keepers.bea, animal_id=animal)

    assert done.state == "accepted"
    assert (row.vivarium_id, row.notes, row.external_ref, row.code) == (keepers.bea, "", None, "BEA-0001")
    assert weight.recorded_by is None
    assert [(one.vivarium_id, one.how) for one in owners] == [(keepers.sam, "registered"), (keepers.bea, "gift")]
    page = await ask(history.list_changes, keepers.bea, query=Paging(), animal_id=animal)
    assert "bites" not in str(page)


async def test_an_offer_lapses_after_a_month(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    offer = await ask(transfers.offer_animal, keepers.sam, transfers.Gift(to_vivarium_id=keepers.bea), animal_id=animal)
    await keepers.harness.advance(by=timedelta(days=31))
    outgoing = transfers.TransferFilter(direction="outgoing", state="lapsed")
    lapsed = await ask(transfers.list_transfers, keepers.sam, query=outgoing)

    assert [one.transfer_id for one in lapsed.items] == [offer.transfer_id]
    assert (await keepers.row(animal)).vivarium_id == keepers.sam


async def test_the_history_says_who_changed_what(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(name="Kiwi")
    keepers.harness.now += timedelta(seconds=1)
    done = await ask(animals.update_animal, keepers.sam, Changes(name="Mango", sex="male"), animal_id=animal)
    page = await ask(history.list_changes, keepers.sam, query=Paging(), animal_id=animal)
    last = page.items[0]

    assert done.name == "Mango"
    assert [(each.field, each.before, each.after) for each in last.fields] == [
        ("name", "Kiwi", "Mango"),
        ("sex", "unknown", "male"),
    ]
    assert [one.action for one in page.items] == ["updated", "registered"]


async def test_an_animal_archived_by_mistake_comes_back_and_an_erased_one_does_not(keepers: Any, ask: Asker) -> None:
    mistake, erased = await keepers.animal(), await keepers.animal()
    back = history.Restore(reason="it lives")
    await ask(animals.archive_animal, keepers.sam, query=animals.Archive(reason="deceased"), animal_id=mistake)
    await ask(animals.archive_animal, keepers.sam, query=animals.Archive(reason="erased"), animal_id=erased)
    restored = await ask(history.restore_animal, keepers.sam, back, animal_id=mistake)

    assert (restored.status, restored.died_on) == ("active", None)
    for animal in (mistake, erased):
        with pytest.raises(Exception, match=r"collection|erased"):
            await ask(history.restore_animal, keepers.sam, back, animal_id=animal)


async def test_what_was_erased_is_gone_from_the_journal_too(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(notes="bites")
    await ask(animals.update_animal, keepers.sam, Changes(notes="bites Jo Doe"), animal_id=animal)
    await ask(care.record_health, keepers.sam, Note(on_day=date(2026, 1, 1), text="Jo Doe"), animal_id=animal)
    await ask(animals.archive_animal, keepers.sam, query=animals.Archive(reason="erased"), animal_id=animal)
    page = await ask(history.list_changes, keepers.sam, query=Paging(), animal_id=animal)

    assert {one.action for one in page.items} == {"archived: erased", "updated", "registered"}
    assert "bites" not in str(page)
    assert (await ask(care.list_health, keepers.sam, query=care.CareFilter(removed=True), animal_id=animal)).items == []


async def test_a_chip_is_found_at_its_present_keepers(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal()
    await ask(marks.mark_animal, keepers.sam, Mark(kind="microchip", value=CHIP), animal_id=animal)
    await keepers.hold(animal)
    await keepers.harness.handle(keepers.paid(animal))
    wanted = marks.ChipWanted(chip=CHIP)

    assert [one.animal_id for one in await ask(marks.find_by_chip, keepers.bea, query=wanted)] == [animal]
    assert await ask(marks.find_by_chip, keepers.sam, query=wanted) == []


async def test_a_reference_belongs_to_one_animal_of_a_vivarium(keepers: Any) -> None:
    await keepers.animal(external_ref="SB-1")
    await keepers.animal(external_ref="SB-1", vivarium_id=keepers.bea)

    with pytest.raises(InvalidError):
        await keepers.animal(external_ref="SB-1")
