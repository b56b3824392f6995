"""Answers about kinship: figures with what carries them, named as far as the caller may know."""

from typing import Any

import msgspec
import pytest

from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import diversity, kinship, lineage, mates
from reptidex.http.animal.diversity import Group, OfSpecies
from reptidex.http.animal.kinship import Depth, TrialMating
from reptidex.http.animal.mates import MatesWanted
from tests.unit.animal.asking import Asker
from tests.unit.animal.conftest import BALL


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


class Family:
    """Wray's animals 1 to 8: two founders, and three generations of inbreeding."""

    def __init__(self, ids: dict[int, str]) -> None:
        self.ids = ids

    def __getitem__(self, number: int) -> str:
        return self.ids[number]


@pytest.fixture
async def wray(keepers: Any) -> Family:
    """The pedigree of Wray 1990, with sexes that its matings allow."""
    ids: dict[int, str] = {}
    sexes = {1: "female", 2: "male", 3: "male", 4: "female", 5: "male", 6: "female", 7: "female", 8: "unknown"}
    parents = {3: (2, 1), 4: (2, 1), 5: (3, 4), 6: (2, 4), 7: (5, 6), 8: (5, 7)}
    for number, sex in sexes.items():
        sire, dam = parents.get(number, (None, None))
        named = {"sire_id": ids[sire] if sire else None, "dam_id": ids[dam] if dam else None}
        visibility = "private" if number == 1 else "public"
        born = f"{2000 + 3 * number}-05-01"
        ids[number] = await keepers.animal(sex, born, visibility=visibility, name=f"W{number}", **named)
    return Family(ids)


async def test_inbreeding_is_one_row_and_explained_on_demand(keepers: Any, ask: Asker, wray: Family) -> None:
    short = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(), animal_id=wray[8])
    long = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(explain=True), animal_id=wray[8])

    assert (short.inbreeding, short.explained, short.longest_line) == (15 / 32, None, 4)
    assert (long.inbreeding_exact.numerator, long.inbreeding_exact.denominator) == (15, 32)
    assert sum(one.contribution for one in long.explained.common_ancestors) == 15 / 32
    assert sum(one.part for one in long.explained.founders) == 15 / 32
    nearest = long.explained.common_ancestors[0]
    assert (nearest.ancestor.name, nearest.generations) == ("W5", (0, 1))
    assert [each.name for each in nearest.shown[0].other] == ["W7", "W5"]
    assert long.basis.method == "exact" and long.basis.known_ancestors == 7


@pytest.mark.parametrize(("generations", "expected"), [(1, 0), (2, 1 / 4), (3, 5 / 16), (4, 15 / 32)])
async def test_the_generations_that_count_are_chosen(
    keepers: Any, ask: Asker, wray: Family, generations: int, expected: float
) -> None:
    shown = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(generations=generations), animal_id=wray[8])

    assert (shown.inbreeding, shown.basis.generations) == (expected, generations)


async def test_a_very_long_line_of_siblings_is_told_in_numbers_that_json_can_hold(keepers: Any, ask: Asker) -> None:
    unknown: dict[str, Any] = {"born_on": None, "birth_precision": "unknown"}
    sire, dam = await keepers.animal("male", **unknown), await keepers.animal("female", **unknown)
    for _ in range(70):
        young = {"sire_id": sire, "dam_id": dam, **unknown}
        sire, dam = await keepers.animal("male", **young), await keepers.animal("female", **young)
    shown = await ask(kinship.get_inbreeding, keepers.sam, query=Depth(explain=True), animal_id=sire)
    drawn = await ask(lineage.get_pedigree, keepers.sam, animal_id=sire, generations="3")

    assert shown.inbreeding == pytest.approx(1) and shown.inbreeding_exact is None
    assert max(one.lines for one in shown.explained.common_ancestors) == 1 << 53
    assert msgspec.json.encode(shown) and msgspec.json.encode(drawn)


async def test_kinship_of_two_is_told_with_both_measures(keepers: Any, ask: Asker, wray: Family) -> None:
    shown = await ask(kinship.get_kinship, keepers.sam, animal_id=wray[7], other_id=wray[8])

    assert shown.kinship == 1.125 / 2
    assert shown.inbreeding == (5 / 16, 15 / 32)
    assert shown.relationship == pytest.approx(1.125 / ((1 + 5 / 16) * (1 + 15 / 32)) ** 0.5)


