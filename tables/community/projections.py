"""What of repti-community's rows the log tells of."""

from typing import Any

import sqlalchemy as sa

from reptidex.tables.community.models import ERASED, Document
from reptidex.tables.projection import Part

BY_HAND = ("admin", "suspended")
"""Reasons to hide a document that the log does not tell: one is a command, and of the other the topic forgets after a month."""


def _hidden(live: Any, rebuilt: Any) -> Any:
    """Return the reasons of both, in their alphabet, as they are written into a row."""
    said = ((word, live if word in BY_HAND else rebuilt) for word in ("admin", ERASED, "moderation", "suspended"))
    words = [sa.case((row.hidden.contains(word), f"{word} "), else_="") for word, row in said]
    return sa.func.trim(words[0] + words[1] + words[2] + words[3])


SEARCH = Part(
    row=Document,
    # Posts are written by commands; their words are in no event.
    told=lambda document: document.kind != "post",
    carried={
        # What is under way to the index bears the old revision: the rebuilt rows are newer than that.
        "revision": lambda live, rebuilt: live.revision + 1,
        "indexed_revision": lambda live, rebuilt: live.indexed_revision,
        "told_visible": lambda live, rebuilt: sa.or_(live.told_visible, rebuilt.told_visible),
        "missed": lambda live, rebuilt: live.missed,
        "hidden": lambda live, rebuilt: _hidden(live, rebuilt),
        # Also moved by what a person does by hand.
        "updated_at": lambda live, rebuilt: sa.case(
            (live.updated_at > rebuilt.updated_at, live.updated_at), else_=rebuilt.updated_at
        ),
    },
)
"""The documents that can be found; the index files follow from them."""
