"""What a genotype looks like, and what it is called."""

from fractions import Fraction

from reptidex.domain.genetics.loci import ABSENT, Allele, Locus, Pair


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


def percent(chance: Fraction) -> int:
    """Round a chance to a whole percent as the hobby prints it: down, so that 2/3 reads 66."""
    return int(chance * 100)
