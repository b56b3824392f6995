"""Changes that the platform's editors make to the shipped catalogue, laid over it part by part.

A part is what an edit replaces whole: the facts of a species, one locus, one morph, one combination. A later version of the
shipped file therefore still brings every part that nobody has edited.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from reptidex.domain.catalogue.entries import Combo, Morph, Species, SpeciesFacts
from reptidex.domain.genetics.loci import Locus
from reptidex.errors import InvalidError

Kind = Literal["species", "locus", "morph", "combo"]
KINDS: Mapping[Kind, type[Any]] = {"species": SpeciesFacts, "locus": Locus, "morph": Morph, "combo": Combo}
_PLURAL = {"locus": "loci", "morph": "morphs", "combo": "combos"}


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a species as an editor left it."""

    species_id: str
    kind: Kind
    key: str
    """The locus' name, the morph's id, the combination's name; the species' id for its facts."""
    value: str
    """The part as JSON."""


def key_of(kind: Kind, part: Any, species_id: str) -> str:
    """Return the key under which a part is edited."""
    names = {"locus": "locus", "morph": "morph_id", "combo": "name"}
    return species_id if kind == "species" else str(getattr(part, names[kind]))


def compose(shipped: Species | None, edits: Iterable[Edit]) -> Species:
    """Lay edits over a shipped species, or over nothing for one that only editors know.

    Raises `InvalidError` where the parts do not fit together: an allele that does not exist, a name twice.
    """
    plain: dict[str, Any] = msgspec.to_builtins(shipped) if shipped else {"loci": [], "morphs": [], "combos": []}
    count = 0
    for edit in edits:
        count += 1
        value = msgspec.json.decode(edit.value)
        if edit.kind == "species":
            plain |= value | {"species_id": edit.species_id}
            continue
        parts: list[Any] = [*plain.get(_PLURAL[edit.kind], ())]
        name = {"locus": "locus", "morph": "morph_id", "combo": "name"}[edit.kind]
        place = next((place for place, part in enumerate(parts) if part[name] == edit.key), None)
        if place is None:
            parts.append(value)
        else:
            parts[place] = value
        plain[_PLURAL[edit.kind]] = parts
    try:
        return msgspec.convert(plain, Species)
    except (msgspec.ValidationError, InvalidError) as problem:
        raise InvalidError(f"the parts of this species do not fit together: {problem}", "") from problem


def check_kept(before: Species | None, after: Species) -> None:
    """Check that an edit takes nothing away that animals may carry: loci and alleles stay, their descriptions may change.

    Raises `InvalidError`.
    """
    if before is None:
        return
    for locus in before.loci:
        now = after.by_locus.get(locus.locus)
        gone = {allele.allele for allele in locus.alleles} - {allele.allele for allele in (now.alleles if now else ())}
        if now is None or gone:
            what = ", ".join(sorted(gone)) or locus.locus
            raise InvalidError(
                f"{what} is recorded of animals, so it stays; describe it anew instead", "/locus/alleles"
            )
