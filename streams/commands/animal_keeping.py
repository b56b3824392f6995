"""What repti-animal can be asked about keeping: codes, marks, enclosures, where animals come from and go to."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.registry.origins import SourceCode
from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, LongPersonal, LongText, Money, Personal, Positive, Text

Reason = Annotated[str, Meta(min_length=1, max_length=400)]
Named = Annotated[str, Meta(min_length=1, max_length=100)]


@command(key="vivarium_id", service="animal")
class SetNumbering(Command, frozen=True, kw_only=True):
    """Set the template of a vivarium's codes; answers `Done`. What is None stays."""

    vivarium_id: Id
    template: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    prefix: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    species_codes: dict[str, str] | None = None
    """Other letters for a species than the catalogue's, by species id."""


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A mark by which an animal is told apart."""

    kind: Literal["microchip", "tag", "ring", "tattoo", "photo", "other"]
    value: Annotated[str, Meta(min_length=1, max_length=255)]
    """The number, the text, or what the photograph shows. A microchip follows ISO 11784 unless `standard` says otherwise."""
    standard: Literal["iso", "other"] = "iso"
    place: Text = ""
    """Where on the body."""
    since: date | None = None
    until: date | None = None
    public: bool = False
    """Whether it is shown to everybody on a public animal."""


@command(key="animal_id", service="animal")
class MarkAnimal(Command, frozen=True, kw_only=True):
    """Note a mark, or correct one; answers `Done`, with a warning where another animal carries the same chip."""

    mark_id: Id
    animal_id: Id
    vivarium_id: Id
    mark: Mark
    correct: bool = False


@command(key="animal_id", service="animal")
class RemoveMark(Command, frozen=True, kw_only=True):
    """Strike a mark out that was noted by mistake; answers `Done`."""

    mark_id: Id
    animal_id: Id
    vivarium_id: Id
    reason: Reason


class NewEnclosure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A place where animals are kept."""

    name: Named
    kind: Literal["terrarium", "rack", "tub", "cage", "aquarium", "incubator", "outdoor", "quarantine", "other"] = (
        "terrarium"
    )
    location: Text = ""
    """The room, the rack and the slot."""
    capacity: Positive | None = None
    """How many animals at most; None where there is no bound."""
    notes: LongText = ""


@command(key="vivarium_id", service="animal")
class KeepEnclosure(Command, frozen=True, kw_only=True):
    """Set up an enclosure, or change one; answers `Done`."""

    enclosure_id: Id
    vivarium_id: Id
    enclosure: NewEnclosure
    change: bool = False


@command(key="vivarium_id", service="animal")
class CloseEnclosure(Command, frozen=True, kw_only=True):
    """Close an empty enclosure; its history stays. Answers `Done`."""

    enclosure_id: Id
    vivarium_id: Id


@command(key="vivarium_id", service="animal")
class MoveAnimals(Command, frozen=True, kw_only=True):
    """Move animals into an enclosure, or out of all (None); all of them, or none. Answers `Done`."""

    vivarium_id: Id
    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    enclosure_id: Id | None = None


class Permit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A document of an authority."""

    kind: Literal["cites_export", "cites_import", "cites_certificate", "licence", "other"]
    number: Annotated[str, Meta(min_length=1, max_length=100)]
    authority: Text = ""
    issued_on: date | None = None
    expires_on: date | None = None


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How an animal came, or how it went."""

    direction: Literal["acquired", "disposed"]
    how: Literal[
        "bred",
        "bought",
        "gift",
        "loan",
        "exchanged",
        "rescued",
        "wild_caught",
        "found",
        "sold",
        "returned",
        "released",
        "lost",
        "stolen",
        "other",
    ]
    on_day: date
    party: Personal = ""
    """From whom, or to whom."""
    price: Money | None = None
    source_code: SourceCode | None = None
    country: Annotated[str, Meta(min_length=2, max_length=2)] | None = None
    """ISO 3166-1 code of the country of origin."""
    permits: Annotated[tuple[Permit, ...], Meta(max_length=20)] = ()
    text: LongPersonal = ""


@command(key="animal_id", service="animal")
class RecordProvenance(Command, frozen=True, kw_only=True):
    """Note how an animal came or went, or correct it; answers `Done` with what CITES asks for."""

    provenance_id: Id
    animal_id: Id
    vivarium_id: Id
    provenance: Provenance
    correct: bool = False


@command(key="animal_id", service="animal")
class RemoveProvenance(Command, frozen=True, kw_only=True):
    """Strike out how an animal came or went; answers `Done`."""

    provenance_id: Id
    animal_id: Id
    vivarium_id: Id
    reason: Reason


@command(key="animal_id", service="animal")
class RestoreAnimal(Command, frozen=True, kw_only=True):
    """Take an archived animal back into the collection; answers `Done`."""

    animal_id: Id
    vivarium_id: Id
    reason: Reason


@command(key="animal_id", service="animal")
class OfferAnimal(Command, frozen=True, kw_only=True):
    """Offer an animal to another vivarium outside a sale; it moves once the other accepts. Answers `Offered`."""

    transfer_id: Id
    animal_id: Id
    vivarium_id: Id
    to_vivarium_id: Id
    message: Personal = ""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `OfferAnimal`: the transfer, and whether the animal has moved already."""

    transfer_id: str
    moved: bool


@command(key="animal_id", service="animal")
class SettleOffer(Command, frozen=True, kw_only=True):
    """Accept or decline an offer (the receiver), withdraw it (the giver) or let it lapse (time); answers `Done`."""

    transfer_id: Id
    animal_id: Id
    vivarium_id: Id
    """For whom the actor acts."""
    how: Literal["accepted", "declined", "withdrawn", "lapsed"]
