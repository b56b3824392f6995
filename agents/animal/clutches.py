"""Keeps the record of clutches and litters from laying to the end of hatching."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.animal.laying import check_laid, laid_by
from reptidex.agents.animal.pairings import breeding_pair, paired
from reptidex.agents.animal.records import clutch_record, hatched, remarked
from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import need_species
from reptidex.domain.clutches import Counts, check_counts, doubts, due, late_sire
from reptidex.domain.ownership import GoneError
from reptidex.domain.visibility import has_page, sight
from reptidex.errors import DomainError, InvalidError, NotFoundError
from reptidex.streams.animal import BreedingClutchCreated, BreedingClutchUpdated
from reptidex.streams.commands.animal import Done, RecordClutch, UpdateClutch
from reptidex.streams.commands.animal_breeding import WatchClutch
from reptidex.streams.contract import Event
from reptidex.tables.animal.breeding import Clutch, Pairing
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import clutch_animals


class ClutchClosedError(DomainError):
    """The clutch has hatched or is lost: its counts are history."""

    title = "The clutch is closed"

    def __init__(self, clutch_id: str, status: str) -> None:
        super().__init__(f"the clutch is {status}")
        self.clutch_id, self.state = clutch_id, status


async def own_clutch(clutch_id: str, vivarium_id: str, unit: Unit) -> Clutch:
    """Return a clutch of this vivarium. Raises `NotFoundError`, for another's clutch too."""
    clutch = await unit.get(Clutch, clutch_id)
    if clutch is None or clutch.vivarium_id != vivarium_id:
        raise NotFoundError("clutch", clutch_id)
    return clutch


async def open_clutch(clutch_id: str, vivarium_id: str, unit: Unit) -> Clutch:
    """Return a clutch of this vivarium that is not history yet. Raises `NotFoundError`, `ClutchClosedError`."""
    clutch = await own_clutch(clutch_id, vivarium_id, unit)
    if clutch.status in ("hatched", "lost"):
        raise ClutchClosedError(clutch.clutch_id, clutch.status)
    return clutch


def counts_of(clutch: Clutch) -> Counts:
    """Return how the eggs of a clutch are accounted for."""
    return Counts(**{name: getattr(clutch, name) for name in Counts.__struct_fields__})


def counted(clutch: Clutch) -> Clutch:
    """Return a clutch with its counts checked and settled. Raises `InvalidError`."""
    return replace(clutch, fertile=check_counts(counts_of(clutch)).fertile)


def dated(clutch: Clutch, species: Species) -> Clutch:
    """Return a clutch with the days on which it is due."""
    window = due(clutch.laid_on, None if species.live_bearing else species.incubation_days)
    return replace(clutch, due_from=window[0] if window else None, due_until=window[1] if window else None)


def watch(clutch: Clutch, unit: Unit) -> None:
    """Have the opening and the end of a clutch's due window told, or no longer, as it now stands."""
    name, command = (
        f"clutch:{clutch.clutch_id}",
        WatchClutch(clutch_id=clutch.clutch_id, vivarium_id=clutch.vivarium_id),
    )
    if clutch.status != "incubating" or not clutch.due_from or not clutch.due_until or clutch.due_told == "over":
        unit.cancel_timer(name)
    elif clutch.due_told == "open":
        unit.timer(name, _midnight(clutch.due_until + timedelta(days=1)), command)
    elif clutch.due_until >= unit.now.date():  # what is recorded long afterwards is no news
        unit.timer(name, _midnight(clutch.due_from), command)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _pairing(command: RecordClutch, unit: Unit) -> Pairing | None:
    if not command.pairing_id:
        return None
    pairing = await unit.get(Pairing, command.pairing_id)
    if pairing is None or pairing.vivarium_id != command.vivarium_id or pairing.dam_id != command.dam_id:
        raise InvalidError("there is no such pairing of this dam", "/pairing_id")
    if pairing.status == "cancelled":
        raise InvalidError("the pairing was cancelled; take it up again first", "/pairing_id")
    return pairing


