"""The services of AWS that provisioning calls, and how patient it is with them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from reptidex.connectors.aws import AwsClient, AwsRefusedError
from reptidex.connectors.bridge.provisioning.place import Place, partition_of
from reptidex.connectors.files.s3 import client_of as s3_client
from reptidex.errors import SettingsError, UnavailableError
from reptidex.settings import Settings

ATTEMPTS = 6
RECREATED_AFTER_S = 60
"""SQS gives the name of a deleted queue away only after a minute."""
DELETED_LATELY = ("AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently")
GONE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
    }
)
"""AWS lists for a minute what was deleted, and says this of it when it is asked."""

Sleep = Callable[[float], Awaitable[None]]


class Clients:
    """SNS, SQS, S3, CloudWatch, KMS and STS of one account. Close them with `aclose`."""

    def __init__(self, settings: Settings, *, sleep: Sleep = asyncio.sleep) -> None:
        self._region, self._sleep = settings.aws_region, sleep
        self._by_service = {name: AwsClient(settings, name) for name in ("sns", "sqs", "cloudwatch", "kms", "sts")}
        self._by_service["s3"] = s3_client(settings)

    async def place(self, environment: str) -> Place:
        """Ask AWS who we are."""
        who = await self("sts", "get_caller_identity")
        return Place(
            account=who["Account"],
            region=self._region,
            environment=environment,
            partition=partition_of(self._region),
        )

    async def __call__(self, service: str, operation: str, **parameters: Any) -> Any:
        """Call an operation, again while AWS throttles or is away. Raises `AwsRefusedError`, `UnavailableError`."""
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._by_service[service].call(operation, **parameters)
            except UnavailableError:
                if attempt == ATTEMPTS:
                    raise
                pause = random.uniform(0.5, 1.0) * 2 ** (attempt - 1) / 2
            except AwsRefusedError as problem:
                if problem.code not in DELETED_LATELY or waited > RECREATED_AFTER_S:
                    raise
                pause = RECREATED_AFTER_S / (ATTEMPTS - 2)
            waited += pause
            await self._sleep(pause)
        raise UnavailableError(service)

    async def pages(self, service: str, operation: str, field: str, **parameters: Any) -> list[Any]:
        """Return all that a paged operation lists under a field."""
        found: list[Any] = []
        token: str | None = None
        while True:
            more = {"NextToken": token} if token else {}
            page = await self(service, operation, **parameters, **more)
            found += page.get(field, [])
            token = page.get("NextToken")
            if not token:
                return found

    async def aclose(self) -> None:
        """Close the connections."""
        for client in self._by_service.values():
            await client.aclose()


async def key_arn(call: Clients, key: str) -> str:
    """Return the ARN of a key by id, ARN or alias. Raises `SettingsError` where it is not there."""
    try:
        found = await call("kms", "describe_key", KeyId=key)
    except AwsRefusedError as problem:
        raise SettingsError(f"the key {key} cannot be used: {problem}") from problem
    return str(found["KeyMetadata"]["Arn"])
