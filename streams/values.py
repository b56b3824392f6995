"""The value types that the events of several services share."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=36, max_length=36, extra_json_schema={"format": "uuid"})]
"""A UUID as text. The decoder checks the length alone (a pattern would cost more than all the rest of the decoding);
`reptidex.streams.edge` checks the form where bytes of others come in."""
Key = Annotated[str, Meta(min_length=1, max_length=200)]
"""An id that need not be a UUID: a setting's name, a service, a topic."""
Text = Annotated[str, Meta(max_length=255)]
LongText = Annotated[str, Meta(max_length=2000)]
Personal = Annotated[str, Meta(max_length=400, extra_json_schema={"x-personal": True})]
"""A short text that tells of a person who may have it erased: a topic that carries one forgets after a month."""
LongPersonal = Annotated[str, Meta(max_length=4000, extra_json_schema={"x-personal": True})]
Digest = Annotated[str, Meta(min_length=64, max_length=64, description="SHA-256 in lower-case hex")]
Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC")]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217 alphabetic code")]
Language = Annotated[str, Meta(min_length=2, max_length=35, description="BCP 47 language tag")]

Service = Literal["core", "animal", "commerce", "media", "community", "ops"]
Role = Literal["keeper", "handler", "curator", "herpetologist"]
"""Viewer, editor, administrator, owner of a vivarium."""
OrgKind = Literal["personal", "business"]
Plan = Literal["hobbyist", "keeper", "breeder", "collector"]
SubscriptionStatus = Literal["trialing", "active", "past_due", "canceled", "lapsed"]
Provider = Literal["stripe", "paypal"]
ProfileKind = Literal["user", "org"]
Sex = Literal["male", "female", "unknown"]
SexSystem = Literal["xy", "zw", "temperature", "mixed", "unknown"]
BirthPrecision = Literal["day", "month", "year", "unknown"]
AnimalStatus = Literal["active", "sold", "deceased", "holdback", "external", "lease", "archived"]
Visibility = Literal["private", "lineage", "public"]
"""`lineage` shows the animal in pedigrees and gives it no page of its own."""
LineageStatus = Literal["claimed", "confirmed", "tested", "disputed", "rejected"]
Evidence = Literal["claim", "clutch", "offspring", "parentage", "lab"]
"""Where the knowledge of a gene comes from, weakest first."""
Inheritance = Literal["recessive", "incomplete", "dominant", "codominant", "polygenic", "fixed", "unknown"]
PriceClass = Literal["gift", "low", "middle", "high", "top"]
"""What an ownership record says of a price: none, below 100, 500, 2,000 units of the currency, or more."""
SubjectKind = Literal["animal", "listing", "vivarium", "user", "post", "clutch", "content", "file", "message"]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in the minor units of its currency (cents); negative only in credits."""

    amount: int
    currency: Currency


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """An exact fraction."""

    numerator: Count
    denominator: Positive


class Gene(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one locus of one animal."""

    locus: Text
    alleles: Annotated[tuple[Text, ...], Meta(max_length=2)]
    """At most two; `+` is the wild type, `-` a copy that the animal's sex does not have. A single one means that the other is not
    known, or does not exist."""
    evidence: Evidence = "claim"
    probability: Ratio | None = None
    """The chance that the animal carries these alleles; None where it is certain."""
    inherited_from: Literal["sire", "dam"] | None = None
    """The parent from which the first of the alleles came, where that is known: it says on which sex chromosome a male maker's
    gene lies (Y comes from the sire), and which linked genes lie together."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One class of offspring that a pairing may give."""

    label: Text
    probability: Ratio
    genotype: tuple[Gene, ...] = ()
    sex: Sex = "unknown"
    """`unknown` where the class does not depend on the sex."""
    trade_name: Text = ""
    """The label with combinations of several loci named; empty where none has a name."""


class WelfareFlag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning that buyers and breeders see and nobody can filter away."""

    trait: Text
    severity: Literal["lethal", "nonviable", "welfare", "fertility"]
    certainty: Literal["established", "disputed"]
    text: LongText = ""
    source: LongText = ""


class CitesListing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The protection of a taxon by CITES, as one source said it on one day."""

    appendix: Literal["I", "II", "III", "none"]
    listed_on: date | None = None
    checked_on: date
    source: LongText


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a sale: the vivarium that buys or sells, and the person who acts for it and is told."""

    vivarium_id: Id
    user_id: Id


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rendition of a stored file."""

    name: Text
    content_type: Text
    size_bytes: Count
    digest: Digest
    width: Count = 0
    """In pixels; 0 for what has no picture."""
    height: Count = 0


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One position of an invoice."""

    text: Text
    quantity: Positive = 1
    amount: Money
