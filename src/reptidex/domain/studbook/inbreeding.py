"""Wright's F of every animal of a registry in one pass."""

from reptidex.domain.studbook.arrays import Figures, Places, np
from reptidex.domain.studbook.book import Studbook
from reptidex.domain.studbook.flow import Flow

MOST_BYTES = 1 << 30
"""What the table of kinships among the parents at work may take; a wider pedigree goes the slower way."""
BLOCK = 256


class TooWideError(Exception):
    """More animals are parents at one time than the table may hold."""


def inbreeding(book: Studbook, given: Figures | None = None) -> Figures:
    """Return F of each animal, 0 where a parent is unknown; `given` is the F of founders, where it is known."""
    founders = np.zeros(len(book)) if given is None else np.where(book.founders, given, 0.0)
    if not len(book):
        return founders
    try:
        return by_table(book, founders)
    except TooWideError:
        return by_flow(book, founders)


def by_table(book: Studbook, founders: Figures, most_bytes: int = MOST_BYTES) -> Figures:
    """Work down the layers with the kinships of those animals alone that still have young to come.

    It is the tabular method (Emik & Terrill 1949); an animal's row is dropped as soon as its last young has been reckoned.
    Raises `TooWideError`.
    """
    result = founders.copy()
    first, last = _use(book)
    table = _Table(most_bytes)
    slot: Places = np.zeros(len(book) + 1, dtype=np.intp)
    both = (book.sires >= 0) & (book.dams >= 0)
    # A founder waits until the layer before its first young; before that nobody is related to it.
    when = np.where(book.founders, np.maximum(first - 1, 0), book.layer)
    arriving, leaving = _by_layer(when), _by_layer(last)
    none: Places = np.zeros(0, dtype=np.intp)
    for layer in range(len(book.layers)):
        here = arriving.get(layer, none)
        pairs = here[both[here]]
        result[pairs] = table.kinship[slot[book.sires[pairs]], slot[book.dams[pairs]]]
        rows = here[last[here] > layer]
        if len(rows):
            slot[rows] = table.admit(slot[book.sires[rows]], slot[book.dams[rows]], result[rows])
        gone = leaving.get(layer, none)
        table.dismiss(slot[gone[last[gone] >= 0]])
    return result


def by_flow(book: Studbook, founders: Figures) -> Figures:
    """Work down the layers with one product A x per sire of a layer (Sargolzaei & Iwaisaki 2005, after Colleau 2002).

    Needs memory for a few columns only, however wide the pedigree is.
    """
    result, flow = founders.copy(), Flow(book)
    both = (book.sires >= 0) & (book.dams >= 0)
    for layer in book.layers:
        pairs = layer[both[layer]]
        mates, column = np.unique(book.sires[pairs], return_inverse=True)
        for start in range(0, len(mates), BLOCK):
            block = mates[start : start + BLOCK]
            shares = np.zeros((len(book), len(block)))
            shares[block, np.arange(len(block))] = 1.0
            related = flow.related(shares, result)
            mine = (column >= start) & (column < start + BLOCK)
            result[pairs[mine]] = related[book.dams[pairs[mine]], column[mine] - start] / 2
    return result


def _use(book: Studbook) -> tuple[Places, Places]:
    """Return the first and the last layer in which each animal has young; -1 for one without."""
    first: Places = np.full(len(book), len(book.layers), dtype=np.intp)
    last: Places = np.full(len(book), -1, dtype=np.intp)
    for parents in (book.sires, book.dams):
        known = parents >= 0
        np.minimum.at(first, parents[known], book.layer[known])
        np.maximum.at(last, parents[known], book.layer[known])
    return first, last


def _by_layer(layer: Places) -> dict[int, Places]:
    order = np.argsort(layer, kind="stable")
    numbers, starts = np.unique(layer[order], return_index=True)
    return {int(number): part for number, part in zip(numbers, np.split(order, starts[1:]), strict=True)}


def _blocks(count: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]


class _Table:
    """Kinships among the animals at work. Slot 0 stands for the unknown parent, who is related to nobody."""

    def __init__(self, most_bytes: int) -> None:
        self._most = int((most_bytes / 8) ** 0.5)
        self.kinship: Figures = np.zeros((64, 64))
        self._free: list[int] = list(range(63, 0, -1))
        self._end = 1
        """No slot from here on has ever been used."""

    def admit(self, sires: Places, dams: Places, inbreeding: Figures) -> Places:
        """Write the rows of animals whose parents stand in these slots, and return their own slots."""
        count = len(sires)
        self._grow(count)
        slots: Places = np.array([self._free.pop() for _ in range(count)], dtype=np.intp)
        self._end = max(self._end, int(slots.max()) + 1)
        table, end = self.kinship, self._end
        rows, among = np.empty((count, end)), np.empty((count, count))
        for part in _blocks(count):
            np.add(table[sires[part], :end], table[dams[part], :end], out=rows[part])
        rows /= 2
        # Rows of the transpose lie in one piece; columns of the rows do not.
        columns = np.ascontiguousarray(rows.T)
        for part in _blocks(count):
            np.add(columns[sires[part]], columns[dams[part]], out=among[part])
        among /= 2
        np.fill_diagonal(among, (1 + inbreeding) / 2)
        for part in _blocks(end):
            table[part, slots] = columns[part]
        rows[:, slots] = among
        table[slots, :end] = rows
        return slots

    def dismiss(self, slots: Places) -> None:
        """Let the rows of animals go that have no more young to come."""
        self._free.extend(slots.tolist())

    def _grow(self, count: int) -> None:
        if count <= len(self._free):
            return
        size = len(self.kinship)
        wanted = max(2 * size, size + count - len(self._free))
        if wanted > self._most:
            wanted = size + count - len(self._free)
            if wanted > self._most:
                raise TooWideError
        wider = np.zeros((wanted, wanted))
        wider[:size, :size] = self.kinship
        self.kinship = wider
        self._free = [*range(wanted - 1, size - 1, -1), *self._free]
