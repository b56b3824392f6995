"""A whole family reckoned at once: what it says of each, what it costs, and what becomes of it where it is too much."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reptidex.domain.genetics import leading
from reptidex.domain.genetics.family import Record, believe, believe_each, believe_whole
from reptidex.domain.genetics.loci import Allele, Locus
from tests.unit.domain.test_family import ALBINO, ODD, family, pedigrees, possible, sexed_pedigrees, tangle


@settings(deadline=None)
@given(st.one_of(st.tuples(st.just(ALBINO), pedigrees()), st.tuples(st.just(ODD), sexed_pedigrees())), st.data())
def test_a_family_reckoned_at_once_is_believed_as_each_of_it_alone(
    drawn: tuple[Locus, dict[str, Record]], data: st.DataObject
) -> None:
    locus, known = drawn
    asked = data.draw(st.lists(st.sampled_from(sorted(known)), unique=True))

    assert believe_whole(locus, known, asked) == {key: believe(locus, known, key) for key in asked}


def test_a_contradiction_among_strangers_says_nothing_of_an_animal() -> None:
    known = family(
        s={"pairs": (("+", "+"),), "firm": True}, y={"sire_id": "s", "shows": "Albino"}, d={}, stranger=possible("2/3")
    )
    known["y"] = Record(animal_id="y", sire_id="s", dam_id="d", pairs=(("albino", "albino"),), firm=True)

    assert believe(ALBINO, known, "y").pairs == {}
    assert believe(ALBINO, known, "stranger").pairs == possible("2/3")["prior"]
    assert believe_whole(ALBINO, known, ["stranger"]) == {"stranger": believe(ALBINO, known, "stranger")}


def test_a_tangled_family_is_cut_for_each_of_it_as_for_one() -> None:
    known = tangle(6, 25)
    asked = ["g6_1", "g6_2", "g2_3"]
    with pytest.raises(leading.TangledError):
        believe_whole(ALBINO, known, asked)
    found = believe_each(ALBINO, known, asked)

    assert {key: (one.cut, one.pairs) for key, one in found.items()} == {
        key: (True, believe(ALBINO, known, key).pairs) for key in found
    }


def test_one_pass_up_and_down_costs_about_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in rows of tables that are made, so that no clock is asked."""
    made: list[int] = []
    join = leading.join

    def counting(one: leading.Factor, two: leading.Factor) -> leading.Factor:
        found = join(one, two)
        made.append(len(found[1]))
        return found

    monkeypatch.setattr(leading, "join", counting)
    known = family(sire=possible("1/2"), dam=possible("2/3"))
    known |= {f"y{n}": Record(animal_id=f"y{n}", sire_id="sire", dam_id="dam", shows="") for n in range(40)}
    believe(ALBINO, known, "sire")
    one = sum(made)
    made.clear()
    believe_whole(ALBINO, known, list(known))

    assert sum(made) < 8 * one


def test_a_family_in_which_many_alleles_meet_is_reckoned_too() -> None:
    """Six alleles and none are 28 pairs: a trio of whom nothing is known is a table of 21,952 entries already."""
    many = Locus(
        locus="many",
        name="Many",
        alleles=tuple(Allele(allele=f"m{n}", name=f"M{n}", mode="incomplete") for n in range(6)),
    )
    known = family(s={}, d={}, k={"sire_id": "s", "dam_id": "d"}, m={"sire_id": "s", "dam_id": "d"})
    known |= {f"f{n}": Record(animal_id=f"f{n}", sire_id="s", dam_id="d", pairs=((f"m{n}", "+"),)) for n in range(6)}
    known["q"] = Record(animal_id="q", sire_id="k", dam_id="m", pairs=(("m0", "m1"),))
    with pytest.raises(leading.TangledError):
        believe_whole(many, known, list(known))
    found = believe_each(many, known, list(known))

    assert found.keys() == known.keys() and all(sum(one.pairs.values()) == 1 for one in found.values())
    assert found["q"].certain == ("m0", "m1") and found["k"].cut
