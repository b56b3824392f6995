"""Takes away what provisioning made, and nothing else: only what carries the tag of this environment."""

from collections.abc import Sequence
from functools import partial

from reptidex.connectors.aws import AwsRefusedError
from reptidex.connectors.bridge.provisioning.actual import Actual, Found
from reptidex.connectors.bridge.provisioning.apply import (
    Outcome,
    Progress,
    Step,
    put_notification,
    put_statement,
    run_stages,
)
from reptidex.connectors.bridge.provisioning.clients import GONE, Clients
from reptidex.connectors.bridge.provisioning.expiry import put_expiry
from reptidex.connectors.bridge.provisioning.place import Place


def ours(actual: Actual, place: Place) -> list[Found]:
    """Return what may be taken away: what is tagged as ours, and subscriptions of our queues to our topics."""
    tagged = [found for found in actual.values() if found.kind != "subscription" and found.is_of(place)]
    names = {found.name for found in tagged}
    between = [
        found
        for found in actual.values()
        if found.kind == "subscription" and set(found.name.split(" -> ")) <= names and found.handle.startswith("arn:")
    ]
    return sorted([*between, *tagged], key=lambda found: (found.kind, found.name))


async def remove(call: Clients, place: Place, found: Sequence[Found], progress: Progress = lambda _: None) -> Outcome:
    """Take things away: subscriptions and alarms first, then topics, then queues with all that is in them, then grants."""

    async def one(each: Found) -> None:
        try:
            await delete(each)
        except AwsRefusedError as problem:
            if problem.code not in GONE:  # the answer to an earlier attempt was lost
                raise

    async def delete(each: Found) -> None:
        if each.kind == "subscription":
            await call("sns", "unsubscribe", SubscriptionArn=each.handle)
        elif each.kind == "topic":
            await call("sns", "delete_topic", TopicArn=each.handle)
        elif each.kind == "queue":
            await call("sqs", "delete_queue", QueueUrl=each.handle)
        elif each.kind == "alarm":
            await call("cloudwatch", "delete_alarms", AlarmNames=[each.name])
        elif each.kind == "notification":
            await put_notification(call, place, each.handle, "")
        elif each.kind == "expiry":
            await put_expiry(call, place, each.handle, "")
        else:
            await put_statement(call, place, each.handle, "")

    def stage(*kinds: str) -> list[Step]:
        return [(f"{each.kind} {each.name}", partial(one, each)) for each in found if each.kind in kinds]

    return await run_stages(
        [stage("subscription", "alarm", "notification", "expiry"), stage("topic"), stage("queue"), stage("grant")],
        progress,
    )
