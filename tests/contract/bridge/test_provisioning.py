"""`reptidex aws` on AWS as moto plays it: what it makes, what it notices, what it leaves alone, and that exports are the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reptidex.connectors.bridge.provisioning.place import OWNED
from reptidex.connectors.files.notifications import arrivals
from tests.contract.bridge.conftest import Run, states

SMALL = ("--events", "animal.created", "--events", "order.*", "--consumer", "bridge", "--consumer", "media")
ORDERS = ("--events", "order.*", "--consumer", "media")

Client = Callable[[str], Any]


def queue_url(client: Client, name: str) -> str:
    return str(client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def test_what_is_applied_is_there_and_applying_again_changes_nothing(reptidex: Run, env: str) -> None:
    assert reptidex("aws", "plan", "--env", env, *SMALL)[0] == 2
    assert reptidex("aws", "apply", "--env", env, *SMALL)[0] == 0
    code, said, _ = reptidex("aws", "plan", "--env", env, *SMALL, "--json")
    again = msgspec.json.decode(reptidex("aws", "apply", "--env", env, *SMALL, "--json")[1])

    assert (code, states(said)) == (0, {})
    assert again["done"] == []


def test_the_whole_catalogue_can_be_planned_and_applied(reptidex: Run, env: str) -> None:
    made = msgspec.json.decode(reptidex("aws", "apply", "--env", env, "--json")[1])

    assert made["failed"] == {}
    assert len(made["done"]) > 300
    assert reptidex("aws", "plan", "--env", env)[0] == 0


def test_an_event_that_is_published_reaches_the_queues_of_those_who_hear_it(
    reptidex: Run, env: str, client: Client
) -> None:
    reptidex("aws", "apply", "--env", env, *SMALL)
    topic = f"arn:aws:sns:eu-central-1:123456789012:{env}-order-completed.fifo"
    foreign = {"rxorigin": {"DataType": "String", "StringValue": "elsewhere"}}
    client("sns").publish(
        TopicArn=topic, Message="{}", MessageGroupId="a", MessageDeduplicationId="1", MessageAttributes=foreign
    )

    bodies = {}
    for consumer, group in (("media", "events"), ("bridge", "inbound")):
        url = queue_url(client, f"{env}-repti_-{consumer}-{group}.fifo")
        bodies[consumer] = [one["Body"] for one in client("sqs").receive_message(QueueUrl=url)["Messages"]]
    assert bodies == {"media": ["{}"], "bridge": ["{}"]}


def test_what_came_from_us_is_not_sent_back_to_the_bridge(reptidex: Run, env: str, client: Client) -> None:
    reptidex("aws", "apply", "--env", env, *SMALL)
    topic = f"arn:aws:sns:eu-central-1:123456789012:{env}-animal-created"
    ours = {"rxorigin": {"DataType": "String", "StringValue": "reptidex"}}
    client("sns").publish(TopicArn=topic, Message="{}", MessageAttributes=ours)

    arrived = {}
    for consumer, group in (("media", "events"), ("bridge", "inbound")):
        url = queue_url(client, f"{env}-repti_-{consumer}-{group}")
        arrived[consumer] = len(client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages", []))
    assert arrived == {"media": 1, "bridge": 0}


def test_a_change_by_hand_is_told_from_a_change_of_ours(reptidex: Run, env: str, client: Client) -> None:
    reptidex("aws", "apply", "--env", env, *ORDERS)
    name = f"{env}-repti_-media-events.fifo"
    client("sqs").set_queue_attributes(QueueUrl=queue_url(client, name), Attributes={"VisibilityTimeout": "5"})
    by_hand = states(reptidex("aws", "plan", "--env", env, *ORDERS, "--json")[1])
    with_alarms = ("--alarm-action", "arn:aws:sns:eu-central-1:123456789012:pager")
    by_us = states(reptidex("aws", "plan", "--env", env, *ORDERS, *with_alarms, "--json")[1])
    reptidex("aws", "apply", "--env", env, *ORDERS)

    assert by_hand == {name: "drift"}
    assert by_us == {name: "drift"} | {
        f"{env}-repti_-media-events{suffix}": "change"
        for suffix in (".fifo-age", "-dead.fifo-depth", "-undelivered.fifo-depth")
    }
    assert reptidex("aws", "plan", "--env", env, *ORDERS)[0] == 0


def test_a_filter_that_somebody_hung_on_a_subscription_is_drift(reptidex: Run, env: str, client: Client) -> None:
    reptidex("aws", "apply", "--env", env, *ORDERS)
    topic = f"arn:aws:sns:eu-central-1:123456789012:{env}-order-completed.fifo"
    (subscription,) = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    client("sns").set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"store": ["one"]}),
    )
    noticed = states(reptidex("aws", "plan", "--env", env, *ORDERS, "--json")[1])
    reptidex("aws", "apply", "--env", env, *ORDERS)

    assert noticed == {f"{env}-order-completed.fifo -> {env}-repti_-media-events.fifo": "drift"}
    assert reptidex("aws", "plan", "--env", env, *ORDERS)[0] == 0


def test_what_has_our_name_and_is_not_ours_is_refused_until_it_is_adopted(
    reptidex: Run, env: str, client: Client
) -> None:
    name = f"{env}-repti_-media-events.fifo"
    client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
    refused, _, why = reptidex("aws", "apply", "--env", env, *ORDERS)
    untouched = states(reptidex("aws", "plan", "--env", env, *ORDERS, "--json")[1])
    adopted = reptidex("aws", "apply", "--env", env, *ORDERS, "--adopt")[0]

    assert (refused, "not ours" in why, untouched[name]) == (1, True, "foreign")
    assert (adopted, reptidex("aws", "plan", "--env", env, *ORDERS)[0]) == (0, 0)


def test_what_is_wanted_no_more_is_left_until_it_is_pruned(reptidex: Run, env: str) -> None:
    reptidex("aws", "apply", "--env", env, *SMALL)
    code, said, _ = reptidex("aws", "plan", "--env", env, *ORDERS, "--json")
    reptidex("aws", "apply", "--env", env, *ORDERS, "--prune")

    assert code == 2
    assert set(states(said).values()) == {"leftover"}
    assert reptidex("aws", "plan", "--env", env, *ORDERS)[0] == 0


def test_a_queue_that_holds_messages_is_not_pruned(reptidex: Run, env: str, client: Client) -> None:
    reptidex("aws", "apply", "--env", env, *SMALL)
    said = msgspec.json.decode(reptidex("aws", "plan", "--env", env, *ORDERS, "--json")[1])["changes"]
    name = next(each["name"] for each in said if each["kind"] == "queue" and each["name"].endswith("-dead"))
    url = client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="worth something")

    code, out, _ = reptidex("aws", "apply", "--env", env, *ORDERS, "--prune", "--json")

    assert (code, list(msgspec.json.decode(out)["failed"])) == (1, [f"queue {name}"])
    assert client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "worth something"
    assert states(reptidex("aws", "plan", "--env", env, *ORDERS, "--json")[1]) == {name: "leftover"}


def test_destroying_takes_away_ours_and_nothing_else(reptidex: Run, env: str, client: Client) -> None:
    reptidex("aws", "apply", "--env", env, *ORDERS)
    client("sqs").create_queue(QueueName=f"{env}-somebody")
    client("sns").create_topic(Name=f"{env}-somebody")
    client("sqs").create_queue(QueueName=f"{env}-other", tags={OWNED: "another"})
    code = reptidex("aws", "destroy", "--env", env, *ORDERS, "--yes")[0]

    queues = [url.rpartition("/")[2] for url in client("sqs").list_queues(QueueNamePrefix=env)["QueueUrls"]]
    pages = client("sns").get_paginator("list_topics").paginate()
    topics = [each["TopicArn"] for page in pages for each in page["Topics"]]
    assert (code, sorted(queues)) == (0, [f"{env}-other", f"{env}-somebody"])
    assert [arn for arn in topics if env in arn] == [f"arn:aws:sns:eu-central-1:123456789012:{env}-somebody"]


def test_destroying_asks_first(reptidex: Run, env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reptidex("aws", "apply", "--env", env, *ORDERS)
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "yes"

    monkeypatch.setattr("builtins.input", answer)
    code = reptidex("aws", "destroy", "--env", env, *ORDERS)[0]

    assert (code, len(asked)) == (1, 1)
    assert reptidex("aws", "plan", "--env", env, *ORDERS)[0] == 0


def test_a_key_is_granted_to_sns_beside_what_others_granted(reptidex: Run, env: str, client: Client) -> None:
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]

    def statements() -> list[dict[str, Any]]:
        policy = client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        found: list[dict[str, Any]] = json.loads(policy)["Statement"]
        return found

    before = statements()
    reptidex("aws", "apply", "--env", env, *ORDERS, "--kms-key", key)
    granted = statements()
    planned = reptidex("aws", "plan", "--env", env, *ORDERS, "--kms-key", key)[0]
    reptidex("aws", "destroy", "--env", env, *ORDERS, "--kms-key", key, "--yes")

    assert granted[:-1] == before
    assert granted[-1]["Principal"] == {"Service": "sns.amazonaws.com"}
    assert granted[-1]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert (planned, statements()) == (0, before)


def test_a_key_that_is_not_there_is_said(reptidex: Run, env: str) -> None:
    code, _, why = reptidex("aws", "plan", "--env", env, *ORDERS, "--kms-key", "alias/none")

    assert (code, "alias/none" in why) == (1, True)


@pytest.mark.parametrize("wrong", [("--events", "no.such.*"), ("--consumer", "nobody"), ("--env", "Prod!")])
def test_what_nobody_knows_is_refused_with_its_name(reptidex: Run, wrong: tuple[str, str]) -> None:
    code, _, why = reptidex("aws", "plan", *wrong)

    assert (code, wrong[1] in why) == (1, True)


def test_a_bucket_tells_a_queue_of_uploads_beside_what_it_tells_others(
    reptidex: Run, env: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"bucket-{env}"
    monkeypatch.setenv("REPTIDEX_S3_BUCKET", bucket)
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    theirs = client("sqs").create_queue(QueueName=f"{env}-theirs")["QueueUrl"]
    arn = f"arn:aws:sqs:eu-central-1:123456789012:{env}-theirs"
    before = {"QueueConfigurations": [{"Id": "theirs", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=before)
    chosen = ("--env", env, *ORDERS, "--uploads")
    applied, planned = reptidex("aws", "apply", *chosen)[0], reptidex("aws", "plan", *chosen)[0]
    s3.put_object(Bucket=bucket, Key="incoming/quarantine/1", Body=b"x")
    s3.put_object(Bucket=bucket, Key="files/1", Body=b"x")
    url = queue_url(client, f"{env}-repti_-media-uploads")
    told = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    keys = [each.key for one in told for each in arrivals(one["Body"], bucket)]
    reptidex("aws", "destroy", *chosen, "--yes")
    left = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]

    assert (applied, planned, keys) == (0, 0, ["quarantine/1"])
    assert ([each["Id"] for each in left], bool(theirs)) == (["theirs"], True)


def test_large_events_expire_beside_what_others_have_expire(
    reptidex: Run, env: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"large-{env}"
    monkeypatch.setenv("REPTIDEX_BRIDGE_BUCKET", bucket)
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [theirs]})
    chosen = ("--env", env, *ORDERS, "--payloads")

    def rules() -> dict[str, int]:
        found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        return {each["ID"]: each["Expiration"]["Days"] for each in found}

    missing, applied = reptidex("aws", "plan", *chosen)[0], reptidex("aws", "apply", *chosen)[0]
    planned, made = reptidex("aws", "plan", *chosen)[0], rules()
    [ours] = set(made) - {"theirs"}
    shorter = {"ID": ours, "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [theirs, shorter]})
    drifted = reptidex("aws", "plan", *chosen)[0]
    reptidex("aws", "destroy", *chosen, "--yes")

    assert (missing, applied, planned, drifted) == (2, 0, 0, 2)
    assert made == {"theirs": 1, ours: 30}
    assert rules() == {"theirs": 1}


def test_a_bucket_that_is_not_there_is_said(reptidex: Run, env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPTIDEX_S3_BUCKET", "no-such-bucket")
    code, _, why = reptidex("aws", "plan", "--env", env, *ORDERS, "--uploads")

    assert (code, "no-such-bucket" in why) == (1, True)


def test_partners_hear_what_their_file_says_but_not_themselves(
    reptidex: Run, env: str, client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text('- name: acme\n  events: ["animal.arch*"]\n  origin: acme\n')
    chosen = ("--env", env, "--partners", str(file), "--consumer", "acme", "--events", "animal.*")
    assert reptidex("aws", "apply", *chosen)[0] == 0
    topic = f"arn:aws:sns:eu-central-1:123456789012:{env}-animal-archived"
    for origin in ("acme", "elsewhere"):
        attributes = {"rxorigin": {"DataType": "String", "StringValue": origin}}
        client("sns").publish(TopicArn=topic, Message=origin, MessageAttributes=attributes)
    got = client("sqs").receive_message(QueueUrl=queue_url(client, f"{env}-acme-events"), MaxNumberOfMessages=10)

    assert [each["Body"] for each in got["Messages"]] == ["elsewhere"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("- name: acme", "events"),
        ("- {name: acme, events: [no.such]}", "no.such"),
        ("- {name: media, events: [order.created]}", "media"),
        ("- {name: acme, events: [order.created], orgin: x}", "orgin"),
        ("{", "partners.yaml"),
    ],
)
def test_a_file_of_partners_that_is_wrong_is_refused_with_the_place(
    reptidex: Run, env: str, tmp_path: Path, text: str, word: str
) -> None:
    (tmp_path / "partners.yaml").write_text(text)
    code, _, why = reptidex("aws", "plan", "--env", env, "--partners", str(tmp_path / "partners.yaml"))

    assert (code, word in why) == (1, True)
