"""What carries a kinship: against Wright's paths written out one by one."""

from fractions import Fraction as F
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.ancestry import EXACT_MOST, Ancestry, flowing
from reptidex.domain.kinship import Kinship, Pedigree, oldest_first
from tests.unit.domain.pedigrees import WRAY, inbred_founders, parts_by_paths, paths, pedigrees


@given(pedigrees(9))
def test_each_common_ancestor_carries_what_its_paths_sum_to(pedigree: Pedigree) -> None:
    ancestry = Ancestry(pedigree)

    for one, other in combinations(sorted(pedigree), 2):
        found = ancestry.shared(one, other)
        assert {each.animal_id: each.contribution for each in found} == parts_by_paths(pedigree, one, other)
        assert sum((each.contribution for each in found), F(0)) == ancestry.kinship(one, other).exact


@given(pedigrees(8))
def test_the_lines_written_out_are_all_the_lines(pedigree: Pedigree) -> None:
    ancestry = Ancestry(pedigree)

    for one, other in combinations(sorted(pedigree), 2):
        lines = {(pair.one, pair.other) for pair in ancestry.lines(one, other, 10_000)}
        meeting = {
            (up, down)
            for up in paths(pedigree, one)
            for down in paths(pedigree, other)
            if up[-1] == down[-1] and not set(up[:-1]) & set(down[:-1]) and up[-1] not in up[:-1] + down[:-1]
        }
        assert lines == meeting
        assert sum(each.lines for each in ancestry.shared(one, other)) == len(lines)


@given(st.data())
def test_one_step_an_ancestor_gives_the_exact_kinship(data: st.DataObject) -> None:
    pedigree = data.draw(pedigrees(20))
    founders = data.draw(inbred_founders(pedigree))
    exact = Kinship(pedigree, founders)
    rank = {animal: number for number, animal in enumerate(oldest_first(pedigree))}
    own = {animal: float(exact.inbreeding(animal)) for animal in pedigree}

    for one in pedigree:
        assert flowing(pedigree, rank, own, one, "0") == float(exact.between(one, "0"))


def test_a_large_pedigree_is_reckoned_in_floats_and_says_so() -> None:
    size = EXACT_MOST + 10
    pedigree: dict[str, tuple[str | None, str | None]] = {f"a{n}": (f"a{n - 1}", f"x{n}") for n in range(1, size)}
    pedigree["o"] = (f"a{size - 1}", f"a{size - 2}")
    found = Ancestry(pedigree).inbreeding("o")

    assert (found.value, found.exact) == (0.25, None)


def test_the_generations_that_count_can_be_limited() -> None:
    ancestry = Ancestry(WRAY)

    assert [ancestry.cut("8", depth).inbreeding("8").exact for depth in (1, 2, 3, 4)] == [
        0,
        F(1, 4),
        F(5, 16),
        F(15, 32),
    ]
    assert ancestry.shared("7", "5")[0].animal_id == "5"


def test_strangers_share_nobody() -> None:
    ancestry = Ancestry({"a": ("s", "d")})

    assert ancestry.kinship("a", "stranger").exact == 0
    assert not ancestry.shared("a", "stranger")
    assert not ancestry.lines("a", "stranger", 5)


def test_a_large_pedigree_names_the_ancestors_that_carry_most() -> None:
    size = EXACT_MOST + 10
    pedigree: dict[str, tuple[str | None, str | None]] = {f"a{n}": (f"a{n - 1}", f"x{n}") for n in range(1, size)}
    ancestry = Ancestry(pedigree)
    one, other = f"a{size - 1}", f"a{size - 2}"
    parts = ancestry.parts(one, other, 3)

    assert parts[0] == (other, 0.125) and sum(part for _, part in ancestry.parts(one, other, 10_000)) == 0.25
    assert ancestry.lines(one, other, 1)[0].animal_id == other
