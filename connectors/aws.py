"""Calls to AWS for every connector: boto3 in a bounded thread pool, errors in our words.

boto3 blocks, and its asynchronous relative holds botocore back by months and was slower when measured, hence threads.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from reptidex.errors import ReptidexError, UnavailableError
from reptidex.settings import Settings

THREADS = 8
NO_CREDENTIALS = (
    "there are no credentials for AWS (variables, profile, role); the double is named in REPTIDEX_AWS_ENDPOINT"
)


class AwsRefusedError(ReptidexError):
    """AWS answered, and refuses; `code` is its word for why."""

    def __init__(self, service: str, code: str, detail: str) -> None:
        super().__init__(f"{service} refuses: {code}: {detail}")
        self.service, self.code = service, code


TRANSIENT = {
    "InternalError",
    "InternalFailure",
    "KMSInternalException",
    "KeyUnavailableException",
    "DependencyTimeoutException",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


class AwsClient:
    """One AWS service. `call` raises `AwsRefusedError`, or `UnavailableError` (retriable)."""

    def __init__(self, settings: Settings, service: str, **options: Any) -> None:
        self.service = service
        self.boto = boto_client(settings, service, **options)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"aws-{service}")

    async def call(self, operation: str, **parameters: Any) -> Any:
        """Call an operation (in snake case) in a thread and return what it answers."""
        return await self.run(partial(getattr(self.boto, operation), **parameters))

    async def run(self, work: Any) -> Any:
        """Run anything that uses the client in a thread."""
        # As with the client itself: a service that calls nobody at AWS does not load boto.
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
        from botocore.parsers import ResponseParserError

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except ClientError as problem:
            error = problem.response.get("Error", {})
            code, detail = str(error.get("Code", "")), str(error.get("Message", ""))
            status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in TRANSIENT or status >= 500:
                raise UnavailableError(self.service, code) from problem
            raise AwsRefusedError(self.service, code, detail) from problem
        except NoCredentialsError as problem:
            raise UnavailableError(self.service, NO_CREDENTIALS) from problem
        except (
            BotoCoreError,
            ResponseParserError,
        ) as problem:  # the second: a page of HTML, from whatever stands between
            raise UnavailableError(self.service, type(problem).__name__) from problem

    async def aclose(self) -> None:
        """Let running calls end, then close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self.boto.close()


def boto_client(
    settings: Settings,
    service: str,
    *,
    connections: int = THREADS,
    read_s: float = 10,
    attempts: int = 3,
    parsers: Any = None,
    **options: Any,
) -> Any:
    """Return a boto3 client as the settings say; it may be used by as many threads at once as it has `connections`.

    `parsers` reads its answers (botocore's component `response_parser_factory`), else botocore does.
    """
    # Imported where it is needed: nearly ten megabytes that a worker without AWS does not hold.
    import boto3
    from botocore.config import Config
    from botocore.session import Session

    config = Config(
        connect_timeout=3,
        read_timeout=read_s,
        retries={"mode": "standard", "max_attempts": attempts},
        max_pool_connections=connections,
        **options,
    )
    endpoint = settings.aws_endpoint or None
    keys = _keys_for_endpoint() if endpoint else {}
    session: Any = boto3
    if parsers is not None:
        below = Session()
        below.register_component("response_parser_factory", parsers)
        session = boto3.Session(botocore_session=below)
    return session.client(service, endpoint_url=endpoint, region_name=settings.aws_region, config=config, **keys)


def _keys_for_endpoint() -> dict[str, str]:
    """Find credentials for an endpoint of our own, which may ask for none; a machine role of AWS is not among them."""
    from botocore.session import Session

    session = Session()
    session.get_component("credential_provider").remove("iam-role")
    if session.get_credentials() is not None:
        return {}
    return {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
