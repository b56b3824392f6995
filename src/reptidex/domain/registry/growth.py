"""What a series of weights says: change from one to the next, pace over a time, loss from the best weight."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

WORRYING = 0.10
"""A loss of a tenth of the best weight is worth a look (rule of thumb of keepers; brumation and laying explain many)."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """One weight, in grams."""

    on_day: date
    grams: float


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One weight and what changed since the one before; None on the first."""

    on_day: date
    grams: float
    days: int | None = None
    change_grams: float | None = None
    change_share: float | None = None
    """The change as a share of the weight before."""
    grams_per_day: float | None = None
    """None too where both were weighed on one day."""


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A series of weights, oldest first, with what it says."""

    steps: tuple[Step, ...]
    latest: Step | None
    heaviest: Weighed | None
    grams_per_day: float | None
    """From the first to the last weight."""
    change_30_days: float | None
    """Grams gained over the last 30 days before the latest weight, read off the line between two weights."""
    change_90_days: float | None
    loss_from_heaviest: float
    """The share of the best weight that is gone."""
    worrying: bool


def growth(weights: Sequence[Weighed]) -> Growth:
    """Work out the growth of an animal from its weights, in any order."""
    series = sorted(weights, key=lambda one: one.on_day)
    steps = tuple(_step(series[place - 1] if place else None, one) for place, one in enumerate(series))
    if not series:
        return Growth(
            steps=(),
            latest=None,
            heaviest=None,
            grams_per_day=None,
            change_30_days=None,
            change_90_days=None,
            loss_from_heaviest=0.0,
            worrying=False,
        )
    first, last = series[0], series[-1]
    heaviest = max(series, key=lambda one: one.grams)
    days = (last.on_day - first.on_day).days
    loss = round(1 - last.grams / heaviest.grams, 4)
    return Growth(
        steps=steps,
        latest=steps[-1],
        heaviest=heaviest,
        grams_per_day=round((last.grams - first.grams) / days, 3) if days else None,
        change_30_days=_over(series, 30),
        change_90_days=_over(series, 90),
        loss_from_heaviest=loss,
        worrying=loss >= WORRYING,
    )


def _step(before: Weighed | None, now: Weighed) -> Step:
    if before is None:
        return Step(on_day=now.on_day, grams=now.grams)
    days, change = (now.on_day - before.on_day).days, now.grams - before.grams
    return Step(
        on_day=now.on_day,
        grams=now.grams,
        days=days,
        change_grams=round(change, 3),
        change_share=round(change / before.grams, 4),
        grams_per_day=round(change / days, 3) if days else None,
    )


def _over(series: Sequence[Weighed], days: int) -> float | None:
    """Return the change over the last days; None where the series does not reach back so far."""
    last = series[-1]
    if (last.on_day - series[0].on_day).days < days:
        return None
    then = last.on_day - timedelta(days=days)
    before = max((one for one in series if one.on_day <= then), key=lambda one: one.on_day)
    after = min((one for one in series if one.on_day > then), key=lambda one: one.on_day)
    share = (then - before.on_day).days / (after.on_day - before.on_day).days
    return round(last.grams - (before.grams + share * (after.grams - before.grams)), 3)
