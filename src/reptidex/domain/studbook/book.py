"""A pedigree as arrays, in layers: parents always stand in an earlier layer than their young."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from reptidex.domain.kinship import Parents, Pedigree, oldest_first
from reptidex.domain.studbook.arrays import Figures, Marks, Places, np

UNKNOWN = -1
ROUNDS = 64
"""So many layers are found by array passes; a deeper pedigree is sorted instead."""


class Studbook:
    """Animals by place, with their parents' places; `UNKNOWN` where a parent is not known.

    An animal that is named only as a parent is a founder. Raises `LineageCycleError`.
    """

    def __init__(self, pedigree: Pedigree) -> None:
        self.ids = list(pedigree)
        place = self.place = {animal: number for number, animal in enumerate(self.ids)}
        for parents in pedigree.values():
            for parent in parents:
                if parent is not None and parent not in place:
                    place[parent] = len(self.ids)
                    self.ids.append(parent)
        unnamed = [UNKNOWN] * (len(self.ids) - len(pedigree))
        sires = [UNKNOWN if sire is None else place[sire] for sire, _ in pedigree.values()]
        dams = [UNKNOWN if dam is None else place[dam] for _, dam in pedigree.values()]
        self.sires: Places = np.array(sires + unnamed, dtype=np.intp)
        self.dams: Places = np.array(dams + unnamed, dtype=np.intp)
        self.layer = self._layers(pedigree)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def layers(self) -> list[Places]:
        """The places of each layer, oldest first."""
        order = np.argsort(self.layer, kind="stable")
        bounds = np.searchsorted(self.layer[order], np.arange(1, int(self.layer.max(initial=0)) + 1))
        return [np.asarray(part, dtype=np.intp) for part in np.split(order, bounds)]

    @property
    def founders(self) -> Marks:
        """Which animals have no known parent."""
        return (self.sires < 0) & (self.dams < 0)

    def figures(self, known: Mapping[str, float]) -> Figures:
        """Return figures that are known by id as an array; 0 for the rest."""
        array = np.zeros(len(self))
        for animal, figure in known.items():
            if animal in self.place:
                array[self.place[animal]] = figure
        return array

    def places_of(self, animals: Iterable[str]) -> Places:
        """Return the places of animals, in their order. Raises `KeyError` for one that is not in the pedigree."""
        return np.array([self.place[animal] for animal in animals], dtype=np.intp)

    def _layers(self, pedigree: Pedigree) -> Places:
        # One place more than there are animals: `UNKNOWN` points at it, a layer below the first.
        layer: Places = np.zeros(len(self) + 1, dtype=np.intp)
        layer[-1] = -1
        for _ in range(ROUNDS):
            deeper = np.maximum(layer[self.sires], layer[self.dams]) + 1
            if np.array_equal(deeper, layer[:-1]):
                return layer[:-1]
            layer[:-1] = deeper
        for animal in oldest_first(pedigree):
            here = self.place[animal]
            layer[here] = max(layer[self.sires[here]], layer[self.dams[here]]) + 1
        return layer[:-1]


def with_unknown_founders(pedigree: Pedigree) -> dict[str, Parents]:
    """Give each animal with one known parent a founder of its own as the other, named `<animal>/sire` or `<animal>/dam`.

    What half a pedigree contributes is then somebody's, and all contributions sum to 1 (Boichard et al. 1997).
    """
    whole: dict[str, Parents] = {}
    for animal, (sire, dam) in pedigree.items():
        if (sire is None) != (dam is None):
            whole[animal] = (sire or f"{animal}/sire", dam or f"{animal}/dam")
        else:
            whole[animal] = (sire, dam)
    return whole
