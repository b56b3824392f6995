"""Finds taxa by any name: scientific, common, former, of a subspecies, a morph's alias, a locus, an allele, a combination."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.catalogue.shelf import names_of, stand

Rank = Literal["exact", "start", "word", "part"]
_ORDER = {"exact": 0, "start": 1, "word": 2, "part": 3}


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name of something in the catalogue."""

    kind: Literal["species", "subspecies", "morph", "combo", "locus", "allele"]
    name: str
    """The name that was looked for."""
    title: str
    """What the thing is called first of all."""
    species_id: str
    species: str
    morph_id: str = ""
    locus: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the words fit, and how well."""

    what: Name
    rank: Rank


_index: dict[str, tuple[tuple[str, Name], ...]] = {}


def _names(entry: Species) -> Iterator[Name]:
    base = {"species_id": entry.species_id, "species": entry.scientific_name}
    sub = {one.name: one.name for one in entry.subspecies}
    sub |= {name: one.name for one in entry.subspecies for name in one.common_names}
    for name in names_of(entry):
        if name in sub:
            yield Name(kind="subspecies", name=name, title=sub[name], **base)
        else:
            yield Name(kind="species", name=name, title=entry.scientific_name, **base)
    for morph in entry.morphs:
        for name in (morph.name, *morph.aliases):
            yield Name(kind="morph", name=name, title=morph.name, morph_id=morph.morph_id, **base)
    for combo in entry.combos:
        for name in (combo.name, *combo.aliases):
            yield Name(kind="combo", name=name, title=combo.name, morph_id=combo.morph_id(entry.species_id), **base)
    for locus in entry.loci:
        yield Name(kind="locus", name=locus.name, title=locus.name, locus=locus.locus, **base)
        for allele in locus.alleles:
            yield Name(kind="allele", name=allele.name, title=allele.name, locus=locus.locus, **base)


def _all() -> tuple[tuple[str, Name], ...]:
    """Return every name with its folded form; made anew when the catalogue has changed."""
    now = stand()
    if now.mark not in _index:
        _index.clear()
        _index[now.mark] = tuple(
            (name.name.casefold(), name) for entry in now.species.values() for name in _names(entry)
        )
    return _index[now.mark]


def _rank(name: str, wanted: str) -> Rank | None:
    if name == wanted:
        return "exact"
    if name.startswith(wanted):
        return "start"
    if wanted in name:
        return "word" if any(word.startswith(wanted) for word in name.split()) else "part"
    return None


def find(words: str, species_id: str | None = None) -> list[Found]:
    """Return what these words name, the best fit first; each thing once, under the name that fits best."""
    wanted = words.casefold().strip()
    best: dict[tuple[str, str, str], Found] = {}
    for folded, name in _all():
        if species_id is not None and name.species_id != species_id:
            continue
        rank = _rank(folded, wanted)
        if rank is None:
            continue
        # An allele and the morph of its name are one thing to whoever searches.
        kind = "morph" if name.kind == "allele" else name.kind
        key = (name.species_id, kind, name.title.casefold())
        held = best.get(key)
        if held is None or _ORDER[rank] < _ORDER[held.rank]:
            best[key] = Found(what=name, rank=rank)
    return sorted(best.values(), key=lambda one: (_ORDER[one.rank], one.what.title.casefold(), one.what.species))
