"""What the records of a family say of one animal at one locus: Bayes' rule over the pedigree, in exact fractions.

Every animal is a variable over its pairs of alleles; Mendel's rule ties a child to its parents, and each record is evidence.
The answer is exact on any pedigree that is reckoned whole, loops included (`leading.eliminate`). Only where loops make that
too costly are the most distant relatives left out, ring by ring, and the answer says so.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache

import msgspec

from reptidex.domain.genetics.chromosomes import (
    Group,
    Haplotype,
    Phased,
    gametes,
    groups,
    pairs_of,
    sex_of,
)
from reptidex.domain.genetics.leading import Factor, Table, TangledError, Value, eliminate, plus, settled, times
from reptidex.domain.genetics.loci import ABSENT, HALF, WILD, Distribution, Locus, Pair, Sex
from reptidex.domain.genetics.looks import look

SURE: Value = (0, Fraction(1))
WRONG_CLAIM = 2
"""How much rarer a wrong claim is than an unrecorded carrier, in orders: either beats what cannot be at all."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One animal of a family, with what is recorded of it at the locus in question."""

    animal_id: str
    sex: Sex = "unknown"
    sire_id: str | None = None
    dam_id: str | None = None
    pairs: tuple[Pair, ...] = ()
    """What it carries by its record: one of these; empty where nothing is recorded."""
    firm: bool = False
    """Whether `pairs` was seen or tested; what is only claimed may be wrong."""
    prior: Distribution | None = None
    """A chance that was claimed ("66 % het"); it counts where the parents say nothing."""
    shows: str | None = None
    """What shows of the locus; empty: the animal was looked at, and nothing does. None: nobody said."""
    ring: int = 0
    """How many steps of kin it is from the animal in question."""

    @property
    def tells(self) -> bool:
        """Whether the record says something of the locus, beyond that nothing shows."""
        return bool(self.pairs or self.prior)


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each pair of alleles is for one animal, and on how much of its family that rests."""

    pairs: dict[Pair, Fraction]
    """Empty where the records contradict each other."""
    relatives: int
    cut: bool = False
    """Whether distant relatives were left out because the pedigree has too many loops."""
    from_sire: Fraction | None = None
    """For a sex-linked pair of two different alleles: the chance that the first came from the sire."""

    def carries(self, allele: str) -> Fraction:
        """Return the chance that the animal carries an allele at all."""
        return sum((share for pair, share in self.pairs.items() if allele in pair), Fraction(0))

    @property
    def certain(self) -> Pair | None:
        """The pair, where there is only one possible."""
        return next(iter(self.pairs)) if len(self.pairs) == 1 else None


def believe(locus: Locus, family: Mapping[str, Record], animal_id: str) -> Belief:
    """Return what a family's records say of one of its animals."""
    ring = max(record.ring for record in family.values())
    cut = False
    while True:
        near = {key: record for key, record in family.items() if record.ring <= ring}
        try:
            return _believe(locus, near, animal_id, cut)
        except TangledError:
            ring, cut = ring - 1, True


def without_young(family: Mapping[str, Record], animal_id: str) -> dict[str, Record]:
    """Return a family without the descendants of an animal: what its ancestors and their other young say of it."""
    young: dict[str, list[str]] = {}
    for record in family.values():
        for parent in (record.sire_id, record.dam_id):
            if parent:
                young.setdefault(parent, []).append(record.animal_id)
    gone, level = set[str](), [animal_id]
    while level:
        level = [child for parent in level for child in young.get(parent, ()) if child not in gone]
        gone |= set(level)
    return {key: record for key, record in family.items() if key not in gone}


def without_record(family: Mapping[str, Record], animal_id: str, keep_look: bool = False) -> dict[str, Record]:
    """Return a family in which nothing is recorded of one animal itself, but for its look where that is to be kept."""
    mine = family[animal_id]
    bare = Record(
        animal_id=animal_id,
        sex=mine.sex,
        sire_id=mine.sire_id,
        dam_id=mine.dam_id,
        shows=mine.shows if keep_look else None,
        ring=mine.ring,
    )
    return {**family, animal_id: bare}


