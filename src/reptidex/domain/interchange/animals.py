"""An animal of the registry as a file carries it: all that another vivarium needs to keep it on."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reptidex.domain.interchange.reading import Reading
from reptidex.domain.interchange.words import Sex

Word = Annotated[str, Meta(max_length=255)]
Long = Annotated[str, Meta(max_length=2000)]
Label = Annotated[str, Meta(max_length=100)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
PartDay = Annotated[str, Meta(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
Status = Literal["active", "holdback", "external", "lease", "sold", "deceased", "archived"]
Visibility = Literal["private", "lineage", "public"]


class GeneEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is known of one locus; `+` is the wild type."""

    locus: Annotated[str, Meta(min_length=1, max_length=255)]
    alleles: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=2)]
    evidence: Literal["claim", "clutch", "offspring", "parentage", "lab"] = "claim"
    probability: Annotated[str, Meta(pattern=r"^[0-9]{1,9}/[1-9][0-9]{0,8}$")] | None = None
    """A fraction such as `2/3`; left out where it is certain."""
    inherited_from: Literal["sire", "dam"] | None = None
    """From which parent the first of the alleles came, where that is known."""


class MarkEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A mark of an animal."""

    kind: Literal["microchip", "tag", "ring", "tattoo", "photo", "other"]
    value: Annotated[str, Meta(min_length=1, max_length=255)]
    standard: Literal["iso", "other"] = "iso"
    place: Word = ""
    since: Day | None = None
    until: Day | None = None
    public: bool = False


class AnimalEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One animal. `sire` and `dam` are a code, a reference or a platform id, of this file or of the collection."""

    external_ref: Label = ""
    """By this an animal is known when the file is read again."""
    code: Annotated[str, Meta(max_length=32)] = ""
    """Left out: the next of the vivarium's own."""
    name: Word = ""
    species: Word = ""
    """The scientific or a common name, or the catalogue's id; left out: that of the import."""
    subspecies: Word = ""
    sex: Sex = "unknown"
    born: PartDay | None = None
    died: Day | None = None
    status: Status = "active"
    visibility: Visibility = "private"
    placeholder: bool = False
    morphs: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    genotype: Annotated[tuple[GeneEntry, ...], Meta(max_length=32)] = ()
    """What the keeper states."""
    reckoned: Annotated[tuple[GeneEntry, ...], Meta(max_length=32)] = ()
    """What the record shows instead or besides: reckoned from the family, or found by a laboratory (`lab`)."""
    phenotype: Long = ""
    sire: Label | None = None
    dam: Label | None = None
    hybrid: bool = False
    """Whether sire and dam may be of different species."""
    founder_inbreeding: Annotated[float, Meta(ge=0, le=1)] | None = None
    """F of an animal whose parents are not recorded, where its keeper knows it."""
    marks: Annotated[tuple[MarkEntry, ...], Meta(max_length=50)] = ()
    notes: Long = ""

    @property
    def label(self) -> str:
        """What the animal is called in a report."""
        return self.code or self.external_ref or self.name


Animals = Reading[AnimalEntry]
