"""Runs that are cut off, and what AWS lists that is not ours or not there: told apart, and finished by the next."""

from collections.abc import Callable
from typing import Any

import pytest

from reptidex.connectors.bridge.provisioning.actual import Found, read
from reptidex.connectors.bridge.provisioning.apply import Outcome, apply, to_apply
from reptidex.connectors.bridge.provisioning.clients import Clients
from reptidex.connectors.bridge.provisioning.desired import Resource, canonical, resources
from reptidex.connectors.bridge.provisioning.destroy import ours as ours_to_take
from reptidex.connectors.bridge.provisioning.destroy import remove
from reptidex.connectors.bridge.provisioning.diff import compare
from reptidex.connectors.bridge.provisioning.expiry import expiry_rule, put_expiry
from reptidex.connectors.bridge.provisioning.landscape import Consumer, landscape
from reptidex.connectors.bridge.provisioning.place import Place
from reptidex.errors import UnavailableError
from reptidex.settings import Settings

Client = Callable[[str], Any]


class Breaking(Clients):
    """AWS that goes away at the n-th call that changes something."""

    def __init__(self, settings: Settings, breaks_at: int) -> None:
        super().__init__(settings)
        self.left = breaks_at

    async def __call__(self, service: str, operation: str, **parameters: Any) -> Any:
        if operation.startswith(("create", "subscribe", "put", "tag", "set")):
            self.left -= 1
            if self.left < 0:
                raise UnavailableError(service, "it was cut off")
        return await super().__call__(service, operation, **parameters)


async def _apply(call: Clients, env: str) -> tuple[Outcome, list[Resource]]:
    place = await call.place(env)
    heard = ("animal.created", "order.created")
    wanted = resources(landscape(heard, [Consumer(name="acme", events=heard)], environment=env), place)
    actual = await read(call, place, wanted)
    return await apply(call, place, to_apply(compare(wanted, actual, place)), wanted), wanted


@pytest.mark.parametrize("breaks_at", [0, 1, 5, 8, 11])
async def test_a_run_that_was_cut_off_is_finished_by_the_next(settings: Settings, env: str, breaks_at: int) -> None:
    breaking, whole = Breaking(settings, breaks_at), Clients(settings)
    broken, wanted = await _apply(breaking, env)
    finished, _ = await _apply(whole, env)
    place = await whole.place(env)
    left = [each for each in compare(wanted, await read(whole, place, wanted), place) if each.pending]
    await breaking.aclose()
    await whole.aclose()

    assert len(broken.failed) > 0
    assert len(broken.done) + len(broken.failed) + len(broken.left) == len(wanted)
    assert (finished.failed, left) == ({}, [])


async def test_a_subscriber_of_others_on_our_topic_is_shown_and_left_alone(
    settings: Settings, env: str, client: Client
) -> None:
    call = Clients(settings)
    _, wanted = await _apply(call, env)
    topic = f"arn:aws:sns:eu-central-1:123456789012:{env}-animal-created"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-central-1:999999999999:theirs")
    place = await call.place(env)
    changes = compare(wanted, await read(call, place, wanted), place)
    await call.aclose()

    (theirs,) = [each for each in changes if each.state == "foreign"]
    assert (theirs.kind, theirs.pending, isinstance(theirs.found, Found)) == ("subscription", False, True)


async def test_a_queue_of_our_name_in_another_account_is_not_taken_for_ours(
    settings: Settings, env: str, client: Client
) -> None:
    call = Clients(settings)
    _, wanted = await _apply(call, env)
    place = await call.place(env)
    [ours] = [each for each in wanted if each.kind == "subscription" and "animal-created" in each.name]
    found = (await read(call, place, wanted))[ours.kind, ours.name]
    await call("sns", "unsubscribe", SubscriptionArn=found.handle)
    topic, _, queue = ours.name.partition(" -> ")
    theirs = f"arn:aws:sqs:eu-central-1:999999999999:{queue}"
    client("sns").subscribe(TopicArn=place.topic(topic), Protocol="sqs", Endpoint=theirs)

    actual = await read(call, place, wanted)
    states = {each.name: each.state for each in compare(wanted, actual, place) if each.kind == "subscription"}
    taken_away = [each.name for each in ours_to_take(actual, place)]
    await call.aclose()

    assert (states[ours.name], states[f"{topic} -> {theirs}"]) == ("create", "foreign")
    assert not [name for name in taken_away if theirs in name]


class Late(Clients):
    """AWS that still lists what is gone, as it does for a minute, and subscriptions for days."""

    def __init__(self, settings: Settings, env: str) -> None:
        super().__init__(settings)
        self.env = env

    async def pages(self, service: str, operation: str, field: str, **parameters: Any) -> list[Any]:
        listed = await super().pages(service, operation, field, **parameters)
        if operation == "list_queues":
            listed.append(f"{listed[0].rpartition('/')[0]}/{self.env}-gone")
        elif operation == "list_topics":
            listed.append({"TopicArn": f"arn:aws:sns:eu-central-1:123456789012:{self.env}-gone"})
        elif operation == "list_subscriptions":
            listed += [each | {"SubscriptionArn": "Deleted"} for each in listed]
            listed.append(listed[0] | {"SubscriptionArn": f"{listed[0]['TopicArn']}:gone", "Endpoint": "gone"})
        return listed


async def test_what_aws_lists_and_is_gone_is_not_there(settings: Settings, env: str) -> None:
    call = Late(settings, env)
    whole = Clients(settings)
    _, wanted = await _apply(whole, env)
    place = await call.place(env)
    left = [each for each in compare(wanted, await read(call, place, wanted), place) if each.pending]
    await call.aclose()
    await whole.aclose()

    assert left == []


async def test_what_is_gone_already_is_taken_away(settings: Settings, env: str) -> None:
    """The answer to a delete is lost, and it is asked for again."""
    call = Clients(settings)
    _, wanted = await _apply(call, env)
    place = await call.place(env)
    found = ours_to_take(await read(call, place, wanted), place)
    first = await remove(call, place, found)
    again = await remove(call, place, found)
    await call.aclose()

    assert (first.failed, again.failed) == ({}, {})
    assert len(again.done) == len(found)


class Varying(Clients):
    """S3 that tells of a bucket's own rule for small objects, which holds for the rules of others."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.put: list[dict[str, Any]] = []

    async def __call__(self, service: str, operation: str, **parameters: Any) -> Any:
        if operation == "get_bucket_lifecycle_configuration":
            rules = [{"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 1}}]
            return {"Rules": rules, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
        self.put.append(parameters)
        return {}


async def test_what_holds_for_the_rules_of_others_is_not_reset_by_ours(settings: Settings) -> None:
    call, place = Varying(settings), Place(account="1", region="eu-central-1", environment="t")
    await put_expiry(call, place, "b", canonical(expiry_rule(place)))
    await call.aclose()

    [put] = call.put
    assert put["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert [rule["ID"] for rule in put["LifecycleConfiguration"]["Rules"]] == ["theirs", expiry_rule(place)["ID"]]
