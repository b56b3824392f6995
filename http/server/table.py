"""Which endpoint a request goes to: a tree of path segments, walked once for the path and not once for each route."""

from collections.abc import Iterator
from typing import Generic, TypeVar
from urllib.parse import unquote

from reptidex.http.server.refusals import MethodError, NoRouteError

E = TypeVar("E")


class _Node(Generic[E]):
    """What may follow a segment, and what is served where the path ends here."""

    __slots__ = ("here", "parameter", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node[E]] = {}
        self.parameter: _Node[E] | None = None
        self.here: dict[str, tuple[E, tuple[int, ...]]] = {}
        """By method: the endpoint, and which segments are its parameters."""


class Table(Generic[E]):
    """The endpoints of a service by method and path. Words come before parameters: `/files/search` is no `/files/{file_id}`."""

    def __init__(self) -> None:
        self._root: _Node[E] = _Node()

    def add(self, method: str, path: str, endpoint: E) -> None:
        """Serve an endpoint at a path (`/animals/{animal_id}`); what answers GET answers HEAD."""
        node, places = self._root, []
        for place, part in enumerate(path.split("/")):
            if part.startswith("{"):
                places.append(place)
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.words.setdefault(part, _Node())
        node.here[method] = endpoint, tuple(places)
        if method == "GET":
            node.here["HEAD"] = node.here[method]

    def find(self, method: str, raw_path: str) -> tuple[E, list[str]]:
        """Return the endpoint of a path as it was sent (percent-encoded), and the values of its parameters in order.

        Raises `NoRouteError` where nothing is served, `MethodError` where other methods are.
        """
        parts, node = raw_path.split("/"), self._root
        for part in parts:
            following = node.words.get(part) or (node.parameter if part else None)
            if following is None:
                break
            node = following
        else:
            if method in node.here:
                return self._found(node, method, parts)
        leaves = list(_leaves(self._root, parts, 0))
        for leaf in leaves:
            if method in leaf.here:
                return self._found(leaf, method, parts)
        allowed = {each for leaf in leaves for each in leaf.here}
        if not allowed:
            raise NoRouteError
        raise MethodError(", ".join(sorted(allowed | {"OPTIONS"})))

    @staticmethod
    def _found(node: _Node[E], method: str, parts: list[str]) -> tuple[E, list[str]]:
        endpoint, places = node.here[method]
        values = [parts[place] for place in places]
        return endpoint, [unquote(value) if "%" in value else value for value in values]


def _leaves(node: _Node[E], parts: list[str], at: int) -> Iterator[_Node[E]]:
    """Yield the nodes at which a path may end, the most exact first."""
    if at == len(parts):
        yield node
        return
    if (word := node.words.get(parts[at])) is not None:
        yield from _leaves(word, parts, at + 1)
    if parts[at] and node.parameter is not None:
        yield from _leaves(node.parameter, parts, at + 1)
