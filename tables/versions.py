"""The version of each aggregate, as the events say it (`sequence`): from 1 up, without a gap."""

from reptidex.tables.row import Row, stored


@stored("versions", key="subject")
class VersionRow(Row, frozen=True, kw_only=True):
    """How many events this service has published about one aggregate."""

    subject: str
    version: int
