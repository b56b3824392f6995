"""What the suites of the ports share: the doubles, and each port's twin and vendors."""

from collections.abc import AsyncIterator, Iterator

import pytest

from reptidex.doubles.aws import Aws, aws_double
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


@pytest.fixture
async def aws(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "double")
    async with aws_double() as running:
        yield running


@pytest.fixture
def aws_settings(aws: Aws) -> Iterator[Settings]:
    yield Settings(aws_endpoint=aws.url, aws_region=aws.region)
