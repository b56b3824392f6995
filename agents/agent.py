"""How an agent is written: a small function of a message and its unit of work that yields events.

    @agent(RegisterAnimal, prefetch={Animal: "animal_id"})
    async def register_animal(command: RegisterAnimal, unit: Unit) -> AsyncIterator[Event]:
        '''Register an animal.'''
        if await unit.get(Animal, command.animal_id):
            raise AnimalExistsError(command.animal_id)
        unit.put(Animal(animal_id=command.animal_id, ...))
        unit.answer(AnimalView(...))
        yield AnimalCreated(...)

What holds for a handler:
- it is run once per message as far as the database is concerned: its writes, its events, its effects, its timers and the
  position of the message are committed together or not at all;
- raising a `DomainError` in a command handler undoes what this message did, and is the asker's answer;
- raising an error with `retriable` parks the message under its key and tries it again with backoff until its deadline;
- any other exception sends the message to the dead letters with its cause; later messages of the same key wait;
- where the agent names a `died`, the death of a command that the service gave itself (a timer's, an effect's outcome) is noted
  by that function, in the transaction that keeps the letter: nothing waits behind it, and a `DomainError` leaves a letter too;
- a handler that never yields an event is a plain coroutine (`async def f(message, unit) -> None`);
- it does no input or output: no network, no clock, no randomness. `unit.now`, `unit.new_id()`, effects and timers stand in.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from reptidex.streams.contract import Command, Event, Message
from reptidex.streams.envelope import AnyEvent
from reptidex.tables.query import Query
from reptidex.tables.row import Row

R = TypeVar("R", bound=Row)
M = TypeVar("M", bound=Message)


class Unit(Protocol):
    """The unit of work as one handler sees it. Reads see what this and earlier messages of the unit wrote."""

    @property
    def now(self) -> datetime:
        """The time of the message being handled (UTC): never the wall clock, so that a re-run decides alike."""

    @property
    def cause(self) -> AnyEvent:
        """The message being handled with its context: who acts, for which vivarium, under which correlation id."""

    def belongs_to(self, correlation_id: str) -> None:
        """Say that what this message causes from here on belongs to an earlier request, as a provider's webhook does."""

    async def get(self, row: type[R], key: str) -> R | None:
        """Return the row with this key, or None. Free of a round trip where the agent's `prefetch` names it."""

    async def get_many(self, row: type[R], keys: Iterable[str]) -> dict[str, R]:
        """Return the rows with these keys that are there, in one round trip at most; nothing is flushed for it."""

    async def need(self, row: type[R], key: str) -> R:
        """Return the row with this key.

        Raises `NotFoundError`.
        """

    async def find(self, query: Query[R]) -> list[R]:
        """Return the rows that a query finds, this unit's own writes included. Costs a round trip."""

    def put(self, row: Row) -> None:
        """Write a row whole: insert it, or replace the one with its key."""

    def delete(self, row: type[Row], key: str) -> None:
        """Delete the row with this key, if it is there."""

    def answer(self, value: msgspec.Struct) -> None:
        """Say what the asker of this command gets: the body of the HTTP answer, kept for repeats of the request."""

    def effect(self, effect: "Effect") -> None:
        """Have an act in the outside world carried out after the commit, at least once, with a derived idempotency key."""

    def timer(self, name: str, at: datetime, command: Command) -> None:
        """Have a command of this service handled at a time, once. A timer of the same name is replaced."""

    def cancel_timer(self, name: str) -> None:
        """Drop a timer, if it has not fired."""

    def new_id(self) -> str:
        """Return a fresh UUIDv7, derived from the message being handled: a re-run gets the same."""


Died = Callable[[Any, Exception, Unit], Awaitable[None]]
"""Notes that a command could not be handled, and why: what is shown to whoever waits for it."""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A handler bound to the messages it hears."""

    name: str
    hears: tuple[type[Message], ...]
    handle: Callable[..., Any]
    prefetch: Mapping[type[Row], str | Callable[[Any], Sequence[str]]]
    """Rows that the handler will ask for: the message's field with the key or the keys, or a function that names the keys."""
    died: Died | None = None
    why: str
    """The first line of the handler's docstring; the documentation and the graph show it."""


Prefetch = Mapping[type[Row], "str | Callable[[Any], Sequence[str]]"]


Function = Callable[[Any, Unit], AsyncIterator[Event]] | Callable[[Any, Unit], Awaitable[None]]


def agent(
    *hears: type[Message], prefetch: Prefetch | None = None, died: Died | None = None
) -> Callable[[Function], Agent]:
    """Bind a function to the messages it hears. Several agents of a service may hear one event: all run, in order."""

    def decorate(function: Function) -> Agent:
        why = (function.__doc__ or "").strip().split("\n")[0]
        name, fetched = function.__name__, dict(prefetch or {})
        return Agent(name=name, hears=hears, handle=function, prefetch=fetched, died=died, why=why)

    return decorate


class Effect(msgspec.Struct, frozen=True, kw_only=True, tag_field="effect"):
    """An intended act in the outside world (a mail, a charge, an upload, a REST call that changes something elsewhere).

    Subclasses are plain frozen structs; what they hold is stored in the service's database until it is done.
    """


class Call(Protocol):
    """What a carrier knows of the attempt it makes."""

    @property
    def idempotency_key(self) -> str:
        """Derived from the message and the ordinal that asked for the effect: the same on every attempt."""

    @property
    def attempt(self) -> int:
        """1 on the first attempt."""

    @property
    def cause(self) -> AnyEvent:
        """The message whose handler asked for the effect, without its payload: actor, vivarium, correlation."""

    @property
    def ports(self) -> Any:
        """The service's connectors, as its manifest built them."""


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A function that carries out one kind of effect."""

    effect: type[Effect]
    carry: Callable[[Any, Call], Awaitable[Command | None]]
    failed: Callable[[Any, str], Command | None] | None
    attempts: int


E = TypeVar("E", bound=Effect)


def carries_out(
    effect: type[E], *, attempts: int = 8, failed: Callable[[E, str], Command | None] | None = None
) -> Callable[[Callable[[E, Call], Awaitable[Command | None]]], Carrier]:
    """Bind a coroutine to a kind of effect.

    It returns a command of the own service that tells the outcome (handled in one transaction with the effect's end), or
    None. A `retriable` error is tried again with backoff up to `attempts` times; after that, or on any other error,
    `failed(effect, cause)` names the command to handle instead.
    """

    def decorate(function: Callable[[E, Call], Awaitable[Command | None]]) -> Carrier:
        return Carrier(effect=effect, carry=function, failed=failed, attempts=attempts)

    return decorate


__all__ = ["Agent", "Call", "Carrier", "Died", "Effect", "Unit", "agent", "carries_out"]