async def test_a_hidden_ancestor_carries_its_part_without_a_name(keepers: Any, ask: Asker, wray: Family) -> None:
    seen = await ask(kinship.get_common_ancestors, keepers.bea, animal_id=wray[3], other_id=wray[4])

    assert [(one.ancestor.hidden, one.contribution) for one in seen.common_ancestors] in (
        [(True, 1 / 8), (False, 1 / 8)],
        [(False, 1 / 8), (True, 1 / 8)],
    )
    hidden = next(one for one in seen.common_ancestors if one.ancestor.hidden)
    assert hidden.ancestor.animal_id is None and hidden.shown[0].one[-1].hidden
    with pytest.raises(NotFoundError):
        await ask(kinship.get_kinship, keepers.bea, animal_id=wray[3], other_id=wray[1])


async def test_a_trial_mating_records_nothing_and_says_what_speaks_against_it(
    keepers: Any, ask: Asker, wray: Family
) -> None:
    await keepers.hold(wray[5])
    shown = await ask(kinship.try_mating, keepers.sam, TrialMating(sire_id=wray[5], dam_id=wray[7]))

    assert (shown.inbreeding, shown.above_limit) == (15 / 32, True)
    assert {remark.rule for remark in shown.remarks} == {"inbreeding", "held"}
    assert shown.explained.common_ancestors[0].ancestor.animal_id == wray[5]
    with pytest.raises(InvalidError):
        await ask(kinship.try_mating, keepers.sam, TrialMating(sire_id=wray[5], dam_id=wray[5]))


async def test_a_trial_mating_of_two_sires_is_told_to_be_none(keepers: Any, ask: Asker, wray: Family) -> None:
    shown = await ask(kinship.try_mating, keepers.sam, TrialMating(sire_id=wray[5], dam_id=wray[2]))

    assert "sex" in {remark.rule for remark in shown.remarks}


async def test_a_collection_has_the_diversity_of_the_worked_figures(keepers: Any, ask: Asker, wray: Family) -> None:
    shown = await ask(diversity.vivarium_diversity, keepers.sam, query=OfSpecies(species_id=BALL))

    assert shown.gene_diversity == pytest.approx(0.653076171875)
    means = {one.animal.name: one.mean_kinship for one in shown.members}
    assert (means["W1"], means["W8"]) == (pytest.approx(57 / 256), pytest.approx(221 / 512))
    assert (shown.founders, shown.effective_founders) == (2, pytest.approx(1 / (0.4453125**2 + 0.5546875**2)))
    assert shown.members[0].animal.name == "W1"


async def test_a_chosen_group_may_hold_animals_of_others_that_are_shown(keepers: Any, ask: Asker, wray: Family) -> None:
    shown = await ask(diversity.group_diversity, keepers.bea, Group(animal_ids=(wray[3], wray[4])))

    assert (shown.animals, shown.mean_kinship) == (2, 3 / 8)
    with pytest.raises(NotFoundError):
        await ask(diversity.group_diversity, keepers.bea, Group(animal_ids=(wray[1],)))
    with pytest.raises(InvalidError):
        await ask(diversity.vivarium_diversity, keepers.bea, query=OfSpecies(species_id=BALL))


async def test_mates_are_of_either_sex_alive_free_and_ranked(keepers: Any, ask: Asker, wray: Family) -> None:
    fresh = await keepers.animal("male", "2015-05-01", name="Fresh")
    await keepers.hold(wray[3])
    shown = await ask(mates.suggest_mates, keepers.sam, MatesWanted(species_id=BALL))
    left_out = {one.animal.name: one.reason for one in shown.left_out}

    assert shown.pairs[0].sire.animal_id == fresh and shown.pairs[0].inbreeding == 0
    assert left_out == {"W3": "held for a sale", "W8": "its sex is not recorded"}
    assert {one.sire.name for one in shown.pairs} == {"Fresh", "W2", "W5"}
    assert {one.dam.name for one in shown.pairs} == {"W1", "W4", "W6", "W7"}


async def test_mates_for_one_animal_may_be_a_borrowed_stud(keepers: Any, ask: Asker, wray: Family) -> None:
    stud = await keepers.animal("male", "2015-05-01", vivarium_id=keepers.bea, visibility="public", name="Stud")
    wanted = MatesWanted(animal_id=wray[6], with_ids=(stud,), by="kinship")
    shown = await ask(mates.suggest_mates, keepers.sam, wanted)

    assert {one.dam.name for one in shown.pairs} == {"W6"}
    assert shown.pairs[0].sire.name == "Stud"
    with pytest.raises(NotFoundError):
        await ask(mates.suggest_mates, keepers.bea, MatesWanted(animal_id=wray[6]))
    with pytest.raises(InvalidError):
        await ask(mates.suggest_mates, keepers.bea, MatesWanted())
