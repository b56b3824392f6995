"""Make a registered user a platform administrator: a command on the log, as everything that changes state."""

import asyncio
import uuid
from datetime import UTC, datetime

import aiokafka
from aiokafka.errors import KafkaError

from reptidex.errors import NotFoundError, UnavailableError
from reptidex.services.core import grant_admin, is_known
from reptidex.settings import Settings
from reptidex.streams.codec import encode
from reptidex.streams.contract import Command
from reptidex.streams.envelope import enveloped
from reptidex.tables.answers import AnswerRow
from reptidex.tables.database import Database
from reptidex.tables.reader import Reader

CARRIED_OUT_S, LOOK_S = 10.0, 0.1


async def grant(settings: Settings, email: str, *, give: bool) -> int:
    """Have repti-core give or take the scope, and return 0 once it has; 1 where it has not within ten seconds.

    The address leaves this process only as a keyed hash. Raises `NotFoundError` where nobody has registered with it,
    `UnavailableError` where core's database or the log is away.
    """
    database = Database.open(settings.database_of("core"), worker=False, readers=1, create=False)
    try:
        reader = Reader(database)
        command = grant_admin(settings, email, scopes=("admin",) if give else ())
        if give and not await is_known(reader, command):
            raise NotFoundError("account with the address", email)
        command_id = str(uuid.uuid4())
        await _send(settings, command, command_id)
        if await _carried_out(reader, command_id):
            print(f"{email} {'is' if give else 'is no longer'} an administrator; their next access token says so")
            return 0
    finally:
        await database.close()
    print(f"sent, and not carried out within {CARRIED_OUT_S:.0f} s: repti-core will do it once it runs")
    return 1


async def _send(settings: Settings, command: Command, command_id: str) -> None:
    event = enveloped(command, command_id, datetime.now(UTC), actor="service:repti-core")
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.log, acks="all")
    try:
        await producer.start()
        async with asyncio.timeout(10):
            await producer.send_and_wait(command.contract.topic, encode(event), key=command.key.encode())
    except (KafkaError, TimeoutError) as problem:
        raise UnavailableError(f"the log at {settings.log}", repr(problem)) from problem
    finally:
        await producer.stop()


async def _carried_out(reader: Reader, command_id: str) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + CARRIED_OUT_S
    while await reader.get(AnswerRow, command_id) is None:
        if loop.time() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True
