"""What repti-animal can be asked to do about the genes of an animal: record what a laboratory found, or take it back."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from reptidex.streams.contract import Command, command
from reptidex.streams.values import Id, LongText, Text


class LocusResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a laboratory found at one locus."""

    locus: Annotated[str, Meta(min_length=1, max_length=255)]
    alleles: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=2)]
    """Both alleles, `+` for the wild type; a single one where the animal's sex has the gene only once."""


@command(key="animal_id", service="animal")
class RecordTest(Command, frozen=True, kw_only=True):
    """Record a laboratory's result about an animal of the vivarium; answers `Done` with what it contradicts."""

    test_id: Id
    animal_id: Id
    vivarium_id: Id
    laboratory: Text
    method: Text = ""
    reference: Text = ""
    tested_on: date
    results: Annotated[tuple[LocusResult, ...], Meta(min_length=1, max_length=32)]
    document_file_id: Id | None = None
    notes: LongText = ""
    recorded_by: Id | None = None


@command(key="animal_id", service="animal")
class WithdrawTest(Command, frozen=True, kw_only=True):
    """Take a recorded test back: a mistake, or another animal's. Answers `Done`."""

    test_id: Id
    animal_id: Id
    vivarium_id: Id
    reason: LongText = ""


@command(key="vivarium_id", service="animal")
class RelearnKin(Command, frozen=True, kw_only=True):
    """Reckon anew what some animals carry whose kin told something; the service says it to itself."""

    vivarium_id: Id
    animal_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)]


@command(key="vivarium_id", service="animal")
class TakeBackProof(Command, frozen=True, kw_only=True):
    """Take back what young proved of an animal that prove it no more; the service says it to itself, for its keeper."""

    vivarium_id: Id
    animal_id: Id
