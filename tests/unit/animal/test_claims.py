"""Claims of parents between two keepers: asking, agreeing, disputing, and what stands after it."""

from datetime import timedelta
from typing import Any

import pytest

from reptidex.agents.animal.disputes import NotDisputedError, ProvenParentError
from reptidex.agents.animal.suggestions import AskedAlreadyError, SuggestionClosedError
from reptidex.domain.lineage import ParentsRefusedError
from reptidex.errors import ForbiddenError, InvalidError, NotFoundError
from reptidex.http.animal import claims, suggestions, transfers
from reptidex.http.animal.claims import NewDispute, Resolution
from reptidex.http.animal.suggestions import Answer, NewSuggestion, SuggestionsWanted
from reptidex.http.animal.transfers import Gift
from reptidex.http.server.routes import Paging
from reptidex.streams.animal import LineageValidated
from reptidex.streams.commands.animal import Changes, Done, SetParents, UpdateAnimal
from reptidex.streams.commands.animal_lineage import AnswerSuggestion
from reptidex.streams.core import AuthUserDeleted
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker


class Later(Asker):
    """Calls views, each a second after the one before."""

    async def __call__(self, *arguments: Any, **more: Any) -> Any:
        self._harness.now += timedelta(seconds=1)
        return await super().__call__(*arguments, **more)


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person, one after the other."""
    return Later(keepers.harness)


async def incoming(ask: Asker, vivarium_id: str, state: str | None = "open") -> Any:
    wanted = SuggestionsWanted(state=state)  # type: ignore[arg-type]
    return (await ask(suggestions.list_suggestions, vivarium_id, query=wanted)).items


async def suggested(ask: Asker, keepers: Any, animal: str, parent: str, by: str = "", role: Any = "sire") -> Any:
    body = NewSuggestion(role=role, parent_id=parent, note="I bred it")
    return await ask(suggestions.suggest_parent, by or keepers.bea, body, animal_id=animal)


async def answer(ask: Asker, vivarium_id: str, one: Any, agree: bool) -> Any:
    view = suggestions.confirm_suggestion if agree else suggestions.decline_suggestion
    return await ask(view, vivarium_id, Answer(note="yes" if agree else "no"), suggestion_id=one.suggestion_id)


async def claimed(keepers: Any) -> tuple[str, str]:
    """A young animal of Sam's whose sire is said to be Bea's."""
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    return await keepers.animal(born="2024-07-01", sire_id=stud), stud


async def history(ask: Asker, keepers: Any, animal: str, vivarium_id: str = "") -> list[Any]:
    viewer = vivarium_id or keepers.sam
    return (await ask(claims.get_history, viewer, query=Paging(), animal_id=animal)).items  # type: ignore[no-any-return]


async def test_a_strangers_parent_is_claimed_until_its_keeper_agrees(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    [question] = await incoming(ask, keepers.bea)
    assert (question.asks, question.parent.animal_id, question.animal.animal_id) == ("parent_keeper", stud, child)

    after = await answer(ask, keepers.bea, question, agree=True)

    assert (after.lineage_status, after.sire_standing) == ("confirmed", "confirmed")
    told = keepers.harness.events[-1].data
    assert isinstance(told, LineageValidated) and (told.previous_status, told.status) == ("claimed", "confirmed")
    assert [one.act for one in await history(ask, keepers, child)] == ["claimed", "confirmed"]


async def test_a_keeper_who_denies_it_disputes_the_claim(keepers: Any, ask: Asker) -> None:
    await claimed(keepers)
    [question] = await incoming(ask, keepers.bea)
    after = await answer(ask, keepers.bea, question, agree=False)

    assert after.lineage_status == "disputed"
    with pytest.raises(SuggestionClosedError):
        await answer(ask, keepers.bea, question, agree=True)


async def test_a_suggested_parent_is_taken_over_and_confirmed_if_its_own_keeper_suggested_it(
    keepers: Any, ask: Asker
) -> None:
    child = await keepers.animal(born="2024-07-01", visibility="public")
    stud = await keepers.animal("male", vivarium_id=keepers.bea)
    await suggested(ask, keepers, child, stud)
    [question] = await incoming(ask, keepers.sam)
    after = await answer(ask, keepers.sam, question, agree=True)

    assert (after.sire_standing, (await keepers.row(child)).sire_id) == ("confirmed", stud)
    assert not await incoming(ask, keepers.bea)


async def test_a_suggestion_declined_changes_nothing_and_is_remembered(keepers: Any, ask: Asker) -> None:
    child = await keepers.animal(born="2024-07-01", visibility="public")
    stud = await keepers.animal("male", vivarium_id=keepers.bea)
    one = await suggested(ask, keepers, child, stud)
    await answer(ask, keepers.sam, one, agree=False)

    assert (await keepers.row(child)).sire_id is None
    assert [entry.act for entry in await history(ask, keepers, child)] == ["suggested", "declined"]
    [mine] = (await ask(suggestions.list_suggestions, keepers.bea, query=SuggestionsWanted(direction="outgoing"))).items
    assert (mine.state, mine.answer) == ("declined", "no")


async def test_a_suggestion_that_cannot_be_is_refused_when_it_is_taken_over(keepers: Any, ask: Asker) -> None:
    child = await keepers.animal(born="2024-07-01", visibility="public")
    dam = await keepers.animal("female", vivarium_id=keepers.bea)
    one = await suggested(ask, keepers, child, dam)
    with pytest.raises(ParentsRefusedError):
        await answer(ask, keepers.sam, one, agree=True)

    assert [each.state for each in await incoming(ask, keepers.sam)] == ["open"]


async def test_the_question_goes_along_with_a_sold_animal(keepers: Any, ask: Asker) -> None:
    child = await keepers.animal(born="2024-07-01", visibility="public")
    stud = await keepers.animal("male", visibility="public")
    third = keepers.id()
    await keepers.join(third, "Third")
    await suggested(ask, keepers, child, stud, by=third)
    offer = await ask(transfers.offer_animal, keepers.sam, Gift(to_vivarium_id=keepers.bea), animal_id=child)
    await ask(transfers.accept_transfer, keepers.bea, transfer_id=offer.transfer_id)

    assert not await incoming(ask, keepers.sam)
    assert len(await incoming(ask, keepers.bea)) == 1


async def test_who_may_suggest_and_what_is_refused(keepers: Any, ask: Asker) -> None:
    hidden, shown = await keepers.animal(), await keepers.animal(visibility="public")
    stud = await keepers.animal("male", vivarium_id=keepers.bea)
    with pytest.raises(NotFoundError):
        await suggested(ask, keepers, hidden, stud)
    with pytest.raises(InvalidError):
        await suggested(ask, keepers, shown, hidden)
    with pytest.raises(InvalidError):
        await suggested(ask, keepers, shown, hidden, by=keepers.sam)
    one = await suggested(ask, keepers, shown, stud)
    with pytest.raises(AskedAlreadyError):
        await suggested(ask, keepers, shown, stud)
    with pytest.raises(NotFoundError):
        await answer(ask, keepers.bea, one, agree=True)
    await ask(suggestions.withdraw_suggestion, keepers.bea, suggestion_id=one.suggestion_id)
    with pytest.raises(SuggestionClosedError):
        await answer(ask, keepers.sam, one, agree=True)


async def test_a_breeder_may_speak_of_young_that_are_hidden_now(keepers: Any, ask: Asker) -> None:
    child = await keepers.animal(born="2024-07-01")
    row = await keepers.row(child)
    assert row.breeder_vivarium_id is None
    with pytest.raises(NotFoundError):
        await suggested(ask, keepers, child, await keepers.animal("male", vivarium_id=keepers.bea))


async def test_another_parent_overtakes_the_question_about_the_first(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    other = await keepers.animal("male")
    change = SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=other, dam_id=None)
    await keepers.harness.handle(change)

    assert not await incoming(ask, keepers.bea)
    assert [one.state for one in await incoming(ask, keepers.bea, state="overtaken")] == ["overtaken"]


async def dispute(ask: Asker, vivarium_id: str, animal: str) -> Any:
    return await ask(
        claims.dispute_parent, vivarium_id, NewDispute(role="sire", note="he was sterile"), animal_id=animal
    )


async def resolve(ask: Asker, vivarium_id: str, animal: str, outcome: Any, reference: str = "") -> Any:
    body = Resolution(role="sire", outcome=outcome, reference=reference)
    return await ask(claims.resolve_parent, vivarium_id, body, animal_id=animal)


async def test_each_side_of_a_dispute_can_only_speak_against_itself(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    with pytest.raises(NotDisputedError):
        await resolve(ask, keepers.bea, child, "withdrawn")
    assert (await dispute(ask, keepers.bea, child)).lineage_status == "disputed"
    for vivarium_id, outcome in ((keepers.sam, "withdrawn"), (keepers.sam, "supported"), (keepers.bea, "yielded")):
        with pytest.raises(ForbiddenError):
            await resolve(ask, vivarium_id, child, outcome, "R-1")

    assert (await resolve(ask, keepers.bea, child, "withdrawn")).lineage_status == "confirmed"


async def test_a_keeper_who_yields_gives_the_parent_up(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    after = await resolve(ask, keepers.sam, child, "yielded")

    assert (after.lineage_status, after.sire_standing) == ("claimed", None)
    assert (await keepers.row(child)).sire_id is None
    last = (await history(ask, keepers, child))[-1]
    assert (last.act, last.parent.animal_id) == ("removed", stud)


async def test_a_laboratory_has_the_last_word(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    with pytest.raises(InvalidError):
        await resolve(ask, keepers.sam, child, "supported")
    assert (await resolve(ask, keepers.sam, child, "supported", "LAB-7")).lineage_status == "tested"
    with pytest.raises(ProvenParentError):
        await dispute(ask, keepers.bea, child)
    other = await keepers.animal("male")
    with pytest.raises(ParentsRefusedError) as refusal:
        await keepers.harness.handle(SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=other, dam_id=None))
    assert [remark.rule for remark in refusal.value.remarks] == ["slot"]

    excluded = await resolve(ask, keepers.sam, child, "excluded", "LAB-8")
    assert (excluded.lineage_status, excluded.sire_standing) == ("rejected", "rejected")
    row = await keepers.row(child)
    assert (row.sire_id, row.lineage_status) == (None, "rejected")

    keepers.harness.now += timedelta(seconds=1)
    await keepers.harness.handle(SetParents(animal_id=child, vivarium_id=keepers.sam, sire_id=None, dam_id=None))
    assert (await keepers.row(child)).lineage_status == "claimed"
    assert [one.act for one in await history(ask, keepers, child)] == ["claimed", "supported", "excluded", "removed"]
    assert stud not in (await keepers.harness.get(Descent, child)).parents


async def test_the_platform_can_end_any_dispute(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    await dispute(ask, keepers.bea, child)
    body = Resolution(role="sire", outcome="supported", reference="case 12")
    after = await ask(claims.decide_parent, keepers.id(), body, animal_id=child)

    assert after.lineage_status == "tested"


async def test_strangers_cannot_dispute_and_see_no_names_in_the_history(keepers: Any, ask: Asker) -> None:
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    child = await keepers.animal(born="2024-07-01", sire_id=stud, visibility="public")
    third = keepers.id()
    with pytest.raises(NotFoundError):
        await dispute(ask, third, child)

    [mine] = await history(ask, keepers, child)
    [theirs] = await history(ask, keepers, child, third)
    assert (mine.vivarium_id, theirs.vivarium_id, theirs.act) == (keepers.sam, None, "claimed")


async def test_a_person_who_is_gone_is_taken_out_of_the_history(keepers: Any, ask: Asker) -> None:
    child, _ = await claimed(keepers)
    gone = keepers.id()
    question = (await incoming(ask, keepers.bea))[0]
    command = AnswerSuggestion(
        suggestion_id=question.suggestion_id, animal_id=child, vivarium_id=keepers.bea, agree=True, note="call 555-0199"
    )
    await keepers.harness.handle(command, actor=f"user:{gone}")
    await keepers.harness.handle(AuthUserDeleted(user_id=gone, reason="erasure"))

    last = (await history(ask, keepers, child))[-1]
    assert (last.act, last.standing, last.actor, last.note) == ("confirmed", "confirmed", None, "")


async def test_a_question_names_nobody_whom_its_reader_may_not_see(keepers: Any, ask: Asker) -> None:
    child, stud = await claimed(keepers)
    hide = UpdateAnimal(animal_id=stud, vivarium_id=keepers.bea, changes=Changes(visibility="private", name="Secret"))
    await keepers.harness.ask(hide, Done)
    wanted = SuggestionsWanted(direction="outgoing")
    [mine] = (await ask(suggestions.list_suggestions, keepers.sam, query=wanted)).items
    [theirs] = await incoming(ask, keepers.bea)

    assert (mine.animal.animal_id, mine.parent.hidden, mine.parent.name) == (child, True, "")
    assert (theirs.animal.animal_id, theirs.parent.name) == (child, "Secret"), (
        "who asks shows what the question is about"
    )
