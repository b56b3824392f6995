"""Which pairs of a group would keep most of its genes, ranked, each with the reason."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from reptidex.domain.kinship import Pedigree
from reptidex.domain.studbook.arrays import np
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.diversity import kinships
from reptidex.domain.studbook.flow import Flow
from reptidex.domain.studbook.inbreeding import inbreeding

Strategy = Literal["mean_kinship", "kinship"]
CLOSE_ENOUGH = 0.5
"""Mean kinships that differ by more than this share of their mean join a rare line to a common one."""


class Mating(msgspec.Struct, frozen=True, kw_only=True):
    """One possible pair."""

    sire_id: str
    dam_id: str
    inbreeding: float
    """Wright's F of the young."""
    mean_kinship: float
    """The mean of the parents' mean kinships to the group: low where their genes are rare in it."""
    difference: float
    """How far the parents' mean kinships lie apart: high where rare genes would be tied to common ones."""
    diversity_change: float
    """What one young of the pair adds to the group's gene diversity; below 0 it takes away."""
    reasons: tuple[str, ...]


def rank_matings(
    pedigree: Pedigree,
    group: Sequence[str],
    males: Sequence[str],
    females: Sequence[str],
    *,
    strategy: Strategy = "mean_kinship",
    limit: float = 1.0,
    most: int = 50,
    given: Mapping[str, float] | None = None,
) -> list[Mating]:
    """Rank the pairs of these males and females, best first.

    By `mean_kinship` those come first whose genes are rarest in the group (Ballou & Lacy 1995), by `kinship` those whose young
    are least inbred. Pairs whose young would have an F above `limit` come after all others.
    """
    if not males or not females:
        return []
    book = Studbook({**dict.fromkeys((*group, *males, *females), (None, None)), **pedigree})
    flow, own = Flow(book), inbreeding(book, book.figures(given or {}))
    members, sires, dams = book.places_of(group), book.places_of(males), book.places_of(females)
    shares = np.zeros(len(book))
    shares[members] = 1 / len(members)
    to_group = flow.related(shares, own) / 2
    mean = float(to_group[members].mean())
    pairs = kinships(book, own, sires, flow)[dams].T
    means = (to_group[sires][:, None] + to_group[dams][None, :]) / 2
    apart = np.abs(to_group[sires][:, None] - to_group[dams][None, :])
    count = len(members)
    grown = (count * count * mean + 2 * count * means + (1 + pairs) / 2) / (count + 1) ** 2
    keys = (means, pairs) if strategy == "mean_kinship" else (pairs, means)
    rounded = [np.round(key, 12).ravel() for key in (apart, keys[1], keys[0])]
    order = np.lexsort((*rounded, (pairs > limit).ravel()))[:most]
    found = []
    for place in order.tolist():
        i, j = divmod(place, len(females))
        if males[i] == females[j]:
            continue
        mating = Mating(
            sire_id=males[i],
            dam_id=females[j],
            inbreeding=float(pairs[i, j]),
            mean_kinship=float(means[i, j]),
            difference=float(apart[i, j]),
            diversity_change=float(mean - grown[i, j]),
            reasons=(),
        )
        found.append(msgspec.structs.replace(mating, reasons=tuple(_reasons(mating, mean, limit))))
    return found


def _reasons(mating: Mating, mean: float, limit: float) -> list[str]:
    """Say in words what speaks for a pair and what against it."""
    said = []
    if mating.inbreeding == 0:
        said.append("no common ancestor is known")
    else:
        said.append(f"their young would have an inbreeding of {mating.inbreeding:.4g}")
    if mating.inbreeding > limit:
        said.append(f"that is above the limit of {limit:.4g}")
    if mating.mean_kinship < mean:
        said.append(f"their genes are rarer than the group's mean ({mating.mean_kinship:.4g} against {mean:.4g})")
    elif mating.mean_kinship > mean:
        said.append(f"their genes are commoner than the group's mean ({mating.mean_kinship:.4g} against {mean:.4g})")
    if mating.mean_kinship and mating.difference > CLOSE_ENOUGH * mating.mean_kinship:
        said.append("a rare line would be tied to a common one")
    return said
