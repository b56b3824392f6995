"""The search index."""

from reptidex.connectors.index.port import SearchIndex
from reptidex.settings import Settings


def search_index(settings: Settings, name: str = "search") -> SearchIndex:
    """Open the index of this worker, in a directory under the state directory."""
    from reptidex.connectors.index.tantivy import TantivyIndex

    return TantivyIndex(settings.state / "index" / name)
