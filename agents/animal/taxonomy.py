"""Tells the platform the catalogue: what is new, and what changed since it was told."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.domain.catalogue.edits import Edit, compose
from reptidex.domain.catalogue.entries import Combo, Morph, Species
from reptidex.domain.catalogue.shelf import shipped
from reptidex.domain.genetics.loci import WILD
from reptidex.errors import InvalidError
from reptidex.streams.animal import (
    TaxonomyMorphAdded,
    TaxonomyMorphUpdated,
    TaxonomySpeciesAdded,
    TaxonomySpeciesUpdated,
)
from reptidex.streams.commands.animal import TellTaxonomy, Told
from reptidex.streams.contract import Event
from reptidex.streams.values import CitesListing
from reptidex.tables.animal.models import Taxon
from reptidex.tables.animal.relatives import flags
from reptidex.tables.animal.taxonomy import all_edits, as_edit


def species_record(entry: Species) -> dict[str, Any]:
    """Return the fields of the events about a species."""
    same = (
        *("species_id", "scientific_name", "common_names", "family", "sex_system", "live_bearing"),
        *("incubation_days", "clutch_size", "maturity_days"),
    )
    cites = msgspec.convert(entry.cites, CitesListing, from_attributes=True) if entry.cites else None
    return {name: getattr(entry, name) for name in same} | {"cites": cites}


def morph_record(entry: Species, morph: Morph) -> dict[str, Any]:
    """Return the fields of the events about a morph; a combination of loci has no locus of its own."""
    single = next(iter(morph.genotype.items())) if len(morph.genotype) == 1 else None
    locus = entry.locus(single[0]) if single else None
    alleles = set(single[1]) - {WILD} if single else set()
    allele = locus.find(next(iter(alleles))) if locus and len(alleles) == 1 else None
    rate = locus.crossover if locus else None
    return {
        "morph_id": morph.morph_id,
        "species_id": entry.species_id,
        "name": morph.name,
        "aliases": morph.aliases,
        "inheritance": morph.inheritance,
        "locus": locus.locus if locus else "",
        "allele": allele.allele if allele else "",
        "super_name": (allele.super_name or "") if allele else "",
        "sex_linked": bool(locus and locus.sex_linked),
        "recombination": float(rate) if rate is not None else None,
        "welfare": flags(entry.welfare(morph)),
    }


def combo_record(entry: Species, combo: Combo) -> dict[str, Any]:
    """Return the fields of the events about a named combination, which is told as a morph without a locus."""
    return {
        "morph_id": combo.morph_id(entry.species_id),
        "species_id": entry.species_id,
        "name": combo.name,
        "aliases": combo.aliases,
        "inheritance": "unknown",
        "welfare": flags(entry.welfare(combo)),
    }


async def tell(entry: Species, unit: Unit) -> AsyncIterator[Event]:
    """Tell what of a species, its morphs and its combinations is new or changed since it was told, and remember it."""
    record = species_record(entry)
    news = await _news(entry.species_id, record, unit)
    if news is not None:
        yield TaxonomySpeciesUpdated(**record, changed=news) if news else TaxonomySpeciesAdded(**record)
    looks = [morph_record(entry, morph) for morph in entry.morphs]
    for record in [*looks, *(combo_record(entry, combo) for combo in entry.combos)]:
        news = await _news(record["morph_id"], record, unit)
        if news is not None:
            yield TaxonomyMorphUpdated(**record, changed=news) if news else TaxonomyMorphAdded(**record)


def _shipped_ids(_: TellTaxonomy) -> list[str]:
    entries = shipped().values()
    looks = [morph.morph_id for entry in entries for morph in entry.morphs]
    return [*shipped(), *looks, *(combo.morph_id(entry.species_id) for entry in entries for combo in entry.combos)]


@agent(TellTaxonomy, prefetch={Taxon: _shipped_ids})
async def tell_taxonomy(command: TellTaxonomy, unit: Unit) -> AsyncIterator[Event]:
    """Tell every species and morph that is new or changed, and remember what was told."""
    told = {"species": 0, "morphs": 0}
    laid: dict[str, list[Edit]] = {}
    for row in await unit.find(all_edits()):
        laid.setdefault(row.species_id, []).append(as_edit(row))
    entries = dict(shipped())
    for species_id, edits in laid.items():
        try:
            entries[species_id] = compose(entries.get(species_id), edits)
        except InvalidError:  # it stands as shipped, as on the shelf
            continue
    for entry in entries.values():
        async for event in tell(entry, unit):
            told["species" if isinstance(event, TaxonomySpeciesUpdated | TaxonomySpeciesAdded) else "morphs"] += 1
            yield event
    unit.answer(Told(**told))


async def _news(taxon_id: str, record: dict[str, Any], unit: Unit) -> tuple[str, ...] | None:
    """Return None where the platform knows this already, no name for a new taxon, else the names of what changed."""
    facts = msgspec.json.encode(record).decode()
    digest = sha256(facts.encode()).hexdigest()
    known = await unit.get(Taxon, taxon_id)
    if known is not None and known.digest == digest:
        return None
    unit.put(Taxon(taxon_id=taxon_id, digest=digest, facts=facts, told_at=unit.now))
    if known is None:
        return ()
    before, now = msgspec.json.decode(known.facts or "{}"), msgspec.json.decode(facts)
    return tuple(sorted(name for name in now if now[name] != before.get(name))) or ("facts",)
