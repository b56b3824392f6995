"""What two animals can give: every genotype of the eggs with its exact share, and what the keeper will see.

Loci segregate independently (Mendel's second law); linkage between loci and sex linkage are not modelled, and a locus that
is recorded for neither parent is taken as wild type in both.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

import msgspec

from reptidex.domain.genetics.chromosomes import carried, groups, pairs_of, young
from reptidex.domain.genetics.loci import NORMAL, Distribution, Genotype, Hazard, Locus, Pair, hazards
from reptidex.domain.genetics.looks import look, name, percent, unseen
from reptidex.errors import InvalidError

MOST_CLASSES = 6561
"""Eight loci with three classes each; beyond that a table helps nobody and costs memory."""


class TooManyClassesError(InvalidError):
    """The parents differ at so many loci that the table of outcomes would be unreadable."""

    def __init__(self, classes: int) -> None:
        super().__init__(
            f"this pairing has {classes} kinds of offspring; at most {MOST_CLASSES} are worked out", "/genotype"
        )
        self.classes = classes


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One genotype among the eggs."""

    genotype: dict[str, Pair]
    label: str
    share: Fraction
    """Of all eggs."""
    live_share: Fraction
    """Of the young that live; 0 for a class that is lost."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One appearance among the young that live, with what it may carry unseen."""

    label: str
    share: Fraction
    carries: dict[str, Fraction]
    """Allele to the probability that an animal of this appearance carries it unseen."""


class Warned(msgspec.Struct, frozen=True):
    """A hazard that some of the offspring bear."""

    trait: str
    hazard: Hazard


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a pairing can give."""

    outcomes: tuple[Outcome, ...]
    looks: tuple[Look, ...]
    egg_loss: Fraction
    """The share of eggs that is lost to established lethal genotypes."""
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]
    """What the figures take for granted."""


def at_locus(locus: Locus, sire: Distribution, dam: Distribution) -> dict[Pair, Fraction]:
    """Cross two parents at one locus, whatever chromosome bears it: the pairs among the eggs of both sexes."""
    [group] = groups({locus.locus: locus}, [locus.locus])
    fathers = carried(group, {locus.locus: sire}, {}, "male")
    mothers = carried(group, {locus.locus: dam}, {}, "female")
    shares: dict[Pair, Fraction] = {}
    for state, share in young(group, fathers, mothers).items():
        [pair] = pairs_of(group, state)
        shares[pair] = shares.get(pair, Fraction(0)) + share
    return shares


def predict(loci: Mapping[str, Locus], sire: Genotype, dam: Genotype) -> Prediction:
    """Predict the offspring of a pairing over all loci that are recorded for either parent.

    Raises `TooManyClassesError` for a table beyond bounds.
    """
    normal: Distribution = {NORMAL: Fraction(1)}
    concerned = [loci[one] for one in loci if one in sire or one in dam]
    tables = []
    for locus in concerned:
        tables.append(at_locus(locus, sire.get(locus.locus, normal), dam.get(locus.locus, normal)))
    classes = prod(len(table) for table in tables)
    if classes > MOST_CLASSES:
        raise TooManyClassesError(classes)
    alive = prod((_living(locus, table) for locus, table in zip(concerned, tables, strict=True)), start=Fraction(1))
    outcomes = [_outcome(concerned, pairs, tables, alive) for pairs in product(*tables)]
    outcomes.sort(key=lambda outcome: (-outcome.share, outcome.label))
    return Prediction(
        outcomes=tuple(outcomes),
        looks=_looks(concerned, tables) if alive else (),
        egg_loss=1 - alive,
        warnings=tuple(_warnings(concerned, tables)),
        notes=tuple(_notes(concerned, tables)),
    )


def _lost(locus: Locus, pair: Pair) -> bool:
    return any(hazard.loses_egg for hazard in hazards(locus, pair))


def _living(locus: Locus, table: Distribution) -> Fraction:
    return sum((share for pair, share in table.items() if not _lost(locus, pair)), Fraction(0))


def _label(names: Sequence[str]) -> str:
    return " ".join(part for part in names if part) or "Normal"


def _outcome(loci: Sequence[Locus], pairs: Sequence[Pair], tables: Sequence[Distribution], alive: Fraction) -> Outcome:
    share = prod((table[pair] for table, pair in zip(tables, pairs, strict=True)), start=Fraction(1))
    lost = any(_lost(locus, pair) for locus, pair in zip(loci, pairs, strict=True))
    return Outcome(
        genotype={locus.locus: pair for locus, pair in zip(loci, pairs, strict=True)},
        label=_label([name(locus, pair) for locus, pair in zip(loci, pairs, strict=True)]),
        share=share,
        live_share=Fraction(0) if lost else share / alive,
    )


def _looks(loci: Sequence[Locus], tables: Sequence[Distribution]) -> tuple[Look, ...]:
    """Group the living by appearance. Loci are independent, so what a look carries is settled locus by locus."""
    choices = [_seen(locus, table) for locus, table in zip(loci, tables, strict=True)]
    found = []
    for picks in product(*choices):
        carries = {allele: chance for pick in picks for allele, chance in pick.carries.items()}
        share = prod((pick.share for pick in picks), start=Fraction(1))
        found.append(Look(label=_label([pick.label for pick in picks]), share=share, carries=carries))
    found.sort(key=lambda one: (-one.share, one.label))
    return tuple(found)


def _seen(locus: Locus, table: Distribution) -> list[Look]:
    living = {pair: share for pair, share in table.items() if not _lost(locus, pair)}
    total = sum(living.values(), Fraction(0))
    groups: dict[str, dict[Pair, Fraction]] = {}
    for pair, share in living.items():
        groups.setdefault(look(locus, pair), {})[pair] = share / total
    return [_group(locus, label, members) for label, members in groups.items()]


def _group(locus: Locus, label: str, members: Distribution) -> Look:
    share = sum(members.values(), Fraction(0))
    carries: dict[str, Fraction] = {}
    notes = []
    for pair, chance in members.items():
        allele = unseen(locus, pair)
        if allele is not None:
            carries[allele.allele] = carries.get(allele.allele, Fraction(0)) + chance / share
    for one, chance in carries.items():
        allele = locus.find(one)
        notes.append(f"{percent(chance)}% het {allele.name if allele else one}")
    return Look(label=" ".join([part for part in (label, *notes) if part]), share=share, carries=carries)


def _warnings(loci: Sequence[Locus], tables: Sequence[Distribution]) -> list[Warned]:
    return [
        Warned(name(locus, pair), hazard)
        for locus, table in zip(loci, tables, strict=True)
        for pair in table
        for hazard in hazards(locus, pair)
    ]


def _notes(loci: Sequence[Locus], tables: Sequence[Distribution]) -> list[str]:
    return [
        f"{allele.name}: how it is inherited is unknown; it is reckoned as recessive"
        for locus, table in zip(loci, tables, strict=True)
        for allele in locus.alleles
        if allele.mode == "unknown" and any(allele.allele in pair for pair in table)
    ]
