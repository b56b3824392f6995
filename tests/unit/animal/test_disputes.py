"""What ends a dispute about a parent, and what does not: a disputed animal is not sold, so there is money in a way round."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.domain.lineage import ParentsRefusedError
from reptidex.errors import ForbiddenError
from reptidex.http.animal import claims
from reptidex.http.animal.claims import NewDispute, Resolution
from reptidex.streams.commands.animal import Done, Hatchling, RegisterHatchlings, ResolveSire, SetParents
from reptidex.streams.commands.animal_genetics import WithdrawTest
from reptidex.streams.commands.animal_lineage import LinkPlaceholder
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker
from tests.unit.animal.test_claims import Later, answer, claimed, incoming
from tests.unit.animal.test_genes import lab_test
from tests.unit.animal.test_imports import finished, send

CARL = "99999999-0000-7000-8000-000000000000"


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person, one after the other."""
    return Later(keepers.harness)


async def dispute(ask: Asker, vivarium_id: str, animal: str, role: Any = "sire") -> Any:
    return await ask(claims.dispute_parent, vivarium_id, NewDispute(role=role, note="no"), animal_id=animal)


async def resolve(
    ask: Asker, vivarium_id: str, animal: str, outcome: Any, reference: str = "", role: Any = "sire"
) -> Any:
    body = Resolution(role=role, outcome=outcome, reference=reference)
    return await ask(claims.resolve_parent, vivarium_id, body, animal_id=animal)


async def named(keepers: Any, animal: str, sire: str | None, dam: str | None = None, **more: Any) -> None:
    keepers.harness.now += timedelta(seconds=1)
    await keepers.harness.handle(
        SetParents(animal_id=animal, vivarium_id=keepers.sam, sire_id=sire, dam_id=dam, **more)
    )


async def hatched(keepers: Any) -> tuple[str, str]:
    """A hatchling of Sam's whose sire is a public male of Bea's."""
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    dam = await keepers.animal("female")
    clutch = await keepers.clutch(dam, stud)
    child = keepers.id()
    await keepers.harness.handle(
        RegisterHatchlings(
            clutch_id=clutch,
            vivarium_id=keepers.sam,
            hatched_on=date(2026, 4, 28),
            hatchlings=(Hatchling(animal_id=child),),
        )
    )
    return child, stud


async def standing(keepers: Any, animal: str) -> tuple[str, str | None]:
    place = await keepers.harness.get(Descent, animal)
    return (await keepers.row(animal)).lineage_status, place.sire_standing


