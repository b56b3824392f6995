"""How much each vivarium keeps."""

from reptidex.tables.row import Row, stored


@stored("storage", key="vivarium_id")
class Storage(Row, frozen=True, kw_only=True):
    """What counts against a vivarium's plan: its uploads that are kept; what the platform draws is free.

    Changed with each file, so that two uploads of one moment are counted one after the other, whichever worker takes them in.
    """

    vivarium_id: str
    used_bytes: int = 0
