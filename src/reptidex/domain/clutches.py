"""What can be said of a clutch before and after it hatches."""

from datetime import date, timedelta
from fractions import Fraction

from reptidex.errors import InvalidError


def due(laid_on: date, incubation: tuple[int, int] | None) -> tuple[date, date] | None:
    """Return the first and last day on which hatching is to be expected; None for live-bearers and unknown times."""
    if incubation is None:
        return None
    return laid_on + timedelta(days=incubation[0]), laid_on + timedelta(days=incubation[1])


def check_counts(laid: int, fertile: int, slugs: int) -> None:
    """Check the counts of a clutch.

    Raises `InvalidError` where more eggs are accounted for than were laid.
    """
    if fertile + slugs > laid:
        raise InvalidError(f"{fertile} fertile and {slugs} slugs are more than the {laid} eggs laid", "/fertile")


def hatch_rate(hatched: int, fertile: int) -> Fraction | None:
    """Return hatched / fertile eggs laid; None before anything is known to be fertile."""
    return Fraction(hatched, fertile) if fertile else None
