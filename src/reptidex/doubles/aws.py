"""AWS on loopback by moto, with what the platform expects to find there.

moto keeps everything in this process, once for all its servers. What it does not emulate is listed in the design (no
policies, no expiry of presigned requests), so nothing here proves those.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.exceptions import ClientError

from reptidex.doubles.aws_state import AwsState
from reptidex.doubles.web import HOST

REGION = "eu-central-1"
SAVED_EVERY_S = 1.0


class Aws(msgspec.Struct, frozen=True, kw_only=True):
    """Where the double is; its credentials are checked by nobody."""

    url: str
    region: str = REGION


class Provisions(msgspec.Struct, frozen=True, kw_only=True):
    """The names that are made at the start, as the settings give them."""

    token_key: str = "alias/reptidex-tokens"
    data_key: str = "alias/reptidex-data"
    bucket: str = "reptidex-media"


@contextmanager
def aws_server(port: int = 0) -> Iterator[Aws]:
    """Serve AWS on loopback, from a thread, while the context is open."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    server.start()
    try:
        yield Aws(url=f"http://{HOST}:{server.get_host_and_port()[1]}")
    finally:
        server.stop()


@asynccontextmanager
async def aws_double(*, port: int = 0, state: Path | None = None) -> AsyncIterator[Aws]:
    """Serve AWS, provisioned, while the context is open; `state` is the folder that keeps keys and objects."""
    names = Provisions()
    server = aws_server(port)
    aws = await asyncio.to_thread(server.__enter__)
    kept = AwsState(state, aws.region, names.bucket) if state else None
    saving: asyncio.Task[None] | None = None
    try:
        await asyncio.to_thread(_begin, aws, names, kept)
        if kept is not None:
            saving = asyncio.create_task(_keep_saving(kept), name="state of the AWS double")
        yield aws
    finally:
        if saving is not None and kept is not None:
            saving.cancel()
            await asyncio.gather(saving, return_exceptions=True)
            await asyncio.to_thread(kept.save)
        await asyncio.to_thread(server.__exit__, None, None, None)


def _begin(aws: Aws, names: Provisions, kept: AwsState | None) -> None:
    if kept is not None:
        kept.restore_keys()
    provision(aws, names)
    if kept is not None:
        kept.restore_objects(client_of(aws, "s3"))
        kept.save()


async def _keep_saving(kept: AwsState) -> None:
    while True:
        await asyncio.sleep(SAVED_EVERY_S)
        await asyncio.to_thread(kept.save)


def client_of(aws: Aws, service: str) -> Any:
    """Return a boto3 client of the double."""
    secret = {"aws_access_key_id": "double", "aws_secret_access_key": "double"}
    return boto3.client(service, endpoint_url=aws.url, region_name=aws.region, **secret)  # type: ignore[call-overload]


def provision(aws: Aws, provisions: Provisions) -> None:
    """Make the keys and the bucket that are not there yet; running it twice changes nothing."""
    kms = client_of(aws, "kms")
    present = {alias["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]}
    if provisions.token_key not in present:
        made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"{provisions.token_key}/1", TargetKeyId=made)
        kms.create_alias(AliasName=provisions.token_key, TargetKeyId=made)
    if provisions.data_key not in present:
        made = kms.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=provisions.data_key, TargetKeyId=made)
    s3 = client_of(aws, "s3")
    with contextlib.suppress(ClientError):
        s3.head_bucket(Bucket=provisions.bucket)
        return
    s3.create_bucket(Bucket=provisions.bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
