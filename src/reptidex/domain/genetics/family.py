"""What the records of a family say of one animal at one locus: Bayes' rule over the pedigree, in exact fractions.

Every animal is a variable over its pairs of alleles; Mendel's rule ties a child to its parents, and each record is evidence.
The answer is exact on any pedigree that is reckoned whole, loops included (`leading.eliminate`). Only where loops make that
too costly are the ancestors reckoned one by one, as if sire and dam were unrelated, and the answer says so.
"""

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

import msgspec

from reptidex.domain.genetics.chromosomes import (
    Group,
    Phased,
    groups,
    pairs_of,
    sex_of,
)
from reptidex.domain.genetics.inheriting import all_states, founder, inheritance
from reptidex.domain.genetics.leading import (
    Factor,
    Share,
    Table,
    TangledError,
    Value,
    eliminate,
    marginals,
    settled,
    times,
    whole,
)
from reptidex.domain.genetics.loci import WILD, Distribution, Locus, Pair, Sex
from reptidex.domain.genetics.looks import look

SURE: Value = (0, 1)
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
    """Whether the ancestors were reckoned one by one, because the pedigree has too many loops to be reckoned whole."""
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
    try:
        return _believe(locus, family, animal_id)
    except TangledError:
        return _one_by_one(locus, family, animal_id)


def believe_whole(locus: Locus, family: Mapping[str, Record], animal_ids: Collection[str]) -> dict[str, Belief]:
    """Return what `believe` says of each of some animals, at about the cost of one. Raises `TangledError` if it is too much."""
    if not animal_ids:
        return {}
    group, states, factors = _tables(locus, family, _relevant(family, animal_ids))
    tables = marginals(factors, set(animal_ids))
    core = _relevant(family, ())
    return {
        key: _belief(group, states, tables[key], len(core if key in core else _relevant(family, (key,))) - 1)
        for key in animal_ids
    }


def believe_each(locus: Locus, family: Mapping[str, Record], animal_ids: Iterable[str]) -> dict[str, Belief]:
    """Reckon animals one after the other; once for all young of a pair that have the same record and no young of their own."""
    parents = {parent for record in family.values() for parent in (record.sire_id, record.dam_id)}
    alike: dict[tuple[object, ...], Belief] = {}
    found: dict[str, Belief] = {}
    for key in animal_ids:
        one = family[key]
        prior = tuple(one.prior.items()) if one.prior else None
        own = key if key in parents else ""
        same = (own, one.sire_id, one.dam_id, one.sex, one.pairs, one.firm, one.shows, prior)
        if same not in alike:
            alike[same] = _one_by_one(locus, family, key)
        found[key] = alike[same]
    return found


def _one_by_one(locus: Locus, family: Mapping[str, Record], animal_id: str) -> Belief:
    """Reckon the ancestors from the oldest down, each from its parents and its own young, as if these were no kin otherwise."""
    known: dict[str, Record] = {}
    children: dict[str, list[Record]] = {}
    for record in family.values():
        for parent in (record.sire_id, record.dam_id):
            if parent is not None:
                children.setdefault(parent, []).append(record)
    line = _oldest_first(family, animal_id)
    on_line = set(line)
    for key in line:
        record = family[key]
        above = {parent: known[parent] for parent in (record.sire_id, record.dam_id) if parent in known}
        above[key] = record
        near = dict(above)
        for child in children.get(key, ()):
            # The line itself is reckoned in its turn; its evidence counts once.
            if child.animal_id not in on_line:
                near[child.animal_id] = child
                mate = child.dam_id if child.sire_id == key else child.sire_id
                if mate is not None and mate in family and mate not in near:
                    near[mate] = known.get(mate) or _alone(family[mate])
        try:
            belief = _believe(locus, near, key)
        except TangledError:  # so many alleles that its young are too many: what its parents give it stays
            belief = _believe(locus, above, key)
        known[key] = Record(animal_id=key, sex=record.sex, prior=belief.pairs or None)
    relatives = len(line) - 1 + sum(one.animal_id not in on_line for key in line for one in children.get(key, ()))
    return Belief(pairs=belief.pairs, relatives=relatives, cut=True, from_sire=belief.from_sire)


