"""How animals come and go, and what CITES wants recorded of it."""

from typing import Literal

from reptidex.domain.catalogue.entries import Species
from reptidex.domain.lineage import Remark
from reptidex.errors import InvalidError

Acquired = Literal["bred", "bought", "gift", "loan", "exchanged", "rescued", "wild_caught", "found", "other"]
Disposed = Literal["sold", "gift", "loan", "exchanged", "returned", "released", "lost", "stolen", "other"]
SourceCode = Literal["W", "R", "D", "A", "C", "F", "I", "O", "U"]
"""CITES source codes (Resolution Conf. 12.3, annex 2): W wild, R ranched, D Appendix I bred for trade in a registered operation,
A plants, C bred in captivity (Conf. 10.16), F born in captivity and short of that, I confiscated, O pre-Convention, U unknown."""

BRED: frozenset[str] = frozenset(("C", "D", "F"))
STATUS_AFTER: dict[str, Literal["sold", "lease"]] = {
    "sold": "sold",
    "gift": "sold",
    "exchanged": "sold",
    "returned": "sold",
    "loan": "lease",
}
"""What an animal's status becomes when it leaves this way; the rest leave it as it is."""


def check_source(direction: str, how: str, source: str | None, species: Species) -> list[Remark]:
    """Check an origin against its CITES source code and return what is doubtful.

    Raises `InvalidError` where they contradict each other.
    """
    if source == "A":
        raise InvalidError("source code A is for plants", "/source_code")
    if direction == "acquired" and how == "wild_caught" and source in BRED:
        raise InvalidError(f"an animal caught in the wild is not of source {source}", "/source_code")
    if direction == "acquired" and how == "bred" and source in ("W", "R"):
        raise InvalidError(f"an animal bred here is not of source {source}", "/source_code")
    listing = species.cites.appendix if species.cites else "none"
    remarks = []
    if listing in ("I", "II") and source is None:
        text = f"{species.scientific_name} is in CITES Appendix {listing}: its source code should be recorded"
        remarks.append(Remark(rule="cites_source", severity="warning", text=text, pointer="/source_code"))
    if source == "D" and listing != "I":
        text = "source code D is for species of Appendix I"
        remarks.append(Remark(rule="cites_source", severity="warning", text=text, pointer="/source_code"))
    return remarks
