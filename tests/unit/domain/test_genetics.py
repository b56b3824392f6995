"""Crosses against the exact tables of the hobby and of Mendel."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.catalogue.shelf import species
from reptidex.domain.genetics.cross import TooManyClassesError, at_locus, predict
from reptidex.domain.genetics.loci import Distribution, Locus
from reptidex.domain.genetics.reading import read
from reptidex.errors import InvalidError

BALL = next(entry for entry in species().values() if entry.slug == "python-regius").by_locus
CRESTED = next(entry for entry in species().values() if entry.slug == "correlophus-ciliatus").by_locus
ALBINO, PIED, PASTEL, LILLY = BALL["albino"], BALL["piebald"], BALL["pastel"], CRESTED["lillywhite"]


def possible(chance: str) -> Distribution:
    return read(ALBINO, ("albino", "+"), F(chance))


def shares(locus: Locus, sire: str, dam: str) -> dict[str, str]:
    table = at_locus(locus, read(locus, sire.split("/")), read(locus, dam.split("/")))
    return {"/".join(pair): str(share) for pair, share in table.items()}


@pytest.mark.parametrize(
    ("locus", "sire", "dam", "expected"),
    [
        (ALBINO, "albino/+", "albino/+", {"albino/albino": "1/4", "albino/+": "1/2", "+/+": "1/4"}),
        (ALBINO, "albino/+", "albino/albino", {"albino/albino": "1/2", "albino/+": "1/2"}),
        (ALBINO, "albino/+", "+/+", {"albino/+": "1/2", "+/+": "1/2"}),
        (ALBINO, "albino/albino", "+/+", {"albino/+": "1"}),
        (ALBINO, "albino/albino", "albino/albino", {"albino/albino": "1"}),
        (PASTEL, "pastel/+", "pastel/+", {"pastel/pastel": "1/4", "pastel/+": "1/2", "+/+": "1/4"}),
        (PASTEL, "pastel/pastel", "+/+", {"pastel/+": "1"}),
        (PASTEL, "pastel/+", "+/+", {"pastel/+": "1/2", "+/+": "1/2"}),
        (PASTEL, "pastel/pastel", "pastel/+", {"pastel/pastel": "1/2", "pastel/+": "1/2"}),
        (
            BALL["blueeyed"],
            "mojave/+",
            "lesser/+",
            {"mojave/lesser": "1/4", "mojave/+": "1/4", "lesser/+": "1/4", "+/+": "1/4"},
        ),
        (BALL["blueeyed"], "mojave/lesser", "+/+", {"mojave/+": "1/2", "lesser/+": "1/2"}),
        (BALL["blueeyed"], "mojave/mojave", "lesser/+", {"mojave/lesser": "1/2", "mojave/+": "1/2"}),
        (
            BALL["blueeyed"],
            "mojave/lesser",
            "mojave/lesser",
            {"mojave/mojave": "1/4", "mojave/lesser": "1/2", "lesser/lesser": "1/4"},
        ),
        (
            BALL["blueeyed"],
            "mojave/lesser",
            "mojave/+",
            {"mojave/mojave": "1/4", "mojave/+": "1/4", "mojave/lesser": "1/4", "lesser/+": "1/4"},
        ),
        (
            CRESTED["cappuccino"],
            "cappuccino/+",
            "sable/+",
            {"cappuccino/sable": "1/4", "cappuccino/+": "1/4", "sable/+": "1/4", "+/+": "1/4"},
        ),
        (
            CRESTED["cappuccino"],
            "cappuccino/+",
            "cappuccino/+",
            {"cappuccino/cappuccino": "1/4", "cappuccino/+": "1/2", "+/+": "1/4"},
        ),
        (
            CRESTED["cappuccino"],
            "cappuccino/sable",
            "cappuccino/sable",
            {"cappuccino/cappuccino": "1/4", "cappuccino/sable": "1/2", "sable/sable": "1/4"},
        ),
    ],
)
def test_one_locus_gives_the_shares_of_the_books(locus: Locus, sire: str, dam: str, expected: dict[str, str]) -> None:
    assert shares(locus, sire, dam) == expected


@pytest.mark.parametrize(
    ("sire", "dam", "visual", "het"),
    [
        ("1", "1", "1/4", "2/3"),
        ("2/3", "1", "1/6", "3/5"),
        ("1/2", "1", "1/8", "4/7"),
        ("2/3", "2/3", "1/9", "1/2"),
        ("2/3", "1/2", "1/12", "5/11"),
        ("1/2", "1/2", "1/16", "2/5"),
        ("1/3", "1/3", "1/36", "2/7"),
    ],
)
def test_possible_hets_give_exact_odds(sire: str, dam: str, visual: str, het: str) -> None:
    prediction = predict(BALL, {"albino": possible(sire)}, {"albino": possible(dam)})
    looks = {bool(look.carries): look for look in prediction.looks}

    assert looks[False].share == F(visual)
    assert looks[True].carries == {"albino": F(het)}


@pytest.mark.parametrize(
    ("sire", "dam", "visual", "het"),
    [
        ("2/3", "+/+", "0", "1/3"),
        ("1/2", "+/+", "0", "1/4"),
        ("1/3", "+/+", "0", "1/6"),
        ("2/3", "albino/albino", "1/3", "1"),
        ("1/2", "albino/albino", "1/4", "1"),
    ],
)
def test_a_possible_het_and_a_certain_mate(sire: str, dam: str, visual: str, het: str) -> None:
    told = predict(BALL, {"albino": possible(sire)}, {"albino": read(ALBINO, dam.split("/"))})
    shares = {bool(look.carries): look for look in told.looks}

    assert (shares[False].share if False in shares else 0) == F(visual)
    assert shares[True].carries == {"albino": F(het)}


def test_two_double_hets_by_zygosity() -> None:
    double = {"albino": read(ALBINO, ("albino", "+")), "piebald": read(PIED, ("piebald", "+"))}
    told = predict(BALL, double, double)
    copies = {
        (one.genotype["albino"].count("albino"), one.genotype["piebald"].count("piebald")): one.share
        for one in told.outcomes
    }
    sixteenths = {(0, 0): 1, (0, 1): 2, (0, 2): 1, (1, 0): 2, (1, 1): 4, (1, 2): 2, (2, 0): 1, (2, 1): 2, (2, 2): 1}

    assert copies == {key: F(count, 16) for key, count in sixteenths.items()}


def test_two_known_hets_are_shown_as_the_hobby_prints_them() -> None:
    het = {"albino": read(ALBINO, ("albino", "+"))}

    assert [look.label for look in predict(BALL, het, het).looks] == ["66% het Albino", "Albino"]


def test_two_recessives_give_sixteenths() -> None:
    double = {"albino": read(ALBINO, ("albino", "+")), "piebald": read(PIED, ("piebald", "+"))}
    prediction = predict(BALL, double, double)
    seen = {look.label: look.share for look in prediction.looks}

    assert seen["Albino Piebald"] == F(1, 16)
    assert seen["Albino 66% het Piebald"] == F(3, 16)
    assert len(prediction.outcomes) == 9


def test_a_lethal_super_is_lost_and_the_living_are_totalled_anew() -> None:
    single = {"lillywhite": read(LILLY, ("lillywhite", "+"))}
    prediction = predict(CRESTED, single, single)

    assert prediction.egg_loss == F(1, 4)
    assert {look.label: look.share for look in prediction.looks} == {"Lilly White": F(2, 3), "Normal": F(1, 3)}
    assert [warned.hazard.severity for warned in prediction.warnings] == ["nonviable"]


def test_a_disputed_lethal_warns_and_takes_no_egg() -> None:
    spider = {"spider": read(BALL["spider"], ("spider", "+"))}
    prediction = predict(BALL, spider, spider)

    assert prediction.egg_loss == 0
    assert {warned.hazard.certainty for warned in prediction.warnings} == {"established", "disputed"}


def test_strains_at_different_loci_give_normal_looking_double_hets() -> None:
    gecko = next(entry for entry in species().values() if entry.slug == "eublepharis-macularius").by_locus
    sire = {"tremper": read(gecko["tremper"], ("tremper", "tremper"))}
    dam = {"bell": read(gecko["bell"], ("bell", "bell"))}

    assert [look.label for look in predict(gecko, sire, dam).looks] == ["100% het Tremper Albino 100% het Bell Albino"]


@pytest.mark.parametrize("alleles", [("albino", "albino", "toffee"), ("pastel", "+"), ()])
def test_what_no_animal_can_carry_at_a_locus_is_refused(alleles: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError):
        read(ALBINO, alleles)


def test_a_table_beyond_bounds_is_refused_before_it_is_built() -> None:
    parent = {name: read(locus, (locus.alleles[0].allele, "+")) for name, locus in BALL.items()}

    with pytest.raises(TooManyClassesError):
        predict(BALL, parent, parent)


@st.composite
def parents(draw: st.DrawFn) -> dict[str, Distribution]:
    """A ball python with up to three recorded loci, certain or possible."""
    parent = {}
    for name in draw(st.lists(st.sampled_from(sorted(BALL)), max_size=3, unique=True)):
        alleles = [one.allele for one in BALL[name].alleles] + ["+"]
        pair = draw(st.tuples(st.sampled_from(alleles), st.sampled_from(alleles)))
        parent[name] = read(BALL[name], pair, draw(st.sampled_from([None, F(2, 3), F(1, 2)])))
    return parent


@given(parents(), parents())
def test_shares_always_sum_to_one(sire: dict[str, Distribution], dam: dict[str, Distribution]) -> None:
    prediction = predict(BALL, sire, dam)

    assert sum(outcome.share for outcome in prediction.outcomes) == 1
    alive = 0 if prediction.egg_loss == 1 else 1  # two supers of a lethal gene: no egg hatches, and no share is left
    assert sum(outcome.live_share for outcome in prediction.outcomes) == alive
    assert sum(look.share for look in prediction.looks) == alive


@given(parents(), parents())
def test_it_does_not_matter_which_parent_brings_what_no_sex_chromosome_bears(
    sire: dict[str, Distribution], dam: dict[str, Distribution]
) -> None:
    one, other = predict(BALL, sire, dam), predict(BALL, dam, sire)

    assert {(look.label, look.share) for look in one.looks} == {(look.label, look.share) for look in other.looks}
    assert (one.egg_loss, one.classes) == (other.egg_loss, other.classes)


@given(parents(), parents())
def test_looks_are_the_outcomes_summed_up(sire: dict[str, Distribution], dam: dict[str, Distribution]) -> None:
    told = predict(BALL, sire, dam)
    for look in told.looks:
        for allele, chance in look.carries.items():
            assert 0 < chance <= 1, allele
    assert sum(one.share for one in told.outcomes) * (1 - told.egg_loss) == sum(
        one.share for one in told.outcomes if one.live_share
    )


def test_eight_genes_are_told_by_their_looks() -> None:
    names = ("albino", "lavender", "ultramel", "piebald", "hypo", "clown", "axanthic_vpi", "axanthic_tsk")
    parent = {name: read(BALL[name], (BALL[name].alleles[0].allele, "+")) for name in names}
    told = predict(BALL, parent, parent)

    assert (told.classes, told.outcomes, len(told.looks)) == (3**8, (), 2**8)
    assert sum(look.share for look in told.looks) == 1
