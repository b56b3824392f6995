"""What a genotype looks like, and what it is called."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from reptidex.domain.genetics.loci import ABSENT, WILD, Allele, Hazard, Locus, Pair


class Named(Protocol):
    """A trade name for the looks of several loci together."""

    @property
    def name(self) -> str:
        """The trade name."""

    @property
    def genotype(self) -> Mapping[str, Pair]:
        """The alleles at each locus whose look belongs to it."""

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """What the combination does beyond its parts."""


def look(locus: Locus, pair: Pair) -> str:
    """Name what shows of a pair of alleles; empty where the animal looks normal at this locus."""
    one, two = locus.find(pair[0]), locus.find(pair[1])
    if one is None:
        return ""
    if pair[0] == pair[1]:
        if one.mode in ("incomplete", "codominant"):
            return one.super_name or f"Super {one.name}"
        return one.name
    if pair[1] == ABSENT:
        return one.name
    if two is None:
        return "" if one.hidden else one.name
    named = compound(locus, pair)
    if named:
        return named
    shown = [allele.name for allele in (one, two) if not allele.hidden]
    # Two different hidden alleles of one gene leave no working copy, so both show together.
    return " ".join(shown) if len(shown) == 1 else f"{one.name}/{two.name}"


def compound(locus: Locus, pair: Pair) -> str:
    """Return the name of two different alleles together; empty where they have none."""
    return locus.compounds.get(f"{pair[0]}/{pair[1]}") or locus.compounds.get(f"{pair[1]}/{pair[0]}", "")


def unseen(locus: Locus, pair: Pair) -> Allele | None:
    """Return the allele that is carried without showing, if there is one."""
    if ABSENT in pair or compound(locus, pair):
        return None
    for mine, other in (pair, pair[::-1]):
        allele, beside = locus.find(mine), locus.find(other)
        if allele is not None and allele.hidden and mine != other and (beside is None or not beside.hidden):
            return allele
    return None


def name(locus: Locus, pair: Pair) -> str:
    """Name a pair of alleles in full: what shows, then what is carried unseen; empty for the wild type."""
    carried = unseen(locus, pair)
    return " ".join(part for part in (look(locus, pair), f"het {carried.name}" if carried else "") if part)


def full_name(locus: Locus, pair: Pair) -> str:
    """Name a pair of alleles where it stands alone, the wild type too."""
    return name(locus, pair) or "normal"


def looks_alike(locus: Locus, pair: Pair, target: Pair) -> bool:
    """Say whether an animal with a pair is what somebody wants who asks for `target`.

    A target that shows is met by everything that looks like it; one that does not (a het, a normal) only by itself.
    """
    if pair == target:
        return True
    return look(locus, target) != "" and name(locus, pair) == name(locus, target)


def percent(chance: Fraction) -> int:
    """Round a chance to a whole percent as the hobby prints it: down, so that 2/3 reads 66."""
    return int(chance * 100)


def trade_name(
    combos: Sequence[tuple[Named, Mapping[str, str]]],
    seen: Mapping[str, str],
    order: Mapping[str, int],
    extra: str = "",
) -> str:
    """Name a look by its combinations: the largest that fit, each locus in one of them; empty where none fits.

    `combos` holds each combination with the look it needs at its loci, `seen` what shows at each locus, and `extra` is what
    is said after it ("het Albino").
    """
    fitting = [
        (named, needed) for named, needed in combos if all(seen.get(locus) == shown for locus, shown in needed.items())
    ]
    if not fitting:
        return ""
    parts: list[tuple[int, str]] = []
    used: set[str] = set()
    for named, needed in sorted(fitting, key=lambda one: (-len(one[1]), one[0].name)):
        if not used & needed.keys():
            used |= needed.keys()
            parts.append((min(order[locus] for locus in needed), named.name))
    parts += [(order[locus], shown) for locus, shown in seen.items() if shown and locus not in used]
    return " ".join([part for _, part in sorted(parts)] + ([extra] if extra else []))


def needed_looks(combos: Iterable[Named], loci: Mapping[str, Locus]) -> list[tuple[Named, Mapping[str, str]]]:
    """Return the combinations that these loci can make, each with the look that it needs at each of them."""
    return [
        (combo, {one: look(loci[one], loci[one].pair(*pair)) for one, pair in combo.genotype.items()})
        for combo in combos
        if combo.genotype.keys() <= loci.keys() and all(set(pair) != {WILD} for pair in combo.genotype.values())
    ]
