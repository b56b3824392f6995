"""Writing a migration: what the rows say against what the revisions so far make, as a new revision."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code

from reptidex.tables.database import Database
from reptidex.tables.migrate import ENGINE, HERE, context, load_models, migrate, scripts
from reptidex.tables.row import StructJson, UtcDateTime

TEMPLATE = '''"""{message}"""

{imports}

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
{up}


def downgrade() -> None:
    """Take back."""
{down_code}
'''


async def make_migration(chain: str, message: str) -> Path | None:
    """Write the next revision of a chain (a service's short name, or `engine`), and return its file; None without a change.

    What is there is found out by applying the revisions so far to an empty SQLite database.
    """
    metadata = load_models(chain)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite+aiosqlite:///{folder}/now.db", worker=False)
        try:
            if scripts(chain) is not None:
                await migrate(database, chain)
            async with database.engine.connect() as connection:
                up, down = await connection.run_sync(_produce, chain, metadata)
        finally:
            await database.close()
    if up is None or down is None:
        return None
    return _write(chain, message, up, down)


def _produce(connection: sa.Connection, chain: str, metadata: sa.MetaData) -> tuple[str | None, str | None]:
    names = set(metadata.tables)

    def ours(_object: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
        # What the other chain made is none of this one's business; a table of ours that is gone has no place in METADATA
        # either, so a table is dropped by hand, in a revision written for it.
        return kind != "table" or name in names or not reflected

    view = context(
        connection,
        chain,
        include_object=ours,
        render_item=_render,
        target_metadata=metadata,
        sqlalchemy_module_prefix="sa.",
        alembic_module_prefix="op.",
        user_module_prefix=None,
    )
    script = produce_migrations(view, metadata)
    if script.upgrade_ops is None or script.downgrade_ops is None or script.upgrade_ops.is_empty():
        return None, None
    batch = connection.dialect.name == "sqlite"
    up = render_python_code(script.upgrade_ops, render_as_batch=batch, render_item=_render)
    down = render_python_code(script.downgrade_ops, render_as_batch=batch, render_item=_render)
    return up, down


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "UtcDateTime()"
    if kind == "type" and isinstance(thing, StructJson):
        return "StructJson(Any)"
    return False


def _write(chain: str, message: str, up: str, down: str) -> Path:
    script = scripts(chain)
    head = script.get_current_head() if script else None
    number = int(head[:4]) + 1 if head and head[:4].isdigit() else 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40] or "change"
    revision = f"{number:04d}"
    folder = (HERE if chain == ENGINE else HERE / chain) / "migrations" / "versions"
    folder.mkdir(parents=True, exist_ok=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").write_text(f'"""Revisions of the schema of {chain}."""\n')
    path = folder / f"{revision}_{slug}.py"
    sentence = message[:1].upper() + message[1:].rstrip(".") + "."
    made = TEMPLATE.format(
        message=sentence,
        imports=_imports(up + down),
        revision=revision,
        down=head,
        up=_body(up),
        down_code=_body(down),
    )
    path.write_text(made)
    if formatter := shutil.which("ruff", path=str(Path(sys.executable).parent)):
        subprocess.run([formatter, "format", "--quiet", str(path)], check=True)
    return path


def _imports(code: str) -> str:
    lines = []
    if "StructJson(Any)" in code:
        lines += ["from typing import Any", ""]
    if "sa." in code:
        lines.append("import sqlalchemy as sa")
    lines.append("from alembic import op")
    ours = [name for name in ("StructJson", "UtcDateTime") if f"{name}(" in code]
    if ours:
        lines += ["", f"from reptidex.tables.row import {', '.join(ours)}"]
    return "\n".join(lines)


def _body(code: str) -> str:
    kept = [line for line in code.splitlines() if not line.strip().startswith("# ###")]
    return (
        "\n".join(line if not line or line.startswith("    ") else f"    {line}" for line in kept).rstrip()
        or "    pass"
    )
