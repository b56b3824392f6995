"""Plans over several generations: the shortest ways from given animals to what is wanted.

A plan is a line of crosses; each keeps the young that the next needs, chosen by genotype, and the last gives the target. All
ways of up to so many generations are searched, generation by generation, but of each generation only the most promising
young are bred on (`KEPT` a sex): those that carry most of the target, then those that cost the fewest eggs. What an animal is
not certain to carry is an assumption of the plan, with its chance. Eggs are expectations, exact for each step.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

import msgspec

from reptidex.domain.genetics.chance import expected_until_all
from reptidex.domain.genetics.chromosomes import Group, Phased, carried, gametes, pairs_of, sex_of
from reptidex.domain.genetics.loci import HALF, Locus, Pair, Sex
from reptidex.domain.genetics.looks import look
from reptidex.domain.genetics.plan import MOST_YOUNG, Assumption, Kept, NoPlanError, Plan, PlanTooLargeError, Step
from reptidex.domain.genetics.targets import Stock, Target, checked_target, lives, meets, sex_share, target_groups
from reptidex.errors import InvalidError

MOST_GENERATIONS = 5
MOST_STOCK = 60
KEPT = 24
OWNED = 16
PLAIN = 3
MOST_WRITTEN = 120
"""Ways that are written down and compared, of all that the search finds: those that look best at a first reckoning."""
Genome = tuple[Phased, ...]


class _Beast(msgspec.Struct, frozen=True):
    """An animal of one's own, or a young that a cross may give. What the search ranks by is rough; what it tells is exact."""

    key: str
    sex: Sex
    genome: Genome
    chance: Fraction = Fraction(1)
    """That an animal of one's own carries this."""
    eggs: float = 0.0
    """What it costs to have it, young counted twice that come from one cross."""
    odds: float = 1.0
    """That everything holds which it rests on."""
    generation: int = 0
    parents: "tuple[_Beast, _Beast] | None" = None

    @property
    def price(self) -> float:
        """Its eggs, dearer for what is taken for granted."""
        return self.eggs / self.odds


