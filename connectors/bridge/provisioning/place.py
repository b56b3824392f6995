"""Where on AWS things are: the account and region of an environment, and the ARNs that follow from names."""

import msgspec

from reptidex.connectors.bridge.names import arn_prefix

OWNED = "reptidex:environment"
"""The tag of everything that provisioning made; nothing without it is ever changed or deleted."""
APPLIED = "reptidex:applied"
"""The tag with the fingerprint of the settings as they were last applied."""
SUBSCRIBED = "reptidex:subscriptions"
"""On a queue: the fingerprint of its subscriptions as they were last applied; SNS has no tags on subscriptions."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An account, a region, and the environment whose name begins every name in it (`prod`)."""

    account: str
    region: str
    environment: str = ""
    partition: str = "aws"

    def topic(self, name: str) -> str:
        """Return the ARN of a topic."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{name}"

    def queue(self, name: str) -> str:
        """Return the ARN of a queue."""
        return f"arn:{self.partition}:sqs:{self.region}:{self.account}:{name}"

    @property
    def owner(self) -> str:
        """The value of the tag `OWNED`; an environment without a name is called `default`."""
        return self.environment or "default"


def partition_of(region: str) -> str:
    """Return the partition of a region: `aws`, `aws-cn` or `aws-us-gov`."""
    return arn_prefix("sns", region, "").split(":")[1]
