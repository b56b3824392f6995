"""What can be said of a clutch before and after it hatches."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.lineage import Remark
from reptidex.errors import InvalidError

SAME_CLUTCH_DAYS = 7
"""Two clutches of one dam within a week are doubted where the species' own interval is not known."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How the eggs of a clutch, or all that was born of a litter, are accounted for."""

    laid: int
    fertile: int = 0
    fertile_counted: bool = False
    """Whether a keeper counted the fertile ones; else at least as many are as hatched or died."""
    slugs: int = 0
    hatched: int = 0
    dead_in_egg: int = 0

    @property
    def settled(self) -> "Counts":
        """The counts with the fertile ones raised to what hatched and died, where nobody counted them."""
        least = self.hatched + self.dead_in_egg
        if self.fertile_counted or self.fertile >= least:
            return self
        return msgspec.structs.replace(self, fertile=least)


def due(laid_on: date, incubation: tuple[int, int] | None) -> tuple[date, date] | None:
    """Return the first and last day on which hatching is to be expected; None for live-bearers and unknown times."""
    if incubation is None:
        return None
    return laid_on + timedelta(days=incubation[0]), laid_on + timedelta(days=incubation[1])


def check_counts(counts: Counts) -> Counts:
    """Check the counts of a clutch, and return them settled.

    Raises `InvalidError` where more eggs are accounted for than were laid, or more hatched or died than were fertile.
    """
    one = counts.settled
    grown = one.hatched + one.dead_in_egg
    if grown > one.fertile:
        raise InvalidError(
            f"{one.hatched} hatched and {one.dead_in_egg} dead in the egg are more than the {one.fertile} fertile eggs "
            "counted; correct the clutch first",
            "/fertile",
        )
    if one.fertile + one.slugs > one.laid:
        raise InvalidError(
            f"{one.fertile} fertile and {one.slugs} slugs are more than the {one.laid} eggs laid", "/laid"
        )
    return one


def doubts(species: Species, laid: int, laid_on: date, others: Iterable[date]) -> list[Remark]:
    """Say what is unusual about a new clutch; nothing of it is refused.

    `others` are the days on which the same dam laid her other clutches.
    """
    found: list[Remark] = []
    if species.clutch_size and laid > species.clutch_size[1]:
        most = species.clutch_size[1]
        text = f"{laid} are more than the {most} that {species.scientific_name} is known to have"
        found.append(Remark(rule="clutch.size", severity="warning", text=text))
    between = species.calendar.between_clutches
    least = between.days[0] if between else SAME_CLUTCH_DAYS
    for other in sorted(others):
        apart = abs((laid_on - other).days)
        if apart < least:
            text = f"the same dam has a clutch of {other}, {apart} days apart; at least {least} are usual"
            found.append(Remark(rule="clutch.overlap", severity="warning", text=text))
    return found


def late_sire(species: Species, laid_on: date, code: str, died_on: date | None) -> list[Remark]:
    """Say where a candidate died so long before laying that stored sperm would hardly explain it."""
    if died_on is None or died_on >= laid_on or (laid_on - died_on).days <= species.sperm_storage_days:
        return []
    text = (
        f"{code} died {(laid_on - died_on).days} days before; sperm is known to keep {species.sperm_storage_days} days"
    )
    return [Remark(rule="clutch.sire", severity="warning", text=text)]


def hatch_doubts(hatched_on: date, window: tuple[date, date] | None) -> list[Remark]:
    """Say where hatching falls outside the days on which it was due."""
    if window is None or window[0] <= hatched_on <= window[1]:
        return []
    early = hatched_on < window[0]
    days = (window[0] - hatched_on).days if early else (hatched_on - window[1]).days
    text = f"hatched {days} days {'before the first' if early else 'after the last'} day on which the clutch was due"
    return [Remark(rule="clutch.due", severity="warning", text=text)]


def hatch_rate(hatched: int, fertile: int) -> Fraction | None:
    """Return hatched / fertile eggs laid; None before anything is known to be fertile."""
    return Fraction(hatched, fertile) if fertile else None
