"""Predictions by linkage groups against a naive Punnett square, beliefs over a family against counting every family, and beliefs
of a whole herd in one pass against one pass an animal.

Medians of CPU time, the two sides taking turns in one run; the ratio is what counts.

python -m benchmarks.genetics [--rounds 5] [--loci 2 4 6 8]
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

from rich.console import Console
from rich.table import Table

from reptidex.domain.genetics.cross import predict
from reptidex.domain.genetics.family import Belief, Record, believe, believe_whole
from reptidex.domain.genetics.loci import Allele, Locus, Pair

console = Console(highlight=False, width=110)
HET, WILD = ("m", "+"), ("+", "+")
STATES: tuple[Pair, ...] = (("m", "m"), HET, WILD)


def loci_of(count: int) -> dict[str, Locus]:
    """Return so many recessive genes."""
    mutant = Allele(allele="m", name="M", mode="recessive")
    return {f"g{one}": Locus(locus=f"g{one}", name=f"G{one}", alleles=(mutant,)) for one in range(count)}


def punnett(count: int) -> dict[tuple[Pair, ...], Fraction]:
    """Fill the whole square, one cell a pair of gametes, as a calculator does that knows nothing of independence."""
    gametes = list(product("m+", repeat=count))
    cell = Fraction(1, len(gametes) ** 2)
    found: dict[tuple[Pair, ...], Fraction] = {}
    for sire in gametes:
        for dam in gametes:
            young = tuple((one, two) if one == "m" else (two, one) for one, two in zip(sire, dam, strict=True))
            found[young] = found.get(young, Fraction(0)) + cell
    return found


def grouped(loci: dict[str, Locus]) -> dict[tuple[Pair, ...], Fraction]:
    """Predict the same with labels, looks, warnings and all."""
    parent = {name: {HET: Fraction(1)} for name in loci}
    told = predict(loci, parent, parent, most=10**6)
    return {tuple(one.genotype.values()): one.share for one in told.outcomes}


def family(young: int) -> dict[str, Record]:
    """Return a possible het, a proven het and so many plain young."""
    prior = {HET: Fraction(2, 3), WILD: Fraction(1, 3)}
    known = {"sire": Record(animal_id="sire", prior=prior, shows=""), "dam": Record(animal_id="dam", pairs=(HET,))}
    for one in range(young):
        known[f"y{one}"] = Record(animal_id=f"y{one}", sire_id="sire", dam_id="dam", shows="")
    return known


def believed(young: int) -> Fraction:
    """Return the chance that the sire is a het, by variable elimination."""
    return believe(loci_of(1)["g0"], family(young), "sire").pairs[HET]


def counted(young: int) -> Fraction:
    """Weigh every family that is possible, one by one, and return the chance that the sire is a het."""
    weights = {HET: Fraction(0), WILD: Fraction(0)}
    for sire, share in ((HET, Fraction(2, 3)), (WILD, Fraction(1, 3))):
        for world in product(STATES[1:], repeat=young):
            chance = share
            for child in world:
                chance *= Fraction(sum(sorted((a, b)) == sorted(child) for a in sire for b in HET), 4)
            weights[sire] += chance
    return weights[HET] / (weights[HET] + weights[WILD])


def herd(pairs: int) -> dict[str, Record]:
    """Return possible hets put into pairs, six plain young of each, and two of these paired again with their neighbours'."""
    prior = {HET: Fraction(1, 2), WILD: Fraction(1, 2)}
    known: dict[str, Record] = {}
    for one in range(pairs):
        for parent in ("s", "d"):
            known[f"{parent}{one}"] = Record(animal_id=f"{parent}{one}", prior=prior, shows="")
        for young in range(6):
            key = f"y{one}-{young}"
            known[key] = Record(animal_id=key, sire_id=f"s{one}", dam_id=f"d{one}", shows="")
        if one:
            for young in range(3):
                key = f"z{one}-{young}"
                known[key] = Record(animal_id=key, sire_id=f"y{one - 1}-1", dam_id=f"y{one}-0", shows="")
    return known


def at_once(pairs: int) -> dict[str, Belief]:
    """Return what is believed of every animal of a herd, in one pass."""
    known = herd(pairs)
    return believe_whole(loci_of(1)["g0"], known, list(known))


def each_alone(pairs: int) -> dict[str, Belief]:
    """Return the same, asked of one animal after the other."""
    known, locus = herd(pairs), loci_of(1)["g0"]
    return {key: believe(locus, known, key) for key in known}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds that something took, and what it gave."""
    began = time.process_time()
    given = work()
    return time.process_time() - began, given


def race(title: str, sides: dict[str, Callable[[], Any]], rounds: int, table: Table) -> None:
    """Time two sides in turns, check that they agree, and add a row."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    given: dict[str, Any] = {}
    for _ in range(rounds):
        for name, work in sides.items():
            seconds, given[name] = timed(work)
            taken[name].append(seconds)
    ours, naive = (statistics.median(one) for one in taken.values())
    first, second = given.values()
    table.add_row(
        title, f"{ours * 1000:.2f}", f"{naive * 1000:.2f}", f"{naive / ours:.1f}", "yes" if first == second else "NO"
    )


def main() -> int:
    """Run the races and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loci", type=int, nargs="*", default=[2, 4, 6, 8])
    parser.add_argument("--young", type=int, nargs="*", default=[4, 8, 12])
    parser.add_argument("--pairs", type=int, nargs="*", default=[2, 8, 16])
    told = parser.parse_args()
    table = Table(title="CPU milliseconds, median; exact fractions on both sides", title_justify="left")
    for column in ("work", "ours", "naive", "naive / ours", "agree"):
        table.add_column(column, justify="left" if column == "work" else "right")
    for count in told.loci:
        sides: dict[str, Callable[[], Any]] = {
            "ours": partial(grouped, loci_of(count)),
            "naive": partial(punnett, count),
        }
        race(f"{count} loci, het x het: {3**count} genotypes", sides, told.rounds, table)
    for count in told.young:
        sides = {"ours": partial(believed, count), "naive": partial(counted, count)}
        race(f"a possible het after {count} plain young", sides, told.rounds, table)
    for count in told.pairs:
        sides = {"ours": partial(at_once, count), "naive": partial(each_alone, count)}
        race(f"all {len(herd(count))} animals of a herd, at once", sides, told.rounds, table)
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
