"""Whether what hatched agrees with what was foretold: Pearson's chi-square test of goodness of fit.

Small samples are the rule with reptiles, and the chi-square distribution is a poor guide there. Where all ways in which the
young could have fallen can be counted, the p-value is therefore exact: the share of them whose statistic is at least the
observed one, under the multinomial distribution. Otherwise the smallest classes are pooled until five of each are expected
(Cochran, Biometrics 10:417-451, 1954), and the p-value is that of the chi-square distribution.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import comb, erfc, exp, lcm, pi, sqrt
from typing import Literal

import msgspec

MOST_WAYS = 10_000
"""So many ways of falling are counted at most (twenty young in five classes, a hundred in three)."""
LEAST_EXPECTED = 5
"""Cochran's rule for the approximation."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One class beside what was foretold of it."""

    label: str
    observed: int
    expected: Fraction
    """In animals, of as many as were observed."""
    share: Fraction


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """How well the counts agree with the shares."""

    rows: tuple[Row, ...]
    observed: int
    statistic: float | None
    """Pearson's X²; None where there is nothing to test, or something came that could not come."""
    degrees: int
    p_value: float | None
    """How often chance alone departs at least as far from the shares; 0 where something came that could not come."""
    method: Literal["exact", "chi-square", "impossible", "none"]
    pooled: tuple[str, ...] = ()
    """Classes that were taken together for the approximation."""


def upper_tail(statistic: float, degrees: int) -> float:
    """Return the probability that a chi-square variable of so many degrees of freedom is at least this large.

    Closed forms for whole degrees of freedom: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    Raises `ValueError` for fewer than one degree.
    """
    if degrees < 1:
        raise ValueError("a chi-square distribution has at least one degree of freedom")
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    if degrees % 2 == 0:
        term = total = exp(-half)
        for step in range(1, degrees // 2):
            term *= half / step
            total += term
        return min(total, 1.0)
    total = erfc(sqrt(half))
    term = exp(-half) * sqrt(2 * statistic / pi)
    for step in range(1, (degrees + 1) // 2):
        total += term
        term *= statistic / (2 * step + 1)
    return min(total, 1.0)


def fit(observed: Mapping[str, int], shares: Mapping[str, Fraction]) -> Fit:
    """Compare counts with shares; a label that one of the two lacks counts 0 there.

    Raises `ValueError` where the shares do not add up to one.
    """
    if sum(shares.values()) != 1:
        raise ValueError("the shares of all classes add up to one")
    labels = [*shares, *(label for label in observed if label not in shares)]
    total = sum(observed.values())
    rows = tuple(
        Row(
            label=label,
            observed=observed.get(label, 0),
            expected=total * shares.get(label, Fraction(0)),
            share=shares.get(label, Fraction(0)),
        )
        for label in labels
    )
    if any(row.observed and not row.share for row in rows):
        return Fit(rows=rows, observed=total, statistic=None, degrees=0, p_value=0.0, method="impossible")
    open_rows = [row for row in rows if row.share]
    if total == 0 or len(open_rows) < 2:
        return Fit(rows=rows, observed=total, statistic=None, degrees=0, p_value=None, method="none")
    if comb(total + len(open_rows) - 1, len(open_rows) - 1) <= MOST_WAYS:
        counts, exact = [row.observed for row in open_rows], [row.share for row in open_rows]
        return Fit(
            rows=rows,
            observed=total,
            statistic=float(_statistic(counts, exact)),
            degrees=len(open_rows) - 1,
            p_value=float(_exact(counts, exact)),
            method="exact",
        )
    return _approximate(rows, open_rows, total)


def together(fits: Sequence[Fit]) -> Fit:
    """Sum up independent tests: their statistics and their degrees of freedom add (the chi-square distribution's additivity).

    What could not come in one of them, could not come in all. Rows are not joined, since each test has its own classes.
    """
    tested = [one for one in fits if one.statistic is not None]
    total = sum(one.observed for one in fits)
    if any(one.method == "impossible" for one in fits):
        return Fit(rows=(), observed=total, statistic=None, degrees=0, p_value=0.0, method="impossible")
    degrees = sum(one.degrees for one in tested)
    if not degrees:
        return Fit(rows=(), observed=total, statistic=None, degrees=0, p_value=None, method="none")
    if len(tested) == 1:
        return msgspec.structs.replace(tested[0], rows=(), observed=total)
    statistic = sum(one.statistic or 0.0 for one in tested)
    tail = upper_tail(statistic, degrees)
    return Fit(rows=(), observed=total, statistic=statistic, degrees=degrees, p_value=tail, method="chi-square")


def _approximate(rows: tuple[Row, ...], open_rows: Sequence[Row], total: int) -> Fit:
    order = sorted(open_rows, key=lambda row: row.expected)
    small: list[Row] = []
    while order and (order[0].expected < LEAST_EXPECTED or (small and _sum(small) < LEAST_EXPECTED)):
        small.append(order.pop(0))
    counts, shares = [row.observed for row in order], [row.share for row in order]
    if small:
        counts.append(sum(row.observed for row in small))
        shares.append(sum((row.share for row in small), Fraction(0)))
    pooled = tuple(row.label for row in small) if len(small) > 1 else ()
    if len(counts) < 2:
        return Fit(rows=rows, observed=total, statistic=None, degrees=0, p_value=None, method="none", pooled=pooled)
    statistic, degrees = float(_statistic(counts, shares)), len(counts) - 1
    return Fit(
        rows=rows,
        observed=total,
        statistic=statistic,
        degrees=degrees,
        p_value=upper_tail(statistic, degrees),
        method="chi-square",
        pooled=pooled,
    )


def _sum(rows: Sequence[Row]) -> Fraction:
    return sum((row.expected for row in rows), Fraction(0))


def _statistic(counts: Sequence[int], shares: Sequence[Fraction]) -> Fraction:
    """X² = Σ o²/(n p) - n, the same as Σ (o - n p)²/(n p)."""
    total = sum(counts)
    return (
        sum((count * count / share for count, share in zip(counts, shares, strict=True)), Fraction(0)) / total - total
    )


def _exact(counts: Sequence[int], shares: Sequence[Fraction]) -> Fraction:
    """Return the share of ways whose statistic reaches the observed one. All in whole numbers, so that ties are ties."""
    whole = lcm(*(share.denominator for share in shares))
    parts = [int(share * whole) for share in shares]
    scale = lcm(*parts)
    weights = [scale // part for part in parts]
    reached = sum(count * count * weight for count, weight in zip(counts, weights, strict=True))
    found = sum(ways for squares, ways in _ways(sum(counts), parts, weights) if squares >= reached)
    return Fraction(found, whole ** sum(counts))


def _ways(left: int, parts: Sequence[int], weights: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield for each way in which so many young can fall: the weighted sum of squares, and its weight among all ways."""
    if len(parts) == 1:
        yield left * left * weights[0], parts[0] ** left
        return
    for count in range(left + 1):
        mine, chosen = count * count * weights[0], comb(left, count) * parts[0] ** count
        for squares, ways in _ways(left - count, parts[1:], weights[1:]):
            yield mine + squares, chosen * ways
