"""What repti-animal can be asked to change in the catalogue of species."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, LongText

Part = Annotated[str, Meta(min_length=1, max_length=120)]
Source = Annotated[str, Meta(min_length=8, max_length=1000, description="where the fact is known from")]
Kind = Literal["species", "locus", "morph", "combo"]
LONGEST = 60_000
"""So many characters of JSON a part of a species may have."""
Json = Annotated[str, Meta(max_length=LONGEST)]


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a change of the catalogue."""

    species_id: str
    part: str
    number: int
    """The species' revision now."""


@command(key="species_id", service="animal")
class EditTaxon(Command, frozen=True, kw_only=True):
    """Change or add a part of a species, or a species; answers `Edited`."""

    species_id: Id
    kind: Kind
    part: Part
    value: Json
    source: Source
    expected: int | None = None
    """The species' revision that the editor saw; another one refuses the change. None: whatever it is."""
    new: bool = False
    """Whether the part must not exist yet."""


@command(key="species_id", service="animal")
class ProposeTaxon(Command, frozen=True, kw_only=True):
    """Propose a change of a part of a species, or a species; it is checked now, and an editor decides. Answers `Done`."""

    proposal_id: Id
    species_id: Id
    kind: Kind
    part: Part
    value: Json
    source: Source
    reason: LongText = ""


@command(key="species_id", service="animal")
class DecideProposal(Command, frozen=True, kw_only=True):
    """Accept or decline a proposal; answers `Edited`."""

    proposal_id: Id
    species_id: Id
    accept: bool
    answer: LongText = ""
