"""The one way to say something on the log, and who may say what."""

from collections.abc import Sequence
from typing import Protocol

from reptidex.errors import ForeignContractError, UnknownContractError
from reptidex.streams.contract import Contract, message_class
from reptidex.streams.envelope import AnyEvent


class Publisher(Protocol):
    """Puts events on the log."""

    async def publish(self, events: Sequence[AnyEvent], *, service: str) -> None:
        """Publish in the name of a service; return when the log has acknowledged all of them.

        Every event goes to the topic of its contract under its `subject` as the key; events of one key keep their order.
        All are checked before the first is sent, so a refusal publishes nothing. After `UnavailableError` some may be on
        the log: publish the same events again, readers drop those that they have seen by their `id`.
        Raises `UnknownContractError`, `ForeignContractError`, `ContractError`, `UnavailableError`.
        """


def check_publishable(name: str, service: str) -> Contract:
    """Return the contract of an event that a service (short or full name) may publish.

    Raises `UnknownContractError` for a name that is no event, `ForeignContractError` for an event of another service.
    """
    contract = message_class(name).contract
    if contract.kind != "event":
        raise UnknownContractError(name)
    if contract.service != service.removeprefix("repti-"):
        raise ForeignContractError(name, f"repti-{contract.service}", service)
    return contract
