"""The breeding calendar: what happened, what is due, and what is to be expected, as entries of whole days."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec
from icalendar import STATUS, TRANSP, Calendar, Event

from reptidex.domain.visibility import shows_name, sight
from reptidex.http.animal.brood import expected
from reptidex.http.server.routes import Request
from reptidex.tables.animal.breeding import BreedingNote, Clutch, Pairing
from reptidex.tables.animal.breeding_queries import (
    clutches_due,
    clutches_of_pairings,
    notes_of_all,
    pairings_shown,
)
from reptidex.tables.animal.models import Animal
from reptidex.tables.animal.queries import CHUNK, fetch

STAGES = {
    "prelay_shed": "Pre-lay shed expected",
    "laying": "Laying expected",
    "birth": "Birth expected",
    "hatching": "Hatching expected",
}
NOTED = {
    "introduced": "Introduced",
    "separated": "Separated",
    "courtship": "Courtship",
    "lock": "Lock",
    "copulation": "Copulation",
    "refused": "Refused",
    "ovulation": "Ovulation",
    "prelay_shed": "Pre-lay shed",
    "note": "Note",
}
REFRESH = timedelta(hours=6)
STILL = timedelta(days=240)
"""What was seen of a pairing foretells at most so far."""
Kind = Literal["planned", "noted", "expected", "laid", "due", "hatched"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: the days from `from_on` to `until_on`, both included."""

    uid: str
    """Stays the same while the entry is about the same thing."""
    kind: Kind
    title: str
    text: str = ""
    from_on: date
    until_on: date
    pairing_id: str | None = None
    clutch_id: str | None = None
    updated_at: datetime


async def agenda(request: Request[Any, Any], vivarium_id: str, since: date, until: date) -> list[Entry]:
    """Return the entries of a vivarium that touch the days between two, first day first."""
    read = request.read
    pairings = await read.find(pairings_shown(vivarium_id, shifted(since, -STILL)))
    clutches = await read.find(clutches_due(vivarium_id, since, until))
    notes: list[BreedingNote] = []
    laid: list[Clutch] = []
    ids = [one.pairing_id for one in pairings]
    for start in range(0, len(ids), CHUNK):
        notes += await read.find(notes_of_all(ids[start : start + CHUNK]))
        laid += await read.find(clutches_of_pairings(ids[start : start + CHUNK]))
    breeding: list[Pairing | Clutch] = [*pairings, *clutches]
    wanted = {key for one in breeding for key in (one.dam_id, *one.candidate_sire_ids)}
    # Whoever was sold or hidden since is not named, least of all to those who only have the address of a feed.
    names = {
        key: _name(animal)
        for key, animal in (await fetch(read, wanted)).items()
        if shows_name(sight(animal.visibility, animal.vivarium_id, vivarium_id))
    }
    seen: dict[str, list[BreedingNote]] = {}
    for note in notes:
        seen.setdefault(note.pairing_id, []).append(note)
    came: dict[str | None, list[Clutch]] = {}
    for clutch in laid:
        came.setdefault(clutch.pairing_id, []).append(clutch)
    entries: list[Entry] = []
    for pairing in pairings:
        key = pairing.pairing_id
        entries += _of_pairing(pairing, seen.get(key, []), came.get(key, []), names)
    for clutch in clutches:
        entries += _of_clutch(clutch, names)
    inside = [one for one in entries if one.from_on <= until and one.until_on >= since]
    return sorted(inside, key=lambda one: (one.from_on, one.title, one.uid))


