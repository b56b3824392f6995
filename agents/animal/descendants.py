"""What a change in the pedigree means for those who descend from it: worked out for all of them at once."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from reptidex.agents.agent import Unit
from reptidex.domain.lineage import CLOSE, close_parents
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.inbreeding import inbreeding
from reptidex.streams.animal import Finding, LineageValidated
from reptidex.streams.contract import Event
from reptidex.tables.animal.lineage import Descent
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.pedigrees import depths, lines_of_descendants, rules_of
from reptidex.tables.animal.queries import fetch

RULE = "inbreeding"
"""The one finding about an animal that a change further up can make or unmake."""


class Below(msgspec.Struct, frozen=True):
    """The descendants of an animal, and what is to be told of them."""

    descendants: tuple[str, ...]
    events: tuple[Event, ...]


async def refresh_descendants(animal_id: str, unit: Unit) -> Below:
    """Work out anew the figures of all who descend from an animal, and re-validate those for whom F changed.

    One query brings all of them with all their ancestors, one pass works out every F; rows are written where a figure changed.
    """
    lines = await lines_of_descendants(unit, animal_id)
    book = Studbook(lines.pedigree)
    below = _below(book, animal_id)
    if not below:
        return Below((), ())
    own = dict(zip(book.ids, inbreeding(book, book.figures(lines.given)).tolist(), strict=True))
    deep = depths(lines)
    changed: dict[str, Descent] = {}
    for one in below:
        before, (generation, equivalents) = lines.rows[one], deep[one]
        after = replace(before, inbreeding=own[one], generation=generation, equivalents=equivalents)
        if after != before:
            changed[one] = after
    events = await _revalidate(lines.rows, changed, unit)
    for row in changed.values():
        unit.put(row)
    return Below(tuple(below), tuple(events))


def _below(book: Studbook, animal_id: str) -> list[str]:
    """Return the descendants of an animal, oldest first."""
    if animal_id not in book.place:
        return []
    reached, found = {book.place[animal_id]}, []
    for layer in book.layers:
        for place in layer.tolist():
            if book.sires[place] in reached or book.dams[place] in reached:
                reached.add(place)
                found.append(book.ids[place])
    return found


async def _revalidate(rows: Mapping[str, Descent], changed: dict[str, Descent], unit: Unit) -> list[Event]:
    """Renew the finding on inbreeding of changed animals, and tell whose findings differ now."""
    moved = [one for one, after in changed.items() if after.inbreeding != rows[one].inbreeding]
    animals = await fetch(unit, moved) if moved else {}
    rules = await rules_of(unit, {animal.vivarium_id for animal in animals.values()})
    limits = {one.vivarium_id: one.inbreeding_limit for one in rules}
    events: list[Event] = []
    for one in moved:
        animal, after = animals.get(one), changed[one]
        if animal is None:
            continue
        named = [parent for parent in after.parents if parent]
        close = close_parents(after.inbreeding or 0.0, limits.get(animal.vivarium_id, CLOSE), *named)
        kept = tuple(finding for finding in after.findings if finding.rule != RULE)
        if close is not None:
            kept = (*kept, Finding(rule=RULE, severity=close.severity, text=close.text, animal_ids=close.animal_ids))
        changed[one] = replace(after, findings=kept)
        if {finding.rule for finding in kept} != {finding.rule for finding in after.findings}:
            events.append(validated(animal, animal, kept))
    return events


def validated(animal: Animal, before: Animal | None, findings: Sequence[Finding]) -> LineageValidated:
    """Tell the standing of an animal's lineage."""
    return LineageValidated(
        animal_id=animal.animal_id,
        vivarium_id=animal.vivarium_id,
        status=animal.lineage_status,
        previous_status=before.lineage_status if before else None,
        findings=tuple(findings),
    )