async def test_a_parent_that_is_named_again_is_disputed_again(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    await named(keepers, child, None)
    await named(keepers, child, stud)

    assert await standing(keepers, child) == ("disputed", "disputed")
    assert (await resolve(ask, keepers.bea, child, "withdrawn")).lineage_status == "confirmed"


async def test_a_dispute_cannot_be_taken_over_and_withdrawn(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    await dispute(ask, keepers.sam, child)
    with pytest.raises(ForbiddenError):
        await resolve(ask, keepers.sam, child, "supported", "R-1")
    await resolve(ask, keepers.sam, child, "withdrawn")

    assert await standing(keepers, child) == ("disputed", "disputed")


async def test_a_parents_keeper_who_agrees_ends_no_other_dispute(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    await dispute(ask, keepers.sam, child)
    [question] = await incoming(ask, keepers.bea)
    await answer(ask, keepers.bea, question, agree=True)
    assert await standing(keepers, child) == ("disputed", "disputed")

    assert (await resolve(ask, keepers.sam, child, "withdrawn")).lineage_status == "confirmed"


async def test_a_breeder_who_says_who_the_sire_is_ends_no_dispute_about_him(keepers: Any, ask: Asker) -> None:
    child, stud = await hatched(keepers)
    await dispute(ask, keepers.bea, child)
    clutch = (await keepers.row(child)).clutch_id
    same: dict[str, Any] = {"clutch_id": clutch, "vivarium_id": keepers.sam, "animal_ids": (child,), "sire_id": stud}
    for word in ({"evidence": "claim"}, {"evidence": "lab", "reference": "R-1"}):
        await keepers.harness.handle(ResolveSire(**same | word))
        assert await standing(keepers, child) == ("disputed", "disputed")


async def test_a_link_ends_no_dispute(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    stand_in = await keepers.animal("male", placeholder=True)
    await named(keepers, child, stand_in)
    await keepers.harness.ask(LinkPlaceholder(animal_id=stand_in, vivarium_id=keepers.sam, to_animal_id=stud), Done)

    assert await standing(keepers, child) == ("disputed", "disputed")


async def test_a_sire_whom_a_laboratory_excluded_is_not_named_again_on_a_mere_word(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await resolve(ask, keepers.sam, child, "excluded", "LAB-8")
    with pytest.raises(ParentsRefusedError) as refusal:
        await named(keepers, child, stud)
    assert [one.rule for one in refusal.value.remarks] == ["slot"]
    await named(keepers, child, None)
    with pytest.raises(ParentsRefusedError):
        await named(keepers, child, stud)

    await named(keepers, child, stud, evidence="lab", reference="LAB-9")
    assert (await keepers.row(child)).sire_id == stud


async def test_whoever_disputes_may_withdraw_after_they_sold_the_parent(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    row = await keepers.row(stud)
    await keepers.harness.put(replace(row, vivarium_id=CARL))

    assert (await resolve(ask, keepers.bea, child, "withdrawn")).lineage_status == "claimed"


async def test_a_clutch_confirms_no_sire_whom_the_breeder_never_kept(keepers: Any, ask: Asker) -> None:
    child, stud = await hatched(keepers)
    assert await standing(keepers, child) == ("claimed", "claimed")
    [question] = await incoming(ask, keepers.bea)
    assert (question.animal.animal_id, question.parent.animal_id) == (child, stud)
    assert (await answer(ask, keepers.bea, question, agree=True)).lineage_status == "confirmed"


async def test_a_withdrawn_dispute_leaves_the_claim_as_it_stood(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    [question] = await incoming(ask, keepers.bea)
    await answer(ask, keepers.bea, question, agree=True)
    await dispute(ask, keepers.sam, child)

    assert (await resolve(ask, keepers.sam, child, "withdrawn")).lineage_status == "confirmed"


async def test_a_file_fills_in_whom_it_may_and_ends_nothing(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    await named(keepers, child, None)
    file = f"external_ref,species,sire\n{child},Python regius,{stud}\n".encode()
    await finished(keepers, ask, await send(ask, keepers.sam, file), keepers.sam)
    assert (await keepers.row(child)).sire_id == stud
    assert await standing(keepers, child) == ("disputed", "disputed")

    await resolve(ask, keepers.bea, child, "withdrawn")
    await resolve(ask, keepers.sam, child, "excluded", "LAB-8")
    for dry in (True, False):
        job = await send(ask, keepers.sam, file, dry_run=dry)
        assert [(one.rule, one.field) for row in job.rows for one in row.problems] == [("slot", "sire")]


async def test_tests_that_no_longer_exclude_a_parent_end_no_keepers_dispute(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    mine = lab_test(keepers, child, "albino", "albino")
    await keepers.harness.handle(replace(lab_test(keepers, stud, "+", "+"), vivarium_id=keepers.bea))
    await keepers.harness.handle(mine)
    assert await standing(keepers, child) == ("disputed", "disputed")
    await dispute(ask, keepers.bea, child)
    await resolve(ask, keepers.bea, child, "withdrawn")
    assert await standing(keepers, child) == ("disputed", "disputed")  # the tests still exclude him

    await dispute(ask, keepers.bea, child)
    await keepers.harness.handle(
        WithdrawTest(animal_id=child, vivarium_id=keepers.sam, test_id=mine.test_id, reason="another snake's")
    )
    assert await standing(keepers, child) == ("disputed", "disputed")
    assert (await resolve(ask, keepers.bea, child, "withdrawn")).lineage_status == "confirmed"
