"""What a prediction says beside its figures: which rule gave them, what they take for granted, and what to beware of."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from reptidex.domain.genetics.cells import Cell
from reptidex.domain.genetics.chromosomes import Group, Origins
from reptidex.domain.genetics.loci import Genotype, Hazard, Locus, Sex, hazards
from reptidex.domain.genetics.looks import Named, full_name, name


class Warned(msgspec.Struct, frozen=True):
    """A hazard that some of the offspring bear."""

    trait: str
    hazard: Hazard


def label_of(parts: Iterable[tuple[int, str]]) -> str:
    """Join names in the order of their loci."""
    return " ".join(text for _, text in sorted(parts)) or "Normal"


def warnings_of(
    together: Sequence[Group],
    tables: Sequence[Sequence[Cell]],
    named: Sequence[tuple[Named, Mapping[str, str]]],
) -> list[Warned]:
    found = [
        Warned(name(locus, pair), hazard)
        for group, table in zip(together, tables, strict=True)
        for cell in table
        for locus, pair in zip(group.loci, cell.pairs, strict=True)
        for hazard in hazards(locus, pair)
    ]
    shown = {(locus, text) for table in tables for cell in table for locus, text in cell.seen.items()}
    for combo, needed in named:
        if all(one in shown for one in needed.items()):
            found += [Warned(combo.name, hazard) for hazard in combo.hazards]
    return list(dict.fromkeys(found))


def notes_of(
    together: Sequence[Group],
    tables: Sequence[Sequence[Cell]],
    sire: Genotype,
    dam: Genotype,
    origins: tuple[Origins, Origins],
    too_many: bool,
) -> list[str]:
    found = []
    for group, table in zip(together, tables, strict=True):
        alleles = {
            (locus.locus, one)
            for cell in table
            for locus, pair in zip(group.loci, cell.pairs, strict=True)
            for one in pair
        }
        for locus in group.loci:
            for allele in locus.alleles:
                if allele.mode == "unknown" and (locus.locus, allele.allele) in alleles:
                    found.append(f"{allele.name}: how it is inherited is unknown; it is reckoned as recessive")
            if locus.crossover is not None:
                found.append(
                    f"{locus.name}: recombination of {locus.recombination} with the sex-determining region is an estimate"
                )
        if len(group.loci) > 1 or (group.sexed and not all(locus.single_in for locus in group.loci)):
            found += _unplaced(group, "sire", sire, origins[0], group.split == "male" or len(group.loci) > 1)
            found += _unplaced(group, "dam", dam, origins[1], group.split == "female" or len(group.loci) > 1)
    if too_many:
        found.append("there are too many genotypes to list; the young are told by their looks")
    return found


def _unplaced(group: Group, parent: str, genotype: Genotype, origins: Origins, matters: bool) -> list[str]:
    found = []
    for locus in group.loci:
        known = genotype.get(locus.locus, {})
        if matters and locus.single_in is None and locus.locus not in origins and any(one != two for one, two in known):
            other = {"x": "on X or on Y", "z": "on Z or on W"}.get(
                group.sexed or "", "beside which of its linked genes"
            )
            found.append(
                f"{locus.name}: it is not recorded from which parent the {parent} has it ({other}); "
                "both are taken as equally likely"
            )
    return found


def step_of(group: Group, table: Sequence[Cell], sire: Genotype, dam: Genotype) -> str:
    """Say in one line how a linkage group is inherited, and what it gives."""
    shown: dict[str, Fraction] = {}
    for cell in table:
        label = label_of(cell.names) if len(group.loci) > 1 or cell.names else "Normal"
        label = label if cell.sex == "unknown" else f"{cell.sex} {label}"
        shown[label] = shown.get(label, Fraction(0)) + cell.share
    gives = ", ".join(f"{share} {label}" for label, share in sorted(shown.items(), key=lambda one: (-one[1], one[0])))
    crossed = " and ".join(
        f"{locus.name} ({_rule(locus)}): {_said(locus, sire, 'male')} x {_said(locus, dam, 'female')}"
        for locus in group.loci
    )
    return f"{crossed}; each parent gives one of its two at random: {gives}"


def _rule(locus: Locus) -> str:
    modes = "/".join(dict.fromkeys(allele.mode for allele in locus.alleles))
    where = {"x": ", on X", "z": ", on Z"}.get(locus.sex_linked or "", "")
    shared = f" and {'Y' if locus.sex_linked == 'x' else 'W'}" if where and locus.crossover is not None else ""
    return modes.replace("incomplete", "incomplete dominant") + where + shared


def _said(locus: Locus, genotype: Genotype, sex: Sex) -> str:
    known = genotype.get(locus.locus)
    if known is None:
        return "nothing recorded"
    parts = [(full_name(locus, pair), chance) for pair, chance in known.items()]
    return " or ".join(text if chance == 1 else f"{text} ({chance})" for text, chance in parts)
