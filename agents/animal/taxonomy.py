"""Tells the platform the shipped catalogue: what is new, and what changed since it was told."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import msgspec

from reptidex.agents.agent import Unit, agent
from reptidex.domain.catalogue.entries import Morph, Species
from reptidex.domain.catalogue.shelf import morphs, species
from reptidex.domain.genetics.loci import WILD
from reptidex.streams.animal import (
    TaxonomyMorphAdded,
    TaxonomyMorphUpdated,
    TaxonomySpeciesAdded,
    TaxonomySpeciesUpdated,
)
from reptidex.streams.commands.animal import TellTaxonomy, Told
from reptidex.streams.contract import Event
from reptidex.streams.values import CitesListing, WelfareFlag
from reptidex.tables.animal.models import Taxon


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
    flags = tuple(
        WelfareFlag(trait=trait, severity=it.severity, certainty=it.certainty, text=it.text, source=it.source)
        for trait, it in entry.welfare(morph)
    )
    return {
        "morph_id": morph.morph_id,
        "species_id": entry.species_id,
        "name": morph.name,
        "aliases": morph.aliases,
        "inheritance": morph.inheritance,
        "locus": locus.locus if locus else "",
        "allele": allele.allele if allele else "",
        "super_name": (allele.super_name or "") if allele else "",
        "welfare": flags,
    }


@agent(TellTaxonomy, prefetch={Taxon: lambda command: (*species(), *morphs())})
async def tell_taxonomy(command: TellTaxonomy, unit: Unit) -> AsyncIterator[Event]:
    """Tell every species and morph that is new or changed, and remember what was told."""
    told = {"species": 0, "morphs": 0}
    for entry in species().values():
        record = species_record(entry)
        known = await _news(entry.species_id, record, unit)
        if known is not None:
            told["species"] += 1
            yield TaxonomySpeciesUpdated(**record) if known else TaxonomySpeciesAdded(**record)
        for morph in entry.morphs:
            record = morph_record(entry, morph)
            known = await _news(morph.morph_id, record, unit)
            if known is not None:
                told["morphs"] += 1
                yield TaxonomyMorphUpdated(**record) if known else TaxonomyMorphAdded(**record)
    unit.answer(Told(**told))


async def _news(taxon_id: str, record: dict[str, Any], unit: Unit) -> bool | None:
    """Return None where the platform knows this already, else whether it knew anything of the taxon."""
    digest = sha256(msgspec.json.encode(record)).hexdigest()
    known = await unit.get(Taxon, taxon_id)
    if known is not None and known.digest == digest:
        return None
    unit.put(Taxon(taxon_id=taxon_id, digest=digest, told_at=unit.now))
    return known is not None
