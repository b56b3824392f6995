"""What the suites of the ports share: the doubles, and each port's twin and vendors."""

import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from reptidex.doubles.aws import Aws, Provisions, aws_server, provision
from reptidex.doubles.payments.server import PaymentDouble, payment_double
from reptidex.doubles.smtp import MailCatcher, mail_catcher
from reptidex.settings import Settings


@pytest.fixture
async def double() -> AsyncIterator[PaymentDouble]:
    async with payment_double() as running:
        yield running


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with mail_catcher() as running:
        yield running


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    with aws_server() as running:
        yield running


@pytest.fixture
def aws_settings(aws: Aws) -> Settings:
    own = secrets.token_hex(4)
    names = Provisions(token_key=f"alias/tokens-{own}", bucket=f"bucket-{own}")
    provision(aws, names)
    return Settings(aws_endpoint=aws.url, aws_region=aws.region, kms_key=names.token_key, s3_bucket=names.bucket)
