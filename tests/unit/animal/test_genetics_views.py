"""What can be asked about genes: predictions, odds, the look-up in reverse, plans, and why something is known."""

from datetime import date
from typing import Any

import pytest

from reptidex.domain.ancestry import LARGEST
from reptidex.domain.catalogue.shelf import find_species
from reptidex.errors import InvalidError, NotFoundError
from reptidex.http.animal import genetics, lookup, plans, predictions
from reptidex.http.animal.targets import Wanted
from reptidex.http.server.routes import Paging
from reptidex.streams.commands.animal_genetics import LocusResult
from reptidex.streams.values import Gene, Ratio
from reptidex.tables.animal.lineage import Descent
from tests.unit.animal.asking import Asker, plain

BALL = "66526c3a-c179-584b-8f18-7a60362732a4"
ALBINO = Gene(locus="albino", alleles=("albino", "albino"))
HET = Gene(locus="albino", alleles=("albino", "+"))
MAYBE = Gene(locus="albino", alleles=("albino", "+"), probability=Ratio(numerator=2, denominator=3))
PIED = Gene(locus="piebald", alleles=("piebald", "piebald"))
HALF = Ratio(numerator=1, denominator=2)


@pytest.fixture
def ask(keepers: Any) -> Asker:
    """Call views as this or that person."""
    return Asker(keepers.harness)


async def known(ask: Asker, vivarium: str, animal: str) -> Any:
    """Return what is known of an animal at its one locus."""
    said = await ask(genetics.get_genetics, vivarium, animal_id=animal)
    [locus] = said.loci
    return locus


async def test_a_possible_het_is_explained_step_by_step(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(HET,), name="Kiwi")
    dam = await keepers.animal("female", genotype=(HET,))
    child = await keepers.animal("male", "2024-01-01", sire_id=sire, dam_id=dam, morphs=("Pastel",))
    mate = await keepers.animal("female", genotype=(ALBINO,))
    for _ in range(2):
        await keepers.animal("male", "2026-01-01", sire_id=child, dam_id=mate, genotype=(HET,))
    said = await ask(genetics.get_genetics, keepers.sam, animal_id=child)
    albino = next(one for one in said.loci if one.locus == "albino")
    text = " | ".join(albino.steps)

    assert (albino.status, albino.evidence) == ("possible", "clutch")
    assert {one.alleles: (one.probability.numerator, one.probability.denominator) for one in albino.pairs} == {
        ("albino", "+"): (1, 3),
        ("+", "+"): (2, 3),
    }
    assert "KIWI-0001 Kiwi" in text and "Mendel" in text
    assert "2/3 het Albino (66 %)" in text and "Bayes" in text


async def test_what_is_known_of_hidden_kin_counts_and_does_not_tell(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(ALBINO,), name="Secret")
    child = await keepers.animal("male", "2024-01-01", sire_id=sire, visibility="public", morphs=("Pastel",))
    mine = await ask(genetics.get_genetics, keepers.sam, animal_id=child)
    theirs = await ask(genetics.get_genetics, "", animal_id=child)
    [albino] = [one for one in theirs.loci if one.locus == "albino"]

    assert albino.status == "proven" and albino.evidence == "parentage"
    assert "Secret" in str(plain(mine)) and "Secret" not in str(plain(theirs))


