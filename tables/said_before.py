"""What a service had said before its database was restored from a backup: it is on the log, so it is not said again.

Empty, unless `reptidex restored` has filled it. Ids go by age, as the inbox's do.
"""

from datetime import timedelta

import sqlalchemy as sa

from reptidex.tables.driver import Lookup
from reptidex.tables.row import METADATA, UtcDateTime

KEPT = timedelta(days=15)

said_before = sa.Table(
    "said_before",
    METADATA.setdefault("engine", sa.MetaData()),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("restored_at", UtcDateTime, nullable=False, index=True),
)

IDS = Lookup("SELECT message_id FROM said_before")
