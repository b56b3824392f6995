"""What a pairing gives, and how many eggs it takes."""

import asyncio
from fractions import Fraction
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.domain.genetics.chance import MOST_EGGS, at_least, checked, eggs_for
from reptidex.errors import InvalidError
from reptidex.http.animal.access import admit
from reptidex.http.animal.targets import eggs_or_none
from reptidex.http.server.policy import member
from reptidex.http.server.routes import Request, Routes
from reptidex.streams.commands.animal import Genes, Morphs, Predicted, PredictGenetics
from reptidex.streams.values import Id, Ratio
from reptidex.tables.animal.relatives import fraction, ratio

routes = Routes("genetics")
USUAL = (Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(99, 100))


class NewPrediction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two parents of one species, each an animal or a genotype."""

    species_id: Id
    sire_genotype: Genes = ()
    dam_genotype: Genes = ()
    sire_id: Id | None = None
    dam_id: Id | None = None
    morphs: Morphs = ()
    """Names of polygenic looks that the parents show; the answer says that they have no odds."""
    eggs: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """Of a clutch or a season: the answer then says how many of each look to expect."""


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """A probability, and the same as an exact fraction where that is short enough to read."""

    chance: float
    exact: str | None


class NewOdds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How likely an egg is a hit, and how many eggs there are or how sure one wants to be."""

    share: Ratio
    """Of the eggs: as a prediction says (`outcomes`, times 1 - `egg_loss` where eggs are lost)."""
    eggs: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """In a clutch."""
    clutches: Annotated[int, Meta(ge=1, le=100)] = 1
    """In the season."""
    at_least: Annotated[int, Meta(ge=1, le=100)] = 1
    """How many hits are wanted."""
    confidence: Ratio = Ratio(numerator=9, denominator=10)
    hatch_rate: Ratio | None = None
    """The share of the eggs that hatch, where losses are to be reckoned with."""


class EggsNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """How many eggs give what is wanted with a confidence; None where no number that anybody hatches does."""

    confidence: Ratio
    eggs: int | None


class OddsView(msgspec.Struct, frozen=True, kw_only=True):
    """Exact binomial odds."""

    share: Ratio
    """Of the eggs, with the hatch rate in it."""
    needed: tuple[EggsNeeded, ...]
    """For the confidence asked for first, then for those of 1/2, 9/10, 19/20 and 99/100 that are left."""
    clutch: Chance | None = None
    """At least as many as wanted from one clutch."""
    season: Chance | None = None
    """At least as many as wanted from all clutches together."""
    expected_clutch: float | None = None
    expected_season: float | None = None
    steps: tuple[str, ...]


@routes.post("/genetics/predictions", policy=member("keeper", cost=5), errors=(409, 422))
async def predict_genetics(request: Request[NewPrediction, None]) -> Predicted:
    """Predict what two genotypes or two animals can give, in exact fractions, with the rules that give them."""
    vivarium_id = await admit(request, "keeper")
    values = {name: getattr(request.body, name) for name in request.body.__struct_fields__}
    command = PredictGenetics(prediction_id=request.new_id(), vivarium_id=vivarium_id, **values)
    return await request.ask(command, Predicted)


@routes.post("/genetics/odds", policy=member("keeper", cost=2), errors=(422,))
async def reckon_odds(request: Request[NewOdds, None]) -> OddsView:
    """Say how many eggs it takes, and what a clutch and a season promise: exact binomial odds."""
    await admit(request, "keeper")
    return await asyncio.to_thread(_odds, request.body)


def _odds(body: NewOdds) -> OddsView:
    share = checked(_fraction(body.share), "/share")
    confidence = checked(_fraction(body.confidence), "/confidence")
    if body.hatch_rate is not None:
        share = checked(share * checked(_fraction(body.hatch_rate), "/hatch_rate"), "/hatch_rate")
    needed = [EggsNeeded(confidence=body.confidence, eggs=eggs_for(share, confidence, body.at_least))]
    needed += [
        EggsNeeded(confidence=ratio(one), eggs=eggs_or_none(share, one, body.at_least))
        for one in USUAL
        if one != confidence
    ]
    kind = f"{body.at_least} or more" if body.at_least > 1 else "at least one"
    steps = [
        f"each egg is a hit with {share}, independently of the others",
        f"{kind} of n eggs: one minus the chances of fewer hits (binomial), exactly",
    ]
    if body.eggs is None:
        return OddsView(share=ratio(share), needed=tuple(needed), steps=tuple(steps))
    season = body.eggs * body.clutches
    if season > MOST_EGGS:
        raise InvalidError(f"a season of more than {MOST_EGGS} eggs is nobody's", "/clutches")
    return OddsView(
        share=ratio(share),
        needed=tuple(needed),
        clutch=_chance(at_least(share, body.eggs, body.at_least)),
        season=_chance(at_least(share, season, body.at_least)),
        expected_clutch=float(share * body.eggs),
        expected_season=float(share * season),
        steps=(*steps, f"one clutch has {body.eggs} eggs, the season {season}"),
    )


def _fraction(value: Ratio) -> Fraction:
    return fraction(value) or Fraction(0)


def _chance(value: Fraction) -> Chance:
    exact = f"{value.numerator}/{value.denominator}" if value.denominator < 10**30 else None
    return Chance(chance=float(value), exact=exact)