def plans(loci: Mapping[str, Locus], target: Target, stock: Sequence[Stock], generations: int, most: int) -> list[Plan]:
    """Return ways to the target, the shortest first, of equal length the one that takes the fewest eggs.

    Those of the shortest length are given, and those one generation longer that take fewer eggs. Raises `InvalidError` for
    what cannot be reckoned, `NoPlanError` where nothing leads there.
    """
    together = target_groups(loci, checked_target(loci, target))
    if not 1 <= generations <= MOST_GENERATIONS:
        raise InvalidError(f"a plan has 1 to {MOST_GENERATIONS} generations", "/generations")
    search = _Search(together, target)
    pool = search.owned(stock)
    _check_sources(loci, target, pool)
    found: list[tuple[_Beast, _Beast, Fraction]] = []
    first = 0
    for generation in range(1, generations + 1):
        made = search.cross(pool, generation, found)
        if found and not first:
            first = generation
        if first and generation > first:
            break
        pool = search.keep(pool, made)
    if not found:
        raise NoPlanError(
            f"no plan of up to {generations} generations leads from these animals to the target", "/target"
        )
    found.sort(key=lambda one: (max(one[0].generation, one[1].generation), _rough(one)))
    ready = [plan for one in found[:MOST_WRITTEN] if (plan := search.plan(*one)) is not None]
    if not ready:
        raise NoPlanError("every way to the target takes one animal for two different things", "/target")
    ready.sort(key=lambda plan: (plan.generations, plan.expected_eggs / plan.chance, plan.steps[-1].sire_id))
    shortest = [plan for plan in ready if plan.generations == ready[0].generations]
    cheaper = [
        plan
        for plan in ready
        if plan.generations > ready[0].generations
        and plan.expected_eggs / plan.chance < shortest[0].expected_eggs / shortest[0].chance
    ]
    return (shortest[: max(1, most - len(cheaper[: most // 2]))] + cheaper[: most // 2])[:most]


class _Search:
    """One search: what it needs to know everywhere, and the crosses that it has worked out."""

    def __init__(self, together: Sequence[Group], target: Target) -> None:
        self.groups, self.target = together, target
        self.half = sex_share(together, target)
        self._crosses: dict[tuple[int, Phased, Phased], list[tuple[Phased, Fraction]]] = {}
        self._hits: dict[tuple[int, Phased, Phased], Fraction] = {}
        self._scores: dict[tuple[int, Phased], int] = {}
        self.weighed = 0
        self._made = 0

    def owned(self, stock: Sequence[Stock]) -> list[_Beast]:
        """Return the animals that a plan may begin with, each as what it may carry."""
        if len(stock) > MOST_STOCK:
            raise InvalidError(
                f"a plan is made for at most {MOST_STOCK} animals; name those that matter", "/animal_ids"
            )
        found: list[_Beast] = []
        for one in stock:
            if one.sex == "unknown":
                continue
            tables = [carried(group, one.genotype, one.origins, one.sex) for group in self.groups]
            for picks in product(*(table.items() for table in tables)):
                genome = tuple(_plain(state) for state, _ in picks)
                if all(lives(group, state) for group, state in zip(self.groups, genome, strict=True)):
                    chance = prod((share for _, share in picks), start=Fraction(1))
                    found.append(_Beast(one.animal_id, one.sex, genome, chance, 0.0, float(chance)))
        kept: list[_Beast] = []
        for sex in ("male", "female"):
            mine = sorted(
                (one for one in found if one.sex == sex), key=lambda one: (-self.score(one), -one.chance, one.key)
            )
            bearing = [one for one in mine if self.bears(one)]
            certain = [one for one in mine if not self.bears(one) and one.chance == 1]
            kept += _few_of_a_kind(bearing)[:OWNED] + certain[:PLAIN]
        return kept

    def bears(self, one: _Beast) -> bool:
        """Say whether an animal has any mutant allele that the target needs."""
        return any(
            set(pair) & set(self.target.pairs.get(locus.locus, ())) - {"+", "-"}
            for group, state in zip(self.groups, one.genome, strict=True)
            for locus, pair in zip(group.loci, pairs_of(group, state), strict=True)
        )

    def score(self, one: _Beast) -> int:
        """Count the alleles of the target that an animal has."""
        return sum(self._score(place, state) for place, state in enumerate(one.genome))

    def _score(self, place: int, state: Phased) -> int:
        key = place, state
        if key not in self._scores:
            group = self.groups[place]
            total = 0
            for locus, pair in zip(group.loci, pairs_of(group, state), strict=True):
                left = list(self.target.pairs.get(locus.locus, ()))
                for allele in pair:
                    if allele in left:
                        left.remove(allele)
                        total += 1
            self._scores[key] = total
        return self._scores[key]

    def cross(
        self, pool: Sequence[_Beast], generation: int, found: list[tuple[_Beast, _Beast, Fraction]]
    ) -> list[_Beast]:
        """Cross all of a pool of which one at least is new; note the crosses that give the target, return the young."""
        made: dict[tuple[Sex, Genome], list[_Beast]] = {}
        males = [one for one in pool if one.sex == "male"]
        females = [one for one in pool if one.sex == "female"]
        for sire, dam in product(males, females):
            if max(sire.generation, dam.generation) != generation - 1:
                continue
            hit = self.hit(sire, dam)
            if hit:
                found.append((sire, dam, hit))
                continue
            for child in self.young(sire, dam, generation):
                made.setdefault((child.sex, child.genome), []).append(child)
        best = []
        for children in made.values():
            children.sort(key=lambda one: (one.price, one.key))
            best += children[:2]
        return best

    def hit(self, sire: _Beast, dam: _Beast) -> Fraction:
        """Return the share of the eggs that meet the target."""
        total = self.half
        for place, (one, two) in enumerate(zip(sire.genome, dam.genome, strict=True)):
            key = place, one, two
            if key not in self._hits:
                group = self.groups[place]
                self._hits[key] = sum(
                    (share for state, share in self.at(place, one, two) if meets(group, state, self.target)),
                    Fraction(0),
                )
            total *= self._hits[key]
            if not total:
                break
        return total

    def at(self, place: int, one: Phased, two: Phased) -> list[tuple[Phased, Fraction]]:
        """Return the young of two states that live, at one group."""
        key = place, one, two
        if key not in self._crosses:
            group, shares = self.groups[place], dict[Phased, Fraction]()
            for left, share in gametes(group, one).items():
                for right, other in gametes(group, two).items():
                    state = _plain((left, right))
                    if lives(group, state):
                        shares[state] = shares.get(state, Fraction(0)) + share * other
            self._crosses[key] = list(shares.items())
        return self._crosses[key]

    def young(self, sire: _Beast, dam: _Beast, generation: int) -> Iterable[_Beast]:
        """Yield the young worth keeping: those that carry of the target what young of these parents have on average, or more."""
        least = (self.score(sire) + self.score(dam)) // 2
        tables = [
            self.at(place, one, two) for place, (one, two) in enumerate(zip(sire.genome, dam.genome, strict=True))
        ]
        self.weighed += prod(len(table) for table in tables)
        if self.weighed > MOST_YOUNG:
            raise PlanTooLargeError
        for picks in product(*tables):
            genome = tuple(state for state, _ in picks)
            if sum(self._score(place, state) for place, state in enumerate(genome)) < least:
                continue
            share = prod(float(share) for _, share in picks)
            decided = {sex_of(group, state) for group, state in zip(self.groups, genome, strict=True)} - {"unknown"}
            sexes: tuple[Sex, ...] = tuple(decided) or ("male", "female")
            for sex in sexes:
                self._made += 1
                cost = sire.eggs + dam.eggs + len(sexes) / share
                yield _Beast(
                    f"young {self._made}", sex, genome, Fraction(1), cost, sire.odds * dam.odds, generation, (sire, dam)
                )

    def share(self, child: _Beast) -> Fraction:
        """Return the exact share of the eggs of its parents that are such a young."""
        if child.parents is None:
            return Fraction(1)
        total = Fraction(1)
        for place, (state, one, two) in enumerate(
            zip(child.genome, child.parents[0].genome, child.parents[1].genome, strict=True)
        ):
            total *= dict(self.at(place, one, two))[state]
        decided = any(group.sexed for group in self.groups)
        return total if decided else total * HALF

    def keep(self, pool: Sequence[_Beast], made: Sequence[_Beast]) -> list[_Beast]:
        """Return the pool of the next generation: the animals one has, and the best of the new young."""
        have = {(one.sex, one.genome) for one in pool if one.odds == 1.0}
        kept = list(pool)
        for sex in ("male", "female"):
            fresh = [one for one in made if one.sex == sex and (one.sex, one.genome) not in have]
            fresh.sort(key=lambda one: (-self.score(one), one.price, one.key))
            kept += fresh[:KEPT]
        return kept

    def plan(self, sire: _Beast, dam: _Beast, share: Fraction) -> Plan | None:
        """Write down a plan: one step a cross, however many of its young are needed.

        None where it would take one animal for two different things.
        """
        crosses: dict[tuple[str, str], list[_Beast]] = {}
        owned: dict[str, _Beast] = {}
        if not (self._gather(sire, crosses, owned) and self._gather(dam, crosses, owned)):
            return None
        names: dict[str, str] = {key: one.key for key, one in owned.items()}
        steps: list[Step] = []
        for children in sorted(crosses.values(), key=lambda young: young[0].generation):
            parents = children[0].parents
            if parents is None:
                continue
            for letter, child in zip("abcdefgh", children, strict=False):
                names[child.key] = f"step {len(steps) + 1}, {child.sex} {letter}"
            steps.append(
                Step(
                    generation=children[0].generation,
                    sire_id=names[parents[0].key],
                    dam_id=names[parents[1].key],
                    keeps=tuple(self._kept(child, names[child.key], parents) for child in children),
                    share=sum((self.share(child) for child in children), Fraction(0)),
                    expected_eggs=expected_until_all(tuple(self.share(child) for child in children)),
                )
            )
        last = max(sire.generation, dam.generation) + 1
        steps.append(
            Step(generation=last, sire_id=names[sire.key], dam_id=names[dam.key], share=share, expected_eggs=1 / share)
        )
        unsure = [one for one in owned.values() if one.chance != 1]
        return Plan(
            steps=tuple(steps),
            generations=last,
            expected_eggs=sum((step.expected_eggs for step in steps), Fraction(0)),
            assumptions=tuple(Assumption(one.key, self._named(one.genome), one.chance) for one in unsure),
            chance=prod((one.chance for one in unsure), start=Fraction(1)),
        )

    def _gather(self, one: _Beast, crosses: dict[tuple[str, str], list[_Beast]], owned: dict[str, _Beast]) -> bool:
        """Gather the crosses and animals that lead to one; False where an animal is assumed to carry two things."""
        if one.parents is None:
            return owned.setdefault(one.key, one).genome == one.genome
        if not all(self._gather(parent, crosses, owned) for parent in one.parents):
            return False
        children = crosses.setdefault((one.parents[0].key, one.parents[1].key), [])
        if all(child.key != one.key for child in children):
            children.append(one)
        return True

    def _kept(self, child: _Beast, name: str, parents: tuple[_Beast, _Beast]) -> Kept:
        alike = Fraction(1)
        for place, (group, state) in enumerate(zip(self.groups, child.genome, strict=True)):
            table = self.at(place, parents[0].genome[place], parents[1].genome[place])
            seen = self._seen(group, state)
            same = sum((share for other, share in table if self._seen(group, other) == seen), Fraction(0))
            pairs = pairs_of(group, state)
            mine = sum(
                (
                    share
                    for other, share in table
                    if pairs_of(group, other) == pairs and self._seen(group, other) == seen
                ),
                Fraction(0),
            )
            alike *= mine / same
        return Kept(
            young_id=name,
            sex=child.sex,
            genotype=self._named(child.genome),
            share=self.share(child),
            known_by_look=alike,
        )

    def _seen(self, group: Group, state: Phased) -> tuple[object, ...]:
        looks = (look(locus, pair) for locus, pair in zip(group.loci, pairs_of(group, state), strict=True))
        return sex_of(group, state), *looks

    def _named(self, genome: Genome) -> dict[str, Pair]:
        return {
            locus.locus: pair
            for group, state in zip(self.groups, genome, strict=True)
            for locus, pair in zip(group.loci, pairs_of(group, state), strict=True)
        }


def _check_sources(loci: Mapping[str, Locus], target: Target, pool: Sequence[_Beast]) -> None:
    """Check that somebody bears each allele that is wanted. Raises `NoPlanError`, with the allele."""
    borne = {allele for one in pool for state in one.genome for side in state for allele in side}
    for name, pair in target.pairs.items():
        for allele in pair:
            known = loci[name].find(allele)
            if known is not None and allele not in borne:
                raise NoPlanError(
                    f"none of these animals may carry {known.name}; it has to be brought in first", "/target"
                )


def _rough(way: tuple[_Beast, _Beast, Fraction]) -> float:
    """Guess what a way costs, young counted twice that come from one cross."""
    sire, dam, share = way
    return (sire.eggs + dam.eggs + 1 / float(share)) / (sire.odds * dam.odds)


def _plain(state: Phased) -> Phased:
    """Forget which parent gave what: it does not matter for the gametes."""
    return state if state[0] <= state[1] else (state[1], state[0])


def _few_of_a_kind(beasts: Sequence[_Beast]) -> list[_Beast]:
    """Keep three animals of each sort at most: more would only repeat the same plans."""
    count: dict[tuple[Genome, Fraction], int] = {}
    kept = []
    for one in beasts:
        key = one.genome, one.chance
        count[key] = count.get(key, 0) + 1
        if count[key] <= 3:
            kept.append(one)
    return kept
