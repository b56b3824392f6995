"""Sex linkage and linkage between genes, against the tables of the books and against counting by hand."""

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.genetics.chromosomes import Origins, carried, further, groups, pairs_of, sex_of, young
from reptidex.domain.genetics.loci import Allele, Linkage, Locus
from reptidex.domain.genetics.reading import ImpossibleGenotypeError, read

BANANA = Allele(allele="banana", name="Banana", mode="incomplete", super_name="Super Banana")
Cells = dict[str, F]


def gene(name: str = "banana", **more: Any) -> Locus:
    return Locus(locus=name, name=name.title(), alleles=(BANANA,), **more)


def cross(locus: Locus, sire: tuple[str, ...], dam: tuple[str, ...], sire_from: Any = None) -> Cells:
    """Cross two parents at one sex-linked locus; the cells are sex and number of copies."""
    [group] = groups({locus.locus: locus}, [locus.locus])
    origins = {"banana": sire_from} if sire_from else {}
    father = carried(group, {"banana": read(locus, sire, sex="male")}, origins, "male")
    mother = carried(group, {"banana": read(locus, dam, sex="female")}, {}, "female")
    cells: Cells = {}
    for state, share in young(group, father, mother).items():
        [pair] = pairs_of(group, state)
        key = f"{sex_of(group, state)[0].upper()}{pair.count('banana')}"
        cells[key] = cells.get(key, F(0)) + share
    return cells


B, N = ("banana", "+"), ("+", "+")


def cells(**shares: str) -> Cells:
    return {key: F(share) for key, share in shares.items() if F(share)}


@pytest.mark.parametrize(
    ("sire", "dam", "made_by", "r", "expected"),
    [
        (B, N, "sire", "0", cells(M1="1/2", F0="1/2")),
        (B, N, "sire", "1/20", cells(M1="0.475", F1="0.025", M0="0.025", F0="0.475")),
        (B, N, "sire", "1/10", cells(M1="0.45", F1="0.05", M0="0.05", F0="0.45")),
        (B, N, "dam", "0", cells(F1="1/2", M0="1/2")),
        (B, N, "dam", "1/20", cells(F1="0.475", M1="0.025", F0="0.025", M0="0.475")),
        (B, N, "dam", "1/10", cells(F1="0.45", M1="0.05", F0="0.05", M0="0.45")),
        (N, B, "", "0", cells(M1="1/4", M0="1/4", F1="1/4", F0="1/4")),
        (N, B, "", "1/20", cells(M1="1/4", M0="1/4", F1="1/4", F0="1/4")),
        (N, B, "", "1/10", cells(M1="1/4", M0="1/4", F1="1/4", F0="1/4")),
        (B, B, "sire", "0", cells(M2="1/4", M1="1/4", F1="1/4", F0="1/4")),
        (B, B, "sire", "1/20", cells(M2="0.2375", M1="1/4", M0="0.0125", F2="0.0125", F1="1/4", F0="0.2375")),
        (B, B, "sire", "1/10", cells(M2="0.225", M1="1/4", M0="0.025", F2="0.025", F1="1/4", F0="0.225")),
    ],
)
def test_male_makers_and_female_makers(
    sire: tuple[str, ...], dam: tuple[str, ...], made_by: str, r: str, expected: Cells
) -> None:
    assert cross(gene(sex_linked="x", recombination=r), sire, dam, sire_from=made_by) == expected


@pytest.mark.parametrize("made_by", ["sire", "dam", ""])
@pytest.mark.parametrize(("sire", "dam"), [(B, N), (N, B), (B, B)])
def test_free_recombination_is_as_if_on_no_sex_chromosome(
    sire: tuple[str, ...], dam: tuple[str, ...], made_by: str
) -> None:
    found = cross(gene(sex_linked="x", recombination="1/2"), sire, dam, sire_from=made_by)
    locus = gene()
    [group] = groups({"banana": locus}, ["banana"])
    plain: dict[int, F] = {}
    for state, share in young(
        group,
        carried(group, {"banana": read(locus, sire)}, {}, "male"),
        carried(group, {"banana": read(locus, dam)}, {}, "female"),
    ).items():
        copies = pairs_of(group, state)[0].count("banana")
        plain[copies] = plain.get(copies, F(0)) + share

    assert found == {f"{sex}{copies}": share / 2 for copies, share in plain.items() for sex in "MF"}


def test_a_gene_on_z_alone_goes_from_mothers_to_sons() -> None:
    locus = gene(sex_linked="z")

    assert cross(locus, N, ("banana",)) == cells(M1="1/2", F0="1/2")
    assert cross(locus, B, ("+",)) == cells(M1="1/4", M0="1/4", F1="1/4", F0="1/4")


def test_a_gene_on_x_alone_goes_from_fathers_to_daughters() -> None:
    locus = gene(sex_linked="x")

    assert cross(locus, ("banana",), N) == cells(F1="1/2", M0="1/2")


