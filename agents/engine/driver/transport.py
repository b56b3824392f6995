"""The transport: aiokafka, with our consumer and producer."""

from typing import Any, ClassVar

from faust.transport.drivers import aiokafka as driver

from reptidex.agents.engine.driver.consumer import Consumer
from reptidex.agents.engine.sealing import BATCH_BYTES

LARGEST_REQUEST = 4 * 1024 * 1024


class Producer(driver.Producer):
    """Faust's producer as the owner of the client; the relay and the asker speak to the client itself."""

    def _settings_extra(self) -> dict[str, Any]:
        # Batches are sealed by the relay, so the client's own waiting for more would only add to it.
        return {"acks": "all", "linger_ms": 0, "max_batch_size": BATCH_BYTES, "max_request_size": LARGEST_REQUEST}

    @property
    def client(self) -> Any:
        """The aiokafka producer."""
        return self._ensure_producer()

    async def flush(self) -> None:
        """Do nothing: the relay knows what is under way, and waits for it where that matters."""


class Transport(driver.Transport):
    """`reptidex://host:port`."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
