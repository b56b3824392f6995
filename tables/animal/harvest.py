"""What hatched beside what was foretold, counted from rows."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from reptidex.domain.breeding.classes import UNCERTAIN, seen, spread
from reptidex.domain.breeding.fit import Fit, fit
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.genetics.cross import predict
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.values import Gene
from reptidex.tables.animal.breeding import Clutch
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.relatives import genotype_of

Genes = tuple[Gene, ...]


class Brood(msgspec.Struct, frozen=True, kw_only=True):
    """The young of one cross, as its parents were recorded when they were laid."""

    dam_id: str
    sire_id: str
    clutch_ids: tuple[str, ...]
    fit: Fit
    uncertain: int
    """Hatchlings of which the record allows more than one look; they are not counted."""
    egg_loss: Fraction
    note: str = ""
    """Why nothing could be foretold."""


class Harvest(msgspec.Struct, frozen=True, kw_only=True):
    """The young of some clutches, cross by cross."""

    broods: tuple[Brood, ...]
    unresolved: int
    """Hatchlings of which it is not known which candidate sired them."""
    sireless: int
    """Hatchlings that no sire took part in (parthenogenesis); no cross foretells them."""
    sexes: tuple[int, int, int]
    """Males, females, unknown."""


def harvest(clutches: Sequence[Clutch], animals: Iterable[Animal]) -> Harvest:
    """Sort hatchlings by the cross that they came from, and compare each cross with what it foretold."""
    by_id = {clutch.clutch_id: clutch for clutch in clutches}
    young = [one for one in animals if one.clutch_id in by_id]
    broods: dict[tuple[str, str, bytes], list[Animal]] = {}
    unresolved = sireless = 0
    for one in young:
        clutch = by_id[one.clutch_id or ""]
        if one.sire_id is None or one.sire_id not in clutch.sire_genotypes:
            sireless += not clutch.candidate_sire_ids
            unresolved += bool(clutch.candidate_sire_ids)
            continue
        parents = msgspec.json.encode((clutch.dam_genotype, clutch.sire_genotypes[one.sire_id]))
        broods.setdefault((clutch.dam_id, one.sire_id, parents), []).append(one)
    sexes = [sum(one.sex == sex for one in young) for sex in ("male", "female", "unknown")]
    return Harvest(
        broods=tuple(
            _brood(dam_id, sire_id, members, by_id) for (dam_id, sire_id, _), members in sorted(broods.items())
        ),
        unresolved=unresolved,
        sireless=sireless,
        sexes=(sexes[0], sexes[1], sexes[2]),
    )


def _brood(dam_id: str, sire_id: str, members: Sequence[Animal], clutches: Mapping[str, Clutch]) -> Brood:
    ids = tuple(sorted({one.clutch_id or "" for one in members}))
    clutch = clutches[ids[0]]
    try:
        species = need_species(clutch.species_id)
        foretold = _foretold(species, clutch.sire_genotypes[sire_id], clutch.dam_genotype)
        found = [seen(species.by_locus, foretold.loci, genotype_of(species, one.genotype, one.sex)) for one in members]
    except (InvalidError, NotFoundError) as problem:  # the catalogue has changed since, or there are too many classes
        nothing = Fit(rows=(), observed=len(members), statistic=None, degrees=0, p_value=None, method="none")
        return Brood(
            dam_id=dam_id,
            sire_id=sire_id,
            clutch_ids=ids,
            fit=nothing,
            uncertain=0,
            egg_loss=Fraction(0),
            note=str(problem),
        )
    counts: dict[str, int] = {}
    for label in found:
        if label != UNCERTAIN:
            counts[label] = counts.get(label, 0) + 1
    return Brood(
        dam_id=dam_id,
        sire_id=sire_id,
        clutch_ids=ids,
        fit=fit(counts, foretold.shares),
        uncertain=found.count(UNCERTAIN),
        egg_loss=foretold.egg_loss,
    )


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """What a cross was to give."""

    loci: tuple[str, ...]
    shares: dict[str, Fraction]
    egg_loss: Fraction


def _foretold(species: Species, sire: Genes, dam: Genes) -> Foretold:
    prediction = predict(species.by_locus, genotype_of(species, sire, "male"), genotype_of(species, dam, "female"))
    looks = spread(species.by_locus, prediction)
    if not looks.shares:
        raise InvalidError("these parents, as recorded, foretell no living young, or too many kinds to list")
    return Foretold(loci=looks.loci, shares=looks.shares, egg_loss=prediction.egg_loss)