def _alone(record: Record) -> Record:
    """Return a record without its parents."""
    return Record(
        animal_id=record.animal_id,
        sex=record.sex,
        pairs=record.pairs,
        firm=record.firm,
        prior=record.prior,
        shows=record.shows,
    )


def _oldest_first(family: Mapping[str, Record], animal_id: str) -> list[str]:
    """Return an animal's ancestors in the family, each before its young, and the animal last."""
    found: dict[str, None] = {}
    todo: list[tuple[str, bool]] = [(animal_id, False)]
    while todo:
        key, ready = todo.pop()
        if ready:
            found[key] = None
        elif key not in found:
            todo.append((key, True))
            parents = (family[key].sire_id, family[key].dam_id)
            todo += [(one, False) for one in parents if one is not None and one in family and one not in found]
    return list(found)


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
    )
    return {**family, animal_id: bare}


def _believe(locus: Locus, family: Mapping[str, Record], animal_id: str) -> Belief:
    needed = _relevant(family, (animal_id,))
    group, states, factors = _tables(locus, family, needed)
    return _belief(group, states, eliminate(factors, [animal_id])[1], len(needed) - 1)


def _tables(
    locus: Locus, family: Mapping[str, Record], needed: Iterable[str]
) -> tuple[Group, tuple[Phased, ...], list[Factor]]:
    """Return the tables that tie the needed animals to one another and to what is recorded of them."""
    [group] = groups({locus.locus: locus}, [locus.locus])
    alphabet = _alphabet(locus, family.values())
    states = all_states(group, alphabet)
    told = _told(family)
    factors: list[Factor] = []
    roles = {record.sire_id: "male" for record in family.values()} | {
        record.dam_id: "female" for record in family.values()
    }
    for key in sorted(needed):
        record = family[key]
        sex: Sex = record.sex if record.sex != "unknown" else roles.get(key, "unknown")  # type: ignore[assignment]
        factors += _factors(locus, group, states, alphabet, record, sex, family, told)
    return group, states, factors


def _belief(group: Group, states: tuple[Phased, ...], table: Table, relatives: int) -> Belief:
    chances = settled(table)
    pairs: dict[Pair, Fraction] = {}
    for number, share in chances.items():
        [pair] = pairs_of(group, states[number])
        pairs[pair] = pairs.get(pair, Fraction(0)) + share
    return Belief(pairs=pairs, relatives=relatives, from_sire=_from_sire(group, states, chances))


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


def _relevant(family: Mapping[str, Record], asked: Collection[str]) -> set[str]:
    """Leave out whose record cannot matter: young that nobody asks for, of which nothing is recorded, at the ends of lines."""
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
        if key not in kept or key in asked or record.tells or record.shows is not None or children[key] & kept:
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
    factors = [inheritance(group, states, alphabet, key, sire, dam)]
    if record.prior is not None and not informed:
        factors = [((key,), _claimed(group, states, record.prior))]
    evidence: Table = {}
    for number in fitting:
        [pair] = pairs_of(group, states[number])
        if record.shows is not None and look(locus, pair) != record.shows:
            continue
        if record.pairs and pair not in record.pairs:
            if not record.firm:
                evidence[number,] = (WRONG_CLAIM, 1)
            continue
        evidence[number,] = SURE
    return [*factors, ((key,), evidence)]


def _claimed(group: Group, states: tuple[Phased, ...], prior: Distribution) -> Table:
    """Return the chances that a keeper gave; anything else means that the claim was wrong."""
    table: dict[tuple[int, ...], Share] = {}
    for number, state in enumerate(states):
        [pair] = pairs_of(group, state)
        share = prior.get(pair)
        table[number,] = (0, share) if share else times((WRONG_CLAIM, Fraction(1)), founder(state))
    return whole(table)
