"""Our queries in tantivy's terms."""

from typing import Any

import tantivy as engine
from tantivy import FieldType, Occur, Query

from reptidex.connectors.index.port import IndexQuery, errors_forgiven, fold
from reptidex.connectors.index.tantivy_schema import DOCUMENT, facet_key

WEIGHTS = {"title": 3.0, "tag_words": 2.0, "text": 1.0}


class Queries:
    """Builds queries over one schema."""

    def __init__(self, schema: engine.Schema) -> None:
        self._schema = schema

    def documents(self) -> Query:
        """Return the query that finds every document."""
        return self._term("mark", DOCUMENT)

    def of(self, query: IndexQuery, words: list[str], *, forgiving: bool) -> Query:
        """Return the query for these words under all filters; filters do not count for the score."""
        filters = [self.documents()]
        if query.kinds:
            filters.append(Query.term_set_query(self._schema, "kind", list(query.kinds)))
        filters += [self._term("facet_keys", facet_key(name, value)) for name, value in query.facets.items()]
        if query.tag is not None:
            filters.append(self._term("tag_keys", fold(query.tag)))
        least, most = query.price
        if least is not None or most is not None:
            bounds: dict[str, Any] = {"lower_bound": least, "upper_bound": most}
            filters.append(Query.range_query(self._schema, "price", FieldType.Integer, **bounds))
        parts = [(Occur.Must, Query.const_score_query(each, 0.0)) for each in filters]
        for place, word in enumerate(words):
            parts.append((Occur.Must, self._word(word, place == len(words) - 1, forgiving)))
        return Query.boolean_query(parts)

    def titles(self, words: list[str]) -> Query:
        """Return the query for titles with words that begin so."""
        parts = [(Occur.Must, self._begins("title", word)) for word in words]
        return Query.boolean_query([(Occur.Must, Query.const_score_query(self.documents(), 0.0)), *parts])

    def _word(self, word: str, last: bool, forgiving: bool) -> Query:
        ways = []
        for field, weight in WEIGHTS.items():
            ways.append(Query.boost_query(self._term(field, word), weight))
            if last:
                ways.append(Query.boost_query(self._begins(field, word), weight / 10))
            if forgiving and (errors := errors_forgiven(word)):
                near = Query.fuzzy_term_query(self._schema, field, word, distance=errors)
                ways.append(Query.boost_query(near, weight / 20))
        return Query.disjunction_max_query(ways)

    def _begins(self, field: str, word: str) -> Query:
        return Query.fuzzy_term_query(self._schema, field, word, distance=0, prefix=True)

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value, index_option="basic")
