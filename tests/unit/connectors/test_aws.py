"""Calls to AWS fail in our words."""

from pathlib import Path

import pytest

from reptidex.connectors.aws import AwsClient
from reptidex.errors import UnavailableError
from reptidex.settings import Settings


async def test_without_credentials_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    client = AwsClient(Settings(), "sts")

    with pytest.raises(UnavailableError, match=r"no credentials for AWS.*REPTIDEX_AWS_ENDPOINT"):
        await client.call("get_caller_identity")
    await client.aclose()
