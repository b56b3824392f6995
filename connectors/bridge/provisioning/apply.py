"""Makes AWS as it should be. Every step may be repeated, and a run that was broken off goes on with the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.provisioning.actual import bucket_configuration, key_policy
from reptidex.connectors.bridge.provisioning.clients import Clients
from reptidex.connectors.bridge.provisioning.desired import Resource, canonical
from reptidex.connectors.bridge.provisioning.diff import Change, queue_of, subscriptions_fingerprint
from reptidex.connectors.bridge.provisioning.expiry import put_expiry
from reptidex.connectors.bridge.provisioning.grants import key_statement_id, notification_id
from reptidex.connectors.bridge.provisioning.place import APPLIED, SUBSCRIBED, Place
from reptidex.errors import ReptidexError

KEY_POLICY_BYTES = 32 * 1024
AT_ONCE = 8

Progress = Callable[[str], None]
"""Told the name of each resource when it is done."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended. What failed was not tried to its end, and nothing that builds on it was begun."""

    done: tuple[str, ...] = ()
    failed: dict[str, str] = {}
    left: tuple[str, ...] = ()
    """Not begun, since something before failed."""


def to_apply(changes: Iterable[Change], *, adopt: bool = False) -> list[Change]:
    """Return what `apply` acts on: what is missing or different, and with `adopt` what has our names and is not ours."""
    return [
        change
        for change in changes
        if change.wanted is not None
        and (change.state in ("create", "change", "drift") or (change.state == "foreign" and adopt))
    ]


async def apply(
    call: Clients,
    place: Place,
    changes: Sequence[Change],
    wanted: Sequence[Resource],
    progress: Progress = lambda _: None,
) -> Outcome:
    """Carry out changes, eight at a time, in stages: dead letters, queues, topics, keys, subscriptions, alarms."""
    maker = _Maker(call, place)
    stages = [
        [change for change in changes if change.kind == "queue" and not _needs_another(change)],
        [change for change in changes if change.kind == "queue" and _needs_another(change)],
        *(
            [change for change in changes if change.kind == kind]
            for kind in ("topic", "grant", "notification", "expiry", "subscription", "alarm")
        ),
    ]
    outcome = await run_stages(
        [[(f"{each.kind} {each.name}", partial(maker.make, each)) for each in stage] for stage in stages], progress
    )
    touched = {queue_of(each.name) for each in changes if each.kind == "subscription"}
    if not outcome.failed:
        marks = [(f"tags of {queue}", partial(maker.mark_subscriptions, queue, wanted)) for queue in sorted(touched)]
        marked = await run_stages([marks], lambda _: None)
        return msgspec.structs.replace(outcome, failed=marked.failed)
    return outcome


Step = tuple[str, Callable[[], Awaitable[None]]]


