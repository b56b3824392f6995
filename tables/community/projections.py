"""What of repti-community's rows the log tells of."""

import sqlalchemy as sa

from reptidex.tables.community.models import Document
from reptidex.tables.projection import Part

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
        "hidden": lambda live, rebuilt: sa.case((live.hidden == "admin", "admin"), else_=rebuilt.hidden),
        # Also moved by what a person does by hand.
        "updated_at": lambda live, rebuilt: sa.case(
            (live.updated_at > rebuilt.updated_at, live.updated_at), else_=rebuilt.updated_at
        ),
    },
)
"""The documents that can be found; the index files follow from them."""