def shifted(day: date, by: timedelta) -> date:
    """Return the day so much later or earlier, or the last or first that the calendar of a computer has."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min


def _name(animal: Animal) -> str:
    return f"{animal.name} ({animal.code})" if animal.name else animal.code


def _couple(dam_id: str, sires: Iterable[str], names: dict[str, str]) -> str:
    fathers = " / ".join(names.get(sire, "unknown") for sire in sires)
    return f"{names.get(dam_id, 'unknown')} × {fathers}" if fathers else names.get(dam_id, "unknown")


def _of_pairing(
    pairing: Pairing, notes: Sequence[BreedingNote], laid: Sequence[Clutch], names: dict[str, str]
) -> list[Entry]:
    couple = _couple(pairing.dam_id, pairing.candidate_sire_ids, names)
    changed = pairing.updated_at or pairing.created_at
    found: list[Entry] = []

    def add(uid: str, kind: Kind, title: str, first: date, last: date, text: str, at: datetime) -> None:
        found.append(
            Entry(
                uid=f"{uid}@pairing.reptidex",
                kind=kind,
                title=f"{title}: {couple}",
                text=text,
                from_on=first,
                until_on=last,
                pairing_id=pairing.pairing_id,
                updated_at=at,
            )
        )

    if pairing.status == "planned" and pairing.paired_on:
        add(pairing.pairing_id, "planned", "Pairing planned", pairing.paired_on, pairing.paired_on, "", changed)
    for note in notes:
        add(note.note_id, "noted", NOTED[note.kind], note.on_day, note.on_day, note.text, note.recorded_at)
    latest = max((note.recorded_at for note in notes), default=changed)
    for stage in expected(pairing, notes, laid):
        text = f"Reckoned from the {stage.since.replace('_', ' ')}. Source: {stage.source}"
        uid = f"{pairing.pairing_id}.{stage.stage}"
        add(uid, "expected", STAGES[stage.stage], stage.earliest, stage.latest, text, latest)
    return found


def _of_clutch(clutch: Clutch, names: dict[str, str]) -> list[Entry]:
    couple = _couple(clutch.dam_id, clutch.candidate_sire_ids, names)
    changed = clutch.updated_at or clutch.created_at
    litter = clutch.kind == "litter"
    counts = f"{clutch.laid} laid, {clutch.fertile} fertile, {clutch.slugs} slugs, {clutch.hatched} hatched"

    def entry(stage: str, kind: Kind, title: str, first: date, last: date) -> Entry:
        return Entry(
            uid=f"{clutch.clutch_id}.{stage}@clutch.reptidex",
            kind=kind,
            title=f"{title}: {couple}",
            text=counts,
            from_on=first,
            until_on=last,
            clutch_id=clutch.clutch_id,
            pairing_id=clutch.pairing_id,
            updated_at=changed,
        )

    found = [entry("laid", "laid", "Litter born" if litter else "Clutch laid", clutch.laid_on, clutch.laid_on)]
    if clutch.status in ("incubating", "hatching") and clutch.due_from and clutch.due_until:
        found.append(entry("due", "due", "Clutch due", clutch.due_from, clutch.due_until))
    if clutch.first_hatched_on and clutch.hatched_on and not litter:
        found.append(entry("hatched", "hatched", "Clutch hatched", clutch.first_hatched_on, clutch.hatched_on))
    return found


def ical(entries: Sequence[Entry], name: str, uid: str) -> bytes:
    """Write entries as an iCalendar object (RFC 5545; the refresh interval and name by RFC 7986)."""
    calendar = Calendar.new(
        name=name, uid=uid, prodid="-//ReptiDex//Breeding calendar//EN", refresh_interval=REFRESH, method="PUBLISH"
    )
    # The property has no default type, so it has to be said (RFC 7986, 5.7); the library leaves it out.
    calendar["REFRESH-INTERVAL"].params["VALUE"] = "DURATION"
    for one in entries:
        event = Event.new(
            uid=one.uid,
            summary=one.title,
            description=one.text or None,
            start=one.from_on,
            end=one.until_on + timedelta(days=1),  # the end of a whole-day event is the day after (RFC 5545, 3.6.1)
            stamp=one.updated_at,
            last_modified=one.updated_at,
            categories=[one.kind],
            status=STATUS.TENTATIVE if one.kind in ("planned", "expected", "due") else STATUS.CONFIRMED,
            transparency=TRANSP.TRANSPARENT,
        )
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