def _believe(locus: Locus, family: Mapping[str, Record], animal_id: str, cut: bool) -> Belief:
    [group] = groups({locus.locus: locus}, [locus.locus])
    alphabet = _alphabet(locus, family.values())
    states = all_states(group, alphabet)
    needed = _relevant(family, animal_id)
    told = _told(family)
    factors: list[Factor] = []
    roles = {record.sire_id: "male" for record in family.values()} | {
        record.dam_id: "female" for record in family.values()
    }
    for key in sorted(needed):
        record = family[key]
        sex: Sex = record.sex if record.sex != "unknown" else roles.get(key, "unknown")  # type: ignore[assignment]
        factors += _factors(locus, group, states, alphabet, record, sex, family, told)
    table = eliminate(factors, [animal_id])[1]
    chances = settled(table)
    pairs: dict[Pair, Fraction] = {}
    for number, share in chances.items():
        [pair] = pairs_of(group, states[number])
        pairs[pair] = pairs.get(pair, Fraction(0)) + share
    return Belief(pairs=pairs, relatives=len(needed) - 1, cut=cut, from_sire=_from_sire(group, states, chances))


def _from_sire(group: Group, states: tuple[Phased, ...], chances: Mapping[int, Fraction]) -> Fraction | None:
    """Say for a sex-linked gene how likely the first allele lies on the chromosome that the sire gave."""
    if group.sexed is None or group.single:
        return None
    mark = {"x": "Y", "z": "W"}[group.sexed]
    first, other = Fraction(0), Fraction(0)
    for number, share in chances.items():
        state = states[number]
        [pair] = pairs_of(group, state)
        if pair[0] == pair[1] or sex_of(group, state) != group.split:
            continue
        odd = next(side for side in state if side[0] == mark)
        # Y comes from the sire, W from the dam.
        if (odd[1] == pair[0]) == (mark == "Y"):
            first += share
        else:
            other += share
    return first / (first + other) if first + other else None


def _alphabet(locus: Locus, records: Iterable[Record]) -> tuple[str, ...]:
    seen = {allele for record in records for pair in (*record.pairs, *(record.prior or ())) for allele in pair}
    named = [allele.allele for allele in locus.alleles if allele.allele in seen]
    return (*named, WILD)


@lru_cache(maxsize=256)
def all_states(group: Group, alphabet: tuple[str, ...]) -> tuple[Phased, ...]:
    """List what an animal may carry at a group of one locus; who gave which allele is left open but for the sex chromosomes."""
    if group.sexed is None:
        return tuple(((one,), (two,)) for place, one in enumerate(alphabet) for two in alphabet[place:])
    common, odd = ("X", "Y") if group.sexed == "x" else ("Z", "W")
    both = [_haplotype(group, common, allele) for allele in alphabet]
    rare = [_haplotype(group, odd, allele) for allele in ((ABSENT,) if group.single else alphabet)]
    alike = [(one, two) for place, one in enumerate(both) for two in both[place:]]
    return (*alike, *((one, two) for one in both for two in rare))


def _haplotype(group: Group, mark: str, allele: str) -> Haplotype:
    return (allele, mark) if group.single else (mark, allele)


def _relevant(family: Mapping[str, Record], animal_id: str) -> set[str]:
    """Leave out whose record cannot matter: the young of nobody's concern, of which nothing is recorded, at the ends of lines."""
    children: dict[str, set[str]] = {key: set() for key in family}
    for record in family.values():
        for parent in (record.sire_id, record.dam_id):
            if parent in children:
                children[parent].add(record.animal_id)
    kept = set(family)
    todo = list(family)
    while todo:
        key = todo.pop()
        record = family[key]
        if key not in kept or key == animal_id or record.tells or record.shows is not None or children[key] & kept:
            continue
        kept.discard(key)
        todo += [parent for parent in (record.sire_id, record.dam_id) if parent in kept]
    return kept


def _told(family: Mapping[str, Record]) -> dict[str, bool]:
    """Say of each animal whether it or an ancestor has a record at the locus."""
    told: dict[str, bool] = {}

    def ask(key: str | None, depth: int = 0) -> bool:
        if key is None or key not in family or depth > len(family):
            return False
        if key not in told:
            record = family[key]
            told[key] = record.tells or ask(record.sire_id, depth + 1) or ask(record.dam_id, depth + 1)
        return told[key]

    for key in family:
        ask(key)
    return told


