"""Who sees how much of an animal."""

from typing import Literal

Sight = Literal["all", "public", "lineage", "nothing"]


def sight(visibility: str, owner: str, viewer: str) -> Sight:
    """Say how much a viewer sees: `viewer` is the vivarium that the viewer acts for, empty for somebody from outside.

    The owner's members see all; everybody sees the public record of a public animal; a `lineage` animal shows its name in
    pedigrees and has no page; a private one shows only that it exists where it is somebody's ancestor.
    """
    if viewer and viewer == owner:
        return "all"
    if visibility == "public":
        return "public"
    return "lineage" if visibility == "lineage" else "nothing"


def has_page(seen: Sight) -> bool:
    """Say whether the viewer may open the animal's own page."""
    return seen in ("all", "public")


def shows_name(seen: Sight) -> bool:
    """Say whether the viewer sees in a pedigree who the animal is."""
    return seen != "nothing"
