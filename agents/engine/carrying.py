"""One attempt to carry out an effect."""

from functools import cached_property
from typing import Any, TypeVar

import msgspec

from reptidex.agents.agent import Effect
from reptidex.streams.envelope import AnyEvent, CloudEvent
from reptidex.tables.effects import EffectRow

E = TypeVar("E", bound=Effect)

_cause_decoder = msgspec.json.Decoder(CloudEvent[Any])


class Attempt:
    """What a carrier knows of the attempt it makes: the `Call` of `agents/agent.py`."""

    def __init__(self, row: EffectRow, ports: Any) -> None:
        self._row, self._ports = row, ports

    @property
    def idempotency_key(self) -> str:
        return self._row.effect_id

    @property
    def attempt(self) -> int:
        return self._row.attempts + 1

    @cached_property
    def cause(self) -> AnyEvent:
        return _cause_decoder.decode(self._row.cause)

    @property
    def ports(self) -> Any:
        return self._ports


def effect_of(row: EffectRow, kind: type[E]) -> E:
    """Read an effect back as it was asked for."""
    return msgspec.json.decode(row.body, type=kind)
