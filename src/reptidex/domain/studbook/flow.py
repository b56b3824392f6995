"""How genes flow: products with the relationship matrix A without ever writing it down (Colleau 2002).

A = T D T', where T holds the share of each ancestor's genes in each animal, and D the variance that is new in each animal
(Mendelian sampling). One product costs two passes over the pedigree, whatever the size of A.
"""

from typing import NamedTuple

from reptidex.domain.studbook.arrays import Figures, Marks, Places, np
from reptidex.domain.studbook.book import Studbook


class _Sums(NamedTuple):
    """How the young of one layer are summed up by parent."""

    young: Places
    starts: Places
    parents: Places


class Flow:
    """Gene flow through one pedigree."""

    def __init__(self, book: Studbook) -> None:
        self.book = book
        self._sums = [(_by_parent(layer, book.sires), _by_parent(layer, book.dams)) for layer in book.layers]

    def up(self, shares: Figures, cut: Marks | None = None) -> Figures:
        """Return T' x: what each ancestor contributes to animals that count with these shares (one column or several).

        Nothing flows past an animal that is `cut` off from its parents.
        """
        flowing = np.array(shares, dtype=np.float64)
        for roles in reversed(self._sums):
            for young, starts, parents in roles:
                if len(parents):
                    given = flowing[young]
                    if cut is not None:
                        given[cut[young]] = 0.0
                    flowing[parents] += np.add.reduceat(given, starts, axis=0) / 2
        return flowing

    def down(self, sources: Figures, fixed: Places | None = None) -> Figures:
        """Return T x: what each animal carries of what its ancestors hold of their own. `fixed` animals keep what they have."""
        carried = np.array(sources, dtype=np.float64)
        kept = carried[fixed] if fixed is not None else None
        for roles in self._sums:
            for (young, _, _), parents in zip(roles, (self.book.sires, self.book.dams), strict=True):
                carried[young] += carried[parents[young]] / 2
            if fixed is not None:
                carried[fixed] = kept
        return carried

    def related(self, shares: Figures, inbreeding: Figures) -> Figures:
        """Return A x: each animal's relationship (twice its kinship) to a mixture of animals."""
        own = sampling(self.book, inbreeding)
        flowing = self.up(shares)
        flowing *= own if flowing.ndim == 1 else own[:, None]
        return self.down(flowing)


def sampling(book: Studbook, inbreeding: Figures) -> Figures:
    """Return the diagonal of D: 1/2 - (F_s + F_d)/4 for two known parents, 3/4 - F_p/4 for one, 1 + F for a founder."""
    padded = np.append(inbreeding, 0.0)
    known = (book.sires >= 0).astype(np.float64) + (book.dams >= 0)
    new: Figures = 1 - known / 4 - (padded[book.sires] + padded[book.dams]) / 4
    founders = book.founders
    new[founders] = 1 + inbreeding[founders]
    return new


def _by_parent(layer: Places, parents: Places) -> _Sums:
    known = layer[parents[layer] >= 0]
    order = known[np.argsort(parents[known], kind="stable")]
    named, starts = np.unique(parents[order], return_index=True)
    return _Sums(order, np.asarray(starts, dtype=np.intp), np.asarray(named, dtype=np.intp))
