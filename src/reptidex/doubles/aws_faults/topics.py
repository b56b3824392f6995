"""SNS topics in memory: every publish goes to each subscribed queue, raw or in the envelope, sometimes twice."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from reptidex.doubles.aws_faults.faults import Dice
from reptidex.doubles.aws_faults.queues import Queue

RAW_ATTRIBUTES = 10


class Subscription(msgspec.Struct, frozen=True):
    """A queue that hears a topic."""

    arn: str
    queue: Queue
    raw: bool


class Topic:
    """One topic."""

    def __init__(self, arn: str, dice: Dice) -> None:
        self.arn, self.fifo, self._dice = arn, arn.endswith(".fifo"), dice
        self.subscriptions: list[Subscription] = []
        self.published = 0
        self._remembered: dict[str, float] = {}

    def publish(self, body: str, attributes: dict[str, Any], group: str, dedup: str) -> str:
        """Publish one message and return its id."""
        message_id = str(uuid.uuid4())
        self.published += 1
        now = time.monotonic()
        if self.fifo:
            if self._remembered.get(dedup, 0.0) > now:
                self._dice.done["deduplicated"] += 1
                return message_id
            self._remembered[dedup] = now + self._dice.faults.dedup_s
        for subscription in self.subscriptions:
            if subscription.raw and len(attributes) > RAW_ATTRIBUTES:
                self._dice.done["discarded"] += 1
                continue
            twice = not self.fifo and self._dice("repeat")
            for _ in range(2 if twice else 1):
                if subscription.raw:
                    subscription.queue.put(body, attributes, group, dedup)
                else:
                    subscription.queue.put(self._envelope(body, attributes, message_id), {}, group, dedup)
        return message_id

    def _envelope(self, body: str, attributes: dict[str, Any], message_id: str) -> str:
        named = {
            name: {"Type": each["DataType"], "Value": each.get("StringValue", each.get("BinaryValue"))}
            for name, each in attributes.items()
        }
        said = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self.arn,
            "Message": body,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertURL": "https://sns.invalid/none.pem",
            "UnsubscribeURL": "https://sns.invalid/",
            **({"MessageAttributes": named} if named else {}),
        }
        return msgspec.json.encode(said).decode()
