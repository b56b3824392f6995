"""The bridge's producer: whatever goes wrong, who waits for records hears of it."""

from typing import Any

from reptidex.connectors.bridge.ports import Said
from reptidex.errors import UnavailableError
from reptidex.platform.bridge.log_writer import LogWriter
from reptidex.settings import Settings


class Broken:
    """A client that fails in a way that nobody foresaw."""

    def create_batch(self) -> Any:
        """Fail."""
        raise RuntimeError("an unforeseen state")


async def test_an_unforeseen_failure_of_the_client_is_told_to_every_caller() -> None:
    writer = LogWriter(Settings())
    writer._producer = Broken()
    said = [Said("animal.created", key, b"{}", ()) for key in ("a", "b", "c")]

    errors = await writer.put(said)

    assert [type(error) for error in errors] == [UnavailableError] * 3