@agent(RecordClutch, prefetch={Animal: "dam_id", Clutch: "clutch_id"})
async def record_clutch(command: RecordClutch, unit: Unit) -> AsyncIterator[Event]:
    """Record a clutch with the days on which it is due."""
    pairing = await _pairing(command, unit)
    candidates = command.candidate_sire_ids or (pairing.candidate_sire_ids if pairing else ())
    agreed = pairing.candidate_sire_ids if pairing else ()
    dam, sires = await breeding_pair(command.dam_id, candidates, command.vivarium_id, unit, agreed=agreed)
    if dam.status == "archived":
        raise GoneError(dam.animal_id, dam.status)
    check_laid(command.laid_on, dam, pairing, unit.now.date())
    species = need_species(dam.species_id)
    clutch = Clutch(
        clutch_id=command.clutch_id,
        vivarium_id=command.vivarium_id,
        pairing_id=command.pairing_id,
        dam_id=dam.animal_id,
        candidate_sire_ids=candidates,
        species_id=dam.species_id,
        species=dam.species,
        kind="litter" if species.live_bearing else "eggs",
        laid_on=command.laid_on,
        laid=command.laid,
        fertile=command.fertile or 0,
        fertile_counted=command.fertile is not None,
        slugs=command.slugs,
        visibility=command.visibility,
        dam_genotype=dam.genotype,
        sire_genotypes={sire.animal_id: sire.genotype for sire in sires},
        created_at=unit.now,
        updated_at=unit.now,
    )
    clutch = dated(counted(clutch), species)
    others = [one for one in await laid_by(dam.animal_id, unit) if one.clutch_id != clutch.clutch_id]
    remarks = doubts(species, clutch.laid, clutch.laid_on, [one.laid_on for one in others])
    shown = [one for one in sires if has_page(sight(one.visibility, one.vivarium_id, command.vivarium_id))]
    remarks += [one for sire in shown for one in late_sire(species, clutch.laid_on, sire.code, sire.died_on)]
    unit.put(clutch)
    watch(clutch, unit)
    unit.answer(Done(id=clutch.clutch_id, remarks=remarked(remarks)))
    if pairing is not None and pairing.status == "planned":
        met = replace(pairing, status="active", paired_on=pairing.paired_on and min(pairing.paired_on, clutch.laid_on))
        unit.put(replace(met, updated_at=unit.now))
        yield paired(met)
    yield BreedingClutchCreated(**clutch_record(clutch))


async def _candidates(before: Clutch, wanted: Sequence[str], unit: Unit) -> Clutch:
    agreed = (before.dam_id, *before.candidate_sire_ids)  # they may have been sold or hidden since
    _, sires = await breeding_pair(before.dam_id, wanted, before.vivarium_id, unit, agreed=agreed)
    for young in await unit.find(clutch_animals(before.clutch_id)):
        if young.sire_id is not None and young.sire_id not in wanted:
            raise InvalidError(f"{young.code} was sired by a candidate that is left out", "/candidate_sire_ids")
    known = before.sire_genotypes
    genotypes = {sire.animal_id: known.get(sire.animal_id, sire.genotype) for sire in sires}
    return replace(before, candidate_sire_ids=tuple(wanted), sire_genotypes=genotypes)


@agent(UpdateClutch, prefetch={Clutch: "clutch_id"})
async def update_clutch(command: UpdateClutch, unit: Unit) -> AsyncIterator[Event]:
    """Change a clutch's counts, its date or its candidates, write it off, or say that no more will hatch."""
    before = await open_clutch(command.clutch_id, command.vivarium_id, unit)
    names = ("laid_on", "laid", "fertile", "slugs", "dead_in_egg", "visibility")
    wanted: dict[str, Any] = {name: getattr(command, name) for name in names}
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(before, name)}
    after = replace(before, **changed)
    if command.fertile is not None:
        after = replace(after, fertile_counted=True)
    if command.candidate_sire_ids not in (None, before.candidate_sire_ids):
        after = await _candidates(after, command.candidate_sire_ids or (), unit)
        changed["candidate_sire_ids"] = after.candidate_sire_ids
    if "laid_on" in changed:
        if after.laid_on > min(unit.now.date(), after.first_hatched_on or unit.now.date()):
            raise InvalidError("a clutch is laid before it hatches and not in the future", "/laid_on")
        dam = await unit.need(Animal, after.dam_id)
        pairing = await unit.get(Pairing, after.pairing_id) if after.pairing_id else None
        check_laid(after.laid_on, dam, pairing, unit.now.date())
        after = dated(replace(after, due_told=""), need_species(after.species_id))
    if command.lost and command.finished:
        raise InvalidError("a clutch is lost or has hatched, not both", "/lost")
    if command.lost or command.finished:
        if command.lost and after.hatched:
            raise InvalidError(f"{after.hatched} have hatched; say `finished` where no more will", "/lost")
        if command.finished and not after.hatched:
            raise InvalidError("nothing has hatched; a clutch of which nothing hatches is lost", "/finished")
        after = replace(after, status="lost" if command.lost else "hatched")
        changed["status"] = after.status
    after = counted(after)
    unit.answer(Done(id=before.clutch_id))
    if after == before:
        return
    after = replace(after, updated_at=unit.now)
    unit.put(after)
    watch(after, unit)
    if changed and not command.finished:
        yield BreedingClutchUpdated(**clutch_record(after), changed=tuple(sorted(changed)))
    if command.finished:
        yield hatched(after)


@agent(WatchClutch, prefetch={Clutch: "clutch_id"})
async def watch_clutch(command: WatchClutch, unit: Unit) -> AsyncIterator[Event]:
    """Tell that a clutch's due window has opened, or has passed without anything hatching."""
    clutch = await unit.get(Clutch, command.clutch_id)
    if clutch is None or clutch.status != "incubating" or not clutch.due_from or not clutch.due_until:
        return
    today = unit.now.date()
    if today < clutch.due_from or clutch.due_told == "over":
        return
    over = today > clutch.due_until
    if clutch.due_told == "open" and not over:
        return
    after = replace(clutch, due_told="over" if over else "open")
    unit.put(after)
    watch(after, unit)
    yield BreedingClutchUpdated(**clutch_record(after), changed=("overdue" if over else "due",))
