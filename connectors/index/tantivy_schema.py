"""How a document lies in tantivy: words that are analysed, keys that are not, and the whole of it as JSON."""

from pathlib import Path

import msgspec
import tantivy as engine

from reptidex.connectors.index.port import IndexDocument, fold, words_of

POSITION, DOCUMENT = "position", "document"
WORDS = "folded"


def open_index(folder: Path) -> engine.Index:
    """Open the index of a folder, or make it. Raises `ValueError` for one that is damaged or of another schema."""
    index = engine.Index(_schema(), path=str(folder))
    # Words come folded already (`words_of`); the engine has but to split them.
    index.register_tokenizer(WORDS, engine.TextAnalyzerBuilder(engine.Tokenizer.whitespace()).build())
    return index


def _schema() -> engine.Schema:
    schema = engine.SchemaBuilder()
    schema.add_text_field("mark", tokenizer_name="raw", index_option="basic")
    schema.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    schema.add_text_field("kind", fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("title", "tag_words", "text"):
        schema.add_text_field(name, tokenizer_name=WORDS, index_option="position")
    schema.add_text_field("tags", fast=True, tokenizer_name="raw", index_option="basic")
    schema.add_text_field("tag_keys", tokenizer_name="raw", index_option="basic")
    schema.add_text_field("facet_keys", tokenizer_name="raw", index_option="basic")
    schema.add_json_field("facets", fast=True, tokenizer_name="raw", index_option="basic")
    schema.add_integer_field("price", indexed=True, fast=True)
    schema.add_integer_field("updated", indexed=True, fast=True)
    schema.add_integer_field("version", stored=True)
    schema.add_bytes_field("source", stored=True)
    return schema.build()


def facet_key(name: str, value: str) -> str:
    """Return how a facet's value is compared."""
    return f"{name}={fold(value)}"


def document_of(document: IndexDocument) -> engine.Document:
    """Return a document as tantivy takes it."""
    made = engine.Document()
    made.add_text("mark", DOCUMENT)
    made.add_text("id", document.document_id)
    made.add_text("kind", document.kind)
    made.add_text("title", " ".join(words_of(document.title)))
    made.add_text("tag_words", " ".join(words_of(" ".join(document.tags))))
    made.add_text("text", " ".join(words_of(document.text)))
    for tag in sorted(set(document.tags)):
        made.add_text("tags", tag)
        made.add_text("tag_keys", fold(tag))
    for name, value in document.facets.items():
        made.add_text("facet_keys", facet_key(name, value))
    made.add_json("facets", {name: value for name, value in document.facets.items() if value})
    if document.price is not None:
        made.add_integer("price", document.price)
    made.add_integer("updated", int(document.updated_at.timestamp() * 1000))
    made.add_integer("version", document.version)
    made.add_bytes("source", msgspec.json.encode(document))
    return made


def position_document(position: str) -> engine.Document:
    """Return the one document that is no document: where the feeder stands."""
    made = engine.Document()
    made.add_text("mark", POSITION)
    made.add_bytes("source", position.encode())
    return made
