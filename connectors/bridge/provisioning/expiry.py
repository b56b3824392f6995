"""Large events go from their bucket by its lifecycle, never when they are read: others may still need them."""

from typing import Any

import msgspec

from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.bridge.provisioning.clients import Clients
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.errors import SettingsError

KEPT_DAYS = 30
"""Longer than any message is: at most 14 days in a queue, and 14 more as a dead letter."""


def expiry_rule(place: Place) -> dict[str, Any]:
    """Return our rule of the bucket's lifecycle."""
    return {
        "ID": expiry_id(place),
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": KEPT_DAYS},
    }


def expiry_id(place: Place) -> str:
    """Return the name of our rule."""
    return f"reptidex-{place.owner}-payloads"


def plain_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as we write it: one for all objects may have an empty filter, or the prefix that stood in its place."""
    rest = {name: value for name, value in rule.items() if name != "Prefix"}
    return rest | {"Filter": rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}}


async def lifecycle(call: Clients, bucket: str) -> list[dict[str, Any]]:
    """Return the rules of a bucket. Raises `SettingsError` where it is not there."""
    rules: list[dict[str, Any]] = (await _configuration(call, bucket)).get("Rules", [])
    return rules


async def _configuration(call: Clients, bucket: str) -> dict[str, Any]:
    try:
        got: dict[str, Any] = await call("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)
    except AwsRefusedError as problem:
        if problem.code == "NoSuchLifecycleConfiguration":
            return {}
        raise SettingsError(f"the bucket {bucket} cannot be asked: {problem}") from problem
    return got


async def put_expiry(call: Clients, place: Place, bucket: str, says: str) -> None:
    """Put our rule into a bucket's lifecycle in place of the one before; an empty one takes it out. Others' stay."""
    found = await _configuration(call, bucket)
    rules = [each for each in found.get("Rules", []) if each.get("ID") != expiry_id(place)]
    rules += [msgspec.json.decode(says)] if says else []
    if rules:
        # What holds for all rules is reset where it is not said again.
        said = {name: found[name] for name in ("TransitionDefaultMinimumObjectSize",) if found.get(name)}
        whole = {"Rules": rules}
        await call("s3", "put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration=whole, **said)
    else:
        await call("s3", "delete_bucket_lifecycle", Bucket=bucket)