async def run_stages(stages: Sequence[Sequence[Step]], progress: Progress) -> Outcome:
    """Run named steps, stage after stage; the first stage in which something fails is the last."""
    done, failed, left = list[str](), dict[str, str](), list[str]()
    gate = asyncio.Semaphore(AT_ONCE)

    async def run(name: str, step: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            try:
                await step()
            except ReptidexError as problem:
                failed[name] = str(problem)
            else:
                done.append(name)
                progress(name)

    for stage in stages:
        if failed:
            left += [name for name, _ in stage]
        else:
            await asyncio.gather(*(run(*step) for step in stage))
    return Outcome(done=tuple(done), failed=failed, left=tuple(left))


def _needs_another(change: Change) -> bool:
    return change.wanted is not None and bool(change.wanted.settings.get("RedrivePolicy"))


class _Maker:
    def __init__(self, call: Clients, place: Place) -> None:
        self._call, self._place = call, place

    async def make(self, change: Change) -> None:
        assert change.wanted is not None
        tags = change.wanted.tags | {APPLIED: change.wanted.fingerprint}
        await {
            "queue": self._queue,
            "topic": self._topic,
            "grant": self._grant,
            "notification": self._notification,
            "expiry": self._expiry,
            "subscription": self._subscription,
            "alarm": self._alarm,
        }[change.kind](change, change.wanted, tags)

    async def mark_subscriptions(self, queue: str, wanted: Sequence[Resource]) -> None:
        mine = [each for each in wanted if each.kind == "subscription" and queue_of(each.name) == queue]
        url = (await self._call("sqs", "get_queue_url", QueueName=queue))["QueueUrl"]
        mark = subscriptions_fingerprint(sorted(mine, key=lambda each: each.name))
        await self._call("sqs", "tag_queue", QueueUrl=url, Tags={SUBSCRIBED: mark})

    async def _queue(self, change: Change, wanted: Resource, tags: dict[str, str]) -> None:
        if change.found is None:
            settings = _present(wanted.settings)
            await self._call("sqs", "create_queue", QueueName=wanted.name, Attributes=settings, tags=tags)
            return
        changed = {each.setting: each.should_be for each in change.differences if each.setting in wanted.settings}
        if changed:
            await self._call("sqs", "set_queue_attributes", QueueUrl=change.found.handle, Attributes=changed)
        await self._call("sqs", "tag_queue", QueueUrl=change.found.handle, Tags=tags)

    async def _topic(self, change: Change, wanted: Resource, tags: dict[str, str]) -> None:
        if change.found is None:
            settings = _present(wanted.settings)
            await self._call("sns", "create_topic", Name=wanted.name, Attributes=settings, Tags=_pairs(tags))
            return
        arn = change.found.handle
        for each in change.differences:
            if each.setting in wanted.settings:
                value = {"AttributeName": each.setting, "AttributeValue": each.should_be}
                await self._call("sns", "set_topic_attributes", TopicArn=arn, **value)
        await self._call("sns", "tag_resource", ResourceArn=arn, Tags=_pairs(tags))

    async def _subscription(self, change: Change, wanted: Resource, __: dict[str, str]) -> None:
        if change.found is None:
            topic, _, queue = wanted.name.partition(" -> ")
            await self._call(
                "sns",
                "subscribe",
                TopicArn=self._place.topic(topic),
                Protocol="sqs",
                Endpoint=self._place.queue(queue),
                Attributes=_present(wanted.settings),
                ReturnSubscriptionArn=True,
            )
            return
        for each in change.differences:
            text = each.should_be or ("{}" if each.setting == "FilterPolicy" else "")
            await self._call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=change.found.handle,
                AttributeName=each.setting,
                AttributeValue=text,
            )

    async def _alarm(self, change: Change, wanted: Resource, tags: dict[str, str]) -> None:
        settings: dict[str, Any] = dict(wanted.settings)
        for name in ("AlarmActions", "Dimensions"):
            settings[name] = msgspec.json.decode(settings[name])
        for name in ("DatapointsToAlarm", "EvaluationPeriods", "Period"):
            settings[name] = int(settings[name])
        settings["Threshold"] = float(settings["Threshold"])
        await self._call("cloudwatch", "put_metric_alarm", AlarmName=wanted.name, Tags=_pairs(tags), **settings)
        if change.found is not None:  # tags of an alarm that is there are not changed by the call above
            await self._call("cloudwatch", "tag_resource", ResourceARN=change.found.handle, Tags=_pairs(tags))

    async def _grant(self, _: Change, wanted: Resource, __: dict[str, str]) -> None:
        await put_statement(self._call, self._place, wanted.name, wanted.settings["Statement"])

    async def _notification(self, _: Change, wanted: Resource, __: dict[str, str]) -> None:
        await put_notification(self._call, self._place, wanted.name, wanted.settings["QueueConfiguration"])

    async def _expiry(self, _: Change, wanted: Resource, __: dict[str, str]) -> None:
        await put_expiry(self._call, self._place, wanted.name, wanted.settings["Rule"])


async def put_notification(call: Clients, place: Place, bucket: str, says: str) -> None:
    """Put our part into a bucket's configuration in place of the one before; an empty one takes it out. Others' stay."""
    whole = await bucket_configuration(call, bucket)
    kept = [each for each in whole.get("QueueConfigurations", []) if each["Id"] != notification_id(place)]
    whole["QueueConfigurations"] = kept + ([msgspec.json.decode(says)] if says else [])
    await call("s3", "put_bucket_notification_configuration", Bucket=bucket, NotificationConfiguration=whole)


async def put_statement(call: Clients, place: Place, key: str, statement: str) -> None:
    """Put our statement into a key's policy in place of the one before; an empty one takes it out. Others' stay."""
    policy = await key_policy(call, key)
    kept = [each for each in policy["Statement"] if each.get("Sid") != key_statement_id(place)]
    policy["Statement"] = kept + ([msgspec.json.decode(statement)] if statement else [])
    text = canonical(policy)
    if len(text.encode()) > KEY_POLICY_BYTES:
        raise LimitError("key policy, bytes", len(text.encode()), f"at most {KEY_POLICY_BYTES}", "AWS KMS quotas")
    await call("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=text)


def _present(settings: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if value}


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]
