"""SNS's query protocol: forms in, XML out, as boto3 speaks it."""

import re
from typing import Any
from xml.sax.saxutils import escape

from reptidex.doubles.aws_faults.faults import Dice
from reptidex.doubles.aws_faults.sqs_wire import RefusedError, Sqs, check_entries
from reptidex.doubles.aws_faults.topics import Subscription, Topic

BATCH_BYTES = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}(\.fifo)?")

Form = dict[str, str]


class Sns:
    """All topics of the double."""

    def __init__(self, dice: Dice, account: str, region: str, sqs: Sqs) -> None:
        self.topics: dict[str, Topic] = {}
        self._dice, self._sqs = dice, sqs
        self._prefix = f"arn:aws:sns:{region}:{account}:"

    def answer(self, form: Form) -> str:
        """Carry an operation out and return what stands inside its result. Raises `RefusedError`."""
        handler: Any = getattr(self, f"_{form.get('Action', '')}", None)
        if handler is None:
            raise RefusedError("InvalidAction", f"this double does not know {form.get('Action')}")
        text: str = handler(form)
        return text

    def _topic(self, form: Form) -> Topic:
        found = self.topics.get(form["TopicArn"])
        if found is None:
            raise RefusedError("NotFound", "Topic does not exist", 404)
        return found

    def _CreateTopic(self, form: Form) -> str:
        if not _NAME.fullmatch(form["Name"]):
            raise RefusedError("InvalidParameter", "Invalid parameter: Topic Name")
        arn = self._prefix + form["Name"]
        self.topics.setdefault(arn, Topic(arn, self._dice))
        return f"<TopicArn>{arn}</TopicArn>"

    def _DeleteTopic(self, form: Form) -> str:
        self.topics.pop(form["TopicArn"], None)
        return ""

    def _Subscribe(self, form: Form) -> str:
        topic, name = self._topic(form), form["Endpoint"].rpartition(":")[2]
        attributes = {
            form[key]: form[key.replace(".key", ".value")]
            for key in form
            if re.fullmatch(r"Attributes.entry.\d+.key", key)
        }
        if name not in self._sqs.queues:
            raise RefusedError("InvalidParameter", f"Invalid parameter: there is no queue {name}")
        arn = f"{topic.arn}:{len(topic.subscriptions)}"
        raw = attributes.get("RawMessageDelivery", "false").lower() == "true"
        topic.subscriptions.append(Subscription(arn, self._sqs.queues[name], raw))
        return f"<SubscriptionArn>{arn}</SubscriptionArn>"

    def _Publish(self, form: Form) -> str:
        topic = self._topic(form)
        return f"<MessageId>{self._one(topic, form, '')}</MessageId>"

    def _PublishBatch(self, form: Form) -> str:
        topic, prefix = self._topic(form), "PublishBatchRequestEntries.member."
        places: dict[str, None] = {}
        for key in form:
            if key.startswith(prefix):
                places[key[: key.index(".", len(prefix)) + 1]] = None
        check_entries([form[f"{place}Id"] for place in places])
        size = sum(_size(form, place) for place in places)
        if size > BATCH_BYTES:
            raise RefusedError("BatchRequestTooLong", f"Batch requests cannot be longer than {BATCH_BYTES} bytes.")
        done, failed = [], []
        for place in places:
            name = f"<Id>{form[f'{place}Id']}</Id>"
            try:
                if self._dice("partial"):
                    raise RefusedError("InternalError", "Internal error", 500)
                done.append(f"<member>{name}<MessageId>{self._one(topic, form, place)}</MessageId></member>")
            except RefusedError as problem:
                said = f"<Code>{problem.code}</Code><Message>{escape(problem.detail)}</Message>"
                fault = "true" if problem.status < 500 else "false"
                failed.append(f"<member>{name}{said}<SenderFault>{fault}</SenderFault></member>")
        return f"<Successful>{''.join(done)}</Successful><Failed>{''.join(failed)}</Failed>"

    def _one(self, topic: Topic, form: Form, place: str) -> str:
        group, dedup = form.get(f"{place}MessageGroupId", ""), form.get(f"{place}MessageDeduplicationId", "")
        if topic.fifo and not (group and dedup):
            raise RefusedError("InvalidParameter", "Invalid parameter: MessageGroupId and MessageDeduplicationId")
        if _size(form, place) > BATCH_BYTES:
            raise RefusedError("InvalidParameter", "Invalid parameter: Message too long")
        return topic.publish(form[f"{place}Message"], _attributes(form, place), group, dedup)


def _attributes(form: Form, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    number = 1
    while (name := form.get(f"{place}MessageAttributes.entry.{number}.Name")) is not None:
        value = f"{place}MessageAttributes.entry.{number}.Value."
        attribute = {"DataType": form[f"{value}DataType"]}
        for kind in ("StringValue", "BinaryValue"):
            if f"{value}{kind}" in form:
                attribute[kind] = form[f"{value}{kind}"]
        if not any(attribute.get(kind) for kind in ("StringValue", "BinaryValue")):
            raise RefusedError("InvalidParameterValue", f"The message attribute '{name}' must contain a value.")
        if not re.fullmatch(r"(?!(?i:aws|amazon)\.)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", name):
            raise RefusedError("InvalidParameterValue", f"The message attribute name '{name}' is invalid.")
        found[name] = attribute
        number += 1
    return found


def _size(form: Form, place: str) -> int:
    size = len(form.get(f"{place}Message", "").encode())
    number = 1
    while (name := form.get(f"{place}MessageAttributes.entry.{number}.Name")) is not None:
        value = f"{place}MessageAttributes.entry.{number}.Value."
        size += len(name) + sum(len(form.get(f"{value}{kind}", "").encode()) for kind in ("DataType", "StringValue"))
        number += 1
    return size
