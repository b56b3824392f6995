"""Checks who is said to descend from whom, and tells what follows for inbreeding and for descendants."""

from collections.abc import AsyncIterator, Iterable
from fractions import Fraction

from reptidex.agents.agent import Unit
from reptidex.agents.animal.records import findings
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.kinship import Kinship
from reptidex.domain.lineage import Remark, generations, judge, refuse_errors
from reptidex.domain.visibility import shows_name, sight
from reptidex.errors import InvalidError
from reptidex.streams.animal import GeneticsTraitRecorded, LineageUpdated, LineageValidated
from reptidex.streams.contract import Event
from reptidex.streams.values import Gene
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import ancestry, descendants, offspring_of, pedigree_of
from reptidex.tables.animal.relatives import relative

Reason = str


async def findings_of(animal: Animal, before: Animal | None, unit: Unit) -> list[Remark]:
    """Check an animal's parents as its row names them; `before` is the row as it was.

    Raises `InvalidError` for a parent that the owner cannot see. A parent that was named before stays usable: its owner may
    have hidden it since, or the child may have been sold.
    """
    named = [parent for parent in (animal.sire_id, animal.dam_id) if parent]
    if not named:
        return []
    known = await ancestry(unit, named)
    trusted = {before.sire_id, before.dam_id} if before else set()
    for parent, pointer in ((animal.sire_id, "/sire_id"), (animal.dam_id, "/dam_id")):
        if parent and parent not in trusted | {animal.animal_id} and not _seen(known.get(parent), animal):
            raise InvalidError(f"there is no animal {parent}", pointer)
    known.setdefault(animal.animal_id, animal)
    sire = known[animal.sire_id] if animal.sire_id else None
    dam = known[animal.dam_id] if animal.dam_id else None
    return judge(
        relative(animal),
        relative(sire) if sire else None,
        relative(dam) if dam else None,
        need_species(animal.species_id),
        pedigree_of(known),
    )


def _seen(parent: Animal | None, child: Animal) -> bool:
    return parent is not None and shows_name(sight(parent.visibility, parent.vivarium_id, child.vivarium_id))


async def check_parents(animal: Animal, before: Animal | None, unit: Unit) -> list[Remark]:
    """Return the doubts about an animal's parents. Raises `ParentsRefusedError` where they cannot be, as `findings_of`."""
    return refuse_errors(await findings_of(animal, before, unit))


async def check_offspring(animal: Animal, unit: Unit) -> None:
    """Check a changed animal against its young. Raises `ParentsRefusedError` where it can no longer be their parent."""
    species = need_species(animal.species_id)
    for child in await unit.find(offspring_of([animal.animal_id])):
        as_sire = relative(animal) if child.sire_id == animal.animal_id else None
        as_dam = relative(animal) if child.dam_id == animal.animal_id else None
        refuse_errors(judge(relative(child), as_sire, as_dam, species, {}))


async def inbreeding_of(animal: Animal | None, unit: Unit) -> Fraction:
    """Return Wright's F of an animal over everything known; 0 for none."""
    if animal is None or not (animal.sire_id and animal.dam_id):
        return Fraction(0)
    known = await ancestry(unit, [animal.sire_id, animal.dam_id]) | {animal.animal_id: animal}
    return Kinship(pedigree_of(known)).inbreeding(animal.animal_id)


async def descent_events(
    animal: Animal, before: Animal | None, remarks: list[Remark], reason: Reason, unit: Unit
) -> AsyncIterator[Event]:
    """Tell a new lineage and its standing. `before` is the row as it was, None for a new animal."""
    known = await ancestry(unit, [animal.animal_id])
    below = await descendants(unit, animal.animal_id) if before is not None else {}
    why: dict[str, str] = {"reason": reason}
    yield LineageUpdated(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        sire_id=animal.sire_id,
        dam_id=animal.dam_id,
        generation=generations(pedigree_of(known), animal.animal_id),
        descendants=tuple(sorted(below)),
        inbreeding_before=float(await inbreeding_of(before, unit)),
        inbreeding_after=float(await inbreeding_of(animal, unit)),
        **why,  # type: ignore[arg-type]
    )
    yield standing_event(animal, before, remarks)


def standing_event(animal: Animal, before: Animal | None, remarks: list[Remark]) -> LineageValidated:
    """Tell the standing of an animal's lineage."""
    return LineageValidated(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        status=animal.lineage_status,
        previous_status=before.lineage_status if before else None,
        findings=findings(remarks),
    )


def trait_events(animal: Animal, genes: Iterable[Gene]) -> list[Event]:
    """Tell the traits that were recorded of an animal."""
    return [
        GeneticsTraitRecorded(
            animal_id=animal.animal_id,
            vivarium_id=animal.vivarium_id,
            locus=gene.locus,
            alleles=gene.alleles,
            evidence=gene.evidence,
            posterior=gene.probability,
        )
        for gene in genes
    ]
