"""What came of clutches, pairings and seasons beside what was foretold."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from reptidex.domain.breeding.fit import Fit, together
from reptidex.http.animal.access import admit
from reptidex.http.animal.breeding import own_clutch, own_pairing
from reptidex.http.animal.brood import RatesView, rates
from reptidex.http.animal.seasons import own_season
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.values import Ratio
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.breeding_queries import clutches_of_pairings, hatched_of, pairings_of_season
from reptidex.tables.animal.harvest import Brood, harvest
from reptidex.tables.animal.queries import CHUNK
from reptidex.tables.animal.relatives import ratio

routes = Routes("breeding")

USUAL = 0.05
"""A departure that chance brings less often than this is called out."""


class ClassView(msgspec.Struct, frozen=True, kw_only=True):
    """One look: how many hatched, and how many were to be expected of as many."""

    label: str
    observed: int
    expected: float
    share: Ratio
    """Of the living young."""


class TestView(msgspec.Struct, frozen=True, kw_only=True):
    """Pearson's chi-square test of goodness of fit."""

    observed: int
    statistic: float | None
    degrees: int
    p_value: float | None
    method: Literal["exact", "chi-square", "impossible", "none"]
    """`exact`: over all ways in which the young could have fallen; `chi-square`: by the distribution, small classes pooled."""
    pooled: tuple[str, ...]
    reading: str
    """The result in words."""


class BroodView(msgspec.Struct, frozen=True, kw_only=True):
    """The young of one dam and one sire, with the parents as they were recorded when the clutch was."""

    dam_id: str
    sire_id: str
    clutch_ids: tuple[str, ...]
    classes: tuple[ClassView, ...]
    uncertain: int
    """Hatchlings whose record allows more than one look; they are not counted."""
    egg_loss: Ratio
    """The share of fertile eggs that an established lethal class was to cost."""
    test: TestView
    note: str = ""


class OutcomesView(msgspec.Struct, frozen=True, kw_only=True):
    """What hatched beside what was foretold."""

    scope: Literal["clutch", "pairing", "season"]
    id: str
    rates: RatesView
    sexes: str
    """Males.females.unknown, as the hobby writes it."""
    broods: tuple[BroodView, ...]
    unresolved: int
    """Hatchlings of which it is not known which candidate sired them."""
    sireless: int
    together: TestView
    """All broods in one test: independent statistics and their degrees of freedom add."""


def reading(found: Fit) -> str:
    """Say in words what a test found."""
    if found.method == "impossible":
        odd = ", ".join(row.label for row in found.rows if row.observed and not row.share)
        return f"something hatched that these parents, as recorded, cannot give{f' ({odd})' if odd else ''}: check both"
    if found.p_value is None:
        return "there is nothing to compare yet"
    often = f"{found.p_value * 100:.1f} of 100 such results depart at least as far by chance alone"
    return f"{often}; {'worth a second look' if found.p_value < USUAL else 'nothing out of the ordinary'}"


def _test(found: Fit) -> TestView:
    names = [name for name in TestView.__struct_fields__ if name != "reading"]
    return TestView(**{name: getattr(found, name) for name in names}, reading=reading(found))


def _brood(brood: Brood) -> BroodView:
    classes = tuple(
        ClassView(label=row.label, observed=row.observed, expected=float(row.expected), share=ratio(row.share))
        for row in brood.fit.rows
    )
    return BroodView(
        dam_id=brood.dam_id,
        sire_id=brood.sire_id,
        clutch_ids=brood.clutch_ids,
        classes=classes,
        uncertain=brood.uncertain,
        egg_loss=ratio(brood.egg_loss),
        test=_test(brood.fit),
        note=brood.note,
    )


async def _outcomes(
    request: Request[Any, Any], scope: Literal["clutch", "pairing", "season"], key: str, clutches: Sequence[Clutch]
) -> OutcomesView:
    animals = []
    ids = [clutch.clutch_id for clutch in clutches]
    for start in range(0, len(ids), CHUNK):
        animals += await request.read.find(hatched_of(ids[start : start + CHUNK]))
    found = harvest(clutches, animals)
    return OutcomesView(
        scope=scope,
        id=key,
        rates=rates(clutches),
        sexes=".".join(str(count) for count in found.sexes),
        broods=tuple(_brood(brood) for brood in found.broods),
        unresolved=found.unresolved,
        sireless=found.sireless,
        together=_test(together([brood.fit for brood in found.broods])),
    )


async def clutches_of(request: Request[Any, Any], pairing_ids: Iterable[str]) -> list[Clutch]:
    """Return the clutches of some pairings."""
    ids, found = list(pairing_ids), []
    for start in range(0, len(ids), CHUNK):
        found += await request.read.find(clutches_of_pairings(ids[start : start + CHUNK]))
    return found


@routes.get("/clutches/{clutch_id}/outcomes", policy=member("keeper", cost=5), errors=(404,))
async def clutch_outcomes(request: Request[None, None]) -> OutcomesView:
    """Compare what hatched from a clutch with what was foretold of it."""
    clutch = await own_clutch(request, await admit(request, "keeper"))
    return await _outcomes(request, "clutch", clutch.clutch_id, [clutch])


@routes.get("/pairings/{pairing_id}/outcomes", policy=member("keeper", cost=5), errors=(404,))
async def pairing_outcomes(request: Request[None, None]) -> OutcomesView:
    """Compare what hatched from all clutches of a pairing with what was foretold."""
    pairing = await own_pairing(request, await admit(request, "keeper"))
    return await _outcomes(request, "pairing", pairing.pairing_id, await clutches_of(request, [pairing.pairing_id]))


@routes.get("/seasons/{season_id}/outcomes", policy=member("keeper", cost=10), errors=(404,))
async def season_outcomes(request: Request[None, None]) -> OutcomesView:
    """Compare what hatched in a season with what was foretold, brood by brood and all together."""
    season = await own_season(request, await admit(request, "keeper"))
    pairings = await request.read.find(pairings_of_season(season.season_id))
    clutches = await clutches_of(request, [one.pairing_id for one in pairings])
    return await _outcomes(request, "season", season.season_id, clutches)
