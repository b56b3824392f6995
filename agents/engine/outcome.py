"""What a committed unit leaves to be done: things to send, to answer, to carry out, to wait for."""

from collections.abc import Mapping, Sequence

import msgspec

from reptidex.tables.answers import AnswerRow
from reptidex.tables.dead_letters import DeadLetterRow
from reptidex.tables.effects import EffectRow
from reptidex.tables.outbox import Batch
from reptidex.tables.timers import TimerRow

Lane = tuple[str, str]


class Outcome(msgspec.Struct, kw_only=True):
    """The result of one unit of work, after its commit."""

    messages: int
    """How many messages were handled."""
    batches: Sequence[Batch] = ()
    answers: Mapping[str, AnswerRow] = {}
    """By command id; repeats of an answered command are in it too."""
    refusals: Mapping[str, Exception] = {}
    """The errors with which commands were refused in this unit, as their handlers raised them."""
    effects: Sequence[EffectRow] = ()
    timers: Mapping[str, TimerRow | None] = {}
    """Timers set, and None for those that are gone."""
    letters: Sequence[DeadLetterRow] = ()
    """Letters written: to be tried again, parked or dead."""
    released: frozenset[Lane] = frozenset()
    """Lanes whose first letter has been handled, or that heard something new: the letters behind may go on."""
