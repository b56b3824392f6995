"""A unit that has been handled and waits for its commit."""

from collections.abc import Mapping, Sequence

import msgspec

from reptidex.agents.engine.inputs import Input
from reptidex.agents.engine.intake import Fetch, Intake
from reptidex.agents.engine.outcome import Lane, Outcome
from reptidex.agents.engine.working_set import Rows
from reptidex.tables.store import Changes


class Prepared(msgspec.Struct, frozen=True):
    """Everything of one unit between its last handler and its commit."""

    fetch: Fetch
    internal: Sequence[Input]
    intake: Intake
    blocking: Mapping[Lane, int]
    """How many letters more (or fewer) keep each lane waiting after this unit."""
    changes: Changes
    written: Rows
    outcome: Outcome

    @property
    def plain(self) -> bool:
        """Whether the next unit may be handled before this one is committed.

        It may not where this one changes which messages have to wait (letters), or takes in what is not from the log.
        """
        return not (self.internal or self.intake.unreadable or self.blocking)
