"""Which handlers hear a message, and which rows they will ask for."""

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, get_origin, get_type_hints

from reptidex.agents.agent import Agent, Died
from reptidex.streams.contract import Command, Message, command_topic
from reptidex.tables.row import Row


class Prefetch(NamedTuple):
    """A table and how to tell the key, or the keys, that a handler will ask for."""

    row: type[Row]
    keys: Callable[[Any], Any]
    many: bool


class Handler(NamedTuple):
    """One agent, ready to be called."""

    name: str
    call: Callable[[Any, Any], Any]
    speaks: bool
    """An async generator: it may publish events."""


class Route(NamedTuple):
    """All that happens to one kind of message."""

    handlers: tuple[Handler, ...]
    prefetch: tuple[Prefetch, ...]
    speaks: bool
    is_command: bool
    died: Died | None = None


NOBODY = Route((), (), False, False)


class Routing:
    """The routes of a service by name of message."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self._by_name: dict[str, Route] = {}
        heard: dict[type[Message], list[Agent]] = {}
        for agent in agents:
            for message in agent.hears:
                heard.setdefault(message, []).append(agent)
        for message, listeners in heard.items():
            self._by_name[message.contract.name] = _route(message, listeners)
        self.heard = tuple(heard)
        self.rows = tuple(dict.fromkeys(row for agent in agents for row in agent.prefetch))
        """The tables that the handlers say they ask for."""

    def route(self, name: str) -> Route:
        """Return what happens to a message; nothing, where nobody hears it."""
        return self._by_name.get(name, NOBODY)

    def topics(self, service: str) -> list[str]:
        """Return the topics to listen to: what is heard, and the commands of the service."""
        return sorted({message.contract.topic for message in self.heard} | {command_topic(service)})


def _route(message: type[Message], agents: Sequence[Agent]) -> Route:
    handlers = tuple(
        Handler(agent.name, agent.handle, inspect.isasyncgenfunction(inspect.unwrap(agent.handle))) for agent in agents
    )
    prefetch = tuple(
        Prefetch(row, keys, True) if callable(keys) else Prefetch(row, attrgetter(keys), _holds_keys(message, keys))
        for agent in agents
        for row, keys in agent.prefetch.items()
    )
    speaks = any(handler.speaks for handler in handlers)
    is_command = issubclass(message, Command)
    died = next((agent.died for agent in agents if agent.died is not None), None)
    return Route(handlers, prefetch, speaks, is_command, died)


def _holds_keys(message: type[Message], field: str) -> bool:
    """Say whether a field holds keys, not one key."""
    return get_origin(_hints(message).get(field)) is tuple


@cache
def _hints(message: type[Message]) -> dict[str, Any]:
    return get_type_hints(message)
