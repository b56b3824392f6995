"""What a group of animals still holds of its founders' genes."""

from collections.abc import Mapping, Sequence

import msgspec

from reptidex.domain.kinship import Pedigree
from reptidex.domain.studbook.arrays import Figures, Places, np
from reptidex.domain.studbook.book import Studbook, with_unknown_founders
from reptidex.domain.studbook.flow import Flow
from reptidex.domain.studbook.inbreeding import inbreeding

MOST_ANCESTORS = 500
"""So many ancestors are taken out one by one; what the rest explains is said."""
ENOUGH = 1 - 1e-9


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What share of a group's genes one ancestor accounts for."""

    animal_id: str
    """`<animal>/sire` or `<animal>/dam` stands for the unknown parent of an animal whose other parent is known."""
    share: float
    marginal: float
    """What it explains that no ancestor named before it does."""


class Diversity(msgspec.Struct, frozen=True, kw_only=True):
    """The genetic variability of a group, relative to its founders, who are taken as unrelated."""

    animals: int
    inbreeding: dict[str, float]
    mean_kinships: dict[str, float]
    """Each animal's mean kinship to the group, itself included (Lacy 1995)."""
    mean_inbreeding: float
    mean_kinship: float
    gene_diversity: float
    """1 - mean kinship: the expected heterozygosity that is left of the founders'."""
    founder_genome_equivalents: float | None
    """1 / (2 mean kinship): so many new founders would hold as much (Lacy 1989). None where nothing is lost to kinship."""
    founders: tuple[Contribution, ...]
    effective_founders: float
    """1 / sum of squared founder contributions (Lacy 1989)."""
    ancestors: tuple[Contribution, ...]
    effective_ancestors: float
    """1 / sum of squared marginal contributions (Boichard et al. 1997): bottlenecks count too."""
    effective_ancestors_least: float
    """The least it can be, where not all of the genes are explained: what is left goes to ancestors that explain no more than
    the last one named."""
    explained: float
    """The share of the genes that the ancestors named account for."""


def diversity(pedigree: Pedigree, group: Sequence[str], given: Mapping[str, float] | None = None) -> Diversity:
    """Work out the diversity of a group of at least one animal; `given` is the inbreeding of founders where known."""
    book = Studbook({**dict.fromkeys(group, (None, None)), **with_unknown_founders(pedigree)})
    flow, members = Flow(book), book.places_of(group)
    own = inbreeding(book, book.figures(given or {}))
    shares = np.zeros(len(book))
    shares[members] = 1 / len(group)
    kinships = flow.related(shares, own)[members] / 2
    mean = float(kinships.mean())
    contributed = flow.up(shares)
    founders = _founders(book, contributed)
    ancestors = marginal(flow, shares)
    return Diversity(
        animals=len(group),
        inbreeding=dict(zip(group, own[members].tolist(), strict=True)),
        mean_kinships=dict(zip(group, kinships.tolist(), strict=True)),
        mean_inbreeding=float(own[members].mean()),
        mean_kinship=mean,
        gene_diversity=1 - mean,
        founder_genome_equivalents=1 / (2 * mean) if mean > 0 else None,
        founders=founders,
        effective_founders=_effective([one.share for one in founders]),
        ancestors=ancestors,
        effective_ancestors=_effective([one.marginal for one in ancestors]),
        effective_ancestors_least=_effective([one.marginal for one in ancestors], rest=True),
        explained=min(1.0, sum(one.marginal for one in ancestors)),
    )


def kinships(book: Studbook, own: Figures, columns: Places, flow: Flow | None = None) -> Figures:
    """Return the kinship of every animal to those in these places, one column each."""
    shares = np.zeros((len(book), len(columns)))
    shares[columns, np.arange(len(columns))] = 1.0
    related: Figures = (flow or Flow(book)).related(shares, own) / 2
    return related


def marginal(flow: Flow, shares: Figures) -> tuple[Contribution, ...]:
    """Name the ancestors that explain a group's genes, each with what it adds to those before it (Boichard et al. 1997).

    Step by step the ancestor with the largest marginal contribution is taken, and cut off from its own parents.
    """
    book, contributed = flow.book, flow.up(shares)
    named: list[Contribution] = []
    chosen: list[int] = []
    explained = 0.0
    while explained < ENOUGH and len(chosen) < MOST_ANCESTORS:
        taken = np.array(chosen, dtype=np.intp)
        left = _up_to(flow, shares, taken) * (1 - _explained(flow, taken))
        left[taken] = -1.0
        best = int(left.argmax())
        if left[best] <= 0:
            break
        chosen.append(best)
        explained += float(left[best])
        named.append(Contribution(animal_id=book.ids[best], share=float(contributed[best]), marginal=float(left[best])))
    return tuple(named)


def _up_to(flow: Flow, shares: Figures, taken: Places) -> Figures:
    """Return the contributions where what reaches a chosen ancestor stops there."""
    cut = np.zeros(len(flow.book), dtype=np.bool_)
    cut[taken] = True
    return flow.up(shares, cut)


def _explained(flow: Flow, taken: Places) -> Figures:
    """Return the share of each animal's genes that comes from chosen ancestors, themselves included."""
    sources = np.zeros(len(flow.book))
    sources[taken] = 1.0
    return flow.down(sources, taken)


def _founders(book: Studbook, contributed: Figures) -> tuple[Contribution, ...]:
    places = np.flatnonzero(book.founders & (contributed > 0))
    order = places[np.argsort(-contributed[places], kind="stable")]
    shares = contributed[order].tolist()
    return tuple(
        Contribution(animal_id=book.ids[place], share=share, marginal=share)
        for place, share in zip(order.tolist(), shares, strict=True)
    )


def _effective(shares: Sequence[float], *, rest: bool = False) -> float:
    squares = sum(share * share for share in shares)
    if rest and shares:
        squares += max(0.0, 1 - sum(shares)) * shares[-1]
    return 1 / squares if squares else 0.0
