"""What the platform learns of genes by itself: from clutches, parents and laboratories."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.agents.animal import proving
from reptidex.domain.genetics.leading import TangledError
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import founders, suggestions
from reptidex.streams.animal import GeneticsTraitProven, GeneticsTraitRecorded, LineageValidated
from reptidex.streams.commands.animal import (
    Changes,
    Done,
    Hatchling,
    RegisterHatchlings,
    ResolveSire,
    SetParents,
    UpdateAnimal,
)
from reptidex.streams.commands.animal_genetics import LocusResult, RecordTest, WithdrawTest
from reptidex.streams.commands.animal_lineage import DisputeParent, LinkPlaceholder, ResolveParent
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal import families
from reptidex.tables.animal.genetics import GeneticTest
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker

HET = Gene(locus="albino", alleles=("albino", "+"))
VISUAL = Gene(locus="albino", alleles=("albino", "albino"))


def possible(one: int, of: int) -> Gene:
    return Gene(locus="albino", alleles=("albino", "+"), probability=Ratio(numerator=one, denominator=of))


async def hatched(keepers: Any, sire: str, dam: str, count: int, **more: Any) -> tuple[list[Any], list[str]]:
    """Lay and hatch a clutch of so many; return the events and the hatchlings' ids."""
    clutch = await keepers.clutch(dam, sire, laid=count)
    ids = [keepers.id() for _ in range(count)]
    command = RegisterHatchlings(
        clutch_id=clutch,
        vivarium_id=keepers.sam,
        hatched_on=date(2026, 4, 28),
        hatchlings=tuple(Hatchling(animal_id=key, **more) for key in ids),
    )
    return await keepers.harness.handle(command), ids


async def gene(keepers: Any, animal_id: str) -> Gene | None:
    return next((one for one in (await keepers.row(animal_id)).genotype if one.locus == "albino"), None)


async def chance(keepers: Any, animal_id: str) -> Ratio | None:
    found = await gene(keepers, animal_id)
    return found.probability if found else None


def lab_test(keepers: Any, animal_id: str, *alleles: str, **more: Any) -> RecordTest:
    values: dict[str, Any] = {"laboratory": "Gecko Genes", "tested_on": date(2026, 5, 1)} | more
    return RecordTest(
        test_id=keepers.id(),
        animal_id=animal_id,
        vivarium_id=keepers.sam,
        results=(LocusResult(locus=values.pop("locus", "albino"), alleles=alleles),),
        **values,
    )


async def test_a_clutch_without_a_visual_lowers_its_parents_odds(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(2, 3),))
    dam = await keepers.animal("female", genotype=(VISUAL,))
    events, young = await hatched(keepers, sire, dam, 5)
    told = [one for one in events if isinstance(one, GeneticsTraitRecorded) and one.animal_id == sire]

    assert await chance(keepers, sire) == Ratio(numerator=1, denominator=17)
    assert [(one.posterior, one.evidence) for one in told] == [(Ratio(numerator=1, denominator=17), "clutch")]
    assert "5" not in told[0].alleles and "Albino" in told[0].reason
    # Every young of a visual dam carries it, whatever the sire is.
    assert {(await gene(keepers, one)).probability for one in young} == {None}  # type: ignore[union-attr]


async def test_a_second_clutch_counts_from_what_was_said_and_not_twice(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(2, 3),))
    dam = await keepers.animal("female", genotype=(VISUAL,))
    await hatched(keepers, sire, dam, 2)
    first = await chance(keepers, sire)
    await hatched(keepers, sire, dam, 3)

    assert first == Ratio(numerator=1, denominator=3)
    assert await chance(keepers, sire) == Ratio(numerator=1, denominator=17)


