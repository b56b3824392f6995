"""Make a registered user a platform administrator: a command on the log, as everything that changes state."""

import asyncio
import uuid
from datetime import UTC, datetime

import aiokafka

from reptidex.services.core import grant_admin
from reptidex.settings import Settings
from reptidex.streams.codec import encode
from reptidex.streams.envelope import CloudEvent


async def grant(settings: Settings, email: str, *, give: bool) -> int:
    """Send the command and return 0; repti-core carries it out. The address leaves this process only as a keyed hash."""
    command = grant_admin(settings, email, scopes=("admin",) if give else ())
    event = CloudEvent(
        id=str(uuid.uuid4()),
        source="/repti-core",
        type=command.contract.name,
        subject=command.key,
        time=datetime.now(UTC),
        dataschema=command.contract.schema,
        actor="service:repti-core",
        data=command,
    )
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.log, acks="all")
    await producer.start()
    try:
        async with asyncio.timeout(10):
            await producer.send_and_wait(command.contract.topic, encode(event), key=command.key.encode())
    finally:
        await producer.stop()
    print("sent; the next token that this user gets carries the change")
    return 0
