"""What is to be expected next of a pairing, from what was seen and from the calendar of the species."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

from reptidex.domain.catalogue.biology import Span
from reptidex.domain.catalogue.entries import Species

Seen = Literal[
    "introduced", "separated", "courtship", "lock", "copulation", "refused", "ovulation", "prelay_shed", "note"
]
"""What a keeper notes of a pairing."""
Expected = Literal["prelay_shed", "laying", "birth", "hatching"]
MATINGS = ("lock", "copulation")
WITH_SIRE = ("introduced", "separated", "courtship", "refused", *MATINGS)
"""Notes in which a sire takes part."""


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """A stage with the days on which it is to be expected, and where the figure comes from."""

    stage: Expected
    earliest: date
    latest: date
    since: str
    """The note that it is reckoned from: `mating`, `ovulation` or `prelay_shed`."""
    source: str


def latest(notes: Iterable[tuple[str, date]]) -> dict[str, date]:
    """Return the last day on which each kind was noted; locks and copulations are also a `mating`."""
    found: dict[str, date] = {}
    for kind, day in notes:
        for name in (kind, "mating") if kind in MATINGS else (kind,):
            found[name] = max(day, found.get(name, day))
    return found


def foretell(species: Species, seen: Mapping[str, date]) -> list[Foretold]:
    """Foretell the stages to come by the surest note: the pre-lay shed, else the ovulation, else the last mating.

    A stage for which the species has no sourced figure is left out, with what would follow from it.
    """
    calendar = species.calendar
    mating = seen.get("mating")
    shed, ovulation = seen.get("prelay_shed"), seen.get("ovulation")
    found: list[Foretold] = []
    if shed is None:
        found = _chain(("prelay_shed", "ovulation", ovulation, (calendar.ovulation_to_shed,)))
    if species.live_bearing:
        return found + _chain(
            ("birth", "prelay_shed", shed, (calendar.shed_to_birth,)),
            ("birth", "ovulation", ovulation, (calendar.ovulation_to_birth,)),
        )
    laying = _chain(
        ("laying", "prelay_shed", shed, (calendar.shed_to_laying,)),
        ("laying", "ovulation", ovulation, (calendar.ovulation_to_shed, calendar.shed_to_laying)),
        ("laying", "mating", mating, (calendar.mating_to_laying,)),
    )
    if laying and species.incubation_days:
        [laid] = laying
        least, most = species.incubation_days
        laying.append(
            Foretold(
                stage="hatching",
                earliest=laid.earliest + timedelta(days=least),
                latest=laid.latest + timedelta(days=most),
                since=laid.since,
                source=species.incubation_source,
            )
        )
    return found + laying


Link = tuple[Expected, str, date | None, tuple[Span | None, ...]]


def _chain(*links: Link) -> list[Foretold]:
    """Return the stage of the first link of which both the day and all figures are known."""
    for stage, since, day, spans in links:
        known = [span for span in spans if span is not None]
        if day is not None and len(known) == len(spans):
            return [
                Foretold(
                    stage=stage,
                    earliest=day + timedelta(days=sum(span.days[0] for span in known)),
                    latest=day + timedelta(days=sum(span.days[1] for span in known)),
                    since=since,
                    source="; ".join(dict.fromkeys(span.source for span in known)),
                )
            ]
    return []
