"""What the history of a lineage comes to for one parent: how the claim stood, who disputes it still, what tests said of it.

The place in the pedigree holds how a claim stands now, and forgets with the parent. The history does not: a parent that is named
again is what was said of it, so that no dispute ends by leaving the parent out for a moment.
"""

from collections.abc import Iterable, Sequence

import msgspec

from reptidex.streams.values import LineageStatus
from reptidex.tables.animal.lineage import LineageEntry, ParentRole
from reptidex.tables.animal.pedigrees import histories_of
from reptidex.tables.animal.queries import CHUNK, Finder

STRENGTH: tuple[LineageStatus, ...] = ("rejected", "disputed", "claimed", "confirmed", "tested")
"""Weakest first: a lineage stands as its weaker parent does."""
_GOOD = ("claimed", "confirmed", "tested")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """All that was said of one animal as the parent of another."""

    standing: LineageStatus | None = None
    """How the claim stands apart from disputes; None where the parent is not named."""
    disputing: tuple[str, ...] = ()
    """The vivariums that dispute the parent and have not taken that back, the first first."""
    excluded: bool = False
    """Whether a laboratory excluded the parent, and none has supported it since."""
    contradicted: bool = False
    """Whether tests of genes exclude the parent."""

    def best(self, other: LineageStatus) -> LineageStatus:
        """Return how the claim stands without disputes where it stands at least like this."""
        return max(self.standing or other, other, key=STRENGTH.index)


def said_of(history: Iterable[LineageEntry], role: ParentRole, parent_id: str | None) -> Said:
    """Go through the history of an animal's lineage, oldest entry first, for what concerns one parent in one role."""
    said, disputing = Said(), dict[str, None]()
    for one in history:
        if (one.role, one.parent_id) != (role, parent_id):
            continue
        match one.act:
            case "claimed" | "linked":
                standing = one.standing if one.standing in _GOOD else "claimed"
                said = msgspec.structs.replace(said, standing=standing, contradicted=False)
            case "removed" | "excluded":
                gone = said.excluded or one.act == "excluded"
                said = msgspec.structs.replace(said, standing=None, excluded=gone, contradicted=False)
            case "confirmed":
                disputing.pop(one.vivarium_id, None)
                said = msgspec.structs.replace(said, standing=said.best("confirmed"))
            case "supported":
                disputing.clear()
                said = Said(standing="tested")
            case "disputed":
                disputing[one.vivarium_id] = None
            case "withdrawn" if one.standing is not None:  # of a claim; a suggestion that is taken back stands nowhere
                if one.vivarium_id in disputing:
                    del disputing[one.vivarium_id]
                else:  # the platform decided
                    disputing.clear()
                if one.standing == "confirmed":
                    said = msgspec.structs.replace(said, standing=said.best("confirmed"))
            case "contradicted" | "cleared":
                said = msgspec.structs.replace(said, contradicted=one.act == "contradicted")
    return msgspec.structs.replace(said, disputing=tuple(disputing))


Histories = dict[str, list[LineageEntry]]
"""The histories of animals' lineages, oldest entry first."""


async def histories(source: Finder, animal_ids: Iterable[str]) -> Histories:
    """Return the histories of many animals' lineages."""
    ids, found = sorted(set(animal_ids)), Histories()
    for start in range(0, len(ids), CHUNK):
        for one in await source.find(histories_of(ids[start : start + CHUNK])):
            found.setdefault(one.animal_id, []).append(one)
    return found


def resumed(
    history: Sequence[LineageEntry], role: ParentRole, parent_id: str, standing: LineageStatus, agreed: str = ""
) -> LineageStatus:
    """Say how the claim of a parent stands that is named anew and would stand like this: who disputed it before still does.

    `agreed` is the vivarium of the parent's keeper, where that agrees now.
    """
    disputing = set(said_of(history, role, parent_id).disputing) - {agreed}
    return "disputed" if disputing else standing
