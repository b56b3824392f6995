"""How many eggs it takes: exact binomial chances of at least so many young of a kind among so many eggs."""

from fractions import Fraction
from math import log1p

from reptidex.errors import InvalidError

MOST_EGGS = 10_000
"""Further nobody breeds; a chance that needs more is told as such."""
LARGEST = 10**6
"""The largest denominator of a chance that is asked for, so that exact figures stay affordable."""


class OutOfReachError(InvalidError):
    """No number of eggs that anybody hatches gives this chance."""


def checked(chance: Fraction, pointer: str) -> Fraction:
    """Return a chance that can be reckoned with. Raises `InvalidError`."""
    if not 0 <= chance <= 1:
        raise InvalidError(f"{chance} is no probability between 0 and 1", pointer)
    if chance.denominator > LARGEST:
        raise InvalidError(f"a chance is given with a denominator of at most {LARGEST}", pointer)
    return chance


def at_least(share: Fraction, eggs: int, wanted: int = 1) -> Fraction:
    """Return the chance of `wanted` young or more of a kind that `share` of the eggs give, exactly."""
    if wanted <= 0:
        return Fraction(1)
    if wanted > eggs:
        return Fraction(0)
    return 1 - Fraction(_fewer(share, eggs, wanted), share.denominator**eggs)


def _fewer(share: Fraction, eggs: int, wanted: int) -> int:
    """Weigh the outcomes with fewer than `wanted` hits among all `denominator ** eggs`, each term from the one before."""
    hit, miss = share.numerator, share.denominator - share.numerator
    if not miss:
        return 0 if eggs >= wanted else 1
    term: int = miss**eggs
    total = term
    for count in range(1, min(wanted, eggs + 1)):
        term = term * (eggs - count + 1) * hit // (count * miss)
        total += term
    return total


def eggs_for(share: Fraction, confidence: Fraction, wanted: int = 1) -> int:
    """Return the least number of eggs that gives `wanted` young of a kind with this confidence or a better one.

    Raises `OutOfReachError` where no number does, or more than `MOST_EGGS` would be needed.
    """
    if share == 0:
        raise OutOfReachError("this pairing cannot give it: the chance is 0 for every egg")
    if confidence == 1 and share != 1:
        raise OutOfReachError("no number of eggs makes it certain; ask for a confidence below 1", "/confidence")
    low = high = max(wanted, _guess(share, confidence) - 2)
    if low > MOST_EGGS:
        raise OutOfReachError(f"more than {MOST_EGGS} eggs would be needed")
    while not _enough(share, confidence, wanted, high):
        low, high = high + 1, 2 * high
        if low > MOST_EGGS:
            raise OutOfReachError(f"more than {MOST_EGGS} eggs would be needed")
    while low < high:
        middle = (low + high) // 2
        if _enough(share, confidence, wanted, middle):
            high = middle
        else:
            low = middle + 1
    if low > MOST_EGGS:
        raise OutOfReachError(f"more than {MOST_EGGS} eggs would be needed")
    return low


def _guess(share: Fraction, confidence: Fraction) -> int:
    """Return about how many eggs give one hit; never more than two above what gives one, which more hits take anyway."""
    if share == 1 or not confidence:
        return 1
    return int(log1p(-float(confidence)) / log1p(-float(share)))


def _enough(share: Fraction, confidence: Fraction, wanted: int, eggs: int) -> bool:
    """Compare in whole numbers: a fraction of this size would be reduced for nothing."""
    whole: int = share.denominator**eggs
    return (
        _fewer(share, eggs, wanted) * confidence.denominator <= (confidence.denominator - confidence.numerator) * whole
    )


def expected_until_all(shares: tuple[Fraction, ...]) -> Fraction:
    """Return how many eggs it takes on average until each of several kinds has hatched once (kinds exclude each other).

    The coupon collector's sum with unequal shares (Flajolet, Gardy & Thimonier 1992), by inclusion and exclusion.
    """
    total = Fraction(0)
    for chosen in range(1, 1 << len(shares)):
        some = [share for place, share in enumerate(shares) if chosen >> place & 1]
        total += (1 if len(some) % 2 else -1) / sum(some, Fraction(0))
    return total
