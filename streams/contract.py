"""What a contract is, and the registry of all of them.

An event is a frozen struct with the decorator `event`; a command with `command`. The class name is the event name in
capitals (`breeding.clutch.created` is `BreedingClutchCreated`), the module it stands in is the service that publishes it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

import msgspec

from reptidex.errors import ContractError, UnknownContractError

NAME = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)+")
"""The naming law: lower-case words joined by dots, so that `.` to `-` (the SNS name) can be undone."""

M = TypeVar("M", bound="Message")


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue knows of one message class."""

    name: str
    service: str
    key: str
    """The field that holds the aggregate's id: the Kafka key and the CloudEvents `subject`."""
    version: int
    topic: str
    kind: str
    """`event` or `command`."""

    @property
    def sns(self) -> str:
        """The name of the SNS topic: dots become dashes."""
        return self.name.replace(".", "-")

    @property
    def schema(self) -> str:
        """The value of CloudEvents `dataschema`, which has to be an absolute URI: name and version as a URN."""
        return f"urn:reptidex:{self.name}/{self.version}"


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A payload on the log. Its contract hangs on the class as `contract`.

    Fields that hold their default are left out of the bytes; a default therefore never changes.
    """

    contract: ClassVar[Contract]

    @property
    def key(self) -> str:
        """The id of the aggregate that this message is about."""
        value: str = getattr(self, self.contract.key)
        return value


class Event(Message, frozen=True, kw_only=True):
    """Something that happened."""


class Command(Message, frozen=True, kw_only=True):
    """Something that a person, a timer or an effect asks one service to do; only that service hears it."""


_by_name: dict[str, type[Message]] = {}


def _service_of(cls: type) -> str:
    return cls.__module__.rsplit(".", 1)[-1]


def _register(cls: type[M], contract: Contract) -> type[M]:
    if not NAME.fullmatch(contract.name):
        raise ContractError(f"{contract.name!r} is not a contract name: lower-case words joined by dots")
    if contract.key not in cls.__struct_fields__:
        raise ContractError(f"{contract.name}: the key field {contract.key!r} is not a field of {cls.__name__}")
    if contract.name in _by_name:
        raise ContractError(f"{contract.name} is defined twice")
    cls.contract = contract
    _by_name[contract.name] = cls
    return cls


def event(name: str, *, key: str, version: int = 1, service: str | None = None) -> Callable[[type[M]], type[M]]:
    """Register an event class under its contract name.

    Raises `ContractError` where the class name is not the event name in capitals, or the name is taken or malformed.
    """

    def decorate(cls: type[M]) -> type[M]:
        if cls.__name__ != "".join(word.capitalize() for word in name.split(".")):
            raise ContractError(f"the class of {name} is called {cls.__name__}")
        owner = service or _service_of(cls)
        return _register(cls, Contract(name=name, service=owner, key=key, version=version, topic=name, kind="event"))

    return decorate


def command(*, key: str, service: str | None = None) -> Callable[[type[M]], type[M]]:
    """Register a command class; its name on the wire is `<service>.commands.<class name in lower case>`."""

    def decorate(cls: type[M]) -> type[M]:
        owner = service or _service_of(cls)
        name = f"{owner}.commands.{cls.__name__.lower()}"
        topic = command_topic(owner)
        return _register(cls, Contract(name=name, service=owner, key=key, version=1, topic=topic, kind="command"))

    return decorate


def command_topic(service: str) -> str:
    """Return the topic that carries the commands of a service (short name, `animal`)."""
    return f"repti-{service}.commands"


def message_class(name: str) -> type[Message]:
    """Return the class of a contract name.

    Raises `UnknownContractError`.
    """
    try:
        return _by_name[name]
    except KeyError:
        raise UnknownContractError(name) from None


def messages(kind: str | None = None, service: str | None = None) -> Iterator[type[Any]]:
    """Yield the registered classes in order of name, of one kind and one service where asked."""
    for name in sorted(_by_name):
        cls = _by_name[name]
        if kind in (None, cls.contract.kind) and service in (None, cls.contract.service):
            yield cls