@pytest.mark.parametrize(
    ("linked", "sex", "alleles"),
    [
        ({"sex_linked": "z"}, "female", ("banana", "banana")),
        ({"sex_linked": "z"}, "female", ("banana", "+")),
        ({"sex_linked": "x"}, "male", ("banana", "banana")),
        ({"sex_linked": "x"}, "female", ("banana", "-")),
        ({"sex_linked": "x", "recombination": "0"}, "male", ("banana", "-")),
        ({}, "male", ("banana", "-")),
        ({}, "male", ("-", "-")),
        ({}, "male", ("banana", "banana", "+")),
    ],
)
def test_copies_that_a_sex_cannot_have_are_refused(linked: dict[str, str], sex: Any, alleles: tuple[str, ...]) -> None:
    with pytest.raises(ImpossibleGenotypeError):
        read(gene(**linked), alleles, sex=sex)


def linked(r: str, phase: str) -> dict[tuple[int, int], F]:
    """Cross a double heterozygote in a phase with a double wild type; the cells are copies of a and b among the young."""
    loci = {
        "a": Locus(locus="a", name="A", alleles=(BANANA,), linked=Linkage(locus="b", recombination=r)),
        "b": Locus(locus="b", name="B", alleles=(BANANA,)),
    }
    [group] = groups(loci, ["a", "b"])
    genotype = {name: read(locus, B) for name, locus in loci.items()}
    other: Origins = {"a": "sire", "b": "sire" if phase == "coupling" else "dam"}
    found: dict[tuple[int, int], F] = {}
    for state, share in young(
        group,
        carried(group, genotype, other, "male"),
        carried(group, {}, {}, "female"),
    ).items():
        one, two = pairs_of(group, state)
        key = one.count("banana"), two.count("banana")
        found[key] = found.get(key, F(0)) + share
    return found


def test_linked_genes_stay_together_but_for_the_recombination_fraction() -> None:
    assert linked("1/10", "coupling") == {(1, 1): F(9, 20), (0, 0): F(9, 20), (1, 0): F(1, 20), (0, 1): F(1, 20)}
    assert linked("1/10", "repulsion") == {(1, 1): F(1, 20), (0, 0): F(1, 20), (1, 0): F(9, 20), (0, 1): F(9, 20)}
    assert (
        linked("1/2", "coupling")
        == linked("1/2", "repulsion")
        == dict.fromkeys([(0, 0), (0, 1), (1, 0), (1, 1)], F(1, 4))
    )


@given(st.fractions(0, F(1, 2), max_denominator=50), st.fractions(0, F(1, 2), max_denominator=50))
def test_a_gene_left_out_between_two_others_leaves_their_distance_as_it_is(one: F, two: F) -> None:
    loci = {
        "a": Locus(locus="a", name="A", alleles=(BANANA,), linked=Linkage(locus="b", recombination=str(one))),
        "b": Locus(locus="b", name="B", alleles=(BANANA,), linked=Linkage(locus="c", recombination=str(two))),
        "c": Locus(locus="c", name="C", alleles=(BANANA,)),
    }
    [group] = groups(loci, ["a", "c"])

    assert group.steps == (further(one, two),)
    assert [len(one.loci) for one in groups(loci, ["a", "b", "c"])] == [3]


@given(
    st.sampled_from([B, N, ("banana", "banana")]),
    st.sampled_from([B, N, ("banana", "banana")]),
    st.sampled_from(["sire", "dam", ""]),
    st.fractions(0, F(1, 2), max_denominator=40),
)
def test_half_the_young_are_sons_and_the_copies_do_not_depend_on_the_chromosome(
    sire: tuple[str, ...], dam: tuple[str, ...], made_by: str, r: F
) -> None:
    """The marginals of a sex-linked cross: each sex has half, and both sexes together have Mendel's shares."""
    found = cross(gene(sex_linked="x", recombination=str(r)), sire, dam, sire_from=made_by)
    free = cross(gene(sex_linked="x", recombination="1/2"), sire, dam)

    assert sum(share for cell, share in found.items() if cell[0] == "M") == F(1, 2)
    for copies in "012":
        assert found.get(f"M{copies}", 0) + found.get(f"F{copies}", 0) == free.get(f"M{copies}", 0) + free.get(
            f"F{copies}", 0
        )


SPECIES = {
    "species_id": "x",
    "slug": "x",
    "scientific_name": "X",
    "common_names": (),
    "family": "X",
    "code": "X",
}


@pytest.mark.parametrize(
    ("system", "loci"),
    [
        ("zw", (gene(sex_linked="x"),)),
        ("temperature", (gene(sex_linked="z"),)),
        ("xy", (gene(linked=Linkage(locus="nowhere", recombination="1/10")),)),
        (
            "xy",
            (
                gene("a", linked=Linkage(locus="b", recombination="0.1")),
                gene("b", linked=Linkage(locus="a", recombination="0.1")),
            ),
        ),
        (
            "xy",
            (
                gene("a", linked=Linkage(locus="c", recombination="0.1")),
                gene("b", linked=Linkage(locus="c", recombination="0.1")),
                gene("c"),
            ),
        ),
        ("xy", (gene("a", sex_linked="x", linked=Linkage(locus="b", recombination="0.1")), gene("b"))),
    ],
)
def test_a_catalogue_entry_that_no_chromosome_fits_is_refused(system: Any, loci: tuple[Locus, ...]) -> None:
    with pytest.raises(ValueError):
        Species(**SPECIES, sex_system=system, loci=loci)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more", [{"recombination": "0.1"}, {"sex_linked": "x", "recombination": "0.6"}, {"compounds": {"a/b": "C"}}]
)
def test_a_locus_that_contradicts_itself_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        gene(**more)
