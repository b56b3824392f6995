"""What drawings are made of."""

import msgspec


class Ancestor(msgspec.Struct, frozen=True, kw_only=True):
    """One place in a pedigree, numbered so that the sire of n is 2n and the dam 2n + 1."""

    number: int
    generation: int
    known: bool = False
    hidden: bool = False
    code: str = ""
    name: str = ""
    morphs: tuple[str, ...] = ()
    sex: str = ""
    born_on: str | None = None

    @property
    def title(self) -> str:
        """The name by which it is shown."""
        if not self.known:
            return "unknown"
        return "not shown" if self.hidden else (self.name or self.code)


class Pedigree(msgspec.Struct, frozen=True, kw_only=True):
    """A pedigree to be drawn, with its figures."""

    animal_id: str
    species: str = ""
    generations: int
    places: tuple[Ancestor, ...]
    inbreeding: float = 0.0
    completeness: tuple[float, ...] = ()
    lineage_status: str = "claimed"
    owner: str = ""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate of ownership says."""

    animal_id: str
    code: str
    name: str
    species: str
    morph: str
    sex: str
    born_on: str | None
    owner: str
    former_owner: str
    on_day: str
    inbreeding: float
    lineage_status: str
    sire: str = "unknown"
    dam: str = "unknown"
    number: str = ""
    """The order's id; empty for a gift."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of content of a package."""

    species: str
    count: int
    venomous: bool
    details: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What must stand on a package with live animals (50 CFR 14.81): who sends what to whom."""

    order_id: str
    shipper: str
    consignee: str
    on_day: str
    lines: tuple[Line, ...]
