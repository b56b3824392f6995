"""What the subjects of events are called for a person who reads along: `animal Kiwi` in place of a key."""

import re

from reptidex.errors import UnknownContractError
from reptidex.streams.contract import message_class
from reptidex.streams.envelope import AnyEvent

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SAID = ("name", "display_name", "title")
"""The fields in which an event says what its subject is called."""


class Names:
    """Learns from events what things are called; what has no name goes by the end of its key (`order …ab58`)."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, event: AnyEvent) -> None:
        """Take the name that an event gives its subject, if it gives one."""
        for field in SAID:
            if isinstance(said := getattr(event.data, field, None), str) and said:
                self._known.setdefault(event.subject, said)

    def of(self, event: AnyEvent) -> str:
        """Return what to call an event's subject: its kind, by the key of its contract, and its name."""
        kind, _, key = event.subject.rpartition(":")
        if not UUID.fullmatch(key):
            return event.subject
        return f"{kind or _kind(event.type)} {self._known.get(key, f'…{key[-4:]}')}".strip()


def _kind(event_type: str) -> str:
    try:
        kind = message_class(event_type).contract.key.removesuffix("_id")
    except UnknownContractError:
        return ""
    return "" if kind == "subject" else kind
