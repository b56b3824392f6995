"""Chances of events of which some are too rare to have a number.

That an animal of unknown descent carries a mutant allele, or that a keeper's claim is wrong, has no known frequency. It is
written as a power of one vanishing quantity: `(order, weight)` stands for weight * e^order with e towards 0. Sums keep the
lowest order, products add orders; this is the limit of Bayes' rule, exact, and a form of computing with leading terms. So a
founder is normal until a visual hatchling proves otherwise, with no frequency made up.

A factor is a table over some variables, holding only what is possible; `eliminate` sums variables out one by one (variable
elimination: Zhang & Poole 1994), which is exact on every pedigree, with loops too, as long as the tables stay small. A factor
may be multiplied by anything, for only ratios count in the end: so weights are whole numbers, and no fraction is ever reduced.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import gcd, lcm

import msgspec

Value = tuple[int, int]
Table = dict[tuple[int, ...], Value]
Factor = tuple[tuple[str, ...], Table]
Share = tuple[int, Fraction]
"""A value before it is made whole."""

LARGEST_TABLE = 8_000


class TangledError(Exception):
    """The pedigree has so many loops that an exact answer would cost too much."""


def whole(table: Mapping[tuple[int, ...], Share]) -> Table:
    """Multiply the shares of a table so that all are whole numbers, and leave out those that are 0."""
    scale = lcm(*(share.denominator for _, share in table.values()))
    return {
        states: (order, share.numerator * (scale // share.denominator))
        for states, (order, share) in table.items()
        if share
    }


def plus(one: Share, two: Share) -> Share:
    """Add two values: the lower order wins."""
    if one[0] != two[0]:
        return one if one[0] < two[0] else two
    return one[0], one[1] + two[1]


def times(one: Share, two: Share) -> Share:
    """Multiply two values."""
    return one[0] + two[0], one[1] * two[1]


def join(one: Factor, two: Factor) -> Factor:
    """Multiply two factors. Raises `TangledError` for a table beyond bounds that is larger than both."""
    (left, table), (right, other) = one, two
    shared = [name for name in left if name in right]
    fresh = [place for place, name in enumerate(right) if name not in left]
    here, there = [left.index(name) for name in shared], [right.index(name) for name in shared]
    by_key: dict[tuple[int, ...], list[tuple[tuple[int, ...], Value]]] = {}
    for states, value in other.items():
        key = tuple(states[place] for place in there)
        by_key.setdefault(key, []).append((tuple(states[place] for place in fresh), value))
    joined: Table = {}
    bound = max(LARGEST_TABLE, len(table), len(other))
    for states, (order, weight) in table.items():
        for rest, (higher, more) in by_key.get(tuple(states[place] for place in here), ()):
            joined[states + rest] = (order + higher, weight * more)
        if len(joined) > bound:
            raise TangledError
    return left + tuple(right[place] for place in fresh), joined


def sum_out(factor: Factor, name: str) -> Factor:
    """Sum a variable out of a factor."""
    names, table = factor
    place = names.index(name)
    found: Table = {}
    for states, value in table.items():
        key = states[:place] + states[place + 1 :]
        before = found.get(key)
        if before is None or value[0] < before[0]:
            found[key] = value
        elif value[0] == before[0]:
            found[key] = (value[0], before[1] + value[1])
    return names[:place] + names[place + 1 :], found


def eliminate(factors: Iterable[Factor], keep: Sequence[str]) -> Factor:
    """Sum out every variable but those to keep, the one with the fewest neighbours first; up to a factor.

    What has nothing to do with those to keep counts for nothing. Raises `TangledError`.
    """
    by_name: dict[str, set[int]] = {}
    alive: dict[int, Factor] = {}
    for number, factor in enumerate(factors):
        alive[number] = factor
        for name in factor[0]:
            by_name.setdefault(name, set()).add(number)
    following = len(alive)
    neighbours: dict[str, set[str]] = {name: set() for name in by_name}
    for names, _ in alive.values():
        for name in names:
            neighbours[name] |= set(names) - {name}
    left = set(by_name) - set(keep)
    while left:
        name = min(left, key=lambda one: (len(neighbours[one]), one))
        left.remove(name)
        mine = sorted(by_name.pop(name), key=lambda number: (len(alive[number][0]), len(alive[number][1])))
        made: Factor | None = None
        for number in mine:
            factor = alive.pop(number)
            for other in factor[0]:
                if other != name:
                    by_name[other].discard(number)
            made = factor if made is None else join(made, factor)
        if made is None:
            continue
        made = sum_out(made, name)
        around = neighbours.pop(name)
        for other in around:
            neighbours[other] |= around - {other}
            neighbours[other].discard(name)
        alive[following] = made
        for other in made[0]:
            by_name[other].add(following)
        following += 1
    result: Factor = ((), {(): (0, 1)})
    for factor in alive.values():
        # What strangers of those kept come to is a number: were it nothing, it would still say nothing of these.
        if factor[0]:
            result = join(result, factor)
    return result


class _Bucket(msgspec.Struct):
    """A variable being summed out: what came together for it, and where the sum went."""

    name: str
    inputs: list[Factor]
    sources: list[int | None]
    """The bucket whose sum each input is; None for a factor that was given."""
    down: Factor = ((), {(): (0, 1)})
    """What the rest of the factors say of the variables that the sum is over."""


def marginals(factors: Iterable[Factor], wanted: Collection[str]) -> dict[str, Table]:
    """Return the table of each wanted variable, with all others summed out: one pass up and one down, whatever is wanted.

    The same as `eliminate` for each (bucket-tree elimination: Kask, Dechter, Larrosa & Dechter 2005), up to a factor.
    Raises `TangledError`.
    """
    buckets = _collected(factors)
    found: dict[str, Table] = {}
    for bucket in reversed(buckets):
        parts = [*bucket.inputs, bucket.down]
        before = list(accumulate(parts[:-1], join, initial=_UNIT))
        after = _UNIT
        if bucket.name in wanted:
            found[bucket.name] = _over(join(before[-1], bucket.down), (bucket.name,))[1]
        for place in range(len(bucket.inputs) - 1, -1, -1):
            after = join(after, parts[place + 1])
            source = bucket.sources[place]
            if source is not None:
                buckets[source].down = _over(join(before[place], after), bucket.inputs[place][0])
    return found


def _collected(factors: Iterable[Factor]) -> list[_Bucket]:
    """Sum out every variable, the one with the fewest neighbours first, and keep what came together for each."""
    by_name: dict[str, set[int]] = {}
    alive: dict[int, tuple[Factor, int | None]] = {}
    neighbours: dict[str, set[str]] = {}
    for number, factor in enumerate(factors):
        alive[number] = factor, None
        for name in factor[0]:
            by_name.setdefault(name, set()).add(number)
            neighbours.setdefault(name, set()).update(other for other in factor[0] if other != name)
    buckets, following = list[_Bucket](), len(alive)
    while by_name:
        name = min(by_name, key=lambda one: (len(neighbours[one]), one))
        mine = sorted(by_name.pop(name), key=lambda number: (len(alive[number][0][0]), len(alive[number][0][1])))
        inputs, sources = zip(*(alive.pop(number) for number in mine), strict=True)
        for number, factor in zip(mine, inputs, strict=True):
            for other in factor[0]:
                if other != name:
                    by_name[other].discard(number)
        around = neighbours.pop(name)
        for other in around:
            neighbours[other] |= around - {other}
            neighbours[other].discard(name)
        sent = _small(sum_out(reduce(join, inputs), name))
        alive[following] = sent, len(buckets)
        for other in sent[0]:
            by_name[other].add(following)
        following += 1
        buckets.append(_Bucket(name, list(inputs), list(sources)))
    return buckets


def _over(factor: Factor, names: Sequence[str]) -> Factor:
    """Sum a factor down to some of its variables, in their order."""
    places = [factor[0].index(name) for name in names]
    found: Table = {}
    for states, value in factor[1].items():
        key = tuple(states[place] for place in places)
        before = found.get(key)
        if before is None or value[0] < before[0]:
            found[key] = value
        elif value[0] == before[0]:
            found[key] = (value[0], before[1] + value[1])
    return _small((tuple(names), found))


def _small(factor: Factor) -> Factor:
    """Divide a factor by what all of its values have in common."""
    names, table = factor
    if not table:
        return factor
    lowest = min(order for order, _ in table.values())
    common = gcd(*(weight for _, weight in table.values()))
    return names, {states: (order - lowest, weight // common) for states, (order, weight) in table.items()}


_UNIT: Factor = ((), {(): (0, 1)})


def settled(table: Mapping[tuple[int, ...], Value]) -> dict[int, Fraction]:
    """Return the chances of one variable's states in the limit; empty where nothing is possible at all."""
    if not table:
        return {}
    lowest = min(order for order, _ in table.values())
    kept = {states[0]: weight for states, (order, weight) in table.items() if order == lowest}
    total = sum(kept.values())
    return {state: Fraction(weight, total) for state, weight in kept.items()}
