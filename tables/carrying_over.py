"""What a new generation takes over from the live one before it takes its place: the statements."""

from typing import Any

import sqlalchemy as sa

from reptidex.tables.projection import Part


def in_schema(part: Part, schema: str) -> sa.Table:
    """Return the table of a part as it stands in a schema (in SQLite: in an attached file)."""
    return part.row.sql.to_metadata(sa.MetaData(), schema=schema)


def take_over(part: Part, live: str, beside: str, *, cut: bool) -> list[Any]:
    """Return the statements that bring into the rebuilt table what the log does not tell of.

    Rows that are none of the log's business come over as they are; with `cut` (the log no longer reaches back to its beginning)
    so do those that only the live generation knows. Then come the columns that are carried.
    """
    old, new = in_schema(part, live), in_schema(part, beside)
    key = part.row.key_field
    names = [column.name for column in new.columns]
    statements: list[Any] = []
    if part.told is not None:
        statements.append(sa.delete(new).where(sa.not_(part.told(new.c))))
        untold = sa.select(old).where(sa.not_(part.told(old.c)))
        statements.append(sa.insert(new).from_select(names, untold))
    if cut:
        known = sa.select(new.c[key]).where(new.c[key] == old.c[key]).exists()
        told = part.told(old.c) if part.told is not None else sa.true()
        statements.append(sa.insert(new).from_select(names, sa.select(old).where(told, ~known)))
    carried = {**part.carried, **(part.carried_when_cut if cut else {})}
    if carried:
        same = [new.c[key] == old.c[key]] + ([part.told(new.c)] if part.told is not None else [])
        values = {name: expression(old.c, new.c) for name, expression in carried.items()}
        statements.append(sa.update(new).where(*same).values(values))
    return statements
