"""Subspecies as the catalogue lists them."""

from reptidex.domain.catalogue.entries import Species
from reptidex.errors import InvalidError


def checked_subspecies(species: Species, wanted: str | None) -> str | None:
    """Return a subspecies as it is stored: by the catalogue's name where it lists any of the species.

    Raises `InvalidError` for one that the list lacks.
    """
    word = " ".join((wanted or "").split())
    if not word:
        return None
    listed = {one.name: (one.name, one.name.split()[-1], *one.common_names) for one in species.subspecies}
    for name, names in listed.items():
        if word.casefold() in {each.casefold() for each in names}:
            return name
    if listed:
        raise InvalidError(f"{species.scientific_name} has the subspecies {', '.join(listed)}", "/subspecies")
    return word
