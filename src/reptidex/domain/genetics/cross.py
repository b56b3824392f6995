"""What two animals can give: every genotype of the eggs with its exact share, and what the keeper will see.

A locus that is recorded for neither parent is taken as wild type in both. Which loci are inherited together is said in
`chromosomes`; groups of them multiply. Shares are kept as whole numbers over one denominator until the end, so that a table
of thousands of classes costs milliseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import lcm, prod

import msgspec

from reptidex.domain.genetics.cells import HETS, Cell, at_locus, cells
from reptidex.domain.genetics.chromosomes import Group, Origin, Origins, groups
from reptidex.domain.genetics.loci import Genotype, Locus, Pair, Sex
from reptidex.domain.genetics.looks import Named, needed_looks, percent, trade_name, unseen
from reptidex.domain.genetics.telling import Warned, label_of, notes_of, step_of, warnings_of
from reptidex.errors import InvalidError

__all__ = ["Look", "Outcome", "Prediction", "TooManyClassesError", "Warned", "at_locus", "predict"]

MOST_CLASSES = 1000
"""Kinds of young that are listed; beyond that a table helps nobody, and the young are told by their looks."""

LOCI_LISTED = 6
"""Loci in a full list of `MOST_CLASSES`; with more of them fewer classes are listed, so that an answer stays below a megabyte."""


class TooManyClassesError(InvalidError):
    """The parents differ at so many loci that the table of outcomes would be unreadable, even by looks alone."""

    def __init__(self, classes: int, most: int) -> None:
        super().__init__(
            f"this pairing has {classes} kinds of offspring that look different; at most {most} are worked out: "
            "leave out loci that do not matter to you",
            "/genotype",
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
    sex: Sex = "unknown"
    """`unknown` where the class does not depend on the sex."""
    trade_name: str = ""
    """The label with combinations named; empty where none has a name."""
    origins: dict[str, Origin] = {}
    """By locus, which parent gave the first allele, where that is certain and tells apart what two alleles alone do not."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One appearance among the young that live, with what it may carry unseen."""

    label: str
    share: Fraction
    carries: dict[str, Fraction]
    """Allele to the probability that an animal of this appearance carries it unseen."""
    sex: Sex = "unknown"
    trade_name: str = ""


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a pairing can give."""

    outcomes: tuple[Outcome, ...]
    """Empty where there are more classes than are listed; `looks` then tells all."""
    looks: tuple[Look, ...]
    classes: int
    """How many genotypes there are, listed or not."""
    egg_loss: Fraction
    """The share of eggs that is lost to established lethal genotypes."""
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]
    """What the figures take for granted."""
    steps: tuple[str, ...]
    """How they come about, one rule a line."""


def predict(
    loci: Mapping[str, Locus],
    sire: Genotype,
    dam: Genotype,
    origins: tuple[Origins, Origins] = ({}, {}),
    combos: Iterable[Named] = (),
    most: int = MOST_CLASSES,
) -> Prediction:
    """Predict the offspring of a pairing over all loci that are recorded for either parent.

    `origins` says for sire and dam from which of their own parents an allele came, where that is known.
    Raises `TooManyClassesError` for a table beyond bounds.
    """
    together = groups(loci, sire.keys() | dam.keys())
    order = {name: place for place, name in enumerate(loci)}
    tables = [cells(group, sire, dam, origins, order) for group in together]
    named = needed_looks(combos, {locus.locus: locus for group in together for locus in group.loci})
    living = (sum((cell.share for cell in table if not cell.lost), Fraction(0)) for table in tables)
    alive = prod(living, start=Fraction(1))
    classes = prod(len(table) for table in tables)
    listed = classes <= most and classes * sum(len(group.loci) for group in together) <= LOCI_LISTED * most
    looks = _looks(together, tables, order, named, most) if alive else ()
    return Prediction(
        outcomes=_outcomes(together, tables, order, named, alive) if listed else (),
        looks=looks,
        classes=classes,
        egg_loss=1 - alive,
        warnings=tuple(warnings_of(together, tables, named)),
        notes=tuple(notes_of(together, tables, sire, dam, origins, not listed)),
        steps=tuple(step_of(group, table, sire, dam) for group, table in zip(together, tables, strict=True)),
    )


class _Part(msgspec.Struct, frozen=True, gc=False):
    """A class of young over some of the groups; `count` is its share in whole numbers."""

    count: int
    genotype: dict[str, Pair]
    names: tuple[tuple[int, str], ...]
    seen: dict[str, str]
    origins: dict[str, Origin]
    lost: bool
    sex: Sex


def _outcomes(
    together: Sequence[Group],
    tables: Sequence[Sequence[Cell]],
    order: Mapping[str, int],
    named: Sequence[tuple[Named, Mapping[str, str]]],
    alive: Fraction,
) -> tuple[Outcome, ...]:
    """Return the classes of young, the most frequent first."""
    parts, total = _multiplied(together, tables, seen=bool(named))
    shares = {count: Fraction(count, total) for count in {part.count for part in parts}}
    living = {count: share / alive for count, share in shares.items()} if alive else {}
    places = sorted((locus.locus for group in together for locus in group.loci), key=order.__getitem__)
    apart = places != [locus.locus for group in together for locus in group.loci]
    found = [
        (
            -part.count,
            label_of(part.names),
            part.sex,
            {locus: part.genotype[locus] for locus in places} if apart else part.genotype,
            part,
        )
        for part in parts
    ]
    found.sort(key=lambda one: one[:3])
    return tuple(
        Outcome(
            genotype=genotype,
            label=label,
            share=shares[-count],
            live_share=Fraction(0) if part.lost else living[-count],
            sex=sex,
            trade_name=_traded(named, part, order) if named else "",
            origins=part.origins,
        )
        for count, label, sex, genotype, part in found
    )


def _multiplied(together: Sequence[Group], tables: Sequence[Sequence[Cell]], *, seen: bool) -> tuple[list[_Part], int]:
    """Multiply the groups, one after the other, so that what two classes have in common is worked out once.

    Returns the classes, and the number that their counts are parts of. What is `seen` of them is left out where nobody asks.
    """
    parts = [_Part(1, {}, (), {}, {}, False, "unknown")]
    total = 1
    for group, table in zip(together, tables, strict=True):
        whole = lcm(*(cell.share.denominator for cell in table))
        total *= whole
        names = [locus.locus for locus in group.loci]
        more = [
            (cell.share.numerator * (whole // cell.share.denominator), dict(zip(names, cell.pairs, strict=True)), cell)
            for cell in table
        ]
        parts = [
            _Part(
                part.count * count,
                part.genotype | pairs,
                part.names + cell.names,
                part.seen | cell.seen if seen else {},
                part.origins | cell.origins if cell.origins else part.origins,
                part.lost or cell.lost,
                part.sex if cell.sex == "unknown" else cell.sex,
            )
            for part in parts
            for count, pairs, cell in more
        ]
    return parts, total


def _traded(named: Sequence[tuple[Named, Mapping[str, str]]], part: _Part, order: Mapping[str, int]) -> str:
    hets = [text for place, text in sorted(part.names) if place >= HETS]
    return trade_name(named, part.seen, order, " ".join(hets))


def _looks(
    together: Sequence[Group],
    tables: Sequence[Sequence[Cell]],
    order: Mapping[str, int],
    named: Sequence[tuple[Named, Mapping[str, str]]],
    most: int,
) -> tuple[Look, ...]:
    """Group the living by appearance. Groups are independent, so what a look carries is settled group by group."""
    choices = [_seen(group, table) for group, table in zip(together, tables, strict=True)]
    count = prod(len(choice) for choice in choices)
    if count > most:
        raise TooManyClassesError(count, most)
    found = []
    for picks in product(*choices):
        seen = {locus: shown for pick in picks for locus, shown in pick.seen.items()}
        hets = [(HETS + order[locus], text) for pick in picks for locus, text in pick.hets]
        extra = " ".join(text for _, text in sorted(hets))
        found.append(
            Look(
                label=label_of([(order[locus], shown) for locus, shown in seen.items()] + hets),
                share=prod((pick.share for pick in picks), start=Fraction(1)),
                carries={allele: chance for pick in picks for allele, chance in pick.carries.items()},
                sex=next((pick.sex for pick in picks if pick.sex != "unknown"), "unknown"),
                trade_name=trade_name(named, seen, order, extra) if named else "",
            )
        )
    found.sort(key=lambda one: (-one.share, one.label, one.sex))
    return tuple(found)


class _Seen(msgspec.Struct, frozen=True):
    """One appearance at one linkage group."""

    sex: Sex
    seen: dict[str, str]
    share: Fraction
    carries: dict[str, Fraction]
    hets: list[tuple[str, str]]


def _seen(group: Group, table: Sequence[Cell]) -> list[_Seen]:
    living = [cell for cell in table if not cell.lost]
    total = sum((cell.share for cell in living), Fraction(0))
    kinds: dict[tuple[Sex, tuple[tuple[str, str], ...]], list[Cell]] = {}
    for cell in living:
        kinds.setdefault((cell.sex, tuple(cell.seen.items())), []).append(cell)
    found = []
    for (sex, seen), members in kinds.items():
        share = sum((cell.share for cell in members), Fraction(0))
        carries: dict[tuple[str, str], Fraction] = {}
        for cell in members:
            for locus, pair in zip(group.loci, cell.pairs, strict=True):
                allele = unseen(locus, pair)
                if allele is not None:
                    key = locus.locus, allele.allele
                    carries[key] = carries.get(key, Fraction(0)) + cell.share / share
        by_name = {locus.locus: locus for locus in group.loci}
        hets = []
        for (locus_name, one), chance in carries.items():
            known = by_name[locus_name].find(one)
            hets.append((locus_name, f"{percent(chance)}% het {known.name if known else one}"))
        found.append(_Seen(sex, dict(seen), share / total, {one: chance for (_, one), chance in carries.items()}, hets))
    return found
