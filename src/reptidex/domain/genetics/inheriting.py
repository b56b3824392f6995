"""What an animal may carry at one locus, and how it comes from its parents: the tables that beliefs are reckoned with."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from reptidex.domain.genetics.chromosomes import Group, Haplotype, Phased, gametes, sex_of
from reptidex.domain.genetics.leading import Factor, Share, Table, plus, times, whole
from reptidex.domain.genetics.loci import ABSENT, HALF, WILD


@lru_cache(maxsize=256)
def all_states(group: Group, alphabet: tuple[str, ...]) -> tuple[Phased, ...]:
    """List what an animal may carry at a group of one locus; who gave which allele is left open but for the sex chromosomes."""
    if group.sexed is None:
        return tuple(((one,), (two,)) for place, one in enumerate(alphabet) for two in alphabet[place:])
    common, odd = ("X", "Y") if group.sexed == "x" else ("Z", "W")
    both = [haplotype(group, common, allele) for allele in alphabet]
    rare = [haplotype(group, odd, allele) for allele in ((ABSENT,) if group.single else alphabet)]
    alike = [(one, two) for place, one in enumerate(both) for two in both[place:]]
    return (*alike, *((one, two) for one in both for two in rare))


def haplotype(group: Group, mark: str, allele: str) -> Haplotype:
    """Return a sex chromosome that bears an allele."""
    return (allele, mark) if group.single else (mark, allele)


def founder(state: Phased) -> Share:
    """How likely an animal of unknown descent carries a state: each mutant allele is one order rarer than the wild type."""
    return sum(allele not in (WILD, ABSENT, *"XYZW") for side in state for allele in side), Fraction(
        1 if state[0] == state[1] or {*state[0], *state[1]} & {"Y", "W"} else 2
    )


@lru_cache(maxsize=4096)
def trio(group: Group, states: tuple[Phased, ...]) -> Table:
    """Return the chance of every child of every pair of parents."""
    numbers = {state: number for number, state in enumerate(states)}
    found: dict[tuple[int, ...], Share] = {}
    for father, one in enumerate(states):
        if group.sexed and sex_of(group, one) != "male":
            continue
        for mother, two in enumerate(states):
            if group.sexed and sex_of(group, two) != "female":
                continue
            for left, share in gametes(group, one).items():
                for right, other in gametes(group, two).items():
                    key = numbers[_ordered(numbers, left, right)], father, mother
                    found[key] = plus(found.get(key, (0, Fraction(0))), (0, share * other))
    return whole(found)


def _ordered(numbers: Mapping[Phased, int], left: Haplotype, right: Haplotype) -> Phased:
    return (left, right) if (left, right) in numbers else (right, left)


def inheritance(
    group: Group, states: tuple[Phased, ...], alphabet: tuple[str, ...], key: str, sire: str | None, dam: str | None
) -> Factor:
    """Return how an animal's alleles hang together with its parents', as far as they are in the family."""
    if sire and dam and sire != dam:
        return (key, sire, dam), trio(group, states)
    if sire or dam:
        return (key, sire or dam or ""), one_parent(group, states, alphabet, bool(sire))
    return (key,), whole({(number,): founder(state) for number, state in enumerate(states)})


@lru_cache(maxsize=512)
def one_parent(group: Group, states: tuple[Phased, ...], alphabet: tuple[str, ...], sire: bool) -> Table:
    """Return the chance of every child of one known parent and an unknown one, whose mutant alleles are rare."""
    numbers = {state: number for number, state in enumerate(states)}
    table: dict[tuple[int, ...], Share] = {}
    for parent, state in enumerate(states):
        if group.sexed and sex_of(group, state) != ("male" if sire else "female"):
            continue
        for haplotype, share in gametes(group, state).items():
            for other, value in stranger(group, alphabet, not sire):
                child = numbers[_ordered(numbers, haplotype, other)]
                more = times((0, share), value)
                before = table.get((child, parent))
                table[child, parent] = more if before is None else plus(before, more)
    return whole(table)


def stranger(group: Group, alphabet: tuple[str, ...], sire: bool) -> list[tuple[Haplotype, Share]]:
    """Return what a parent of which nothing is known may give."""
    if group.sexed is None:
        return [((allele,), (int(allele != WILD), Fraction(1))) for allele in alphabet]
    common, odd = ("X", "Y") if group.sexed == "x" else ("Z", "W")
    splits = sire == (group.sexed == "x")
    share = HALF if splits else Fraction(1)
    found = [(haplotype(group, common, allele), (int(allele != WILD), share)) for allele in alphabet]
    if splits:
        found += [
            (haplotype(group, odd, allele), (int(allele not in (WILD, ABSENT)), share))
            for allele in ((ABSENT,) if group.single else alphabet)
        ]
    return found
