"""What should be on AWS follows from the contracts, and stays within AWS's limits."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.connectors.bridge.backoff import SHOW_LONGEST_S
from reptidex.connectors.bridge.limits import LimitError
from reptidex.connectors.bridge.provisioning.desired import Options, resources
from reptidex.connectors.bridge.provisioning.export_cloudformation import templates
from reptidex.connectors.bridge.provisioning.export_terraform import terraform
from reptidex.connectors.bridge.provisioning.grants import key_statement_id, queue_policy, within_limit
from reptidex.connectors.bridge.provisioning.landscape import KEPT_S, Consumer, Landscape, landscape
from reptidex.connectors.bridge.provisioning.place import Place, partition_of
from reptidex.connectors.bridge.provisioning.roles import role_policies
from reptidex.errors import ContractError, SettingsError
from reptidex.provisioning.consumers import consumers_of, matching
from reptidex.services import all_services
from reptidex.settings import Settings
from reptidex.streams.edge import known_events

PLACE = Place(account="123456789012", region="eu-central-1", environment="prod")


def whole() -> Landscape:
    return landscape(
        sorted(known_events()),
        list(consumers_of(all_services(), (), Settings(bridge_inbound=("*",))).values()),
        environment="prod",
    )


def test_every_event_has_a_topic_and_only_ordered_ones_are_fifo() -> None:
    topics = {topic.event: topic for topic in whole().topics}

    assert set(topics) == known_events()
    assert topics["animal.created"].name == "prod-animal-created"
    assert {name for name, topic in topics.items() if topic.fifo} == {
        name
        for name in known_events()
        if name == "animal.transferred" or name.startswith(("sales.transaction.", "inventory.", "order."))
    }


def test_a_queue_and_what_leads_into_and_out_of_it_are_of_one_kind() -> None:
    plan = whole()
    fifo = {queue.name: queue.fifo for queue in plan.queues} | {topic.name: topic.fifo for topic in plan.topics}

    assert all(fifo[queue.dead_letters] == queue.fifo for queue in plan.queues if queue.dead_letters)
    assert all(fifo[each.topic] == fifo[each.queue] == fifo[each.undelivered] for each in plan.subscriptions)


def test_dead_letters_are_kept_as_long_as_sqs_can_and_are_not_fed_by_two() -> None:
    plan = whole()
    dead = [queue for queue in plan.queues if queue.is_dead_letters]
    from_queues = {queue.dead_letters for queue in plan.queues if queue.dead_letters}
    from_topics = {each.undelivered for each in plan.subscriptions}

    assert {queue.kept_s for queue in dead} == {14 * 24 * 3600}
    assert from_queues.isdisjoint(from_topics)
    assert from_queues | from_topics == {queue.name for queue in dead}


def test_only_the_bridge_leaves_out_what_came_from_us() -> None:
    wanted = [each for each in resources(whole(), PLACE) if each.kind == "subscription"]
    filtered = {each.name.partition(" -> ")[2] for each in wanted if each.settings["FilterPolicy"]}

    assert filtered == {"prod-repti_-bridge-inbound", "prod-repti_-bridge-inbound.fifo"}


def test_no_policy_is_larger_than_sqs_takes_and_each_has_one_statement() -> None:
    policies = [each.settings["Policy"] for each in resources(whole(), PLACE) if each.settings.get("Policy")]

    assert max(len(text.encode()) for text in policies) <= 8 * 1024
    assert {len(json.loads(text)["Statement"]) for text in policies} == {1}


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}(-[a-z]{1,12}){1,6}", fullmatch=True), max_size=300, unique=True),
    st.sampled_from(["", "prod"]),
)
def test_a_policy_lets_every_topic_in_whatever_is_shortened(names: list[str], environment: str) -> None:
    topics = [f"{environment}-{name}" if environment else name for name in names]
    place = Place(account="1" * 12, region="us-gov-west-1", environment=environment, partition="aws-us-gov")
    kept = within_limit(topics, environment)
    size = len(json.dumps(queue_policy(topics, place.queue("q"), place), separators=(",", ":")).encode())

    assert all(any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in kept) for name in topics)
    assert all(one in topics or one.startswith(f"{environment}-" if environment else "") for one in kept)
    assert size <= 8 * 1024


def test_a_short_policy_names_each_topic() -> None:
    assert within_limit(["prod-b", "prod-a"], "prod") == ["prod-a", "prod-b"]


def test_with_a_key_everything_is_encrypted_with_it() -> None:
    made = resources(whole(), PLACE, Options(kms_key="arn:key"))
    keys = {each.settings["KmsMasterKeyId"] for each in made if each.kind in ("queue", "topic")}
    grants = [each for each in made if each.kind == "grant"]

    assert keys == {"arn:key"}
    assert [json.loads(each.settings["Statement"])["Sid"] for each in grants] == [key_statement_id(PLACE)]


def test_two_consumers_of_one_name_are_refused() -> None:
    twice = [Consumer(name="acme", events=("animal.created",))] * 2
    with pytest.raises(LimitError):
        landscape((), twice, environment="")


def test_a_fifo_topic_has_a_hundred_subscriptions_at_most() -> None:
    many = [Consumer(name=f"partner{number}", events=("order.created",)) for number in range(101)]
    with pytest.raises(LimitError, match="subscriptions"):
        landscape((), many, environment="")


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ContractError):
        landscape((), [Consumer(name="acme", events=("no.such",))], environment="")
    with pytest.raises(SettingsError):
        matching(("no.*",))


def test_no_role_may_more_than_its_work() -> None:
    policies = role_policies(whole(), PLACE, bucket="large", consumer="media")
    actions = {role: {a for each in policy["Statement"] for a in each["Action"]} for role, policy in policies.items()}
    consumed = next(each["Resource"] for each in policies["consumer"]["Statement"] if each["Sid"] == "Consume")

    assert actions["publisher"] == {"sns:Publish", "s3:PutObject"}
    assert all("media" in arn for arn in consumed)
    assert not {action for action in actions["consumer"] if "Send" in action or "Create" in action or "*" in action}
    assert not {
        action for action in actions["provisioner"] if "Publish" in action or "Receive" in action or "*" in action
    }


def test_who_takes_what_sns_posts_may_confirm_subscriptions_to_those_topics_and_nothing_else() -> None:
    topics = ("arn:aws:sns:eu-west-1:999999999999:acme-animal-created",)
    [statement] = role_policies(whole(), PLACE, posted=topics)["endpoint"]["Statement"]

    assert (statement["Action"], statement["Resource"]) == (["sns:ConfirmSubscription"], list(topics))
    assert "endpoint" not in role_policies(whole(), PLACE)


def test_who_publishes_to_a_bus_may_put_events_there_and_nowhere_else() -> None:
    [statement] = role_policies(whole(), PLACE, bus="platform")["publisher"]["Statement"]

    assert statement["Action"] == ["events:PutEvents"]
    assert statement["Resource"] == [f"arn:aws:events:{PLACE.region}:{PLACE.account}:event-bus/platform"]


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_a_region_belongs_to_a_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


def test_what_the_bridge_gives_back_while_the_log_is_away_is_no_dead_letter_for_two_days() -> None:
    queues = [queue for queue in whole().queues if queue.dead_letters]
    [attempts] = {queue.attempts for queue in queues if queue.consumer == "bridge"}
    shortest = sum(min(SHOW_LONGEST_S, 2**receive) for receive in range(1, attempts + 1))

    assert shortest > 2 * 24 * 3600 - 3600
    assert shortest * 1.5 < KEPT_S  # or what cannot be read would expire before it is put away
    assert {queue.attempts for queue in queues if queue.consumer != "bridge"} == {8}
    said = {each.name: each.settings for each in resources(whole(), PLACE)}
    assert json.loads(said["prod-repti_-bridge-inbound.fifo"]["RedrivePolicy"])["maxReceiveCount"] == attempts


def test_partners_whose_resources_would_take_each_others_place_in_an_export_are_named() -> None:
    partners = [Consumer(name=name, events=("animal.created",)) for name in ("acme-x", "acme_x")]
    planned = landscape([], partners, environment="t")

    assert len({queue.name for queue in planned.queues}) == 6, "on AWS they have names of their own"
    with pytest.raises(SettingsError, match=r"t-acme_-x-events.* and t-acme__x-events"):
        terraform(planned)
    stacks = [json.loads(text)["Resources"].values() for text in templates(planned).values()]
    assert sum(each["Type"] == "AWS::SQS::Queue" for stack in stacks for each in stack) == 6