async def test_young_of_two_hets_are_possible_hets(keepers: Any) -> None:
    sire, dam = await keepers.animal("male", genotype=(HET,)), await keepers.animal("female", genotype=(HET,))
    _, young = await hatched(keepers, sire, dam, 2)

    assert await gene(keepers, young[0]) == Gene(
        locus="albino", alleles=("albino", "+"), evidence="parentage", probability=Ratio(numerator=2, denominator=3)
    )


async def test_young_of_a_possible_het_share_in_what_the_clutch_says(keepers: Any) -> None:
    """Of a 50 % het and a proven het: one young alone would be 4/7; with its three plain siblings it is less."""
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female", genotype=(HET,))
    _, [alone] = await hatched(keepers, sire, dam, 1)
    first = await chance(keepers, alone)
    await hatched(keepers, sire, dam, 3)
    later = await chance(keepers, alone)

    assert first == Ratio(numerator=4, denominator=7)
    assert later is not None and later.numerator / later.denominator < 4 / 7


async def test_kin_of_a_family_that_is_not_reckoned_whole_follow_in_units_of_their_own(
    keepers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tangled(*_: Any) -> Any:
        raise TangledError

    monkeypatch.setattr(proving, "believe_whole", tangled)
    monkeypatch.setattr(proving, "KIN", 2)
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female", genotype=(HET,))
    _, elder = await hatched(keepers, sire, dam, 3)
    before = [await chance(keepers, one) for one in elder]
    await hatched(keepers, sire, dam, 4)
    at_once = [await chance(keepers, one) for one in elder]
    told = await keepers.harness.advance(by=timedelta(seconds=1))
    after = [await chance(keepers, one) for one in elder]

    assert at_once == before and all(one != was for one, was in zip(after, before, strict=True))
    assert sorted(one.animal_id for one in told if isinstance(one, GeneticsTraitRecorded)) == sorted(elder)
    assert await keepers.harness.advance(by=timedelta(seconds=1)) == []


async def test_the_name_of_a_morph_is_a_record_of_its_genes(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female", genotype=(HET,))
    events, [star] = await hatched(keepers, sire, dam, 1, morphs=("Albino",))
    proven = [one for one in events if isinstance(one, GeneticsTraitProven) and one.animal_id == sire]

    assert (await gene(keepers, star)) == VISUAL
    assert [(one.offspring_id, one.evidence) for one in proven] == [(star, "offspring")]


async def test_a_name_that_nobody_knows_is_no_evidence_against_anything(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female", genotype=(VISUAL,))
    await hatched(keepers, sire, dam, 4, morphs=("Sparkling Wonder",))

    assert await chance(keepers, sire) == Ratio(numerator=1, denominator=2)


async def test_a_test_is_recorded_and_the_record_follows(keepers: Any) -> None:
    animal = await keepers.animal("male", genotype=(possible(2, 3),))
    command = lab_test(keepers, animal, "albino", "+", method="PCR", reference="R-1")
    done = await keepers.harness.ask(command, Done)
    [proven] = [one.data for one in keepers.harness.events if isinstance(one.data, GeneticsTraitProven)]

    assert done.remarks == ()
    assert await gene(keepers, animal) == Gene(locus="albino", alleles=("albino", "+"), evidence="lab")
    assert (proven.evidence, proven.test_id, proven.posterior) == ("lab", done.id, None)
    row = await keepers.harness.get(GeneticTest, done.id)
    assert (row.laboratory, row.method, row.results[0].status) == ("Gecko Genes", "PCR", "tested")


async def test_a_test_moves_the_odds_of_the_young(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female", genotype=(HET,))
    _, [young] = await hatched(keepers, sire, dam, 1)
    await keepers.harness.handle(lab_test(keepers, sire, "albino", "+"))

    assert await chance(keepers, young) == Ratio(numerator=2, denominator=3)


async def test_a_test_against_the_keepers_claim_wins_and_says_so(keepers: Any) -> None:
    animal = await keepers.animal("male", genotype=(HET,))
    done = await keepers.harness.ask(lab_test(keepers, animal, "+", "+"), Done)

    assert [remark.rule for remark in done.remarks] == ["genotype"] and "het Albino" in done.remarks[0].text
    assert await gene(keepers, animal) == Gene(locus="albino", alleles=("+", "+"), evidence="lab")


async def test_what_a_keeper_states_later_does_not_overrule_a_test_and_comes_back_with_its_end(keepers: Any) -> None:
    animal = await keepers.animal("male", genotype=(possible(2, 3),))
    test = lab_test(keepers, animal, "albino", "albino")
    await keepers.harness.handle(test)
    pastel = Gene(locus="pastel", alleles=("pastel", "+"))
    same: dict[str, Any] = {"animal_id": animal, "vivarium_id": keepers.sam}
    done = await keepers.harness.ask(UpdateAnimal(**same, changes=Changes(genotype=(HET, pastel))), Done)
    tested = await keepers.row(animal)
    await keepers.harness.handle(WithdrawTest(**same, test_id=test.test_id, reason="mixed up"))

    assert [(one.rule, one.severity) for one in done.remarks] == [("genotype", "warning")]
    assert tested.genotype == (replace(VISUAL, evidence="lab"), pastel)
    assert set((await keepers.row(animal)).genotype) == {HET, pastel}


async def test_a_test_against_an_earlier_one_is_disputed_and_changes_nothing(keepers: Any) -> None:
    animal = await keepers.animal("male")
    await keepers.harness.handle(lab_test(keepers, animal, "albino", "+"))
    done = await keepers.harness.ask(lab_test(keepers, animal, "+", "+", laboratory="Other Lab"), Done)
    row = await keepers.harness.get(GeneticTest, done.id)

    assert row.results[0].status == "disputed" and "Gecko Genes" in row.results[0].conflicts[0]
    assert (await gene(keepers, animal)).alleles == ("albino", "+")  # type: ignore[union-attr]


async def test_a_withdrawn_test_leaves_what_was_said_before(keepers: Any) -> None:
    animal = await keepers.animal("male", genotype=(possible(2, 3),))
    done = await keepers.harness.ask(lab_test(keepers, animal, "albino", "+"), Done)
    withdrawn = WithdrawTest(test_id=done.id, animal_id=animal, vivarium_id=keepers.sam, reason="another snake's")
    await keepers.harness.handle(withdrawn)
    await keepers.harness.handle(withdrawn)

    assert await gene(keepers, animal) == possible(2, 3)
    assert (await keepers.harness.get(GeneticTest, done.id)).withdrawn_because == "another snake's"


async def test_laboratories_exclude_a_parent(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    _, [young] = await hatched(keepers, sire, dam, 1)
    await keepers.harness.handle(lab_test(keepers, sire, "+", "+"))
    await keepers.harness.handle(lab_test(keepers, young, "albino", "albino"))
    [*_, judged] = [one.data for one in keepers.harness.events if isinstance(one.data, LineageValidated)]

    assert (await keepers.row(young)).lineage_status == "disputed"
    assert judged.status == "disputed" and [one.rule for one in judged.findings if one.severity == "error"] == [
        "genotype"
    ]


async def test_what_tests_exclude_stays_disputed_until_they_do_not(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    _, [young] = await hatched(keepers, sire, dam, 1)
    await keepers.harness.handle(lab_test(keepers, sire, "+", "+"))
    test = lab_test(keepers, young, "albino", "albino")
    await keepers.harness.handle(test)
    place = await keepers.harness.get(Descent, young)
    assert (place.sire_standing, place.dam_standing) == ("disputed", "confirmed")

    dispute = DisputeParent(animal_id=young, vivarium_id=keepers.sam, role="dam", note="seen with another")
    settled = ResolveParent(animal_id=young, vivarium_id=keepers.sam, role="dam", outcome="withdrawn")
    for command in (dispute, settled):
        await keepers.harness.handle(command)
        assert (await keepers.row(young)).lineage_status == "disputed"
    withdraw = WithdrawTest(test_id=test.test_id, animal_id=young, vivarium_id=keepers.sam, reason="mixed up")
    await keepers.harness.handle(withdraw)

    assert (await keepers.harness.get(Descent, young)).sire_standing == "confirmed"
    assert (await keepers.row(young)).lineage_status == "confirmed"
    told = [one.data.status for one in keepers.harness.events if isinstance(one.data, LineageValidated)]
    assert told[-1] == "confirmed"


async def test_a_sire_that_is_resolved_ends_no_dispute_about_the_dam(keepers: Any) -> None:
    sire, dam = await keepers.animal("male"), await keepers.animal("female")
    _, [young] = await hatched(keepers, sire, dam, 1)
    row = await keepers.row(young)
    await keepers.harness.handle(
        DisputeParent(animal_id=young, vivarium_id=keepers.sam, role="dam", note="seen with another")
    )
    resolve = ResolveSire(clutch_id=row.clutch_id, vivarium_id=keepers.sam, animal_ids=(young,), sire_id=sire)
    await keepers.harness.handle(resolve)

    assert (await keepers.row(young)).lineage_status == "disputed"


@pytest.mark.parametrize(
    ("alleles", "more"),
    [
        (("albino", "albino"), {"tested_on": date(2026, 7, 1)}),
        (("albino", "albino"), {"tested_on": date(2020, 1, 1)}),
        (("albino",), {}),
        (("albino", "-"), {}),
        (("pastel", "+"), {}),
        (("albino", "+"), {"locus": "nowhere"}),
        (("albino", "+"), {"laboratory": "  "}),
    ],
)
async def test_a_test_that_cannot_be_is_refused(keepers: Any, alleles: tuple[str, ...], more: dict[str, Any]) -> None:
    animal = await keepers.animal("male")

    with pytest.raises(InvalidError) as refusal:
        await keepers.harness.handle(lab_test(keepers, animal, *alleles, **more))

    assert refusal.value.pointer


async def test_a_test_of_anothers_animal_is_answered_like_one_of_none(keepers: Any) -> None:
    animal = await keepers.animal("male", vivarium_id=keepers.bea)

    with pytest.raises(NotFoundError):
        await keepers.harness.handle(lab_test(keepers, animal, "albino", "+"))


async def test_nobody_claims_a_laboratorys_word(keepers: Any) -> None:
    lab = Gene(locus="albino", alleles=("albino", "+"), evidence="lab")
    animal = await keepers.animal("male", genotype=(lab,))

    assert (await gene(keepers, animal)).evidence == "claim"  # type: ignore[union-attr]

    await keepers.harness.handle(lab_test(keepers, animal, "albino", "+"))
    await keepers.harness.handle(
        UpdateAnimal(animal_id=animal, vivarium_id=keepers.sam, changes=Changes(genotype=(lab,), name="Kiwi"))
    )
    assert (await gene(keepers, animal)).evidence == "lab"  # type: ignore[union-attr]


async def test_a_look_that_is_recorded_later_proves_the_parents(keepers: Any) -> None:
    sire = await keepers.animal("male", genotype=(possible(1, 2),))
    dam = await keepers.animal("female")
    _, [young] = await hatched(keepers, sire, dam, 1)
    await keepers.harness.handle(
        UpdateAnimal(animal_id=young, vivarium_id=keepers.sam, changes=Changes(genotype=(VISUAL,)))
    )

    assert [(await gene(keepers, one)).evidence for one in (sire, dam)] == ["offspring"] * 2  # type: ignore[union-attr]


async def test_a_parent_that_was_named_by_mistake_is_no_longer_proven(keepers: Any) -> None:
    wrong, right = await keepers.animal("male", genotype=(possible(1, 2),)), await keepers.animal("male")
    dam = await keepers.animal("female", genotype=(HET,))
    star = await keepers.animal("male", "2025-01-01", genotype=(VISUAL,), sire_id=wrong, dam_id=dam)
    proven = await chance(keepers, wrong), (await gene(keepers, wrong)).evidence  # type: ignore[union-attr]
    await keepers.harness.handle(SetParents(animal_id=star, vivarium_id=keepers.sam, sire_id=right, dam_id=dam))

    assert proven == (None, "offspring")
    assert await gene(keepers, wrong) == possible(1, 2)
    assert (await gene(keepers, right)).evidence == "offspring"  # type: ignore[union-attr]


async def test_a_parent_proves_itself_however_it_came_to_be_named(keepers: Any) -> None:
    ask = Asker(keepers.harness)
    stand_in = await keepers.animal("male", placeholder=True)
    real, dam = await keepers.animal("male"), await keepers.animal("female")
    await keepers.animal(born="2025-07-01", sire_id=stand_in, genotype=(VISUAL,))
    await ask(founders.link_placeholder, keepers.sam, founders.Link(to_animal_id=real), animal_id=stand_in)
    young = await keepers.animal(born="2025-08-01", genotype=(VISUAL,), visibility="public")
    third = keepers.id()
    await keepers.harness.handle(
        UpdateAnimal(animal_id=dam, vivarium_id=keepers.sam, changes=Changes(visibility="public"))
    )
    body = suggestions.NewSuggestion(role="dam", parent_id=dam)
    question = await ask(suggestions.suggest_parent, third, body, animal_id=young)
    await ask(suggestions.confirm_suggestion, keepers.sam, suggestions.Answer(), suggestion_id=question.suggestion_id)

    for parent in (real, dam):
        found = await gene(keepers, parent)
        assert found is not None and (found.alleles, found.evidence) == (("albino", "+"), "offspring")


async def test_a_link_proves_nothing_of_an_animal_that_another_keeps(keepers: Any) -> None:
    stand_in = await keepers.animal("male", placeholder=True)
    stud = await keepers.animal("male", vivarium_id=keepers.bea, visibility="public")
    await keepers.animal(born="2025-07-01", sire_id=stand_in, genotype=(VISUAL,))
    before = await keepers.row(stud)
    link = LinkPlaceholder(animal_id=stand_in, vivarium_id=keepers.sam, to_animal_id=stud)
    await keepers.harness.handle(link)

    assert await keepers.row(stud) == before


async def test_of_a_family_that_is_not_here_whole_only_those_follow_whose_kin_is(
    keepers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sire, dam = await keepers.animal("male", genotype=(HET,)), await keepers.animal("female", genotype=(HET,))
    elder = await keepers.animal("female", "2024-01-01", sire_id=sire, dam_id=dam, genotype=(possible(2, 3),))
    await keepers.animal(born="2026-01-01", dam_id=elder, genotype=(VISUAL,))
    proven = await gene(keepers, elder)
    assert proven is not None and proven.evidence == "offspring"
    for bound, value in (("MOST_STEPS", 1), ("MOST_RELATIVES", 4)):
        with monkeypatch.context() as patch:
            patch.setattr(families, bound, value)
            await keepers.animal(born="2025-01-01", sire_id=sire, dam_id=dam, genotype=(possible(2, 3),))
        assert await gene(keepers, elder) == proven


async def test_a_proof_stands_although_the_young_that_gave_it_is_one_of_too_many(
    keepers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stud = await keepers.animal("male", genotype=(possible(1, 2),))
    for _ in range(3):
        await keepers.animal(born="2025-01-01", sire_id=stud, genotype=(possible(1, 4),))
    await keepers.animal(born="2025-01-01", sire_id=stud, genotype=(VISUAL,))
    monkeypatch.setattr(families, "MOST_RELATIVES", 3)
    await keepers.animal(born="2025-01-01", sire_id=stud, genotype=(possible(1, 4),))

    assert (await gene(keepers, stud)).evidence == "offspring"  # type: ignore[union-attr]
