"""Which founder an animal's inbreeding goes back to."""

from reptidex.domain.kinship import Pedigree
from reptidex.domain.studbook.arrays import Figures, np
from reptidex.domain.studbook.book import Studbook, with_unknown_founders
from reptidex.domain.studbook.flow import Flow

MOST = 1_000
"""Ancestors up to which the split is worked out: one table of their kinships per common founder."""


def partial_inbreeding(pedigree: Pedigree, animal: str, given: dict[str, float] | None = None) -> dict[str, float]:
    """Split an animal's F by the founder whose allele is carried twice (Lacy, Alaks & Walsh 1996); the parts sum to F.

    The unknown parent of an animal whose other parent is known counts as a founder, named `<animal>/sire` or `<animal>/dam`.
    Empty where a parent is unknown or more than `MOST` ancestors are known.
    """
    sire, dam = pedigree.get(animal, (None, None))
    lines = _above(pedigree, animal)
    if sire is None or dam is None or len(lines) > MOST:
        return {}
    book = Studbook(with_unknown_founders(lines))
    flow, inbred = Flow(book), book.figures(given or {})
    mine, theirs = book.place[sire], book.place[dam]
    parts: dict[str, float] = {}
    for founder in np.flatnonzero(book.founders).tolist():
        source = np.zeros(len(book))
        source[founder] = 1.0
        genes = flow.down(source)
        if genes[mine] and genes[theirs]:
            part = float(_kinship_through(book, founder, genes, float(inbred[founder]))[mine, theirs])
            if part:
                parts[book.ids[founder]] = part
    return dict(sorted(parts.items(), key=lambda each: (-each[1], each[0])))


def _kinship_through(book: Studbook, founder: int, genes: Figures, inbred: float) -> Figures:
    """Return the chance, for each pair of animals, that two alleles drawn from them are the same allele of one founder."""
    table = np.zeros((len(book), len(book)))
    table[founder, founder] = (1 + inbred) / 2
    for layer in book.layers[1:]:
        sires, dams = book.sires[layer], book.dams[layer]
        rows = (table[sires] + table[dams]) / 2
        among = (rows[:, sires] + rows[:, dams]) / 2
        np.fill_diagonal(among, (genes[layer] + table[sires, dams]) / 2)
        table[layer] = rows
        table[:, layer] = rows.T
        table[np.ix_(layer, layer)] = among
    return table


def _above(pedigree: Pedigree, animal: str) -> dict[str, tuple[str | None, str | None]]:
    """Return the piece of a pedigree that an animal's parents and their ancestors make up."""
    found: dict[str, tuple[str | None, str | None]] = {}
    todo = [parent for parent in pedigree.get(animal, (None, None)) if parent is not None]
    while todo:
        here = todo.pop()
        if here not in found:
            found[here] = pedigree.get(here, (None, None))
            todo += [parent for parent in found[here] if parent is not None]
    return found
