"""What repti-animal can be asked to do for breeding seasons, pairings under way, eggs in the incubator and the calendar."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Count, Digest, Id, LongText, Text, Visibility

SeasonName = Annotated[str, Meta(min_length=1, max_length=20)]
NoteKind = Literal[
    "introduced", "separated", "courtship", "lock", "copulation", "refused", "ovulation", "prelay_shed", "note"
]
Celsius = Annotated[float, Meta(ge=10, le=45, description="degrees Celsius")]
Percent = Annotated[float, Meta(ge=0, le=100, description="percent")]


class Incubation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where and how eggs lie, from one day on."""

    method: Literal["incubator", "maternal", "natural"]
    since: date
    celsius: Celsius | None = None
    celsius_low: Celsius | None = None
    """The low of a cycle or a night drop; `celsius` is then its high."""
    humidity: Percent | None = None
    """In percent."""
    place: Text = ""
    medium: Text = ""


class Candling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a light through the shells showed."""

    on_day: date
    good: Count
    doubtful: Count = 0
    bad: Count = 0
    text: LongText = ""


@command(key="vivarium_id", service="animal")
class OpenSeason(Command, frozen=True, kw_only=True):
    """Open a breeding season; its name is the vivarium's own. Answers `Done`."""

    season_id: Id
    vivarium_id: Id
    name: SeasonName
    from_on: date
    until_on: date
    clutches_wanted: Count | None = None
    hatchlings_wanted: Count | None = None
    notes: LongText = ""


@command(key="vivarium_id", service="animal")
class ChangeSeason(Command, frozen=True, kw_only=True):
    """Change a season; what is left out stays. Answers `Done`."""

    season_id: Id
    vivarium_id: Id
    name: SeasonName | UnsetType = UNSET
    from_on: date | UnsetType = UNSET
    until_on: date | UnsetType = UNSET
    clutches_wanted: Count | UnsetType | None = UNSET
    hatchlings_wanted: Count | UnsetType | None = UNSET
    notes: LongText | UnsetType = UNSET


@command(key="vivarium_id", service="animal")
class RemoveSeason(Command, frozen=True, kw_only=True):
    """Remove a season that has no pairing. Answers `Done`."""

    season_id: Id
    vivarium_id: Id


@command(key="vivarium_id", service="animal")
class ChangePairing(Command, frozen=True, kw_only=True):
    """Change how a pairing stands; what is left out stays. Answers `Done`."""

    pairing_id: Id
    vivarium_id: Id
    status: Literal["planned", "active", "ended", "cancelled"] | UnsetType = UNSET
    season: SeasonName | UnsetType = UNSET
    season_id: Id | UnsetType = UNSET
    paired_on: date | UnsetType = UNSET
    ended_on: date | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    remark: LongText | UnsetType = UNSET


@command(key="vivarium_id", service="animal")
class NotePairing(Command, frozen=True, kw_only=True):
    """Note what was seen of a pairing; a first note of a meeting makes a planned pairing active. Answers `Done`."""

    note_id: Id
    pairing_id: Id
    vivarium_id: Id
    kind: NoteKind
    on_day: date
    sire_id: Id | None = None
    text: LongText = ""


@command(key="vivarium_id", service="animal")
class RemoveNote(Command, frozen=True, kw_only=True):
    """Take back a note about a pairing. Answers `Done`."""

    note_id: Id
    pairing_id: Id
    vivarium_id: Id


@command(key="vivarium_id", service="animal")
class IncubateClutch(Command, frozen=True, kw_only=True):
    """Say where and how the eggs of a clutch lie from a day on. Answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    method: Literal["incubator", "maternal", "natural"]
    since: date
    celsius: Celsius | None = None
    celsius_low: Celsius | None = None
    humidity: Percent | None = None
    place: Text = ""
    medium: Text = ""


@command(key="vivarium_id", service="animal")
class CandleClutch(Command, frozen=True, kw_only=True):
    """Note what candling showed; optionally let the counts of the clutch follow. Answers `Done`."""

    clutch_id: Id
    vivarium_id: Id
    on_day: date
    good: Count
    doubtful: Count = 0
    bad: Count = 0
    text: LongText = ""
    counts: bool = False
    """Whether the clutch's fertile eggs are set to `good` and `doubtful`, and its slugs to `bad`."""


@command(key="vivarium_id", service="animal")
class WatchClutch(Command, frozen=True, kw_only=True):
    """Tell that a clutch's due window has opened, or has passed; a timer says it."""

    clutch_id: Id
    vivarium_id: Id


class FeedOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `OpenFeed`."""

    feed_id: str
    secret_hash: str
    """That of the first request, which a repeat with another secret can tell by it."""


@command(key="vivarium_id", service="animal")
class OpenFeed(Command, frozen=True, kw_only=True):
    """Let whoever holds a secret read the breeding calendar. Answers `FeedOpened`."""

    feed_id: Id
    vivarium_id: Id
    name: Text
    secret_hash: Digest


@command(key="vivarium_id", service="animal")
class RevokeFeed(Command, frozen=True, kw_only=True):
    """Make a calendar feed's address worthless. Answers `Done`."""

    feed_id: Id
    vivarium_id: Id