async def test_a_private_animal_tells_strangers_nothing(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(genotype=(HET,))

    with pytest.raises(NotFoundError):
        await ask(genetics.get_genetics, keepers.bea, animal_id=animal)


@pytest.mark.parametrize(
    ("genes", "status"),
    [
        ((ALBINO,), "visual"),
        ((HET,), "claimed"),
        ((MAYBE,), "possible"),
        ((Gene(locus="pinstripe", alleles=("pinstripe", "+")),), "visual"),
        ((Gene(locus="albino", alleles=("+", "+")),), "normal"),
    ],
)
async def test_each_record_has_its_standing(keepers: Any, ask: Asker, genes: tuple[Gene, ...], status: str) -> None:
    animal = await keepers.animal(genotype=genes)

    assert (await known(ask, keepers.sam, animal)).status == status


async def test_a_claim_that_the_family_excludes_is_disputed(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(ALBINO,))
    dam = await keepers.animal("female", genotype=(ALBINO,))
    child = await keepers.animal(
        "male", "2024-01-01", genotype=(Gene(locus="albino", alleles=("+", "+")),), sire_id=sire, dam_id=dam
    )
    said = await known(ask, keepers.sam, child)

    assert said.status == "disputed" and "contradict" in said.steps[-1]


async def test_a_test_is_recorded_listed_and_withdrawn(keepers: Any, ask: Asker) -> None:
    animal = await keepers.animal(genotype=(MAYBE,))
    new = genetics.NewGeneticTest(
        laboratory="Gecko Genes",
        tested_on=date(2026, 5, 1),
        results=(LocusResult(locus="albino", alleles=("albino", "+")),),
    )
    done = await ask(genetics.record_test, keepers.sam, new, animal_id=animal)
    during = await known(ask, keepers.sam, animal)
    page = await ask(genetics.list_tests, keepers.sam, query=Paging(), animal_id=animal)
    withdrawal = genetics.Withdrawal(reason="mixed up")
    await ask(genetics.withdraw_test, keepers.sam, withdrawal, animal_id=animal, test_id=done.test.test_id)
    after = await known(ask, keepers.sam, animal)

    assert (during.status, during.evidence) == ("tested", "lab") and "Gecko Genes, 2026-05-01" in during.steps[0]
    assert [one.test_id for one in page.items] == [done.test.test_id]
    assert after.status == "possible"


async def test_two_animals_are_predicted_with_the_inbreeding_of_their_young(keepers: Any, ask: Asker) -> None:
    sire, dam = await keepers.animal("male", genotype=(HET,)), await keepers.animal("female", genotype=(HET,))
    brother = await keepers.animal("male", "2024-01-01", genotype=(HET,), sire_id=sire, dam_id=dam, morphs=("Normal",))
    sister = await keepers.animal("female", "2024-01-01", genotype=(MAYBE,), sire_id=sire, dam_id=dam)
    body = predictions.NewPrediction(species_id=BALL, sire_id=brother, dam_id=sister, eggs=6)
    said = await ask(predictions.predict_genetics, keepers.sam, body)

    assert said.inbreeding == Ratio(numerator=1, denominator=4)
    assert {one.label: (one.probability.numerator, one.probability.denominator) for one in said.looks} == {
        "Albino": (1, 6),
        "60% het Albino": (5, 6),
    }
    assert "each parent gives one of its two at random" in said.steps[0]
    assert [(one.eggs_for_nine_tenths, one.expected) for one in said.looks] == [(2, 5.0), (13, 1.0)]


async def test_polygenic_looks_have_no_odds_and_say_so(keepers: Any, ask: Asker) -> None:
    crested = next(find_species("Correlophus")).species_id
    body = predictions.NewPrediction(species_id=crested, morphs=("Harlequin", "Lilly White"))
    said = await ask(predictions.predict_genetics, keepers.sam, body)

    assert said.notes == ("Harlequin is polygenic: many genes and selection make it, so no odds are given",)


async def test_too_many_genotypes_are_told_by_their_looks(keepers: Any, ask: Asker) -> None:
    names = ("albino", "piebald", "clown", "hypo", "lavender", "ultramel", "axanthic_vpi")
    alleles = {"lavender": "lavender", "axanthic_vpi": "vpi"}
    genes = tuple(Gene(locus=name, alleles=(alleles.get(name, name), "+")) for name in names)
    body = predictions.NewPrediction(species_id=BALL, sire_genotype=genes, dam_genotype=genes)
    said = await ask(predictions.predict_genetics, keepers.sam, body)

    assert (said.classes, said.outcomes, len(said.looks)) == (3**7, (), 2**7)
    assert "too many genotypes" in said.notes[-1]


@pytest.mark.parametrize(
    "body",
    [
        {"sire_genotype": (Gene(locus="albino", alleles=("albino", "toffee", "+")[:2]), HET)},
        {"sire_genotype": (Gene(locus="nowhere", alleles=("a", "b")),)},
        {"sire_genotype": (Gene(locus="albino", alleles=("-", "+")),)},
        {
            "sire_genotype": (
                Gene(locus="albino", alleles=("albino", "+"), probability=Ratio(numerator=1, denominator=10**20)),
            )
        },
    ],
)
async def test_a_genotype_that_cannot_be_is_refused_with_the_reason(keepers: Any, ask: Asker, body: Any) -> None:
    with pytest.raises(InvalidError) as refusal:
        await ask(predictions.predict_genetics, keepers.sam, predictions.NewPrediction(species_id=BALL, **body))

    assert refusal.value.pointer == "/genotype" and str(refusal.value)


async def test_an_animal_and_a_genotype_at_once_are_refused(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male")
    body = predictions.NewPrediction(species_id=BALL, sire_id=sire, sire_genotype=(HET,))

    with pytest.raises(InvalidError):
        await ask(predictions.predict_genetics, keepers.sam, body)


async def test_eggs_for_nine_tenths(keepers: Any, ask: Asker) -> None:
    body = predictions.NewOdds(share=Ratio(numerator=1, denominator=4), eggs=6, clutches=2)
    said = await ask(predictions.reckon_odds, keepers.sam, body)

    assert [one.eggs for one in said.needed] == [9, 3, 11, 17]
    assert said.clutch.exact == "3367/4096" and said.season.exact == f"{4**12 - 3**12}/{4**12}"
    assert (said.expected_clutch, said.expected_season) == (1.5, 3.0)


@pytest.mark.parametrize(
    "body",
    [
        {"share": Ratio(numerator=3, denominator=2)},
        {"share": Ratio(numerator=0, denominator=2)},
        {"share": HALF, "confidence": Ratio(numerator=1, denominator=1)},
        {"share": HALF, "eggs": 1000, "clutches": 100},
        {"share": Ratio(numerator=1, denominator=10**9)},
        {"share": HALF, "hatch_rate": Ratio(numerator=5, denominator=4)},
    ],
)
async def test_odds_that_mean_nothing_are_refused(keepers: Any, ask: Asker, body: Any) -> None:
    with pytest.raises(InvalidError):
        await ask(predictions.reckon_odds, keepers.sam, predictions.NewOdds(**body))


async def test_pairings_that_give_a_target_are_looked_up(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(ALBINO,))
    dam = await keepers.animal("female", genotype=(HET, Gene(locus="spider", alleles=("spider", "+"))))
    await keepers.animal("female", genotype=(PIED,))
    await keepers.animal("female", genotype=(HET,), vivarium_id=keepers.bea)
    said = await ask(lookup.look_up, keepers.sam, lookup.NewLookup(species_id=BALL, target=Wanted(morphs=("albino",))))
    [best] = said.pairings

    assert (best.sire.animal_id, best.dam.animal_id, best.share) == (sire, dam, HALF)
    assert best.eggs_for_nine_tenths == 4 and said.pairings_found == 1
    assert [flag.severity for flag in best.warnings] == ["welfare"]
    assert [(one.sire, one.dam, one.share.denominator) for one in said.genotypes] == [
        ("Albino", "Albino", 1),
        ("Albino", "het Albino", 2),
        ("het Albino", "Albino", 2),
        ("het Albino", "het Albino", 4),
    ]


async def test_a_plan_is_made_from_ones_own_animals(keepers: Any, ask: Asker) -> None:
    sire = await keepers.animal("male", genotype=(ALBINO,))
    dam = await keepers.animal("female", genotype=(PIED,))
    target = Wanted(genotype=(ALBINO, PIED))
    said = await ask(plans.plan_ahead, keepers.sam, plans.NewPlan(species_id=BALL, target=target, maturity_days=1095))
    best = said.plans[0]

    assert said.target == "Albino, Piebald"
    assert (best.generations, best.expected_eggs, best.years) == (2, 19.0, 3.33)
    assert [step.inbreeding.numerator for step in best.steps] == [0, 1]
    assert [kept.carries for kept in best.steps[0].keeps] == ["het Albino, het Piebald"] * 2
    assert {best.steps[0].sire, best.steps[0].dam} == {"KIWI-0001", "KIWI-0002"} and sire != dam


async def test_a_long_line_of_ancestors_is_answered_in_numbers_that_can_be_said(keepers: Any, ask: Asker) -> None:
    line = [keepers.id() for _ in range(600)]
    rows = [
        Descent(animal_id=young, sire_id=one, dam_id=other)
        for young, one, other in zip(line[2:], line[1:], line, strict=False)
    ]
    sire = await keepers.animal("male", genotype=(ALBINO,))
    dam = await keepers.animal("female", genotype=(HET,))
    rows += [Descent(animal_id=sire, sire_id=line[-1], dam_id=line[-4])]
    rows += [Descent(animal_id=dam, sire_id=line[-3], dam_id=line[-2])]
    await keepers.harness.put(*rows)
    target = Wanted(morphs=("albino",))
    found = await ask(lookup.look_up, keepers.sam, lookup.NewLookup(species_id=BALL, target=target))
    planned = await ask(plans.plan_ahead, keepers.sam, plans.NewPlan(species_id=BALL, target=target))

    reckoned = found.pairings[0].inbreeding
    assert reckoned == planned.plans[0].steps[0].inbreeding and reckoned.numerator / reckoned.denominator > 0.9
    assert reckoned.denominator <= LARGEST, "few readers of JSON keep larger numbers whole"


@pytest.mark.parametrize(
    ("target", "pointer"),
    [
        (Wanted(morphs=("Sparkle",)), "/target/morphs"),
        (Wanted(), "/target"),
        (Wanted(genotype=(MAYBE,)), "/target/genotype/0/probability"),
        (Wanted(genotype=(Gene(locus="nowhere", alleles=("a",)),)), "/target/genotype/0/locus"),
        (Wanted(genotype=(ALBINO,)), "/target"),
    ],
)
async def test_a_plan_for_what_cannot_be_is_refused(keepers: Any, ask: Asker, target: Wanted, pointer: str) -> None:
    await keepers.animal("male")
    await keepers.animal("female")

    with pytest.raises(InvalidError) as refusal:
        await ask(plans.plan_ahead, keepers.sam, plans.NewPlan(species_id=BALL, target=target))

    assert refusal.value.pointer == pointer


async def test_a_plan_for_what_does_not_live_is_refused(keepers: Any, ask: Asker) -> None:
    crested = next(find_species("Correlophus")).species_id
    super_lilly = Gene(locus="lillywhite", alleles=("lillywhite", "lillywhite"))

    with pytest.raises(InvalidError, match="does not live"):
        await ask(
            plans.plan_ahead, keepers.sam, plans.NewPlan(species_id=crested, target=Wanted(genotype=(super_lilly,)))
        )


async def test_a_plan_with_anothers_animals_is_refused(keepers: Any, ask: Asker) -> None:
    theirs = await keepers.animal("male", genotype=(ALBINO,), vivarium_id=keepers.bea, visibility="public")
    body = plans.NewPlan(species_id=BALL, target=Wanted(genotype=(ALBINO,)), animal_ids=(theirs,))

    with pytest.raises(InvalidError):
        await ask(plans.plan_ahead, keepers.sam, body)
