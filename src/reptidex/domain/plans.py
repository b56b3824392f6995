"""The four plans as data: what they cost, and what each lets a vivarium do."""

from datetime import datetime, timedelta

import msgspec

GIB = 1024**3
PERIOD = timedelta(days=30)
"""What one payment of a monthly plan buys."""
GRACE = timedelta(days=3)
"""How long after a failed renewal the next attempt is made."""
ATTEMPTS = 3
"""How many times a renewal is tried before the subscription lapses."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan. `price` is in US cents a month; a limit of None means without limit."""

    name: str
    rank: int
    price: int
    animals: int | None
    listings: int | None
    members: int | None
    storage_bytes: int | None
    group_listings: bool = False
    """Pairs, groups and clutches in one listing; the free plan lists single animals only."""
    promotion: bool = False
    branding: bool = False
    qr_codes: bool = False


PLANS = {
    plan.name: plan
    for plan in (
        Plan(name="hobbyist", rank=0, price=0, animals=50, listings=5, members=2, storage_bytes=1 * GIB),
        Plan(name="keeper", rank=1, price=340, animals=250, listings=25, members=5, storage_bytes=10 * GIB,
             group_listings=True, qr_codes=True),
        Plan(name="breeder", rank=2, price=960, animals=2500, listings=250, members=15, storage_bytes=100 * GIB,
             group_listings=True, promotion=True, qr_codes=True),
        Plan(name="collector", rank=3, price=3000, animals=None, listings=None, members=None, storage_bytes=1024 * GIB,
             group_listings=True, promotion=True, branding=True, qr_codes=True),
    )
}  # fmt: skip
CURRENCY = "USD"
ENTITLEMENTS = ("group_listings", "promotion", "branding", "qr_codes")


def entitlement_names(plan: str) -> list[str]:
    """Return the names of what a plan switches on."""
    return [name for name in ENTITLEMENTS if getattr(PLANS[plan], name)]


def period_end(plan: str, start: datetime) -> datetime | None:
    """Return when a period that starts at `start` ends; None for the free plan, which does not end."""
    return start + PERIOD if PLANS[plan].price else None


def upgrades(old: str, new: str) -> bool:
    """Tell whether a change of plan gives more, and so has to be paid before it counts."""
    return PLANS[new].rank > PLANS[old].rank
