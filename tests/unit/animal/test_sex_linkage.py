"""Genes on the sex chromosomes and named combinations, from the catalogue through the agents to the answers."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from reptidex.domain.catalogue import shelf
from reptidex.domain.catalogue.entries import Combo
from reptidex.domain.genetics.loci import Allele, Hazard, Locus
from reptidex.errors import InvalidError
from reptidex.http.animal import genetics, predictions
from reptidex.streams.commands.animal import Changes, Done, Hatchling, RegisterHatchlings, UpdateAnimal
from reptidex.streams.values import Gene, Ratio
from tests.unit.animal.asking import Asker

BALL = "66526c3a-c179-584b-8f18-7a60362732a4"
BANANA = Gene(locus="glow", alleles=("glow", "+"))
ODD = Gene(locus="odd", alleles=("odd",))


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ball pythons with a gene on X and Y, one on X alone, and a trade name that carries a warning."""
    real = shelf.species()
    entry = real[BALL]
    glow = Allele(allele="glow", name="Glow", mode="incomplete")
    odd = Allele(allele="odd", name="Odd", mode="recessive")
    hazard = Hazard(severity="welfare", copies=1, certainty="disputed", text="Said to wobble more.", source="a test")
    mine = replace(
        entry,
        loci=(
            *entry.loci,
            Locus(locus="glow", name="Glow", alleles=(glow,), sex_linked="x", recombination="1/20"),
            Locus(locus="odd", name="Odd", alleles=(odd,), sex_linked="x"),
        ),
        combos=(
            Combo(
                name="Busy Bee",
                genotype={"pastel": ("pastel", "+"), "spider": ("spider", "+")},
                hazards=(hazard,),
            ),
            Combo(
                name="Busier Bee",
                genotype={"pastel": ("pastel", "+"), "spider": ("spider", "+"), "glow": ("glow", "+")},
            ),
        ),
    )
    monkeypatch.setattr(shelf, "species", lambda: {**real, BALL: mine})


async def predicted(keepers: Any, sire: tuple[Gene, ...], dam: tuple[Gene, ...]) -> Any:
    ask = Asker(keepers.harness)
    body = predictions.NewPrediction(species_id=BALL, sire_genotype=sire, dam_genotype=dam)
    return await ask(predictions.predict_genetics, keepers.sam, body)


def by_sex(said: Any) -> dict[tuple[str, str], str]:
    return {(one.sex, one.label): f"{one.probability.numerator}/{one.probability.denominator}" for one in said.outcomes}


async def test_a_male_maker_makes_males(keepers: Any) -> None:
    maker = replace(BANANA, inherited_from="sire")
    other_way_round = Gene(locus="glow", alleles=("+", "glow"), inherited_from="dam")
    expected = {
        ("male", "Glow"): "19/40",
        ("female", "Normal"): "19/40",
        ("female", "Glow"): "1/40",
        ("male", "Normal"): "1/40",
    }

    assert by_sex(await predicted(keepers, (maker,), ())) == expected
    assert by_sex(await predicted(keepers, (other_way_round,), ())) == expected


async def test_a_sons_gene_is_told_by_whom_he_has_it_from(keepers: Any) -> None:
    said = await predicted(keepers, (), (BANANA,))
    [gene] = next(one.genotype for one in said.outcomes if (one.sex, one.label) == ("male", "Glow"))

    assert gene.inherited_from == "dam"


async def test_an_unknown_chromosome_is_taken_at_evens_and_said(keepers: Any) -> None:
    said = await predicted(keepers, (BANANA,), ())

    assert set(by_sex(said).values()) == {"1/4"}
    assert any("on X or on Y" in note for note in said.notes) and any("estimate" in note for note in said.notes)


async def test_one_copy_is_all_that_a_male_has_of_a_gene_on_x(keepers: Any) -> None:
    animal = await keepers.animal("male", genotype=(ODD,))

    for genes in ((Gene(locus="odd", alleles=("odd", "odd")),), (Gene(locus="odd", alleles=("odd", "+")),)):
        with pytest.raises(InvalidError, match="a male has one copy of it"):
            await keepers.animal("male", genotype=genes)
    with pytest.raises(InvalidError, match="two copies"):
        await keepers.animal("female", genotype=(Gene(locus="odd", alleles=("odd", "-")),))
    with pytest.raises(InvalidError):
        await keepers.harness.handle(
            UpdateAnimal(
                animal_id=animal,
                vivarium_id=keepers.sam,
                changes=Changes(genotype=(Gene(locus="odd", alleles=("odd", "odd")),)),
            )
        )


async def test_daughters_of_a_bearer_are_hets_and_sons_are_not(keepers: Any) -> None:
    sire, dam = await keepers.animal("male", genotype=(ODD,)), await keepers.animal("female")
    clutch = await keepers.clutch(dam, sire, laid=3)
    son, daughter = keepers.id(), keepers.id()
    hatch = RegisterHatchlings(
        clutch_id=clutch,
        vivarium_id=keepers.sam,
        hatched_on=date(2026, 4, 28),
        hatchlings=(Hatchling(animal_id=son, sex="male"), Hatchling(animal_id=daughter, sex="female")),
    )
    done = await keepers.harness.ask(hatch, Done)

    assert done.remarks == ()
    assert (await keepers.row(daughter)).genotype == (Gene(locus="odd", alleles=("odd", "+"), evidence="parentage"),)
    assert (await keepers.row(son)).genotype == ()


async def test_what_is_known_tells_a_male_maker(keepers: Any) -> None:
    """Three sons with it and no daughter: the odds are 19^3 : 1 that it lies on Y."""
    sire, dam = await keepers.animal("male", genotype=(BANANA,)), await keepers.animal("female", morphs=("Normal",))
    for _ in range(3):
        await keepers.animal("male", "2025-01-01", genotype=(BANANA,), sire_id=sire, dam_id=dam)
    said = await Asker(keepers.harness)(genetics.get_genetics, keepers.sam, animal_id=sire)
    [glow] = said.loci

    assert glow.from_sire == Ratio(numerator=19**3, denominator=19**3 + 1)


async def test_combinations_are_named_the_largest_first_and_warned_of(keepers: Any) -> None:
    pastel, spider = Gene(locus="pastel", alleles=("pastel", "+")), Gene(locus="spider", alleles=("spider", "+"))
    het = Gene(locus="albino", alleles=("albino", "+"))
    said = await predicted(keepers, (pastel, BANANA), (spider, het))
    names = {one.trade_name for one in said.outcomes}

    assert {"Busy Bee", "Busier Bee", "Busy Bee het Albino", "Busier Bee het Albino", ""} == names
    assert {(one.label, one.trade_name) for one in said.looks if one.label.startswith("Pastel Spider Glow 50%")} == {
        ("Pastel Spider Glow 50% het Albino", "Busier Bee 50% het Albino")
    }
    assert {flag.trait for flag in said.warnings if flag.certainty == "disputed"} == {"Busy Bee"}
