"""The figures of docs/genetics.md, worked out anew: what the page says is what the rules give."""

import re
from collections.abc import Mapping
from fractions import Fraction as F
from pathlib import Path

import pytest

from reptidex.domain.catalogue.shelf import species
from reptidex.domain.genetics.chance import eggs_for
from reptidex.domain.genetics.chromosomes import Origin
from reptidex.domain.genetics.cross import predict
from reptidex.domain.genetics.family import Record, believe
from reptidex.domain.genetics.loci import WILD, Allele, Distribution, Locus
from reptidex.domain.genetics.looks import full_name
from reptidex.domain.genetics.plans import plans
from reptidex.domain.genetics.reading import read
from reptidex.domain.genetics.targets import Stock, Target

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "genetics.md").read_text()
BLOCKS = re.findall(r"```(cross|young|eggs|plan)\n(.*?)```", PAGE, re.DOTALL)
BY_SLUG = {entry.slug: entry.by_locus for entry in species().values()}


def blocks(kind: str) -> list[str]:
    return [text.strip() for name, text in BLOCKS if name == kind]


def loci_of(name: str) -> dict[str, Locus]:
    """Return a species' loci; `banana 1/20` is an example of a gene on X and Y."""
    if name in BY_SLUG:
        return BY_SLUG[name]
    gene, r = name.split()
    allele = Allele(allele=gene, name=gene.title(), mode="incomplete")
    return {gene: Locus(locus=gene, name=gene.title(), alleles=(allele,), sex_linked="x", recombination=r)}


def parent(text: str, loci: Mapping[str, Locus]) -> tuple[dict[str, Distribution], dict[str, Origin]]:
    """Read `albino/+ (2/3), piebald/+` or `banana/+ from sire`."""
    genotype: dict[str, Distribution] = {}
    origins: dict[str, Origin] = {}
    for part in text.split(", "):
        found = re.fullmatch(r"(\S+)/(\S+)(?: \((\S+)\))?(?: from (sire|dam))?", part)
        assert found, part
        one, two, chance, origin = found.groups()
        if one == WILD:
            continue
        locus = next(each for each in loci.values() if each.find(one))
        genotype[locus.locus] = read(locus, (one, two), F(chance) if chance else None)
        if origin:
            origins[locus.locus] = "sire" if origin == "sire" else "dam"
    return genotype, origins


def test_the_page_has_examples_of_every_kind() -> None:
    assert len(blocks("cross")) >= 12 and blocks("young") and blocks("eggs") and blocks("plan")


@pytest.mark.parametrize("block", blocks("cross"))
def test_a_cross_gives_what_the_page_says(block: str) -> None:
    head, *lines = block.splitlines()
    name, _, pair = head.partition(": ")
    loci = loci_of(name)
    (sire, sire_from), (dam, dam_from) = (parent(side, loci) for side in pair.split(" x "))
    told = predict(loci, sire, dam, (sire_from, dam_from))
    looks = [f"{one.share} {'' if one.sex == 'unknown' else one.sex + ' '}{one.label}" for one in told.looks]
    lost = [f"lost {told.egg_loss}"] if told.egg_loss else []

    assert sorted([*looks, *lost]) == sorted(lines)


def test_clutches_move_the_odds_as_the_page_says() -> None:
    locus = BY_SLUG["python-regius"]["albino"]
    het, plain, visual = ("albino", "+"), ("+", "+"), ("albino", "albino")
    for line in "\n".join(blocks("young")).splitlines():
        head, _, cases = line.partition(": ")
        prior, mate = re.fullmatch(r"prior (\S+), (visual|het) mate", head).groups()  # type: ignore[union-attr]
        for case in cases.split(", "):
            count, _, expected = case.partition(" -> ")
            known = {
                "sire": Record(animal_id="sire", prior={het: F(prior), plain: 1 - F(prior)}, shows=""),
                "dam": Record(animal_id="dam", pairs=(visual if mate == "visual" else het,), firm=True),
            }
            for number in range(int(count)):
                known[f"y{number}"] = Record(animal_id=f"y{number}", sire_id="sire", dam_id="dam", shows="")
            assert believe(locus, known, "sire").pairs[het] == F(expected)


def test_eggs_are_counted_as_the_page_says() -> None:
    for line in "\n".join(blocks("eggs")).splitlines():
        share, confidence, eggs = re.fullmatch(r"(\S+) for (\S+): (\d+)", line).groups()  # type: ignore[union-attr]
        assert eggs_for(F(share), F(confidence)) == int(eggs)


@pytest.mark.parametrize("block", blocks("plan"))
def test_a_plan_goes_as_the_page_says(block: str) -> None:
    head, total, *lines = block.splitlines()
    name, _, rest = head.partition(": ")
    pair, _, target = rest.partition(" -> ")
    loci = loci_of(name)
    (sire, _), (dam, _) = (parent(side, loci) for side in pair.split(" x "))
    wanted = {
        locus.locus: (allele.allele, allele.allele)
        for locus in loci.values()
        for allele in locus.alleles
        if allele.name in target.split()
    }
    stock = [
        Stock(animal_id="sire", sex="male", genotype=sire),
        Stock(animal_id="dam", sex="female", genotype=dam),
    ]
    [best, *_] = plans(loci, Target(pairs=wanted), stock, 3, 1)
    told = []
    for number, step in enumerate(best.steps, 1):
        kept = " and ".join(
            f"{one.sex} {', '.join(full_name(loci[key], pair) for key, pair in one.genotype.items())}"
            for one in step.keeps
        )
        told.append(f"{number}: {step.expected_eggs} eggs, " + (f"keeps {kept}" if kept else f"share {step.share}"))

    assert [f"{best.generations} generations, {best.expected_eggs} eggs", *told] == [total, *lines]