def _factors(
    locus: Locus,
    group: Group,
    states: tuple[Phased, ...],
    alphabet: tuple[str, ...],
    record: Record,
    sex: Sex,
    family: Mapping[str, Record],
    told: Mapping[str, bool],
) -> list[Factor]:
    key = record.animal_id
    fitting = [
        number
        for number, state in enumerate(states)
        if group.sexed is None or sex == "unknown" or sex_of(group, state) == sex
    ]
    sire = record.sire_id if record.sire_id in family else None
    dam = record.dam_id if record.dam_id in family else None
    informed = told.get(sire or "", False) or told.get(dam or "", False)
    if record.prior is not None and not informed:
        sire = dam = None
    factors = [_inheritance(group, states, alphabet, key, sire, dam)]
    if record.prior is not None and not informed:
        factors = [((key,), _claimed(group, states, record.prior))]
    evidence: Table = {}
    for number in fitting:
        [pair] = pairs_of(group, states[number])
        if record.shows is not None and look(locus, pair) != record.shows:
            continue
        if record.pairs and pair not in record.pairs:
            if not record.firm:
                evidence[number,] = (WRONG_CLAIM, Fraction(1))
            continue
        evidence[number,] = SURE
    return [*factors, ((key,), evidence)]


def _founder(state: Phased) -> Value:
    """How likely an animal of unknown descent carries a state: each mutant allele is one order rarer than the wild type."""
    return sum(allele not in (WILD, ABSENT, *"XYZW") for side in state for allele in side), Fraction(
        1 if state[0] == state[1] or {*state[0], *state[1]} & {"Y", "W"} else 2
    )


def _claimed(group: Group, states: tuple[Phased, ...], prior: Distribution) -> Table:
    """Return the chances that a keeper gave; anything else means that the claim was wrong."""
    table: Table = {}
    for number, state in enumerate(states):
        [pair] = pairs_of(group, state)
        share = prior.get(pair)
        table[number,] = (0, share) if share else times((WRONG_CLAIM, Fraction(1)), _founder(state))
    return table


@lru_cache(maxsize=4096)
def _trio(group: Group, states: tuple[Phased, ...]) -> Mapping[tuple[int, int, int], Fraction]:
    """Return the chance of every child of every pair of parents."""
    numbers = {state: number for number, state in enumerate(states)}
    found: dict[tuple[int, int, int], Fraction] = {}
    for father, one in enumerate(states):
        if group.sexed and sex_of(group, one) != "male":
            continue
        for mother, two in enumerate(states):
            if group.sexed and sex_of(group, two) != "female":
                continue
            for left, share in gametes(group, one).items():
                for right, other in gametes(group, two).items():
                    key = numbers[_ordered(numbers, left, right)], father, mother
                    found[key] = found.get(key, Fraction(0)) + share * other
    return found


def _ordered(numbers: Mapping[Phased, int], left: Haplotype, right: Haplotype) -> Phased:
    return (left, right) if (left, right) in numbers else (right, left)


def _inheritance(
    group: Group, states: tuple[Phased, ...], alphabet: tuple[str, ...], key: str, sire: str | None, dam: str | None
) -> Factor:
    if sire and dam and sire != dam:
        return (key, sire, dam), {numbers: (0, share) for numbers, share in _trio(group, states).items()}
    if sire or dam:
        return (key, sire or dam or ""), _one_parent(group, states, alphabet, bool(sire))
    return (key,), {(number,): _founder(state) for number, state in enumerate(states)}


@lru_cache(maxsize=512)
def _one_parent(group: Group, states: tuple[Phased, ...], alphabet: tuple[str, ...], sire: bool) -> Table:
    """Return the chance of every child of one known parent and an unknown one, whose mutant alleles are rare."""
    numbers = {state: number for number, state in enumerate(states)}
    table: Table = {}
    for parent, state in enumerate(states):
        if group.sexed and sex_of(group, state) != ("male" if sire else "female"):
            continue
        for haplotype, share in gametes(group, state).items():
            for other, value in _stranger(group, alphabet, not sire):
                child = numbers[_ordered(numbers, haplotype, other)]
                more = times((0, share), value)
                before = table.get((child, parent))
                table[child, parent] = more if before is None else plus(before, more)
    return table


def _stranger(group: Group, alphabet: tuple[str, ...], sire: bool) -> list[tuple[Haplotype, Value]]:
    """Return what a parent of which nothing is known may give."""
    if group.sexed is None:
        return [((allele,), (int(allele != WILD), Fraction(1))) for allele in alphabet]
    common, odd = ("X", "Y") if group.sexed == "x" else ("Z", "W")
    splits = sire == (group.sexed == "x")
    share = HALF if splits else Fraction(1)
    found = [(_haplotype(group, common, allele), (int(allele != WILD), share)) for allele in alphabet]
    if splits:
        found += [
            (_haplotype(group, odd, allele), (int(allele not in (WILD, ABSENT)), share))
            for allele in ((ABSENT,) if group.single else alphabet)
        ]
    return found
